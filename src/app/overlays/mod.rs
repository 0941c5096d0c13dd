//! The state of what is open over the panes: the help, the choice of listed events, the line that text is typed into.
//!
//! While one is open, keys act in it first. `view::overlays` draws them.
//!
//! - `help`: the keys and signs, made from the key map
//! - `filter_menu`: statuses, types and resources to list
//! - `builds`: the watched builds
//! - `comparison`: two builds side by side
//! - `picker`: the images of the account, and the recorded builds
//! - `prompt`: the text to search or to filter for, or an MFA code

pub(crate) mod builds;
pub(crate) mod comparison;
pub(crate) mod filter_menu;
pub(crate) mod help;
pub(crate) mod picker;
pub(crate) mod prompt;

use builds::BuildsMenu;
use comparison::Comparison;
use filter_menu::FilterMenu;
use help::Help;
use picker::Picker;
use prompt::Prompt;

#[derive(Clone, Debug)]
pub enum Overlay {
    Help {
        help: Help,
        /// The overlay that was open before: it is shown again when the help is closed.
        beneath: Option<Box<Overlay>>,
    },
    Filter(FilterMenu),
    Builds(BuildsMenu),
    Picker(Box<Picker>),
    Comparison(Box<Comparison>),
    Prompt(Prompt),
}
