//! The whole state of the program, as plain data: `update` changes it, the view and the output read it.

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

/// Transient remarks are shown for this long.
const TRANSIENT_REMARK: Duration = Duration::from_mins(1);

/// The watched image.
#[derive(Clone, Debug)]
pub struct Target {
    /// As the user typed it.
    pub image_id: String,
    /// The region that the user requested, until the API names the image's region.
    pub region: Option<SafeText>,
    /// A note for the title: what replaces the real API, such as a recording.
    pub note: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Mode {
    /// On a screen; it ends when the user leaves.
    Screen,
    /// Headless, with text or JSON on standard output; it ends when the build ends.
    Headless(ExitPolicy),
}

/// The pane that receives the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The list, or the page of a view without a list.
    #[default]
    List,
    Detail,
}

#[derive(Debug)]
pub struct Model {
    pub target: Target,
    pub mode: Mode,
    pub keys: KeyMap,
    pub build: Build,
    pub connection: Connection,
    /// The watch's time, to the second.
    pub now: DateTime<Utc>,
    /// How far the machine's clock is behind the watch's time: zero if it is right.
    pub behind: TimeDelta,
    /// The user was warned once that the machine's clock is wrong.
    pub clock_warning_shown: bool,
    /// The running time of the watch's clock.
    pub elapsed: Duration,
    /// The user's UTC offset.
    pub offset: FixedOffset,
    /// The terminal's size.
    pub size: Size,
    /// The view in the body of the screen.
    pub tab: Tab,
    pub filter: Filter,
    pub search: Search,
    pub list: EventList,
    pub resources: ResourceList,
    /// The explanation of the failure, as a page.
    pub failure: FailurePage,
    explanation: Option<Explanation>,
    pub detail: Detail,
    /// Whether the detail pane covers the list, if they do not stand side by side.
    pub detail_only: bool,
    pub focus: Focus,
    pub overlay: Option<Overlay>,
    pub times: TimeDisplay,
    /// Whether the program receives the mouse; otherwise the terminal does, for selecting text.
    pub mouse: bool,
    /// The result of the last key, if the screen does not show it; until the next key.
    pub toast: Option<String>,
    /// The typical duration of the user's own builds, if there are recordings of some.
    pub typical: Option<TypicalDuration>,
    /// The number of printed events.
    pub printed: usize,
    /// The last remark of the program about itself, and the running time when it was made.
    pub remark: Option<(Duration, Remark)>,
    pub(super) verdict_notice: VerdictNotice,
    /// The running time when the user last requested a poll.
    pub(super) poll_requested: Option<Duration>,
}

impl Model {
    /// A model before the first message.
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

    /// The selected event of the list.
    pub fn selected(&self) -> Option<&Arc<StackEvent>> {
        self.rows().find(self.list.selected.as_ref()?)
    }

    /// The subject of the detail pane.
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

    /// The event that a key would copy: the selected one, a resource's newest one, or the first failure.
    pub fn event(&self) -> Option<&Arc<StackEvent>> {
        match self.tab {
            Tab::Failure => self.explanation().map(|why| &why.cause),
            _ => self.subject()?.event(),
        }
    }

    /// The page that a text search searches.
    pub fn page(&self) -> &Page {
        match self.tab {
            Tab::Failure => &self.failure.page,
            _ => &self.detail.page,
        }
    }

    /// The regions of the screen; `None` if it is too small.
    pub fn regions(&self) -> Option<Regions> {
        Regions::of(self.size, self.layout_input(self.notices().len()))
    }

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

    /// The number of events that are newer than every listed one and hidden by the filter.
    pub fn hidden_newer_events(&self) -> usize {
        let rows = self.rows();
        let newest_listed = rows.newest_listed();
        match newest_listed {
            Some(event) => self.build.events_after(&event.key()),
            None => 0,
        }
    }

    /// Whether events remain to be indexed; see [`Msg::Idle`](crate::app::msg::Msg::Idle).
    pub fn has_index_work(&self) -> bool {
        FilterSlot::ALL
            .into_iter()
            .any(|slot| self.build.unindexed(slot) > 0)
    }

    /// The UTC offset in which times are shown.
    pub fn zone(&self) -> FixedOffset {
        if self.times.utc {
            Utc.fix()
        } else {
            self.offset
        }
    }

    /// Selects an event in the list, and shows the list.
    pub(super) fn show_event(&mut self, key: &EventKey) {
        self.tab = Tab::Events;
        let rows = ListRows::new(&self.build, self.filter.selection(), self.list.order);
        self.list.show(rows, key);
    }

    /// The notices of this screen, wrapped.
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

    /// The current remark of the program about itself.
    pub fn remark(&self) -> Option<&Remark> {
        let (made_at, remark) = self.remark.as_ref()?;
        (!remark.is_transient || self.elapsed.saturating_sub(*made_at) < TRANSIENT_REMARK)
            .then_some(remark)
    }

    /// Why the build failed; after a success, why its stack is left over.
    pub fn explanation(&self) -> Option<&Explanation> {
        self.explanation.as_ref()
    }

    /// Updates the explanation. After every observation and not in every frame, since a reason can be long.
    pub(super) fn update_explanation(&mut self) {
        let region = self.region().map(SafeText::as_str);
        self.explanation = Explanation::of(&self.build, &self.target.image_id, region);
    }

    /// The estimated remaining time; `None` unless the build is running.
    pub fn estimate(&self) -> Option<Estimate> {
        let is_running = matches!(self.build.verdict(), Verdict::Building | Verdict::Finishing);
        let elapsed = self.build.elapsed(self.now).filter(|_| is_running)?;
        Estimate::of(elapsed, self.typical)
    }

    /// Whether keys act on a page of text instead of a list.
    pub fn reads_page(&self) -> bool {
        self.tab == Tab::Failure || self.focus == Focus::Detail
    }

    /// The context that decides the action of a key.
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

    /// The image's region: from the API, otherwise from the user.
    pub fn region(&self) -> Option<&SafeText> {
        let described = self.build.image().and_then(|image| image.region.as_ref());
        described.or(self.target.region.as_ref())
    }

    /// Brings the views in line with the build and with each other. `update` calls it after every message.
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
