//! The program without a screen: its lines, its diagnostics, its exit codes.

mod check;
mod credentials;
mod direct;
mod direct_outcomes;
mod direct_permissions;
mod direct_targets;
mod endings;
mod heartbeat;
mod hostile;
mod list;
mod log;
mod on_outcome;
mod rebuilt;
mod secrets;
mod several;
mod steps;
mod verdicts;
mod watch;
