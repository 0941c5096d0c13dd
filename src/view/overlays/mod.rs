//! view/overlays

pub mod filter_menu;
pub mod help;
pub mod popup;
pub mod prompt;
