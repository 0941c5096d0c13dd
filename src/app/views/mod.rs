//! The state of the views of a build: each answers one question (what happened, how long does it take, why did it
//! fail). `update` changes them, `settle` brings them in line with the build, and `view::views` draws them.
//!
//! - `events`: `list` (selection and scrolling) over `rows` (the build's events as rows), `filter`, `search`
//! - `resources`: the list of resources, with their bars on the time `axis`
//! - `failure`: the explanation of a failure, as a `page`
//! - `detail`: the detail pane beside the lists, as a `page`
//! - `times`: how times are shown in all of them

pub(crate) mod axis;
pub(crate) mod detail;
pub(crate) mod failure;
pub(crate) mod filter;
pub(crate) mod list;
pub(crate) mod page;
pub(crate) mod resources;
pub(crate) mod rows;
pub(crate) mod search;
pub(crate) mod times;

use failure::FailurePage;
use list::EventList;
use resources::ResourceList;

/// The state of every view of a build.
#[derive(Clone, Debug, Default)]
pub struct Views {
    pub events: EventList,
    pub resources: ResourceList,
    /// The explanation of the failure, as a page.
    pub failure: FailurePage,
}

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
