//! The terminal: entering and restoring it, frames and sequences out, keys and sizes in.
//!
//! `terminal` owns its state, `writer` is the only thread that writes to it. Tests: `tests/it/terminal.rs`,
//! `tests/it/leaving.rs`.

pub(crate) mod clipboard;
pub(crate) mod escapes;
pub(crate) mod hangup;
pub(crate) mod input;
pub(crate) mod job_control;
pub(crate) mod terminal;
pub(crate) mod writer;
