//! The tests that use the library and the program from outside: one binary, a module a subject.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on has failed; clippy.toml excepts test functions, not what they share"
)]

mod any_frame;
mod config;
mod documents;
mod endings;
mod falling;
mod finding;
mod frames;
mod freshness;
mod history;
mod hostile;
mod keys;
mod layering;
mod leaving;
mod mouse;
mod named;
mod on_outcome;
mod picture;
mod readme;
mod recorded;
mod recording;
mod report;
// It counts what builds with debug assertions count.
#[cfg(debug_assertions)]
mod scale;
mod screen;
mod secrets;
mod soak;
mod support;
mod terminal;
mod themes;
mod trouble;
mod views;
mod walk;
mod watching;
