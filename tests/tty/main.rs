//! The tests of the program in a real terminal (a pseudo-terminal), and those that depend on time. They are a binary
//! of their own, so that they can be run, or left out, together.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot continue has failed; clippy.toml excepts test functions, not what they share"
)]

mod builds;
mod clipboard;
mod exit;
mod faults;
mod fifty;
mod hostile;
mod input;
mod log;
mod mfa;
mod on_outcome;
mod recording;
mod screen;
mod secrets;
mod settings;
mod soak;
mod terminal;

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "each of the two test binaries uses a part of it")]
mod support;
