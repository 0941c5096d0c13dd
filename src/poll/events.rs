//! The schedule of the stack events: one walk after another, at the interval of its cadence.

use std::time::Duration;

use crate::backend::{EventsError, EventsResponse};
use crate::domain::fault::FaultKind;
use crate::domain::observation::{Seen, WalkStep};
use crate::poll::cadence::Cadence;
use crate::poll::schedule::{ApiRequest, PollCommand, Schedule};
use crate::poll::walk::Walk;

#[derive(Debug)]
pub(crate) struct EventsSchedule {
    walk: Walk,
    cadence: Cadence,
    due: Duration,
}

impl EventsSchedule {
    pub(super) fn new(cadence: Cadence) -> Self {
        Self {
            walk: Walk::default(),
            cadence,
            due: Duration::ZERO,
        }
    }

    /// Takes the events of a page as committed that an earlier watch has recorded.
    pub(super) fn remember(&mut self, page: &WalkStep) {
        self.walk.remember(page);
    }

    /// The next request; there always is one.
    pub(super) fn request(&self) -> (ApiRequest, Duration) {
        (ApiRequest::Events(self.walk.token().cloned()), self.due)
    }

    fn failed(&mut self, now: Duration, error: EventsError) -> Seen {
        let has_token = self.walk.token().is_some();
        let cut;
        let fault = match error {
            EventsError::TokenRejected(fault) => {
                cut = self.walk.rejected();
                fault
            }
            EventsError::Fault(fault) => {
                cut = match fault.kind {
                    FaultKind::Transient | FaultKind::Malformed => self.walk.faulted(),
                    FaultKind::Throttled if has_token => self.walk.throttled(),
                    // A firewall may refuse a token for its text.
                    FaultKind::Denied | FaultKind::Misconfigured | FaultKind::Expired
                        if has_token =>
                    {
                        self.walk.rejected()
                    }
                    _ => None,
                };
                fault
            }
        };
        self.cadence.failed();
        self.due = now + self.cadence.wait(now);
        cut.map_or(Seen::Failed(fault), Seen::Page)
    }
}

impl Schedule for EventsSchedule {
    type Response = Result<EventsResponse, EventsError>;

    fn next(&self) -> Option<(ApiRequest, Duration)> {
        Some(self.request())
    }

    fn on_response(&mut self, now: Duration, response: Self::Response) -> Option<Seen> {
        match response {
            Ok(EventsResponse::Page(page)) => {
                self.cadence.succeeded();
                let step = self.walk.page(page);
                if step.as_ref().is_some_and(|step| !step.fresh.is_empty()) {
                    self.cadence.saw_new(now);
                }
                let wait = if self.walk.wants_more() {
                    Duration::ZERO
                } else {
                    self.cadence.wait(now)
                };
                self.due = now + wait;
                step.map(Seen::Page)
            }
            Ok(EventsResponse::Gone) => {
                self.cadence.succeeded();
                self.walk.abandon();
                self.due = now + self.cadence.wait(now);
                Some(Seen::StackGone)
            }
            Err(error) => Some(self.failed(now, error)),
        }
    }

    /// Throttling of another stream is a failure of this one, too.
    fn on_other(&mut self, now: Duration, seen: &Seen, _: Duration) {
        if seen.is_throttled() {
            self.cadence.failed();
            self.due = self.due.max(now + self.cadence.wait(now));
        }
    }

    fn command(&mut self, now: Duration, command: PollCommand) {
        match command {
            PollCommand::Audit => self.walk.audit(),
            PollCommand::ReadLogAgain => return,
            PollCommand::PollNow | PollCommand::CatchUp => {}
        }
        self.due = self.due.min(now);
    }
}
