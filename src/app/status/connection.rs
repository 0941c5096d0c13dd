//! The state of the connection to the API: is the screen up to date, and if not, why? It is updated after the build, by
//! every observation; the title line, the notices and the status entries of the output show it.

use chrono::{DateTime, Utc};

use crate::domain::build::{Build, Cleanup};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::observation::{Observation, Seen};
use crate::domain::verdict::Verdict;

/// The state of the connection. Its labels are the states of the JSON output's status lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// No response yet. Never printed: it is not a change.
    #[default]
    Starting,
    /// The API responds, and has no stack with this name.
    Waiting,
    /// The API responds.
    Live,
    /// The API throttles requests.
    Throttled,
    /// No usable response.
    Unreachable,
    /// The credentials are rejected, or there are none.
    Unauthorized,
    /// The request can't work as configured.
    Misconfigured,
    /// The watch ended before the history was complete.
    Gap,
    /// The AMI exists or will soon; the stack deletes itself.
    Finishing,
}

impl ConnectionState {
    /// The state in the JSON output.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Waiting => "waiting",
            Self::Live => "live",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::Unauthorized => "unauthorized",
            Self::Misconfigured => "misconfigured",
            Self::Gap => "gap",
            Self::Finishing => "finishing",
        }
    }

    pub const fn is_responding(self) -> bool {
        matches!(self, Self::Live | Self::Finishing | Self::Waiting)
    }

    const fn of(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Throttled => Self::Throttled,
            FaultKind::Transient | FaultKind::Malformed => Self::Unreachable,
            FaultKind::Expired | FaultKind::Denied => Self::Unauthorized,
            FaultKind::Misconfigured => Self::Misconfigured,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Connection {
    pub state: ConnectionState,
    /// The failure of the last request for events; `None` after a success.
    events_fault: Option<Fault>,
    /// The failure of the last DescribeImage request; `None` after a success.
    image_fault: Option<Fault>,
    /// Whether the last response to a request for events was that there is no stack.
    stack_gone: bool,
    /// When the API last responded to a request for events.
    pub last_sync: Option<DateTime<Utc>>,
    /// When the next request is made.
    pub next_poll: Option<DateTime<Utc>>,
}

impl Connection {
    /// Applies an observation that the build has applied before. True if the state changed.
    pub fn apply(&mut self, observation: &Observation, build: &Build) -> bool {
        self.next_poll = Some(observation.next_poll);
        match &observation.seen {
            Seen::Resumed(_) => return false,
            Seen::Page(_) | Seen::StackGone => {
                self.events_fault = None;
                self.stack_gone = matches!(observation.seen, Seen::StackGone);
                self.last_sync = Some(observation.at);
            }
            Seen::Image(_) => self.image_fault = None,
            Seen::Fault(fault) => self.events_fault = Some(fault.clone()),
            Seen::ImageFault(fault) => self.image_fault = Some(fault.clone()),
        }
        let state = self.state_now(build);
        std::mem::replace(&mut self.state, state) != state
    }

    /// Why the screen is not up to date. While events arrive, a failed DescribeImage request does not matter.
    pub fn fault(&self, build: &Build) -> Option<&Fault> {
        let image_fault = self.image_fault.as_ref();
        self.events_fault
            .as_ref()
            .or_else(|| image_fault.filter(|_| self.stack_gone || !build.has_responded()))
    }

    fn state_now(&self, build: &Build) -> ConnectionState {
        if let Some(fault) = self.fault(build) {
            return ConnectionState::of(fault.kind);
        }
        match build.verdict() {
            Verdict::Finishing => ConnectionState::Finishing,
            Verdict::Succeeded if build.cleanup() != Cleanup::Leftover => {
                ConnectionState::Finishing
            }
            _ if self.stack_gone => ConnectionState::Waiting,
            _ => ConnectionState::Live,
        }
    }

    /// The state as one lower-case line.
    pub fn message(&self, build: &Build) -> String {
        if let Some(fault) = self.fault(build) {
            return fault.to_string();
        }
        match self.state {
            ConnectionState::Finishing if build.verdict() == Verdict::Succeeded => {
                match build.cleanup() {
                    Cleanup::Done => {
                        "the stack deleted itself; its last events may not have been seen"
                            .to_owned()
                    }
                    _ => "the image is ready; the stack is deleting itself".to_owned(),
                }
            }
            ConnectionState::Finishing => "the stack is complete; waiting for the image".to_owned(),
            ConnectionState::Waiting if build.has_responded() => {
                "the stack is gone; checking again".to_owned()
            }
            ConnectionState::Waiting if build.is_absent() => {
                "no stack and no image of this name yet".to_owned()
            }
            ConnectionState::Waiting => "no stack of this name; requesting the image".to_owned(),
            ConnectionState::Live => "following the build's events".to_owned(),
            state => state.label().to_owned(),
        }
    }
}
