//! The status of the watch: the connection, notices and tabs that are always on the screen, and how the watch ends.
//! Observations update it after the build; the view, the output and the exit code depend on it.
//!
//! - `bar`: the line of tabs and chips
//! - `connection`: the state of the connection to the API
//! - `exit_policy`: when a headless watch ends
//! - `heartbeat`: when a headless watch prints its progress
//! - `hints`: the keys that do something now
//! - `notices`: messages that the user must see without pressing a key
//! - `outcome`: the outcome record, and the exit codes
//! - `playback`: the replay of a recording
//! - `summary`: the watch in one line
//! - `verdict_notice`: when the user is notified of a verdict

pub(crate) mod bar;
pub(crate) mod connection;
pub(crate) mod exit_policy;
pub(crate) mod heartbeat;
pub(crate) mod hints;
pub(crate) mod notices;
pub(crate) mod playback;
pub(crate) mod summary;
pub(crate) mod verdict_notice;
