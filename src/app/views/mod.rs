//! The views of a build: each answers one question (what happened, how long does it take, why did it fail). `update`
//! calls them by the [`View`] trait, and `view::views` draws them.
//!
//! - `events`: the list of events: `list` (selection and scrolling) over `rows` (the build's events as rows), `filter`,
//!   `search`
//! - `resources`: the list of resources and of the image's workflow steps (`resource_rows`), with their bars on the time
//!   `axis`
//! - `log`: the lines of the build log
//! - `failure`: the explanation of a failure, as a `page`; after a success, the `result`
//! - `detail`: the detail pane beside the lists, as a `page`
//! - `action`: what the focused view can do
//! - `times`: how times are shown in all of them

pub(crate) mod action;
pub(crate) mod axis;
pub(crate) mod detail;
pub(crate) mod events;
pub(crate) mod failure;
pub(crate) mod filter;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod page;
pub(crate) mod resource_rows;
pub(crate) mod resources;
mod result;
pub(crate) mod rows;
pub(crate) mod search;
pub(crate) mod times;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::app::layout::PaneSize;
use crate::app::session::Target;
use crate::app::views::action::{Move, ViewAction};
use crate::app::views::detail::DetailSubject;
use crate::app::views::failure::FailurePage;
use crate::app::views::filter::Filter;
use crate::app::views::list::EventList;
use crate::app::views::log::LogList;
use crate::app::views::page::Page;
use crate::app::views::resources::ResourceList;
use crate::domain::build::Build;
use crate::domain::estimate::TypicalDuration;
use crate::domain::failure::Explanation;
use crate::domain::stack_event::{EventKey, StackEvent};
use crate::text::pattern::Pattern;
use crate::text::safe::SafeText;

/// The view in the body of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    /// The events, oldest first.
    #[default]
    Events,
    /// The resources and their bars on a time axis.
    Resources,
    /// What failed first, why, and what followed from it.
    Failure,
    /// The lines of the build log, oldest first.
    Log,
}

impl Tab {
    /// Every view, in the order of their tabs.
    pub const ALL: [Self; 4] = [Self::Events, Self::Resources, Self::Failure, Self::Log];

    /// The name on the tab, and the name in sentences such as "Here, in the list".
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Events => ("Events", "list"),
            Self::Resources => ("Resources", "resources"),
            Self::Failure => ("Failure", "failure"),
            Self::Log => ("Log", "log"),
        }
    }

    pub const fn name(self) -> &'static str {
        self.names().0
    }

    pub const fn label(self) -> &'static str {
        self.names().1
    }
}

/// The state of every view of a build.
#[derive(Clone, Debug, Default)]
pub struct Views {
    pub events: EventList,
    pub resources: ResourceList,
    /// The explanation of the failure, as a page.
    pub failure: FailurePage,
    pub log: LogList,
}

impl Views {
    pub(crate) fn of(&self, tab: Tab) -> &dyn View {
        match tab {
            Tab::Events => &self.events,
            Tab::Resources => &self.resources,
            Tab::Failure => &self.failure,
            Tab::Log => &self.log,
        }
    }

    pub(crate) fn of_mut(&mut self, tab: Tab) -> &mut dyn View {
        match tab {
            Tab::Events => &mut self.events,
            Tab::Resources => &mut self.resources,
            Tab::Failure => &mut self.failure,
            Tab::Log => &mut self.log,
        }
    }
}

/// What the views of a session read besides their own state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ViewData<'a> {
    pub build: &'a Build,
    pub filter: &'a Filter,
    pub explanation: Option<&'a Explanation>,
    /// The typical duration of the user's own builds.
    pub typical: Option<TypicalDuration>,
    pub target: &'a Target,
}

impl ViewData<'_> {
    /// The image's region: from the API, otherwise from the user.
    fn region(self) -> Option<SafeText> {
        let requested = || self.target.region.clone();
        self.build.region().or_else(requested)
    }
}

/// A change outside of the view that an action requests.
#[derive(Clone, Debug)]
pub(crate) enum ViewRequest {
    OpenDetail,
    /// Select the event in the list of events.
    ShowEvent(EventKey),
    /// Tell the user the result of the action.
    Toast(String),
}

/// One view of a build. A list has the detail pane beside it; a page has the body of the screen for itself.
pub(crate) trait View {
    /// The number of things behind the tab; 0 dims it.
    fn count(&self, data: ViewData<'_>) -> usize;

    /// The subject of the detail pane.
    fn subject<'a>(&'a self, data: ViewData<'a>) -> Option<DetailSubject<'a>>;

    /// The event that a key would copy.
    fn event<'a>(&'a self, data: ViewData<'a>) -> Option<&'a Arc<StackEvent>> {
        self.subject(data)?.event()
    }

    /// The page, if the view is one.
    fn page(&self) -> Option<&Page> {
        None
    }

    /// Whether its rows are events, which the filter and the index of the search select.
    fn lists_events(&self) -> bool {
        false
    }

    /// Whether the detail pane stands beside it, if it is a list.
    fn has_detail(&self) -> bool {
        true
    }

    /// Whether it shows why the build failed.
    fn explains_failure(&self) -> bool {
        false
    }

    /// Its name, where the build gives it another one than the tab.
    fn name(&self, _data: ViewData<'_>) -> Option<&'static str> {
        None
    }

    /// The rows that the list needs, if that is few: the detail pane gets the rest.
    fn wanted_rows(&self, _data: ViewData<'_>) -> Option<usize> {
        None
    }

    /// The name and the text that a copy of the marked line takes. `None`: it takes the event.
    fn copyable(&self) -> Option<(String, String)> {
        None
    }

    /// Adapts selection and scrolling to the build and to the size of its pane. `None`: the detail pane covers it.
    fn settle(&mut self, data: ViewData<'_>, size: Option<PaneSize>);

    /// Moves the selection.
    fn go(&mut self, step: Move, data: ViewData<'_>, size: PaneSize);

    fn act(
        &mut self,
        action: ViewAction,
        data: ViewData<'_>,
        now: DateTime<Utc>,
    ) -> Option<ViewRequest>;

    /// Scrolls by the mouse wheel.
    fn scroll(&mut self, rows: isize, data: ViewData<'_>, size: PaneSize);

    /// Selects the row on a line of the pane.
    fn click(&mut self, line: usize, data: ViewData<'_>, size: PaneSize);

    /// Goes to the next or previous match, around the end. Returns a toast if there is something to tell.
    fn find(&mut self, pattern: &Pattern, forward: bool, data: ViewData<'_>) -> Option<String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tab_is_listed_in_its_order() {
        for (index, tab) in Tab::ALL.into_iter().enumerate() {
            assert_eq!(tab as usize, index, "{}", tab.name());
        }
        let (_, rest) = include_str!("mod.rs")
            .split_once("pub enum Tab {\n")
            .unwrap();
        let (body, _) = rest.split_once("\n}").unwrap();
        let variants = body
            .lines()
            .filter(|line| !line.trim().starts_with(['/', '#']));
        assert_eq!(variants.count(), Tab::ALL.len());
    }
}
