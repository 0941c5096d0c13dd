//! runtime/process

pub(crate) mod failpoint;
pub(crate) mod hook;
pub(crate) mod logging;
pub(crate) mod panics;
pub(crate) mod signals;
pub(crate) mod tasks;
