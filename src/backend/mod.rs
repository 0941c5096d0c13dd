//! Where events come from: the ParallelCluster API, the walk that tails it, and the poller that drives both.
//!
//! ```text
//!  Source ◄─ ask ─ Poller ─► Tail (walk, cadence, when to describe) ─► Observation ─► channel
//! ```
//! A recording of those reports stands in for the poller where one is replayed.
//! Nothing here knows the application or the terminal; facts leave as [`crate::domain::observation::Observation`].

pub(crate) mod parallelcluster;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;
use crate::domain::stack_event::StackEvent;

/// The API's token for the next (older) page; opaque, and never trusted again after an error.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NextToken(String);

impl NextToken {
    /// A token as the API sent it.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token as the API sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NextToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NextToken({} bytes)", self.0.len())
    }
}

/// One page of stack events, newest first.
#[derive(Clone, Debug, Default)]
pub struct EventsPage {
    /// The events, newest first, in the service's order.
    pub events: Vec<Arc<StackEvent>>,
    /// The token for the next older page; absent on the page that holds the stack's first event.
    pub next: Option<NextToken>,
}

/// How GetImageStackEvents answered.
#[derive(Clone, Debug)]
pub enum EventsAnswer {
    /// The stack is there.
    Page(EventsPage),
    /// There is no stack of this name (any more).
    Gone,
}

/// Why a page could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsError {
    /// The service does not take the page token: it expired, or belongs to a stack that was replaced.
    TokenRejected(Fault),
    /// Any other failure.
    Fault(Fault),
}

/// Something that can be asked for the events and the description of one image. One question at a time.
pub trait Source: Send {
    /// Asks for one page of stack events: the newest without a token, an older one with it.
    fn events(
        &mut self,
        token: Option<&NextToken>,
    ) -> impl Future<Output = Result<EventsAnswer, EventsError>> + Send;

    /// Asks for the image's description.
    fn image(&mut self) -> impl Future<Output = Result<ImageAnswer, Fault>> + Send;

    /// Takes no failure for granted that it keeps for a while: a person asks, who may have mended it.
    fn retry_now(&mut self) {}

    /// Uses no connection any more that was there before: after a sleep they may all be dead without a word.
    fn reconnect(&mut self) {}
}
