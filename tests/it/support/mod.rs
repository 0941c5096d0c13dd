//! What several modules of tests need.

pub(crate) mod program;
pub(crate) mod server;
pub(crate) mod terminal;
