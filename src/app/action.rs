//! What a person can mean with a key, and where: the vocabulary of the key map, the hint line and the help.
//!
//! A new action is a variant here, a row in [`super::commands`], a line in `assets/keys.toml` and an arm in
//! [`super::update`]. Tests say which of the first three is missing.

/// A person's intent. Its name in a key map's file is the variant's, in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One screen up.
    PageUp,
    /// One screen down.
    PageDown,
    /// To the first row.
    Top,
    /// To the last row; in the list of events, follow the newest one from there.
    Bottom,
    /// Fold the branch, or go to its parent.
    Fold,
    /// Unfold the branch.
    Unfold,
    /// To the next pane.
    NextPane,
    /// Look closer: from the list to the detail, from a branch to what is in it, from every status to one.
    Enter,
    /// Switch the marked thing on or off.
    Toggle,
    /// Close the topmost thing.
    Close,
    /// Choose which statuses are listed.
    Filter,
    /// List every status again.
    ShowAll,
    /// Ask the API now instead of at the next poll.
    PollNow,
    /// Show what the keys do.
    Help,
    /// Leave.
    Quit,
}

/// Where a key is pressed, and so what it can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// The list of events.
    List,
    /// The detail pane.
    Detail,
    /// The choice of statuses.
    Filter,
    /// The help.
    Help,
}

impl Context {
    /// Every context, in the order in which the help lists them.
    pub const ALL: &[Self] = &[Self::List, Self::Detail, Self::Filter, Self::Help];

    /// The word for it, as in "in the list".
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Detail => "detail",
            Self::Filter => "filter",
            Self::Help => "help",
        }
    }
}
