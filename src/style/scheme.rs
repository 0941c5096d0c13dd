//! A theme's styles: one for every role at every depth.
//!
//! It begins without colours; `config::themes` applies the themes in `assets/themes` and the user's own.

use ratatui::style::Style;

use crate::style::style_spec::{StyleSpecError, parse_style};
use crate::style::{Depth, Role};

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
    /// Sets the style of a role from words such as `bold #ffffff on #1c5680`.
    ///
    /// # Errors
    /// The words are not a style that a terminal of that depth can show.
    pub fn set(&mut self, role: Role, depth: Depth, words: &str) -> Result<(), StyleSpecError> {
        self.styles[depth as usize][role.index()] = parse_style(words, depth)?;
        Ok(())
    }

    /// The style of a role, over that of the screen.
    pub fn style(&self, role: Role, depth: Depth) -> Style {
        let styles = &self.styles[depth as usize];
        styles[Role::Screen.index()].patch(styles[role.index()])
    }
}
