//! app/overlays

pub mod filter_menu;
pub mod help;
pub mod prompt;
