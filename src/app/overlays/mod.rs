//! app/overlays

pub(crate) mod filter_menu;
pub(crate) mod help;
pub(crate) mod prompt;
