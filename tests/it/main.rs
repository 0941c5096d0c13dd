//! The tests that use the library and the program from outside, in a folder for each subject. Those that need a
//! terminal are in `tests/tty`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot continue has failed; clippy.toml excepts test functions, not what they share"
)]

mod app;
mod config;
mod headless;
mod poll;
mod recording;
mod repo;
mod view;

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "each of the two test binaries uses a part of it")]
mod support;
