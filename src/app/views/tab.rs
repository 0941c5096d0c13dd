//! The views of a build, each an answer to one question: what happened, what takes how long, why it failed.

/// What the body of the screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    /// The events, oldest first.
    #[default]
    Events,
    /// The resources and their bars on a time axis.
    Resources,
    /// What failed first, why, and what followed from it.
    Failure,
}

impl Tab {
    /// Every view, in the order of their tabs.
    pub const ALL: [Self; 3] = [Self::Events, Self::Resources, Self::Failure];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "Events",
            Self::Resources => "Resources",
            Self::Failure => "Failure",
        }
    }

    /// The view after it, or before it.
    #[must_use]
    pub fn next(self, forward: bool) -> Self {
        let count = Self::ALL.len();
        let step = if forward { 1 } else { count - 1 };
        Self::ALL[(self as usize + step) % count]
    }
}
