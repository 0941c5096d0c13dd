//! What a colour or a weight is for: roles, not places on the screen, so that a theme is short.
//!
//! A role is a name in a theme's file; which part of the screen has which role is said in [`crate::style::Theme`].

use ratatui::style::Modifier;

/// What a look is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// What nothing else is said of: the ground of the screen and plain text.
    Screen,
    /// Work goes on.
    Running,
    /// Work ended well.
    Good,
    Bad,
    /// Work is undone, or something needs attention.
    Warn,
    /// Something is deleted, as is usual at the end.
    Deleting,
    /// A status that is not understood.
    Unknown,
    /// To be read second: times, types, labels; what was skipped.
    Quiet,
    /// To be read first in its line: titles, keys.
    Strong,
    /// The border of what has not the focus.
    Border,
    /// The border of what has it.
    Focus,
    /// The row that the keys act on.
    Selection,
    /// A choice that is switched on.
    Chosen,
    /// What a search has found.
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

    /// Its name in a theme's file.
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

    /// What is left of it without colours: what must be seen is told by weight and reversal.
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
    fn every_role_is_at_its_place() {
        for (place, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role.index(), place, "{role:?}");
        }
    }
}
