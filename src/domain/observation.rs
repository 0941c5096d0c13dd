//! What a poller reports: the facts that cross from the network's side to the application's.
//!
//! A report says what the API answered, never what it means; meaning is made in [`crate::domain::build`].

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;
use crate::domain::stack_event::{EventId, StackEvent, StackId};

/// One answer of the API, or the lack of one.
#[derive(Clone, Debug)]
pub struct Observation {
    /// When the answer came, by the watch's clock.
    pub at: DateTime<Utc>,
    /// How long that clock had run by then: for spans, which no sleep of the machine and no set clock may stretch.
    pub elapsed: Duration,
    /// When the poller will ask for events again.
    pub next_poll: DateTime<Utc>,
    /// What was learnt.
    pub news: Seen,
}

/// What one request brought.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Events that an earlier watch had recorded, before the API has been asked for anything.
    Resumed(WalkStep),
    /// A page of stack events.
    Page(WalkStep),
    /// The service says that there is no stack of this name.
    StackGone,
    Image(ImageAnswer),
    /// A request for stack events failed.
    Fault(Fault),
    /// A DescribeImage request failed; the events may be as fresh as ever.
    ImageFault(Fault),
}

/// What one page added to a walk over the events.
#[derive(Clone, Debug, Default)]
pub struct WalkStep {
    /// The stack that the page is about; absent where the stack has no events yet.
    pub stack_id: Option<StackId>,
    /// The page is the first of a walk: rows of an earlier, unfinished walk are to be dropped.
    pub restarted: bool,
    /// Events that no whole walk has brought before, newest first, older than those of the walk's earlier
    /// pages.
    pub fresh: Vec<Arc<StackEvent>>,
    /// Present when the walk is whole: all its fresh events are now committed, and these late ones too.
    pub commit: Option<Vec<LateEvent>>,
    /// The walk was asked to read the whole history, down to the stack's first event.
    pub audit: bool,
}

impl WalkStep {
    /// The page's events: the late ones first, then the fresh ones, oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        let late = self.commit.iter().flatten().map(|late| &late.event);
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
