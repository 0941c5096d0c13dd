//! runtime/process

pub mod failpoint;
pub mod hook;
pub mod logging;
pub mod panics;
pub mod signals;
pub mod tasks;
