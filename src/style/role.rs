//! The roles that a style can have: purposes, not places on the screen, so that a theme is short.
//!
//! A theme file has their names; [`crate::style::Theme`] assigns them to parts of the screen.

use ratatui::style::Modifier;

/// The purpose of a style.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The background of the screen, and text without another role.
    Screen,
    /// In progress.
    Running,
    /// Completed.
    Good,
    Bad,
    /// Rolling back, or a problem that needs attention.
    Warn,
    /// Being deleted, as usual at the end.
    Deleting,
    /// A status that the program does not know.
    Unknown,
    /// Secondary text: times, types, labels; skipped events.
    Quiet,
    /// The most important text of its line: titles, keys.
    Strong,
    /// The border of a pane without the focus.
    Border,
    /// The border of the pane with the focus.
    Focus,
    /// The row that the keys act on.
    Selection,
    /// A choice that is switched on.
    Chosen,
    /// A match of the search.
    Found,
}

impl Role {
    pub const ALL: [Self; 14] = [
        Self::Screen,
        Self::Running,
        Self::Good,
        Self::Bad,
        Self::Warn,
        Self::Deleting,
        Self::Unknown,
        Self::Quiet,
        Self::Strong,
        Self::Border,
        Self::Focus,
        Self::Selection,
        Self::Chosen,
        Self::Found,
    ];

    /// Its name in a theme file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Running => "running",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::Deleting => "deleting",
            Self::Unknown => "unknown",
            Self::Quiet => "quiet",
            Self::Strong => "strong",
            Self::Border => "border",
            Self::Focus => "focus",
            Self::Selection => "selection",
            Self::Chosen => "chosen",
            Self::Found => "found",
        }
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// Its style without colours: weight and reversal replace them.
    pub(super) const fn default_weight(self) -> Modifier {
        match self {
            Self::Bad | Self::Strong => Modifier::BOLD,
            Self::Quiet | Self::Border => Modifier::DIM,
            Self::Selection | Self::Chosen => Modifier::BOLD.union(Modifier::REVERSED),
            Self::Found => Modifier::BOLD
                .union(Modifier::REVERSED)
                .union(Modifier::UNDERLINED),
            _ => Modifier::empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_at_its_index() {
        for (index, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role.index(), index, "{role:?}");
        }
    }
}
