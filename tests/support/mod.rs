//! What several modules of tests need: builds to look at, frames as text, the program and its server.

pub(crate) mod api;
pub(crate) mod builds;
pub(crate) mod folder;
pub(crate) mod frame;
pub(crate) mod note;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod recordings;
pub(crate) mod secrets;
pub(crate) mod sequences;
pub(crate) mod server;
pub(crate) mod service;
pub(crate) mod story;
pub(crate) mod terminal;
pub(crate) mod text;
pub(crate) mod watcher;

/// Whether what is written from the program is to be written anew instead of compared.
#[expect(
    clippy::disallowed_methods,
    reason = "the program reads the environment in config only; this is a test"
)]
pub(crate) fn is_rewriting() -> bool {
    std::env::var_os("BAKEWATCH_WRITE").is_some()
}
