//! The schedule of the image's workflows: while Image Builder works on the image, and once more when it has ended, since
//! the image and what it tells of its steps die with the stack.

use std::time::Duration;

use crate::backend::StepsAnswer;
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;
use crate::domain::observation::{Seen, WalkStep};
use crate::domain::stack_event::StackEvent;
use crate::poll::cadence::Cadence;
use crate::poll::schedule::{ApiRequest, PollCommand, Schedule};
use crate::text::safe::SafeText;

/// The interval while the image is built.
const USUAL: Duration = Duration::from_secs(12);

/// What Image Builder does with the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// There is no image yet.
    #[default]
    Before,
    Building,
    /// It has ended, and its workflows were not listed since.
    Ended,
    /// They were.
    Known,
}

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts: every combination can be observed"
)]
pub(crate) struct StepsSchedule {
    cadence: Cadence,
    phase: Phase,
    due: Duration,
    /// Whether the walk in progress has met an event of the image: the first one is the newest.
    is_met: bool,
    /// Whether this watch has seen a page: the backend knows the image from it.
    has_page: bool,
    /// Image Builder has not begun its work.
    is_pending: bool,
    /// The call is refused: no other one before the user retries.
    is_refused: bool,
}

impl StepsSchedule {
    pub(super) fn new(cadence: Cadence) -> Self {
        Self {
            cadence,
            phase: Phase::Before,
            due: Duration::ZERO,
            is_met: false,
            has_page: false,
            is_pending: false,
            is_refused: false,
        }
    }

    fn enter(&mut self, now: Duration, phase: Phase) {
        let changes = match (self.phase, phase) {
            (Phase::Known, Phase::Ended) => false,
            (before, after) => before != after,
        };
        if changes {
            self.phase = phase;
            if !self.cadence.is_failing() {
                self.due = now;
            }
        }
    }

    /// Takes the events as known that an earlier watch has recorded.
    pub(super) fn remember(&mut self, page: &WalkStep) {
        self.page(Duration::ZERO, page);
        self.is_met = false;
    }

    /// A page has its newest event first, and those of a walk's later pages are older.
    fn page(&mut self, now: Duration, page: &WalkStep) {
        self.is_met &= !page.restarted;
        if self.is_met {
            return;
        }
        let is_image = |event: &&StackEvent| event.logical_id.as_str() == IMAGE_RESOURCE;
        let newest = page.fresh.iter().map(|event| &**event).find(is_image);
        let Some(image) = newest else {
            return;
        };
        self.is_met = true;
        let has_arn = image
            .physical_id
            .as_ref()
            .is_some_and(|id| id.as_str().contains(":imagebuilder:"));
        match image.status.as_str() {
            "CREATE_IN_PROGRESS" if has_arn => self.enter(now, Phase::Building),
            "CREATE_IN_PROGRESS" => self.enter(now, Phase::Before),
            _ => self.enter(now, Phase::Ended),
        }
    }

    fn image(&mut self, now: Duration, answer: &ImageAnswer) {
        let ImageAnswer::Described(image) = answer else {
            return;
        };
        let status = image.builder_status.as_ref().map(SafeText::as_str);
        let has_ended = matches!(
            status,
            Some("AVAILABLE" | "FAILED" | "CANCELLED" | "DEPRECATED" | "DISABLED" | "DELETED")
        );
        let is_pending = matches!(status, Some("PENDING" | "CREATING"));
        if std::mem::replace(&mut self.is_pending, is_pending) && !is_pending {
            self.due = self.due.min(now);
        }
        if has_ended && self.phase == Phase::Building {
            self.enter(now, Phase::Ended);
        }
    }
}

impl Schedule for StepsSchedule {
    type Response = Result<StepsAnswer, Fault>;

    fn next(&self) -> Option<(ApiRequest, Duration)> {
        let is_needed = matches!(self.phase, Phase::Building | Phase::Ended);
        let is_possible = self.has_page && !self.is_pending && !self.is_refused;
        (is_needed && is_possible).then_some((ApiRequest::Steps, self.due))
    }

    fn on_response(&mut self, now: Duration, response: Self::Response) -> Option<Seen> {
        self.due = now + USUAL;
        let seen = match response {
            Ok(StepsAnswer::Listed(listed)) => Some(Seen::Steps(listed)),
            Ok(StepsAnswer::NoImage) => None,
            Ok(StepsAnswer::Refused) => {
                self.is_refused = true;
                None
            }
            Err(fault) => {
                self.cadence.failed();
                self.due = now + self.cadence.wait(now).max(USUAL);
                return Some(Seen::Failed(fault));
            }
        };
        self.cadence.succeeded();
        if self.phase == Phase::Ended {
            self.phase = Phase::Known;
        }
        seen
    }

    fn on_other(&mut self, now: Duration, seen: &Seen, next_try: Duration) {
        match seen {
            Seen::Page(page) => {
                self.has_page = true;
                self.page(now, page);
            }
            Seen::Image(answer) => self.image(now, answer),
            seen if seen.is_throttled() => self.due = self.due.max(next_try),
            _ => {}
        }
    }

    fn command(&mut self, now: Duration, command: PollCommand) {
        match command {
            PollCommand::PollNow => {
                self.is_refused = false;
                if self.phase == Phase::Known {
                    self.phase = Phase::Ended;
                }
                self.due = self.due.min(now);
            }
            PollCommand::CatchUp => self.due = self.due.min(now),
            PollCommand::Audit | PollCommand::ReadLogAgain => {}
        }
    }
}
