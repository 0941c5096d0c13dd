//! The whole state of the program, as plain data: `update` changes it, the view and the output read it.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Offset, Utc};
use ratatui::layout::Size;

use crate::app::keys::action::{Action, Context, SessionAction};
use crate::app::keys::keymap::KeyMap;
use crate::app::layout::{Layout, LayoutInput, Regions};
use crate::app::msg::Remark;
use crate::app::overlays::Overlay;
use crate::app::overlays::picker::row;
use crate::app::search::Search;
use crate::app::session::{Session, SessionId};
use crate::app::status::notices;
use crate::app::status::notices::HintKeys;
use crate::app::views::Tab;
use crate::app::views::times::TimeDisplay;
use crate::domain::estimate::{Estimate, TypicalDuration, TypicalTimes};
use crate::exit_code;

/// The result of a key is shown for this long.
const TOAST: Duration = Duration::from_secs(8);
/// Transient remarks are shown for this long.
const TRANSIENT_REMARK: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// On a screen; it ends when the user leaves.
    Screen,
    /// Headless, with text or JSON on standard output; it ends when every build has ended.
    Headless,
}

/// The user's choices at the start of the program.
#[derive(Clone, Debug)]
pub struct Preferences {
    pub mode: Mode,
    pub keys: KeyMap,
    /// Whether the program receives the mouse.
    pub mouse: bool,
    /// Whether times are shown in UTC.
    pub utc: bool,
}

impl Preferences {
    pub fn new(mode: Mode, keys: KeyMap) -> Self {
        Self {
            mode,
            keys,
            mouse: true,
            utc: false,
        }
    }
}

#[derive(Debug)]
pub struct Model {
    /// The session on the screen.
    pub shown: Session,
    /// Every other session.
    pub(in crate::app) others: BTreeMap<SessionId, Session>,
    pub mode: Mode,
    pub keys: KeyMap,
    /// The watch's time, to the second.
    pub now: DateTime<Utc>,
    /// The user was warned once that the machine's clock is wrong.
    pub clock_warning_shown: bool,
    /// The running time of the watch's clock.
    pub elapsed: Duration,
    /// The user's UTC offset.
    pub offset: FixedOffset,
    /// The terminal's size.
    pub size: Size,
    /// The division of the screen; see `Model::settle`
    pub layout: Layout,
    pub overlay: Option<Overlay>,
    pub times: TimeDisplay,
    /// Whether the program receives the mouse; otherwise the terminal does, for selecting text.
    pub mouse: bool,
    /// The result of the last key, if the screen does not show it; until the next key, or for a while.
    pub toast: Option<String>,
    /// The real running time of the program when that key was pressed.
    pub(super) toast_since: Duration,
    /// The number of builds that the user has picked and that are about to be shown.
    pub(super) opening: usize,
    /// The search for all images that are being built, if the user wants them.
    pub(super) search: Option<Search>,
    /// Whether the last key asked for a report, which only the second one writes.
    pub(super) asks_for_report: bool,
    /// The real running time of the program.
    pub(super) running: Duration,
    /// The last remark of the program about itself, and the running time when it was made.
    pub(super) remark: Option<(Duration, Remark)>,
}

impl Model {
    /// A model before the first message.
    pub fn new(preferences: Preferences, session: Session, now: DateTime<Utc>) -> Self {
        Self {
            shown: session,
            others: BTreeMap::new(),
            mode: preferences.mode,
            keys: preferences.keys,
            now,
            clock_warning_shown: false,
            elapsed: Duration::ZERO,
            offset: Utc.fix(),
            size: Size::default(),
            layout: Layout::default(),
            overlay: None,
            times: TimeDisplay {
                utc: preferences.utc,
                ..TimeDisplay::default()
            },
            mouse: preferences.mouse,
            toast: None,
            toast_since: Duration::ZERO,
            opening: 0,
            search: None,
            asks_for_report: false,
            running: Duration::ZERO,
            remark: None,
        }
    }

    /// Takes the typical durations of the user's own builds and of their parts, once they are known.
    pub(super) fn expect(&mut self, typical: TypicalDuration, times: &TypicalTimes) {
        for session in self.sessions_mut() {
            session.typical = Some(typical);
            session.typical_times = times.clone();
        }
    }

    /// The same with another session, which is not shown.
    #[must_use]
    pub fn with(mut self, session: Session) -> Self {
        self.add(session);
        self
    }

    /// The same, looking for the images that are being built.
    #[must_use]
    pub fn searching(self, search: Option<Search>) -> Self {
        Self { search, ..self }
    }

    /// Whether more images that are being built may be found.
    pub(crate) fn is_searching(&self) -> bool {
        self.search.as_ref().is_some_and(|search| !search.is_over)
    }

    pub fn session(&self, id: SessionId) -> Option<&Session> {
        if id == self.shown.id {
            return Some(&self.shown);
        }
        self.others.get(&id)
    }

    pub(super) fn session_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        if id == self.shown.id {
            return Some(&mut self.shown);
        }
        self.others.get_mut(&id)
    }

    /// Every session, in the order of their ids.
    pub(super) fn sessions_mut(&mut self) -> Vec<&mut Session> {
        let mut sessions: Vec<_> = self.others.values_mut().collect();
        sessions.push(&mut self.shown);
        sessions.sort_unstable_by_key(|session| session.id);
        sessions
    }

    /// Every session, in the order of their ids.
    pub fn in_order(&self) -> Vec<&Session> {
        let sessions = self.sessions().filter(|session| !session.is_placeholder());
        let mut sessions: Vec<_> = sessions.collect();
        sessions.sort_unstable_by_key(|session| session.id);
        sessions
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.others.values().chain([&self.shown])
    }

    /// Whether the watch of some session has not ended, or another one may begin.
    pub(super) fn is_watching(&self) -> bool {
        let mut sessions = self.sessions();
        let is_running = sessions.any(|one| one.exit_code.is_none() && !one.is_placeholder());
        is_running || self.opening > 0 || self.is_searching()
    }

    /// The exit code of the program after every watch has ended: that of the worst one.
    pub(super) fn exit_code(&self) -> u8 {
        let mut codes: Vec<_> = self.sessions().filter_map(|one| one.exit_code).collect();
        if let Some(search) = &self.search {
            let is_empty = codes.is_empty();
            codes.extend(search.failed.then_some(exit_code::NOT_WATCHED));
            codes.extend((is_empty && !search.failed).then_some(exit_code::NO_IMAGE));
        }
        exit_code::of_builds(&codes)
    }

    /// Ends what belongs to the last key: its result, and a question.
    pub(super) fn begin_key(&mut self) {
        self.toast = None;
        self.toast_since = self.running;
        self.asks_for_report = false;
    }

    /// Applies the real running time: the result of a key ends after a while.
    pub(super) fn set_running(&mut self, running: Duration) {
        self.running = running;
        if running.saturating_sub(self.toast_since) >= TOAST {
            self.toast = None;
            self.asks_for_report = false;
        }
    }

    /// Shows another session, without the result of the last key: that was about the session before it.
    pub(super) fn show(&mut self, id: SessionId) {
        if let Some(session) = self.others.remove(&id) {
            self.toast = None;
            let before = std::mem::replace(&mut self.shown, session);
            self.others.insert(before.id, before);
        }
    }

    /// Adds a session that is not shown.
    pub(super) fn add(&mut self, mut session: Session) {
        session.expect_as(&self.shown);
        self.others.insert(session.id, session);
    }

    /// Forgets a session that is not shown.
    pub(super) fn forget(&mut self, id: SessionId) -> Option<Session> {
        self.others.remove(&id)
    }

    /// Shows no session, and returns the one that was shown.
    pub(super) fn show_none(&mut self) -> Session {
        let mut none = Session::placeholder();
        none.expect_as(&self.shown);
        std::mem::replace(&mut self.shown, none)
    }

    /// Shows the first session in the place of none.
    pub(super) fn replace_placeholder(&mut self, mut session: Session) {
        session.expect_as(&self.shown);
        self.shown = session;
    }

    /// The UTC offset in which times are shown.
    pub fn zone(&self) -> FixedOffset {
        if self.times.utc {
            Utc.fix()
        } else {
            self.offset
        }
    }

    /// The current remark about the recording of the shown build or about the program itself: the last one.
    pub fn remark(&self) -> Option<&Remark> {
        let last = self.shown.remark.as_ref().or(self.remark.as_ref());
        let (made_at, remark) = last?;
        (!remark.is_transient || self.elapsed.saturating_sub(*made_at) < TRANSIENT_REMARK)
            .then_some(remark)
    }

    /// Sets the remark of the program about itself: in every session, it replaces earlier ones.
    pub(super) fn set_remark(&mut self, remark: Remark) {
        self.remark = Some((self.elapsed, remark));
        self.shown.remark = None;
        for session in self.others.values_mut() {
            session.remark = None;
        }
    }

    /// The estimated remaining time; `None` unless the build is running.
    pub fn estimate(&self) -> Option<Estimate> {
        self.shown.estimate(self.now)
    }

    /// The context that decides the action of a key.
    pub fn context(&self) -> Context {
        match &self.overlay {
            Some(Overlay::Help { .. }) => Context::Help,
            Some(Overlay::Filter(_)) => Context::Filter,
            Some(Overlay::Prompt(_)) => Context::Prompt,
            Some(Overlay::Builds(_)) => Context::Builds,
            Some(Overlay::Picker(_)) => Context::Picker,
            Some(Overlay::Comparison(_)) => Context::Comparison,
            None if self.shown.detail_focused() => Context::Detail,
            None => Context::View(self.shown.tab),
        }
    }

    /// Lays the screen out, and brings the shown session and the overlay in line with the build and with their sizes.
    /// `update` calls it once after every message, so once after any number of observations.
    pub(super) fn settle(&mut self) {
        self.layout = self.lay_out(self.size);
        let Some(regions) = &self.layout.regions else {
            return;
        };
        self.shown.settle(regions);
        let builds = self.others.len() + 1;
        let watched = matches!(self.overlay, Some(Overlay::Picker(_)))
            .then(|| self.in_order().into_iter().map(row::watched).collect());
        match &mut self.overlay {
            Some(Overlay::Builds(menu)) => menu.settle(builds, self.size),
            Some(Overlay::Picker(picker)) => {
                picker.take_watched(watched.unwrap_or_default());
                picker.settle(self.size);
            }
            Some(Overlay::Comparison(comparison)) => comparison.settle(self.size),
            _ => {}
        }
        if let Some(Overlay::Filter(menu)) = &mut self.overlay {
            menu.settle(&self.shown.build, self.size);
        }
    }

    /// The layout of a screen of that size. [`Model::layout`] is that of the terminal's size.
    pub fn lay_out(&self, size: Size) -> Layout {
        let session = &self.shown;
        let more = Action::Session(SessionAction::Show(Tab::Failure));
        let copy = Action::Session(SessionAction::CopyCommand);
        let keys = HintKeys {
            more: self.keys.key_for(more),
            copy: self.keys.key_for(copy),
        };
        let notices = notices::lines(session, self.remark(), keys, size);
        let input = LayoutInput {
            notices: notices.len(),
            ..session.layout_input()
        };
        let regions = Regions::of(size, input);
        Layout { notices, regions }
    }
}
