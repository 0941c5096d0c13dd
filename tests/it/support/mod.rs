//! What several modules of tests need: builds to look at, frames as text, the program and its server.

pub(crate) mod builds;
pub(crate) mod frame;
pub(crate) mod program;
pub(crate) mod server;
pub(crate) mod story;
pub(crate) mod terminal;
