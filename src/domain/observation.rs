//! Observations: the contract from the poller to the recorder and the app. Players, tests and fuzzers use it, too.
//!
//! An observation holds the API's response without interpretation; [`crate::domain::build`] interprets it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;
use crate::domain::log_line::LogPage;
use crate::domain::stack_event::{EventId, StackEvent, StackId};
use crate::domain::steps::ListedWorkflows;
use crate::text::safe::SafeText;

pub use self::list::ObservationList;

mod list;

/// A kind of data that is fetched on its own schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// The events of the stack.
    Events,
    /// The description of the image.
    Image,
    /// The steps of Image Builder's workflows.
    Steps,
    /// The lines of the build log.
    Log,
    /// The list of the images.
    Images,
}

impl Stream {
    pub const ALL: [Self; 5] = [
        Self::Events,
        Self::Image,
        Self::Steps,
        Self::Log,
        Self::Images,
    ];
    pub const COUNT: usize = Self::ALL.len();

    /// The position in [`Self::ALL`], for arrays with one element for each stream.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// One response of the API, or a failed request.
#[derive(Clone, Debug)]
pub struct Observation {
    /// When the response came, by the watch's clock.
    pub at: DateTime<Utc>,
    /// The running time of that clock: for spans, which neither a sleep of the machine nor a set clock may extend.
    pub elapsed: Duration,
    pub stream: Stream,
    /// When the poller will make the next request of this stream.
    pub next_try: DateTime<Utc>,
    pub seen: Seen,
}

/// The result of one request.
#[derive(Clone, Debug)]
pub enum Seen {
    /// What an earlier watch has recorded. In a recording it is empty: the next watch has continued it from here on.
    Resumed(Vec<Observation>),
    /// A page of stack events.
    Page(WalkStep),
    /// There is no stack of this name.
    StackGone,
    Image(ImageAnswer),
    /// Lines of the build log.
    Log(LogPage),
    /// The workflows of the image, all of them.
    Steps(ListedWorkflows),
    /// A request of the stream failed; other streams may still be up to date.
    Failed(Fault),
    /// A call of the stream is refused for good, and the watch goes on without it.
    Refused(Fault),
    /// The account that is asked. It is not recorded.
    Account(SafeText),
    /// From here on, the machine's clock is this far behind the service's. Zero: it is right again. The times of
    /// observations are corrected already.
    ClockOff(TimeDelta),
}

impl Seen {
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Failed(fault) => Some(fault),
            _ => None,
        }
    }

    pub(crate) fn is_throttled(&self) -> bool {
        let fault = self.fault();
        fault.is_some_and(|fault| fault.kind == FaultKind::Throttled)
    }

    /// Whether it is a page that other pages of the same walk follow.
    pub(crate) fn is_of_unfinished_walk(&self) -> bool {
        matches!(self, Self::Page(step) if step.commit.is_none())
    }
}

/// Observations in order. Those of a recording are a part of it, which is shared: a long one is not copied.
#[derive(Clone, Debug)]
pub struct Batch {
    source: Source,
    range: Range<usize>,
}

#[derive(Clone, Debug)]
enum Source {
    Made(Arc<Vec<Observation>>),
    Recorded(Arc<ObservationList>),
}

impl Batch {
    /// A part of a recording.
    pub(crate) fn of(all: &Arc<ObservationList>, range: Range<usize>) -> Self {
        let source = Source::Recorded(Arc::clone(all));
        Self { source, range }
    }

    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Cow<'_, Observation>> {
        let (made, recorded) = match &self.source {
            Source::Made(all) => (all.get(self.range.clone()), None),
            Source::Recorded(all) => (None, Some(all.part(self.range.clone()))),
        };
        let made = made.into_iter().flatten().map(Cow::Borrowed);
        made.chain(recorded.into_iter().flatten())
    }

    /// Takes the first observations, at most that many, out of the batch.
    pub(crate) fn take_first(&mut self, count: usize) -> Self {
        let middle = self.range.start.saturating_add(count).min(self.range.end);
        let first = Self {
            source: self.source.clone(),
            range: self.range.start..middle,
        };
        self.range.start = middle;
        first
    }
}

impl From<Vec<Observation>> for Batch {
    fn from(all: Vec<Observation>) -> Self {
        Self {
            range: 0..all.len(),
            source: Source::Made(Arc::new(all)),
        }
    }
}

/// The receiver of the observations of a poller or a player.
pub trait ObservationSink: Send {
    /// Sends observations, in order. False if nobody receives them any more.
    fn send(&mut self, observations: Batch) -> impl Future<Output = bool> + Send;

    /// Waits until nobody receives them any more.
    fn closed(&self) -> impl Future<Output = ()> + Send;
}

impl Observation {
    /// The number of its events.
    pub(crate) fn events(&self) -> usize {
        match &self.seen {
            Seen::Page(step) => step.events().count(),
            Seen::Resumed(recorded) => recorded.iter().map(Self::events).sum(),
            _ => 0,
        }
    }

    /// The pages that an earlier watch has recorded.
    pub fn resumed(&self) -> impl Iterator<Item = &WalkStep> {
        let recorded = match &self.seen {
            Seen::Resumed(recorded) => recorded.as_slice(),
            _ => &[],
        };
        recorded.iter().filter_map(Self::page)
    }

    /// The page that it is.
    pub(crate) fn page(&self) -> Option<&WalkStep> {
        match &self.seen {
            Seen::Page(page) => Some(page),
            _ => None,
        }
    }
}

/// One page's contribution to a walk over the events.
#[derive(Clone, Debug, Default)]
pub struct WalkStep {
    /// The stack of the page; absent if the stack has no events yet.
    pub stack_id: Option<StackId>,
    /// The page is the first of a walk: rows of an earlier, unfinished walk are to be dropped.
    pub restarted: bool,
    /// Events that no whole walk has brought before, newest first, older than those of the walk's earlier pages.
    pub fresh: Vec<Arc<StackEvent>>,
    /// Present when the walk is whole: all its fresh events are now committed, and these late ones too.
    pub commit: Option<Vec<LateEvent>>,
    /// The walk reads the whole history, down to the stack's first event.
    pub audit: bool,
    /// The events directly below which others may be missing, because the service refuses their page: all gaps of the
    /// stack, if this walk has changed them.
    pub gaps: Option<Vec<EventId>>,
    /// Events of other stacks that the service listed among those of the walk's. They are committed with the walk.
    pub others: Vec<OtherEvents>,
}

/// The new events of another stack than the walk's.
#[derive(Clone, Debug)]
pub struct OtherEvents {
    pub stack_id: StackId,
    /// Newer than all that is known of the stack, newest first.
    pub fresh: Vec<Arc<StackEvent>>,
    pub late: Vec<LateEvent>,
    /// The gaps of this stack, if the walk has changed them.
    pub gaps: Option<Vec<EventId>>,
}

impl WalkStep {
    /// The page's events: the late ones first, then the fresh ones, oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        let late = self.commit.iter().flatten().map(|late| &late.event);
        let others = self.others.iter().flat_map(OtherEvents::events);
        others.chain(late.rev()).chain(self.fresh.iter().rev())
    }
}

impl OtherEvents {
    pub(crate) fn events(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        let late = self.late.iter().map(|late| &late.event);
        late.rev().chain(self.fresh.iter().rev())
    }
}

/// An event that the service inserted below events that had been committed before.
#[derive(Clone, Debug)]
pub struct LateEvent {
    pub event: Arc<StackEvent>,
    /// The event that is directly newer in the service's order.
    pub before: EventId,
}
