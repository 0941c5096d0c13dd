//! The process: background tasks, signals, panics, the log file and the `--on-outcome` command.
//!
//! It knows no terminal: `runtime::tty` uses this folder, and registers with `panics` what restores the terminal.

pub(crate) mod failpoint;
pub(crate) mod hook;
pub(crate) mod logging;
pub(crate) mod panics;
pub(crate) mod progress;
pub(crate) mod signals;
pub(crate) mod streams;
pub(crate) mod tasks;
