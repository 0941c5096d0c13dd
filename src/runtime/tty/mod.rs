//! runtime/tty

pub(crate) mod clipboard;
pub(crate) mod escapes;
pub(crate) mod hangup;
pub(crate) mod input;
pub(crate) mod job_control;
pub(crate) mod terminal;
pub(crate) mod writer;
