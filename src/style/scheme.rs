//! A theme's colours: what every role styles like at every depth.
//!
//! It begins without colours; the themes in `assets/themes` and a person's own are laid over it.

use ratatui::style::Style;

use crate::style::style_spec::{StyleSpecError, parse_style};
use crate::style::{Depth, Role};

/// What every role styles like at every depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// By depth, then by role.
    styles: [[Style; Role::ALL.len()]; Depth::ALL.len()],
}

/// Weight and reversal only, at every depth.
impl Default for Scheme {
    fn default() -> Self {
        let weights = Role::ALL.map(|role| Style::new().add_modifier(role.default_weight()));
        Self {
            styles: [weights; Depth::ALL.len()],
        }
    }
}

impl Scheme {
    /// Says what a role styles like: words such as `bold #ffffff on #1c5680`.
    ///
    /// # Errors
    /// Where the words are no look that a terminal of that depth can show.
    pub fn set(&mut self, role: Role, depth: Depth, words: &str) -> Result<(), StyleSpecError> {
        self.styles[depth as usize][role.index()] = parse_style(words, depth)?;
        Ok(())
    }

    /// What a role styles like: what it says itself, over what the screen says.
    pub fn style(&self, role: Role, depth: Depth) -> Style {
        let styles = &self.styles[depth as usize];
        styles[Role::Screen.index()].patch(styles[role.index()])
    }
}
