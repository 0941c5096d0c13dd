//! The change that one observation makes to a build. The connection, the exit policy, the notifications and the output
//! take it, so that only [`crate::domain::build`] interprets what was observed.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::fault::Fault;
use crate::domain::log_line::LogPage;
use crate::domain::observation::{Observation, Stream, WalkStep};
use crate::domain::stack_event::{StackEvent, StackId};
use crate::domain::steps::StepChange;

/// One observation after the build has applied it.
#[derive(Debug)]
pub struct Change<'a> {
    pub at: DateTime<Utc>,
    /// The running time of the watch's clock.
    pub elapsed: Duration,
    pub stream: Stream,
    /// When the next request of the stream is made.
    pub next_try: DateTime<Utc>,
    pub response: Response<'a>,
    /// The walk that the API's page completed, if any.
    pub completed_walk: Option<CompletedWalk>,
    /// Events of the previous stack that no whole walk has brought, and none will: it was replaced meanwhile.
    pub left: Vec<Arc<StackEvent>>,
    /// The stack of the events from here on, if it is not the previous one.
    pub new_stack: Option<StackId>,
    /// The service refuses the page below the committed events: older ones may be missing.
    pub has_new_gap: bool,
    /// The newly committed events, in the order to print them.
    pub committed: Vec<Arc<StackEvent>>,
    /// The new lines of the build log.
    pub log: Option<&'a LogPage>,
    /// The steps that have begun, ended, or are tried again.
    pub steps: Vec<StepChange>,
    /// The changes by the observations of a resumed recording.
    pub earlier: Vec<Self>,
    /// The recorded build is another one than this: nothing of it is left.
    pub replaced: bool,
}

/// The result of a request, whatever its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response<'a> {
    /// The API returned data of the stream.
    Data,
    /// The API returned what a build does inside: it shows, and decides nothing.
    Detail,
    /// An earlier watch has recorded the data; there was no request.
    Recorded,
    /// There is no stack of this name.
    StackGone,
    Failed(&'a Fault),
    /// A call is refused that the watch goes on without.
    Refused(&'a Fault),
    /// The machine's clock proved to be this far behind the service's.
    ClockOff(TimeDelta),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletedWalk {
    /// Down to known events.
    Usual,
    /// Down to the first event of the stack.
    Audit,
}

impl CompletedWalk {
    pub(super) fn of(page: &WalkStep) -> Option<Self> {
        let kind = if page.audit { Self::Audit } else { Self::Usual };
        page.commit.is_some().then_some(kind)
    }
}

impl<'a> Change<'a> {
    /// A change by data that alters nothing.
    pub(super) fn new(observation: &'a Observation) -> Self {
        Self {
            at: observation.at,
            elapsed: observation.elapsed,
            stream: observation.stream,
            next_try: observation.next_try,
            response: Response::Data,
            completed_walk: None,
            left: Vec::new(),
            new_stack: None,
            has_new_gap: false,
            committed: Vec::new(),
            log: None,
            steps: Vec::new(),
            earlier: Vec::new(),
            replaced: false,
        }
    }

    /// Whether the API returned a result of this stream: data, or that there is none.
    pub fn is_success_of(&self, stream: Stream) -> bool {
        self.stream == stream && matches!(self.response, Response::Data | Response::StackGone)
    }

    pub(crate) fn is_failure_of(&self, stream: Stream) -> bool {
        self.stream == stream && matches!(self.response, Response::Failed(_))
    }
}
