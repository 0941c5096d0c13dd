//! The terminal: entering and restoring it, frames and sequences out, keys and sizes in.
//!
//! `state` says whose the terminal is, `writer` is the only thread that writes to it, and `terminal` uses both. This folder
//! may use `runtime::process`, which does not know it. Tests: `tests/tty`.

pub(crate) mod background;
pub(crate) mod clipboard;
pub(crate) mod escapes;
pub(crate) mod hangup;
pub(crate) mod input;
pub(crate) mod job_control;
mod state;
pub(crate) mod terminal;
pub(crate) mod window;
mod writer;
