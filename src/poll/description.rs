//! The schedule of the image's description: DescribeImage only when it can add to the verdict, that is, when the stack
//! has a new status, and soon again while a verdict depends on it or on a second answer.

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;
use crate::domain::observation::{Seen, WalkStep};
use crate::domain::stack_event::{EventId, StackEvent};
use crate::domain::verdict::ami::BEFORE_STACK;
use crate::domain::verdict::gap;
use crate::poll::cadence::Cadence;
use crate::poll::schedule::{ApiRequest, PollCommand, Schedule};
use crate::text::safe::SafeText;

/// The interval while no event calls for the description, unless the backend has another.
const USUAL: Duration = Duration::from_secs(30);
/// The same while events are refused: the description shows the stack's status, too.
const USUAL_WITHOUT_EVENTS: Duration = Duration::from_secs(5);
/// The shortest usual interval of a build that is not on the screen.
pub(super) const NOT_SHOWN: Duration = Duration::from_secs(30);
/// The interval while a verdict depends on it.
const SOON: Duration = Duration::from_secs(2);

/// So many answers of one kind in a row, after which a further one decides nothing: more than a minute of them.
const OFTEN: u32 = 25;

/// The interval after Image Builder has failed, until the stack has.
const FAILING: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct ImageSchedule {
    cadence: Cadence,
    /// The interval while no event calls for the description.
    pub(super) usual: Duration,
    /// The shortest `usual`.
    shortest: Duration,
    /// `None` before the first response with events.
    due: Option<Duration>,
    /// Whether the walk in progress has met an event of the stack itself.
    root_met: bool,
    root: Option<RootSeen>,
    /// The oldest known event of the stack itself.
    began: Option<DateTime<Utc>>,
    /// Events are refused.
    is_alone: bool,
    /// The kind of the last answer, and how many of it came in a row since the stack has its status.
    answer: Option<Discriminant<ImageAnswer>>,
    repeated: u32,
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
            usual: USUAL,
            shortest: Duration::ZERO,
            due: None,
            root_met: false,
            root: None,
            began: None,
            settled: false,
            is_alone: false,
            answer: None,
            repeated: 0,
        }
    }

    /// Takes an event as known that an earlier watch has recorded.
    pub(super) fn remember(&mut self, event: &StackEvent) {
        if event.is_root {
            self.root = Some(RootSeen::of(event));
            self.note_beginning(event);
        }
    }

    fn note_beginning(&mut self, root: &StackEvent) {
        let times = [self.began, root.timestamp];
        self.began = times.into_iter().flatten().min();
    }

    /// Notes a new status of the stack itself, which calls for the description. The first event of the stack itself that
    /// a walk meets is the newest one.
    fn note_root(&mut self, now: Duration, page: &WalkStep) {
        self.root_met &= !page.restarted;
        for event in page.fresh.iter().filter(|event| event.is_root) {
            self.note_beginning(event);
        }
        let mut fresh = page.fresh.iter();
        let Some(root) = fresh.find(|event| event.is_root && !self.root_met) else {
            return;
        };
        self.root_met = true;
        let known = self.root.as_ref();
        if known.is_none_or(|known| known.event_id != root.event_id) {
            self.root = Some(RootSeen::of(root));
            self.settled = false;
            self.repeated = 0;
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

    /// Describes the image no more often than this while nothing calls for it.
    pub(super) fn limit(&mut self, now: Duration, shortest: Duration) {
        let is_sooner = shortest < self.shortest;
        self.shortest = shortest;
        if is_sooner && !self.cadence.is_failing() {
            let latest = now + self.usual.max(shortest);
            self.due = self.due.map(|due| due.min(latest));
        }
    }

    /// The time until the next request after an answer.
    fn wait_after(&self, answer: &ImageAnswer) -> Duration {
        let second = gap(self.root.is_some());
        let is_awaited = !self.settled && self.root.as_ref().is_some_and(|root| root.is_ambiguous);
        let usual = if is_awaited {
            SOON
        } else if self.is_alone {
            USUAL_WITHOUT_EVENTS
        } else {
            self.usual.max(self.shortest)
        };
        match answer {
            ImageAnswer::Absent
            | ImageAnswer::Gone
            | ImageAnswer::Foreign
            | ImageAnswer::NotYet
                if self.repeated >= OFTEN =>
            {
                second.max(self.usual).max(self.shortest)
            }
            ImageAnswer::Absent
            | ImageAnswer::Gone
            | ImageAnswer::Foreign
            | ImageAnswer::NotYet => second,
            ImageAnswer::Described(image) => {
                let builder = image.builder_status.as_ref().map(SafeText::as_str);
                let has_unfinished_ami = image.complete_ami().is_some() && !self.settled;
                if image.build_failed() || has_unfinished_ami {
                    second
                } else if matches!(builder, Some("FAILED" | "CANCELLED")) {
                    usual.min(FAILING)
                } else {
                    usual
                }
            }
        }
    }

    /// Whether the answer names a good AMI of this stack.
    fn settles(&self, answer: &ImageAnswer) -> bool {
        let ImageAnswer::Described(image) = answer else {
            return false;
        };
        let is_older = |created| {
            self.began
                .is_some_and(|began| created < began - BEFORE_STACK)
        };
        image.finished_ami().is_some() && !image.creation_time.is_some_and(is_older)
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
                self.settled = self.settles(&image);
                let answer = Some(discriminant(&image));
                self.repeated = if self.answer == answer {
                    self.repeated.saturating_add(1)
                } else {
                    0
                };
                self.answer = answer;
                self.due = Some(now + self.wait_after(&image));
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
                self.is_alone = false;
                self.note_root(now, page);
                self.due.get_or_insert(now);
            }
            Seen::StackGone => self.want(now),
            // The permission for one call says nothing about the other.
            Seen::Failed(fault) if fault.kind == FaultKind::Denied => {
                self.is_alone = true;
                self.due.get_or_insert(now);
            }
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
