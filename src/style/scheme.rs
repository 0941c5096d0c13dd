//! A theme's colours: what every role looks like at every depth.
//!
//! It begins without colours; the themes in `assets/themes` and a person's own are laid over it.

use ratatui::style::Style;

use crate::style::look::{LookError, look};
use crate::style::{Depth, Role};

/// What every role looks like at every depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// By depth, then by role.
    looks: [[Style; Role::ALL.len()]; Depth::ALL.len()],
}

/// Weight and reversal only, at every depth.
impl Default for Scheme {
    fn default() -> Self {
        let weights = Role::ALL.map(|role| Style::new().add_modifier(role.weight()));
        Self {
            looks: [weights; Depth::ALL.len()],
        }
    }
}

impl Scheme {
    /// Says what a role looks like: words such as `bold #ffffff on #1c5680`.
    ///
    /// # Errors
    /// Where the words are no look that a terminal of that depth can show.
    pub fn set(&mut self, role: Role, depth: Depth, words: &str) -> Result<(), LookError> {
        self.looks[depth as usize][role.index()] = look(words, depth)?;
        Ok(())
    }

    /// What a role looks like: what it says itself, over what the screen says.
    pub fn style(&self, role: Role, depth: Depth) -> Style {
        let looks = &self.looks[depth as usize];
        looks[Role::Screen.index()].patch(looks[role.index()])
    }
}
