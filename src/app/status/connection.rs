//! The state of the connection to the API: is the screen up to date, and if not, why? It is updated by
//! the change that every observation makes to the build; the title line, the notices and the status entries of the output
//! show it.

use chrono::{DateTime, Utc};

use crate::domain::build::{Build, Cleanup};
use crate::domain::change::{Change, Response};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::{Ami, AmiState, ImageDescription};
use crate::domain::observation::Stream;
use crate::domain::outcome::builder_reason;
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
    /// A call is refused that the watch goes on without. Printed only, never the state of the connection.
    Refused,
    /// The watch ended before the history was complete.
    Gap,
    /// Image Builder reports that the build failed, and the stack has not failed yet.
    Failing,
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
            Self::Refused => "refused",
            Self::Gap => "gap",
            Self::Failing => "failing",
            Self::Finishing => "finishing",
        }
    }

    pub const fn is_responding(self) -> bool {
        matches!(
            self,
            Self::Live | Self::Failing | Self::Finishing | Self::Waiting
        )
    }

    const fn of(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Throttled => Self::Throttled,
            FaultKind::Transient | FaultKind::Malformed => Self::Unreachable,
            FaultKind::Expired | FaultKind::CodeNeeded | FaultKind::Lost | FaultKind::Denied => {
                Self::Unauthorized
            }
            FaultKind::Misconfigured => Self::Misconfigured,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Connection {
    pub state: ConnectionState,
    /// By [`Stream::index`].
    health: [Health; Stream::COUNT],
    /// Whether the last response to a request for events was that there is no stack.
    stack_gone: bool,
}

/// The results of one stream's requests.
#[derive(Clone, Debug, Default)]
struct Health {
    /// The failure of the last request; `None` after a success.
    fault: Option<Fault>,
    /// When a request last succeeded.
    last_success: Option<DateTime<Utc>>,
    /// When the next request is made.
    next_try: Option<DateTime<Utc>>,
}

impl Connection {
    /// Applies a change of the build. True if the state changed.
    pub fn apply(&mut self, change: &Change<'_>, build: &Build) -> bool {
        let health = &mut self.health[change.stream.index()];
        health.next_try = Some(change.next_try);
        match change.response {
            Response::Detail
            | Response::Recorded
            | Response::Refused(_)
            | Response::ClockOff(_) => return false,
            Response::Data | Response::StackGone => {
                health.fault = None;
                health.last_success = Some(change.at);
            }
            Response::Failed(fault) => health.fault = Some(fault.clone()),
        }
        if change.is_success_of(Stream::Events) {
            self.stack_gone = change.response == Response::StackGone;
        }
        let state = self.state_now(build);
        std::mem::replace(&mut self.state, state) != state
    }

    fn health(&self, stream: Stream) -> &Health {
        &self.health[stream.index()]
    }

    /// When the API last responded to a request for events.
    pub fn last_sync(&self) -> Option<DateTime<Utc>> {
        self.health(Stream::Events).last_success
    }

    /// When events are fetched next.
    pub fn next_poll(&self) -> Option<DateTime<Utc>> {
        self.health(Stream::Events).next_try
    }

    /// Why the screen is not up to date. While events arrive, a failed DescribeImage request does not matter, unless
    /// it is refused and the verdict depends on it.
    pub fn fault(&self, build: &Build) -> Option<&Fault> {
        let image_fault = self.health(Stream::Image).fault.as_ref();
        let events_fault = self.health(Stream::Events).fault.as_ref();
        let matters = |fault: &&Fault| {
            let refused = !fault.kind.may_pass() && build.awaits_description();
            self.stack_gone || !build.has_responded() || refused
        };
        events_fault.or_else(|| image_fault.filter(matters))
    }

    fn state_now(&self, build: &Build) -> ConnectionState {
        if let Some(fault) = self.fault(build) {
            return ConnectionState::of(fault.kind);
        }
        match build.verdict() {
            _ if build.is_only_recorded() && self.stack_gone => ConnectionState::Waiting,
            _ if build.is_only_recorded() => ConnectionState::Live,
            Verdict::Finishing => ConnectionState::Finishing,
            Verdict::Failing => ConnectionState::Failing,
            Verdict::Succeeded
                if !matches!(build.cleanup(), Cleanup::Leftover | Cleanup::Stays) =>
            {
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
                    Cleanup::Done if ends_with_its_events(build) => {
                        "the stack deleted itself".to_owned()
                    }
                    Cleanup::Done => {
                        "the stack deleted itself; its last events may not have been seen"
                            .to_owned()
                    }
                    _ => "the image is ready; the stack is deleting itself".to_owned(),
                }
            }
            ConnectionState::Finishing => finishing(build),
            ConnectionState::Failing => builder_reason(build).unwrap_or_default(),
            ConnectionState::Waiting if build.is_only_recorded() => {
                "no stack of this name; comparing with the recording".to_owned()
            }
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

/// Whether the stack's last event was seen. The API has none of a deleted stack.
fn ends_with_its_events(build: &Build) -> bool {
    let root = build.root();
    root.is_some_and(|root| root.status.as_str() == "DELETE_COMPLETE")
}

/// What the build still waits for.
fn finishing(build: &Build) -> String {
    let ami = build.image().and_then(ImageDescription::complete_ami);
    match ami.and_then(|ami| Some((&ami.id, ami.state.as_ref()?))) {
        Some((id, state)) if ami.and_then(Ami::state) == Some(AmiState::Bad) => {
            format!("the AMI {id} is {state}; checking again")
        }
        Some((id, state)) if state.as_str() != "AVAILABLE" => {
            format!("the AMI {id} is {state}; waiting for it to be available")
        }
        _ => "the stack is complete; waiting for the image".to_owned(),
    }
}
