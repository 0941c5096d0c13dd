//! runtime/tty

pub mod clipboard;
pub mod escapes;
pub mod hangup;
pub mod input;
pub mod job_control;
pub mod terminal;
pub mod writer;
