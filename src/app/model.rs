//! The whole state of the program, as plain data that `update` changes and views read.

use chrono::{DateTime, FixedOffset, Offset, TimeDelta, Utc};
use ratatui::layout::Size;

use crate::domain::build::Build;
use crate::domain::event::StackEvent;
use crate::domain::status::ClassSet;
use crate::domain::text::Clean;

use super::action::Context;
use super::detail::Detail;
use super::ending::Ending;
use super::layout::{Regions, Shape};
use super::link::Link;
use super::list::{FilterMenu, List};
use super::msg::Remark;
use super::notice::{self, NoticeLine};
use super::rows::Rows;

/// How long a remark that passes is shown.
const REMARK_PASSES: TimeDelta = TimeDelta::minutes(1);

/// What is watched.
#[derive(Clone, Debug)]
pub struct Target {
    /// The image's id, as the person gave it.
    pub image_id: String,
    /// The region that the person asked for, until the API names the image's.
    pub region: Option<Clean>,
    /// A note for the title: what stands in for the real API, where something does.
    pub note: Option<String>,
}

/// How the program is used.
#[derive(Clone, Debug)]
pub enum Mode {
    /// A screen: it ends when the person leaves.
    Screen,
    /// Lines of text or JSON: it ends when the build has.
    Lines(Ending),
}

/// Which pane the keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The list of events.
    #[default]
    List,
    /// The detail pane.
    Detail,
}

/// What lies over the panes.
#[derive(Clone, Copy, Debug)]
pub enum Overlay {
    /// What the keys do; the number is the first line shown.
    Help(usize),
    /// The choice of statuses.
    Filter(FilterMenu),
}

/// Everything that the program knows.
#[derive(Debug)]
pub struct Model {
    /// What is watched.
    pub target: Target,
    /// How the program is used.
    pub mode: Mode,
    /// What is known about the build.
    pub build: Build,
    /// What is known about the connection.
    pub link: Link,
    /// The watch's time, to the second.
    pub now: DateTime<Utc>,
    /// What the person's clocks differ from UTC by.
    pub offset: FixedOffset,
    /// The terminal's size.
    pub size: Size,
    /// Which statuses are listed.
    pub filter: ClassSet,
    /// The list's state.
    pub list: List,
    /// The detail pane's state.
    pub detail: Detail,
    /// Whether the detail pane covers the list, where they do not stand side by side.
    pub detail_only: bool,
    /// Which pane the keys go to.
    pub focus: Focus,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// How many events have been printed.
    pub printed: usize,
    /// What the program has to say about itself, and when that was said.
    pub remark: Option<(DateTime<Utc>, Remark)>,
    /// When the person last asked for a poll.
    pub(super) poll_asked: Option<DateTime<Utc>>,
}

impl Model {
    /// A model that has learnt nothing yet.
    #[must_use]
    pub fn new(target: Target, mode: Mode, now: DateTime<Utc>) -> Self {
        Self {
            target,
            mode,
            build: Build::default(),
            link: Link::default(),
            now,
            offset: Utc.fix(),
            size: Size::default(),
            filter: ClassSet::ALL,
            list: List::default(),
            detail: Detail::default(),
            detail_only: false,
            focus: Focus::List,
            overlay: None,
            printed: 0,
            remark: None,
            poll_asked: None,
        }
    }

    /// The list's rows under the filter.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        Rows::new(&self.build, self.filter)
    }

    /// The selected event.
    #[must_use]
    pub fn selected(&self) -> Option<&StackEvent> {
        let event = self.rows().find(self.list.selected.as_ref()?)?;
        Some(event)
    }

    /// Where things are on the screen; nothing where it is too small.
    #[must_use]
    pub fn regions(&self) -> Option<Regions> {
        Regions::of(self.size, self.detail_only, self.notices().len())
    }

    /// What must be read without a key being pressed.
    #[must_use]
    pub fn notices(&self) -> Vec<NoticeLine> {
        notice::lines(&self.build, &self.link, self.remark(), self.size)
    }

    /// What the program has to say about itself now.
    #[must_use]
    pub fn remark(&self) -> Option<&Remark> {
        let (said, remark) = self.remark.as_ref()?;
        (!remark.passes || self.now - said < REMARK_PASSES).then_some(remark)
    }

    /// What a key means now depends on this.
    #[must_use]
    pub fn context(&self) -> Context {
        match (&self.overlay, self.focus) {
            (Some(Overlay::Help(_)), _) => Context::Help,
            (Some(Overlay::Filter(_)), _) => Context::Filter,
            (None, Focus::List) => Context::List,
            (None, Focus::Detail) => Context::Detail,
        }
    }

    /// The image's region: as the API says, else as the person asked.
    #[must_use]
    pub fn region(&self) -> Option<&Clean> {
        let described = self.build.image().and_then(|image| image.region.as_ref());
        described.or(self.target.region.as_ref())
    }

    /// Brings everything that depends on something else in line: after every message.
    pub(super) fn settle(&mut self) {
        let notice = self.notices().len();
        let Some(regions) = Regions::of(self.size, self.detail_only, notice) else {
            return;
        };
        match regions.shape {
            Shape::Beside => self.detail_only = false,
            Shape::Over => self.detail_only = self.focus == Focus::Detail,
            Shape::Under => {}
        }
        let Some(regions) = Regions::of(self.size, self.detail_only, notice) else {
            return;
        };
        let rows = Rows::new(&self.build, self.filter);
        if regions.list.is_some() {
            self.list.settle(rows, Regions::rows_in(regions.list));
        }
        let selected = self.list.selected.as_ref();
        let event = selected
            .and_then(|key| rows.find(key))
            .map(|event| &**event);
        self.detail.settle(
            event,
            regions.detail_columns(),
            Regions::rows_in(regions.detail),
        );
    }
}
