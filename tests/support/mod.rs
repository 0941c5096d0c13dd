//! Code that the tests share, in both binaries, and with the benches and the fuzz targets: builds, frames as text, the
//! built program, a terminal for it, and two models of the API (`server` over HTTP, `service` in memory).

pub(crate) mod api;
pub(crate) mod aws;
pub(crate) mod builds;
pub(crate) mod fifty;
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

/// Whether generated files are to be written instead of compared.
#[expect(
    clippy::disallowed_methods,
    reason = "the program reads the environment in config only; this is a test"
)]
pub(crate) fn is_rewriting() -> bool {
    std::env::var_os("BAKEWATCH_WRITE").is_some()
}
