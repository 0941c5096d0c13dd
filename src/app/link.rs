//! The connection to the API as a person needs to know it: is what I see fresh, and if not, what helps?

use chrono::{DateTime, Utc};

use crate::domain::build::{Build, Cleanup};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::news::{News, Report};
use crate::domain::verdict::Verdict;

/// The state of the watch: the words of the JSON output's status lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// Nothing has been heard yet. Never printed: it is not a change.
    #[default]
    Starting,
    /// The API answers, and has no stack of this name.
    Waiting,
    /// The API answers.
    Live,
    /// The API asks to slow down.
    Throttled,
    /// No usable answer.
    Unreachable,
    /// The credentials are refused, or there are none.
    Unauthorized,
    /// The request can't work as configured.
    Misconfigured,
    /// The watch ended before the history was complete.
    Gap,
    /// The AMI is there or about to be; the stack cleans up.
    Finishing,
}

impl LinkState {
    /// The word in the JSON output.
    #[must_use]
    pub const fn word(self) -> &'static str {
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

    /// Whether the API answers.
    #[must_use]
    pub const fn is_good(self) -> bool {
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

/// What is known about the connection.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// Its state.
    pub state: LinkState,
    /// Why the last request failed, while it is the last one that was answered.
    pub fault: Option<Fault>,
    /// When requests began to fail without a good answer in between.
    pub failing_since: Option<DateTime<Utc>>,
    /// When the API last answered a question about events.
    pub last_sync: Option<DateTime<Utc>>,
    /// When it will be asked again.
    pub next_poll: Option<DateTime<Utc>>,
}

impl Link {
    /// Takes in a report, after the build has. True if the state changed.
    pub fn apply(&mut self, report: &Report, build: &Build) -> bool {
        self.next_poll = Some(report.next_poll);
        let state = match &report.news {
            News::Page(_) | News::StackGone => {
                self.fault = None;
                self.failing_since = None;
                self.last_sync = Some(report.at);
                Self::good_state(build, matches!(report.news, News::StackGone))
            }
            News::Image(_) if self.fault.is_none() => {
                Self::good_state(build, self.state == LinkState::Waiting)
            }
            News::Fault(fault) => self.failed(fault, report.at),
            // The events tell more: DescribeImage alone decides the state only while there are none.
            News::ImageFault(fault) if !build.answered() => self.failed(fault, report.at),
            News::Image(_) | News::ImageFault(_) => self.state,
        };
        std::mem::replace(&mut self.state, state) != state
    }

    fn failed(&mut self, fault: &Fault, at: DateTime<Utc>) -> LinkState {
        self.fault = Some(fault.clone());
        self.failing_since.get_or_insert(at);
        LinkState::of(fault.kind)
    }

    fn good_state(build: &Build, gone: bool) -> LinkState {
        match build.verdict() {
            Verdict::Finishing => LinkState::Finishing,
            Verdict::Succeeded if build.cleanup() != Cleanup::Leftover => LinkState::Finishing,
            _ if gone => LinkState::Waiting,
            _ => LinkState::Live,
        }
    }

    /// What the state means, in words: one lower-case line.
    #[must_use]
    pub fn message(&self, build: &Build) -> String {
        if let Some(fault) = &self.fault {
            return fault.to_string();
        }
        match self.state {
            LinkState::Finishing if build.verdict() == Verdict::Succeeded => {
                match build.cleanup() {
                    Cleanup::Done => {
                        "the stack deleted itself; its last events may not have been seen"
                            .to_owned()
                    }
                    _ => "the image is there; the stack is deleting itself".to_owned(),
                }
            }
            LinkState::Finishing => "the stack is complete; waiting for the image".to_owned(),
            LinkState::Waiting if build.answered() => "the stack is gone; making sure".to_owned(),
            LinkState::Waiting => "no stack and no image of this name yet".to_owned(),
            LinkState::Live => "following the build's events".to_owned(),
            state => state.word().to_owned(),
        }
    }
}
