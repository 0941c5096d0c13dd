//! The schedule of the image's description: DescribeImage only when it can add to the verdict, that is, when the stack
//! has a new status, and soon again while a verdict depends on it.

use std::time::Duration;

use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;
use crate::domain::observation::{Seen, WalkStep};
use crate::domain::stack_event::{EventId, StackEvent};
use crate::poll::cadence::Cadence;
use crate::poll::schedule::{ApiRequest, PollCommand, Schedule};

/// The interval while no event calls for the description.
const USUAL: Duration = Duration::from_secs(30);
/// The interval while a verdict depends on it.
const SOON: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct ImageSchedule {
    cadence: Cadence,
    /// `None` before the first response with events.
    due: Option<Duration>,
    /// Whether the walk in progress has met an event of the stack itself.
    root_met: bool,
    root: Option<RootSeen>,
    /// DescribeImage has named the AMI of this stack: no verdict depends on it any more.
    settled: bool,
}

/// The newest event of the stack itself.
#[derive(Debug)]
struct RootSeen {
    event_id: EventId,
    /// Whether only DescribeImage can explain this status.
    is_ambiguous: bool,
}

impl RootSeen {
    fn of(event: &StackEvent) -> Self {
        Self {
            event_id: event.event_id.clone(),
            is_ambiguous: event.status.is_delete() || event.status.as_str() == "CREATE_COMPLETE",
        }
    }
}

impl ImageSchedule {
    pub(super) fn new(cadence: Cadence) -> Self {
        Self {
            cadence,
            due: None,
            root_met: false,
            root: None,
            settled: false,
        }
    }

    /// Takes an event as known that an earlier watch has recorded.
    pub(super) fn remember(&mut self, event: &StackEvent) {
        if event.is_root {
            self.root = Some(RootSeen::of(event));
        }
    }

    /// Notes a new status of the stack itself, which calls for the description. The first event of the stack itself that
    /// a walk meets is the newest one.
    fn note_root(&mut self, now: Duration, page: &WalkStep) {
        self.root_met &= !page.restarted;
        let mut fresh = page.fresh.iter();
        let Some(root) = fresh.find(|event| event.is_root && !self.root_met) else {
            return;
        };
        self.root_met = true;
        let known = self.root.as_ref();
        if known.is_none_or(|known| known.event_id != root.event_id) {
            self.root = Some(RootSeen::of(root));
            self.settled = false;
            self.want(now);
        }
    }

    /// Makes a request due, unless it has to wait because the last one failed.
    fn want(&mut self, now: Duration) {
        match &mut self.due {
            Some(due) if self.cadence.is_failing() => *due = (*due).max(now),
            due => *due = Some(now),
        }
    }

    fn usual_wait(&self) -> Duration {
        let is_awaited = !self.settled && self.root.as_ref().is_some_and(|root| root.is_ambiguous);
        if is_awaited { SOON } else { USUAL }
    }
}

impl Schedule for ImageSchedule {
    type Response = Result<ImageAnswer, Fault>;

    fn next(&self) -> Option<(ApiRequest, Duration)> {
        self.due.map(|due| (ApiRequest::Image, due))
    }

    fn on_response(&mut self, now: Duration, response: Self::Response) -> Option<Seen> {
        Some(match response {
            Ok(image) => {
                self.cadence.succeeded();
                self.settled = matches!(&image, ImageAnswer::Described(image) if image.finished_ami().is_some());
                self.due = Some(now + self.usual_wait());
                Seen::Image(image)
            }
            Err(fault) => {
                self.cadence.failed();
                self.due = Some(now + self.cadence.wait(now).max(SOON));
                Seen::Failed(fault)
            }
        })
    }

    /// A throttled API gets no request for the description either before the next one for events.
    fn on_other(&mut self, now: Duration, seen: &Seen, next_try: Duration) {
        match seen {
            Seen::Page(page) => {
                self.note_root(now, page);
                self.due.get_or_insert(now);
            }
            Seen::StackGone => self.want(now),
            seen if seen.is_throttled() => self.due = self.due.map(|due| due.max(next_try)),
            _ => {}
        }
    }

    /// Only after a sleep: the last request was made long ago.
    fn command(&mut self, now: Duration, command: PollCommand) {
        if command == PollCommand::CatchUp {
            self.due = self.due.map(|due| due.min(now));
        }
    }
}
