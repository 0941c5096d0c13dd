//! The whole state of the program, as plain data that `update` changes and views read.

use chrono::{DateTime, FixedOffset, Offset, TimeDelta, Utc};
use ratatui::layout::Size;

use std::sync::Arc;
use std::time::Duration;

use crate::app::keys::action::{Action, Context};
use crate::app::keys::keymap::KeyMap;
use crate::app::layout::{DetailPlacement, LayoutInput, Regions};
use crate::app::msg::Remark;
use crate::app::overlays::Overlay;
use crate::app::status::connection::Connection;
use crate::app::status::exit_policy::ExitPolicy;
use crate::app::status::notices;
use crate::app::status::notices::NoticeLine;
use crate::app::status::verdict_notice::VerdictNotice;
use crate::app::views::Tab;
use crate::app::views::detail::{Detail, DetailSubject};
use crate::app::views::failure::FailurePage;
use crate::app::views::filter::Filter;
use crate::app::views::list::EventList;
use crate::app::views::page::Page;
use crate::app::views::resources;
use crate::app::views::resources::ResourceList;
use crate::app::views::rows::ListRows;
use crate::app::views::search::Search;
use crate::app::views::times::TimeDisplay;
use crate::domain::build::Build;
use crate::domain::estimate::{Estimate, TypicalDuration};
use crate::domain::failure::Explanation;
use crate::domain::stack_event::{EventKey, StackEvent};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;
use crate::store::filter_index::FilterSlot;
use crate::text::safe::SafeText;

/// How long a remark that is_transient is shown.
const TRANSIENT_REMARK: Duration = Duration::from_mins(1);

/// What is watched.
#[derive(Clone, Debug)]
pub struct Target {
    /// The image's id, as the person gave it.
    pub image_id: String,
    /// The region that the person asked for, until the API names the image's.
    pub region: Option<SafeText>,
    /// A note for the title: what stands in for the real API, where something does.
    pub note: Option<String>,
}

/// How the program is used.
#[derive(Clone, Debug)]
pub enum Mode {
    /// A screen: it ends when the user leaves.
    Screen,
    /// Headless, with text or JSON on standard output: it ends when the build has.
    Headless(ExitPolicy),
}

/// Which pane the keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The list, or the one page of a view that has no list.
    #[default]
    List,
    /// The detail pane.
    Detail,
}

/// Everything that the program knows.
#[derive(Debug)]
pub struct Model {
    /// What is watched.
    pub target: Target,
    /// How the program is used.
    pub mode: Mode,
    /// Which key means what.
    pub keys: KeyMap,
    /// What is known about the build.
    pub build: Build,
    /// What is known about the connection.
    pub connection: Connection,
    /// The watch's time, to the second.
    pub now: DateTime<Utc>,
    /// How far the machine's own time is behind that, where it is wrong.
    pub behind: TimeDelta,
    /// A person has been told that it is.
    pub clock_warning_shown: bool,
    /// How long the watch's clock has run.
    pub elapsed: Duration,
    /// What the person's clocks differ from UTC by.
    pub offset: FixedOffset,
    /// The terminal's size.
    pub size: Size,
    /// What the body shows.
    pub tab: Tab,
    /// What is listed.
    pub filter: Filter,
    pub search: Search,
    /// The state of the list of events.
    pub list: EventList,
    /// The state of the list of resources.
    pub resources: ResourceList,
    /// The explanation of the failure, as a page.
    pub failure: FailurePage,
    /// The explanation itself.
    explanation: Option<Explanation>,
    /// The detail pane's state.
    pub detail: Detail,
    /// Whether the detail pane covers the list, where they do not stand side by side.
    pub detail_only: bool,
    /// Which pane the keys go to.
    pub focus: Focus,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// How times are shown.
    pub times: TimeDisplay,
    /// Whether the mouse is the program's; else it is the terminal's, for selecting text.
    pub mouse: bool,
    /// What the last key did, where the screen does not show it; until the next key.
    pub toast: Option<String>,
    /// How long the person's own builds took, where there are recordings of some.
    pub typical: Option<TypicalDuration>,
    /// How many events have been printed.
    pub printed: usize,
    /// What the program has to say about itself, and how long the clock had run when that was said.
    pub remark: Option<(Duration, Remark)>,
    /// What of the end has been told.
    pub(super) verdict_notice: VerdictNotice,
    /// How long the clock had run when the person last asked for a poll.
    pub(super) poll_requested: Option<Duration>,
}

impl Model {
    /// A model that has learnt nothing yet.
    pub fn new(target: Target, mode: Mode, keys: KeyMap, now: DateTime<Utc>) -> Self {
        Self {
            target,
            mode,
            keys,
            build: Build::default(),
            connection: Connection::default(),
            now,
            behind: TimeDelta::zero(),
            clock_warning_shown: false,
            elapsed: Duration::ZERO,
            offset: Utc.fix(),
            size: Size::default(),
            tab: Tab::Events,
            filter: Filter::default(),
            search: Search::default(),
            list: EventList::default(),
            resources: ResourceList::default(),
            failure: FailurePage::default(),
            explanation: None,
            detail: Detail::default(),
            detail_only: false,
            focus: Focus::List,
            overlay: None,
            times: TimeDisplay::default(),
            mouse: true,
            toast: None,
            typical: None,
            printed: 0,
            remark: None,
            verdict_notice: VerdictNotice::default(),
            poll_requested: None,
        }
    }

    /// The list's rows under the filter.
    pub fn rows(&self) -> ListRows<'_> {
        ListRows::new(&self.build, self.filter.selection(), self.list.order)
    }

    /// The event that is selected in the list.
    pub fn selected(&self) -> Option<&Arc<StackEvent>> {
        self.rows().find(self.list.selected.as_ref()?)
    }

    /// What the detail pane is about.
    pub fn subject(&self) -> Option<DetailSubject<'_>> {
        match self.tab {
            Tab::Events => {
                let event = self.selected()?;
                Some(DetailSubject::Event(
                    self.build.timeline_of(&event.stack_id)?,
                    event,
                ))
            }
            Tab::Resources => {
                let timeline = self.build.current()?;
                let id = self.resources.selected.as_ref()?;
                Some(DetailSubject::Resource(timeline, id))
            }
            Tab::Failure => None,
        }
    }

    /// The event that a key would copy: the selected one, a resource's newest, the one that failed first.
    pub fn event(&self) -> Option<&Arc<StackEvent>> {
        match self.tab {
            Tab::Failure => self.explanation().map(|why| &why.cause),
            _ => self.subject()?.event(),
        }
    }

    /// The page that a search for text goes through.
    pub fn page(&self) -> &Page {
        match self.tab {
            Tab::Failure => &self.failure.page,
            _ => &self.detail.page,
        }
    }

    /// Where things are on the screen; nothing where it is too small.
    pub fn regions(&self) -> Option<Regions> {
        Regions::of(self.size, self.layout_input(self.notices().len()))
    }

    /// What the division of the screen depends on.
    pub fn layout_input(&self, notices: usize) -> LayoutInput {
        let timeline = self.build.current();
        let rows = || timeline.map_or(0, Timeline::count_resources) + resources::HEADER;
        LayoutInput {
            tab: self.tab,
            detail_only: self.detail_only,
            notices,
            rows: (self.tab == Tab::Resources).then(rows),
        }
    }

    /// How many events the filter hides that are newer than everything it lists.
    pub fn hidden_newer_events(&self) -> usize {
        let rows = self.rows();
        let newest_listed = rows.newest_listed();
        match newest_listed {
            Some(event) => self.build.events_after(&event.key()),
            None => 0,
        }
    }

    /// Whether there is work left that does not wait for anything; see [`Msg::Idle`](crate::app::msg::Msg::Idle).
    pub fn has_index_work(&self) -> bool {
        FilterSlot::ALL
            .into_iter()
            .any(|slot| self.build.unindexed(slot) > 0)
    }

    /// The zone in which times are shown, as its difference from UTC.
    pub fn zone(&self) -> FixedOffset {
        if self.times.utc {
            Utc.fix()
        } else {
            self.offset
        }
    }

    /// Selects an event in the list, whatever view is shown.
    pub(super) fn show_event(&mut self, key: &EventKey) {
        self.tab = Tab::Events;
        let rows = ListRows::new(&self.build, self.filter.selection(), self.list.order);
        self.list.show(rows, key);
    }

    /// What must be read without a key being pressed.
    pub fn notices(&self) -> Vec<NoticeLine> {
        let (explanation, remark) = (self.explanation(), self.remark());
        let more = self.keys.key_for(Action::ShowFailure);
        let more = more.filter(|_| self.tab != Tab::Failure);
        notices::lines(
            &self.build,
            &self.connection,
            explanation,
            remark,
            more,
            self.size,
        )
    }

    /// What the program has to say about itself now.
    pub fn remark(&self) -> Option<&Remark> {
        let (said, remark) = self.remark.as_ref()?;
        (!remark.is_transient || self.elapsed.saturating_sub(*said) < TRANSIENT_REMARK)
            .then_some(remark)
    }

    /// Why the build failed, where it did; why its stack is still there, where it should not be.
    pub fn explanation(&self) -> Option<&Explanation> {
        self.explanation.as_ref()
    }

    /// Explains the failure anew: after every report, since a reason can be long and frames are many.
    pub(super) fn update_explanation(&mut self) {
        let region = self.region().map(SafeText::as_str);
        self.explanation = Explanation::of(&self.build, &self.target.image_id, region);
    }

    /// How long the build is likely to go on; nothing where it does not.
    pub fn estimate(&self) -> Option<Estimate> {
        let goes_on = matches!(self.build.verdict(), Verdict::Building | Verdict::Finishing);
        let elapsed = self.build.elapsed(self.now).filter(|_| goes_on)?;
        Estimate::of(elapsed, self.typical)
    }

    /// Whether keys read a page of text, not a list.
    pub fn reads_page(&self) -> bool {
        self.tab == Tab::Failure || self.focus == Focus::Detail
    }

    /// What a key means now depends on this.
    pub fn context(&self) -> Context {
        match (&self.overlay, self.focus, self.tab) {
            (Some(Overlay::Help { .. }), ..) => Context::Help,
            (Some(Overlay::Filter(_)), ..) => Context::Filter,
            (Some(Overlay::Prompt(_)), ..) => Context::Prompt,
            (None, _, Tab::Failure) => Context::Failure,
            (None, Focus::Detail, _) => Context::Detail,
            (None, Focus::List, Tab::Events) => Context::List,
            (None, Focus::List, Tab::Resources) => Context::Resources,
        }
    }

    /// The image's region: as the API says, else as the person asked.
    pub fn region(&self) -> Option<&SafeText> {
        let described = self.build.image().and_then(|image| image.region.as_ref());
        described.or(self.target.region.as_ref())
    }

    /// Brings everything that depends on something else in line: after every message.
    pub(super) fn settle(&mut self) {
        let notices = self.notices().len();
        let Some(regions) = Regions::of(self.size, self.layout_input(notices)) else {
            return;
        };
        match regions.placement {
            DetailPlacement::Beside => self.detail_only = false,
            DetailPlacement::Over => self.detail_only = self.focus == Focus::Detail,
            DetailPlacement::Under => {}
        }
        let Some(regions) = Regions::of(self.size, self.layout_input(notices)) else {
            return;
        };
        let height = Regions::rows_in(regions.list);
        match self.tab {
            Tab::Events if regions.list.is_some() => {
                let rows = ListRows::new(&self.build, self.filter.selection(), self.list.order);
                let is_indexing = self.build.unindexed(FilterSlot::Listed) > 0;
                self.list.settle(rows, height, is_indexing);
            }
            Tab::Resources => self
                .resources
                .settle(&self.build, resources::rows_below_header(height)),
            Tab::Failure => {
                let (why, columns) = (self.explanation.as_ref(), regions.page_columns());
                self.failure.settle(&self.build, why, columns, height);
            }
            Tab::Events => {}
        }
        let mut detail = std::mem::take(&mut self.detail);
        detail.settle(
            self.subject(),
            regions.detail_columns(),
            Regions::rows_in(regions.detail),
        );
        self.detail = detail;
        if let Some(Overlay::Filter(menu)) = &mut self.overlay {
            menu.settle(&self.build, self.size);
        }
    }
}
