//! One watched build and the state of its views. What must be rebuilt when another build is shown is here; everything
//! else is in [`Model`](crate::app::model::Model).

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::effect::{Entry, Origin};
use crate::app::layout::{LayoutInput, PaneSize, Regions};
use crate::app::msg::Remark;
use crate::app::status::connection::Connection;
use crate::app::status::exit_policy::ExitPolicy;
use crate::app::status::playback::Playback;
use crate::app::status::verdict_notice::VerdictNotice;
use crate::app::views::detail::{Detail, DetailSubject};
use crate::app::views::events::FoundEvent;
use crate::app::views::filter::Filter;
use crate::app::views::page::Page;
use crate::app::views::rows::ListRows;
use crate::app::views::search::Search;
use crate::app::views::{Tab, View, ViewData, Views};
use crate::domain::build::Build;
use crate::domain::estimate::{Estimate, TypicalDuration, TypicalTimes};
use crate::domain::failure::{Diagnosis, Explanation};
use crate::domain::reason::Remedy;
use crate::domain::search::Selection;
use crate::domain::stack_event::{EventKey, StackEvent};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;
use crate::store::filter_index::FilterSlot;
use crate::text::pattern::Pattern;
use crate::text::safe::SafeText;

/// The address of a session, for messages and effects. Sessions are listed in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

/// The session that is shown before there is one.
const PLACEHOLDER: SessionId = SessionId(u32::MAX);

/// The watched image.
#[derive(Clone, Debug)]
pub struct Target {
    /// As the user typed it.
    pub image_id: String,
    /// The region that the user requested, until the API names the image's region.
    pub region: Option<SafeText>,
    /// The service that is asked, in a word; `None` for a recording.
    pub backend: Option<&'static str>,
    /// A note for the title: what replaces the real API, such as a recording.
    pub note: Option<String>,
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
pub struct Session {
    pub id: SessionId,
    pub target: Target,
    pub build: Build,
    pub connection: Connection,
    /// How far the machine's clock is behind the service's: zero if it is right.
    pub(super) behind: TimeDelta,
    /// Whether a request about the image was answered, or has failed.
    pub(super) image_was_answered: bool,
    explanation: Option<Explanation>,
    /// What Image Builder's own word says, while no event explains a failure.
    diagnosis: Option<Diagnosis>,
    /// The last remark about the recording of this build, and the running time when it was made.
    pub(super) remark: Option<(Duration, Remark)>,
    pub(super) verdict_notice: VerdictNotice,
    /// The event that the list has shown because a verdict was reached.
    shown_for_verdict: Option<EventKey>,
    /// The running time when the user last requested a poll.
    pub(super) poll_requested: Option<Duration>,

    /// Whether the user is asked for an MFA code.
    pub(super) code: CodeRequest,

    /// Headless: when the watch of this build ends.
    pub(super) exit: Option<ExitPolicy>,
    /// Headless: the exit code of this build, once its watch has ended.
    pub(super) exit_code: Option<u8>,
    /// Headless: what was recorded, until it is known that its build is the present one.
    pub(super) held: Vec<Entry>,
    /// Headless: the number of printed events.
    pub(super) printed: usize,

    /// The typical duration of the user's own builds, if there are recordings of some.
    pub(crate) typical: Option<TypicalDuration>,
    /// The usual durations of the parts of the same builds.
    pub(crate) typical_times: TypicalTimes,
    /// The view in the body of the screen.
    pub tab: Tab,
    pub views: Views,
    pub detail: Detail,
    /// The replay of a recording, if this is one.
    pub playback: Option<Playback>,
    /// Whether the detail pane covers the list, if they do not stand side by side.
    pub detail_only: bool,
    pub focus: Focus,
    pub filter: Filter,
    pub search: Search,
}

/// The state of asking for an MFA code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeRequest {
    None,
    Wanted,
    /// The same while requests still succeed: the session of the last code is about to expire.
    WantedSoon,
    /// The user has closed the prompt.
    Declined,
}

impl Session {
    /// The estimated remaining time; `None` unless the build is running.
    pub(super) fn estimate(&self, now: DateTime<Utc>) -> Option<Estimate> {
        let is_running = matches!(self.build.verdict(), Verdict::Building | Verdict::Finishing);
        let elapsed = self.build.elapsed(now).filter(|_| is_running)?;
        Estimate::of(elapsed, self.typical)
    }

    /// The verdict to show. That a stack is being deleted is known by its events alone, before the first answer about the
    /// image: the build may have succeeded long ago, and its stack deletes itself.
    pub(crate) fn verdict(&self) -> Verdict {
        match self.build.verdict() {
            Verdict::Deleting if self.awaits_image() => Verdict::Waiting,
            verdict => verdict,
        }
    }

    /// How long the build has taken, or took: not before it is known whether it has ended.
    pub(crate) fn elapsed(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let is_known = self.verdict() == self.build.verdict();
        self.build.elapsed(now).filter(|_| is_known)
    }

    /// Whether the first request about the image is still to be answered. A recording makes none.
    fn awaits_image(&self) -> bool {
        self.target.backend.is_some() && !self.image_was_answered
    }

    /// Takes the typical durations that another session has.
    pub(super) fn expect_as(&mut self, other: &Self) {
        self.typical = other.typical;
        self.typical_times = other.typical_times.clone();
    }

    /// A session before its first observation. Its watch ends by `exit` if it is headless, and never on a screen.
    pub fn new(id: SessionId, target: Target, exit: Option<ExitPolicy>) -> Self {
        let waits = exit.as_ref().is_some_and(ExitPolicy::waits_for_image);
        Self {
            id,
            build: Build::requested(&target.image_id, waits),
            target,
            connection: Connection::default(),
            behind: TimeDelta::zero(),
            image_was_answered: false,
            explanation: None,
            diagnosis: None,
            remark: None,
            verdict_notice: VerdictNotice::default(),
            shown_for_verdict: None,
            poll_requested: None,
            code: CodeRequest::None,
            exit,
            exit_code: None,
            held: Vec::new(),
            printed: 0,
            typical: None,
            typical_times: TypicalTimes::default(),
            tab: Tab::Events,
            views: Views::default(),
            detail: Detail::default(),
            playback: None,
            detail_only: false,
            focus: Focus::List,
            filter: Filter::default(),
            search: Search::default(),
        }
    }

    /// Whether the user is to be asked for an MFA code.
    pub fn wants_code(&self) -> bool {
        matches!(self.code, CodeRequest::Wanted | CodeRequest::WantedSoon)
    }

    /// What is shown before the first build is picked: no build, and nothing is polled.
    pub fn placeholder() -> Self {
        let target = Target {
            image_id: String::new(),
            region: None,
            backend: None,
            note: None,
        };
        Self::new(PLACEHOLDER, target, None)
    }

    pub fn is_placeholder(&self) -> bool {
        self.id == PLACEHOLDER
    }

    /// The same as the replay of a recording.
    #[must_use]
    pub fn replaying(self, playback: Option<Playback>) -> Self {
        Self { playback, ..self }
    }

    /// Forgets what was observed: a replay begins again. The views stay as the user has left them.
    pub(super) fn forget_build(&mut self) {
        self.build = Build::requested(&self.target.image_id, false);
        self.connection = Connection::default();
        self.behind = TimeDelta::zero();
        self.explanation = None;
        self.remark = None;
        self.shown_for_verdict = None;
        self.views.log.show_cause(self.build.log(), None);
    }

    /// The view in the body of the screen.
    pub(super) fn view(&self) -> &dyn View {
        self.views.of(self.tab)
    }

    /// The name of the shown view.
    pub fn view_name(&self) -> &'static str {
        let name = self.view().name(self.data());
        name.unwrap_or(self.tab.name())
    }

    /// What the views read.
    pub(crate) fn data(&self) -> ViewData<'_> {
        ViewData {
            build: &self.build,
            filter: &self.filter,
            explanation: self.explanation.as_ref(),
            typical: self.typical,
            target: &self.target,
        }
    }

    /// Every view, the detail pane, and what they read.
    fn split(&mut self) -> (&mut Views, &mut Detail, ViewData<'_>) {
        let data = ViewData {
            build: &self.build,
            filter: &self.filter,
            explanation: self.explanation.as_ref(),
            typical: self.typical,
            target: &self.target,
        };
        (&mut self.views, &mut self.detail, data)
    }

    /// The view in the body of the screen, the detail pane, and what they read.
    pub(super) fn parts(&mut self) -> (&mut dyn View, &mut Detail, ViewData<'_>) {
        let tab = self.tab;
        let (views, detail, data) = self.split();
        (views.of_mut(tab), detail, data)
    }

    /// The list's rows under the filter.
    pub fn rows(&self) -> ListRows<'_> {
        ListRows::new(
            &self.build,
            self.filter.selection(),
            self.views.events.order,
        )
    }

    /// The selected event of the list.
    pub fn selected(&self) -> Option<&Arc<StackEvent>> {
        self.rows().find(self.views.events.selected.as_ref()?)
    }

    /// The subject of the detail pane.
    pub fn subject(&self) -> Option<DetailSubject<'_>> {
        self.view().subject(self.data())
    }

    /// The event that a key would copy: the selected one, a resource's newest one, or the first failure.
    pub fn event(&self) -> Option<&Arc<StackEvent>> {
        self.view().event(self.data())
    }

    /// The page that a text search searches.
    pub fn page(&self) -> &Page {
        self.view().page().unwrap_or(&self.detail.page)
    }

    /// Whether keys act on the detail pane.
    pub fn detail_focused(&self) -> bool {
        self.focus == Focus::Detail && self.view().page().is_none()
    }

    /// Whether keys act on a page of text instead of a list.
    pub fn reads_page(&self) -> bool {
        self.view().page().is_some() || self.focus == Focus::Detail
    }

    /// The number of events that are newer than every listed one and hidden by the filter.
    pub fn hidden_newer_events(&self) -> usize {
        match self.rows().newest_listed() {
            Some(event) => self.build.events_after(&event.key()),
            None => 0,
        }
    }

    /// Whether events remain to be indexed; see [`Msg::Idle`](crate::app::msg::Msg::Idle).
    pub fn has_index_work(&self) -> bool {
        FilterSlot::ALL
            .into_iter()
            .any(|slot| self.build.unindexed(slot) > 0 || self.build.log().unindexed(slot) > 0)
    }

    /// Shows a view, with the focus on its list.
    pub(super) fn show_view(&mut self, tab: Tab) {
        self.tab = tab;
        self.focus = Focus::List;
        self.detail_only = false;
    }

    /// Selects an event in the list, and shows the list.
    pub(super) fn show_event(&mut self, key: &EventKey) {
        self.tab = Tab::Events;
        let order = self.views.events.order;
        let rows = ListRows::new(&self.build, self.filter.selection(), order);
        self.views.events.show(rows, key);
    }

    /// Selects the first failure when the build has failed, once, if the list follows: the newest event is the stack's own,
    /// or a deletion. While older events are being read, an earlier failure may become known. A success needs no
    /// explanation: the list follows the deletion of the stack.
    pub(super) fn select_for_verdict(&mut self) {
        let build = &self.build;
        let cause = build.log_cause().map(|cause| cause.row);
        self.views.log.show_cause(build.log(), cause);
        let event = match build.verdict() {
            Verdict::Failed => build.first_failure(),
            _ => None,
        };
        let list = &mut self.views.events;
        let Some(key) = event.map(|event| event.key()) else {
            // Another build of this image has begun.
            if self.shown_for_verdict.take().is_some() && list.is_where_put() {
                list.follow();
            }
            return;
        };
        if self.shown_for_verdict.as_ref() == Some(&key) {
            return;
        }
        self.shown_for_verdict = Some(key.clone());
        let rows = ListRows::new(&self.build, self.filter.selection(), list.order);
        let is_listed = rows.find(&key).is_some_and(|event| event.key() == key);
        if is_listed && (list.follows || list.is_where_put()) {
            list.select_unasked(rows, &key);
        }
    }

    /// Selects the next or previous event of a selection in the list, without showing the list.
    pub(super) fn step_in_events(
        &mut self,
        selection: Selection,
        forward: bool,
    ) -> Option<FoundEvent> {
        let (views, _, data) = self.split();
        views.events.step(selection, forward, data)
    }

    /// Selects the next or previous match in the list, without showing the list. Returns a toast either way.
    pub(super) fn find_event(
        &mut self,
        pattern: &Pattern,
        forward: bool,
    ) -> Result<String, String> {
        let (views, _, data) = self.split();
        views.events.find_event(pattern, forward, data)
    }

    /// Selects the next or previous error in the log.
    pub(super) fn step_to_log_error(&mut self, forward: bool) -> String {
        let (views, _, data) = self.split();
        views.log.step_to_error(data.build.log(), forward)
    }

    /// Why the build failed; after a success, why its stack is left over.
    pub fn explanation(&self) -> Option<&Explanation> {
        self.explanation.as_ref()
    }

    /// The command that helps, or the line of a cluster's configuration that uses the image; with its name.
    pub(super) fn command(&self) -> Option<(&'static str, String)> {
        let command = self.remedy().and_then(|remedy| remedy.command.as_ref());
        let command = command.map(|command| ("the command", command.to_string()));
        let succeeded = self.build.verdict() == Verdict::Succeeded;
        let ami = self.build.ami().filter(|_| succeeded);
        let configuration = || Some(("the configuration", ami?.configuration()?));
        command.or_else(configuration)
    }

    /// Updates the explanation. After every observation and not in every frame, since a reason can be long.
    pub(super) fn update_explanation(&mut self) {
        let region = self.region();
        let region = region.as_ref().map(SafeText::as_str);
        self.explanation = Explanation::of(&self.build, &self.target.image_id, region);
        let succeeded = self.build.verdict() == Verdict::Succeeded;
        let is_unexplained = self.explanation.is_none() && !succeeded;
        let diagnosis = || Diagnosis::without_event(&self.build, &self.target.image_id, region);
        self.diagnosis = is_unexplained
            .then(diagnosis)
            .filter(|diagnosis| *diagnosis != Diagnosis::default());
    }

    /// What Image Builder's own word says, while no event explains a failure.
    pub(crate) fn diagnosis(&self) -> Option<&Diagnosis> {
        self.diagnosis.as_ref()
    }

    /// What helps after the failure.
    pub(crate) fn remedy(&self) -> Option<&Remedy> {
        let explained = self.explanation().map(|why| why.remedy.as_ref());
        explained.unwrap_or_else(|| self.diagnosis.as_ref()?.remedy.as_ref())
    }

    /// The image's region: from the API, otherwise from the user.
    pub fn region(&self) -> Option<SafeText> {
        let requested = || self.target.region.clone();
        self.build.region().or_else(requested)
    }

    /// Where the image was searched for: region, account and backend. `None` for a recording.
    pub(crate) fn searched(&self) -> Option<String> {
        let (region, backend) = (self.target.region.as_ref()?, self.target.backend?);
        let account = self.build.account();
        let account = account.map_or_else(String::new, |account| format!(", account {account}"));
        Some(format!("{region}{account} (asked: {backend})"))
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin {
            image_id: SafeText::new(&self.target.image_id),
            region: self.region(),
            label: None,
        }
    }

    /// Whether the build has an activity to show: it is known, and neither over nor failing.
    fn is_running(&self) -> bool {
        let is_known = self.build.current().is_some() || self.build.image().is_some();
        let is_running = matches!(
            self.verdict(),
            Verdict::Building | Verdict::Finishing | Verdict::Deleting
        );
        is_known && is_running && self.explanation.is_none() && !self.build.is_only_recorded()
    }

    /// What the layout depends on, beside the notices.
    pub(super) fn layout_input(&self) -> LayoutInput {
        let has_events = !self.build.timelines().iter().all(Timeline::is_empty);
        LayoutInput {
            has_detail: self.view().page().is_none() && self.view().has_detail() && has_events,
            detail_only: self.detail_only,
            detail_focused: self.focus == Focus::Detail,
            now: u16::from(self.is_running()),
            notices: 0,
            rows: self.view().wanted_rows(self.data()),
        }
    }

    /// Brings the shown view and the detail pane in line with the build and with their sizes.
    pub(super) fn settle(&mut self, regions: &Regions) {
        self.detail_only = regions.detail_only;
        let (view, detail, data) = self.parts();
        view.settle(data, regions.list_size());
        let PaneSize { rows, columns } = regions.detail_size();
        detail.settle(view.subject(data), columns, rows);
    }
}
