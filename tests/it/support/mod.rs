//! What several modules of tests need: builds to look at, frames as text, the program and its server.

pub(crate) mod builds;
pub(crate) mod frame;
pub(crate) mod program;
pub(crate) mod server;
pub(crate) mod story;
pub(crate) mod terminal;

/// Whether files that are written from the program are to be written anew, not compared.
#[expect(
    clippy::disallowed_methods,
    reason = "the program's own code must not read the environment; a test may"
)]
pub(crate) fn writes() -> bool {
    std::env::var_os("BAKEWATCH_WRITE").is_some()
}
