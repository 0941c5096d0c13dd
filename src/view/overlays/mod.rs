//! The drawing of what is open over the panes (`app::overlays`): popups over the body, the prompt in the place of the
//! hints.
//!
//! - `help`, `filter_menu`: popups
//! - `popup`: their frame
//! - `prompt`: the line of text input

pub(crate) mod builds;
pub(crate) mod comparison;
pub(crate) mod filter_menu;
pub(crate) mod help;
pub(crate) mod picker;
pub(crate) mod popup;
pub(crate) mod prompt;
