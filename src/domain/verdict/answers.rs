//! What was answered about a build apart from its events: how often, and for how long. The build notes every response
//! here; failed requests leave it as it is.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::image::{Ami, AmiState, ImageAnswer, ImageDescription, is_made};
use crate::domain::stack_event::EventId;
use crate::domain::verdict::gap;
use crate::text::safe::SafeText;

/// The meaning of an answer about the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Ami(AmiState),
    /// The build failed, and there is no AMI.
    BuildFailed,
    NoAmi,
    /// There is neither an image nor a stack.
    Absent,
    /// ParallelCluster did not make the stack.
    Foreign,
    /// The same, and the stack itself is watched.
    AnyStack,
    /// The answer is about another image or another stack.
    Unrelated,
}

impl Shown {
    fn of(image: &ImageDescription) -> Self {
        if image.is_any_stack {
            return Self::AnyStack;
        }
        let no_ami = || {
            if image.build_failed() {
                Self::BuildFailed
            } else {
                Self::NoAmi
            }
        };
        let state = image.complete_ami().and_then(Ami::state);
        state.map_or_else(no_ami, Self::Ami)
    }
}

/// The first and the last of equal answers, by the clock's running time, so that the two never seem further apart than
/// they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repeated {
    first: Duration,
    last: Duration,
    /// The first of them since the newest event of the stack itself.
    first_since_root: Duration,
    /// Whether there was no stack between two of them.
    across_no_stack: bool,
}

impl Repeated {
    fn at(elapsed: Duration) -> Self {
        Self {
            first: elapsed,
            last: elapsed,
            first_since_root: elapsed,
            across_no_stack: false,
        }
    }

    #[cfg(test)]
    pub(super) fn lasting(span: Duration) -> Self {
        Self {
            last: span,
            ..Self::default()
        }
    }

    pub(crate) fn span(self) -> Duration {
        self.last.saturating_sub(self.first)
    }

    pub(super) fn span_since_root(self) -> Duration {
        self.last.saturating_sub(self.first_since_root)
    }
}

/// How Image Builder ended without an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuilderEnd {
    Failed,
    Cancelled,
}

/// A failure that Image Builder has reported.
#[derive(Clone, Debug)]
pub(crate) struct BuilderFailure {
    pub end: BuilderEnd,
    /// When it was first seen.
    pub at: DateTime<Utc>,
    pub since: Duration,
    pub reason: Option<SafeText>,
}

/// An answer, with its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    pub at: DateTime<Utc>,
    pub elapsed: Duration,
    /// The newest event of the stack itself by then.
    pub root: Option<&'a EventId>,
}

/// The answers about the current stack's build.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts: every combination can be observed"
)]
pub(crate) struct Answers {
    image: Option<(Shown, Repeated)>,
    image_root: Option<EventId>,
    /// The stack does not exist since the last answer about the image.
    stack_gone: bool,
    /// The answers that there is no stack.
    no_stack: Option<Repeated>,
    /// The answers that there is no image, each after one that there is no stack.
    gone: Option<Repeated>,
    /// In the last of these, no AMI was found either by the Image Builder image.
    looked_up_by_arn: bool,
    is_foreign: bool,
    builder: Option<BuilderFailure>,
    /// When Image Builder was first seen to have made the image.
    made_at: Option<DateTime<Utc>>,
    seen: bool,
    /// The running time of the last answer of any call.
    last: Duration,
}

impl Answers {
    /// What stays of the answers when a recording of them is resumed.
    pub(crate) fn recorded(&self) -> Self {
        Self {
            made_at: self.made_at,
            seen: self.seen,
            ..Self::default()
        }
    }

    /// Some call was answered.
    pub(crate) fn answered(&mut self, elapsed: Duration) {
        self.last = self.last.max(elapsed);
    }

    pub(crate) fn stack_exists(&mut self) {
        self.stack_gone = false;
        self.no_stack = None;
        self.gone = None;
    }

    pub(crate) fn stack_is_gone(&mut self, elapsed: Duration) {
        self.stack_gone = true;
        let no_stack = self.no_stack.get_or_insert_with(|| Repeated::at(elapsed));
        no_stack.last = elapsed;
    }

    /// Notes an answer about the image. `events_seen`: the build has events.
    pub(crate) fn image(
        &mut self,
        answer: &ImageAnswer,
        unrelated: bool,
        events_seen: bool,
        now: Moment<'_>,
    ) {
        let shown = match answer {
            ImageAnswer::Absent | ImageAnswer::Gone => Shown::Absent,
            ImageAnswer::NotYet => return,
            ImageAnswer::Foreign => Shown::Foreign,
            ImageAnswer::Described(_) if unrelated => Shown::Unrelated,
            ImageAnswer::Described(image) => Shown::of(image),
        };
        self.repeat(shown, now);
        match answer {
            ImageAnswer::Absent | ImageAnswer::Gone if self.stack_gone => {
                self.looked_up_by_arn = *answer == ImageAnswer::Gone;
                let gone = self.gone.get_or_insert_with(|| Repeated::at(now.elapsed));
                gone.last = now.elapsed;
            }
            ImageAnswer::Absent | ImageAnswer::Gone | ImageAnswer::NotYet => {}
            ImageAnswer::Foreign => {
                self.gone = None;
                let span = self
                    .image
                    .map_or(Duration::ZERO, |(_, answers)| answers.span());
                self.is_foreign |= span >= gap(events_seen);
            }
            ImageAnswer::Described(image) => {
                self.gone = None;
                if !unrelated {
                    self.seen |= image.ami.is_none() && !image.hides_stack;
                    self.is_foreign = false;
                    self.builder(image, now);
                }
            }
        }
        self.stack_gone = false;
    }

    fn repeat(&mut self, shown: Shown, now: Moment<'_>) {
        let same_root = self.image_root.as_ref() == now.root;
        match &mut self.image {
            Some((known, answers)) if *known == shown => {
                answers.last = now.elapsed;
                answers.across_no_stack |= self.stack_gone;
                if !same_root {
                    answers.first_since_root = now.elapsed;
                }
            }
            image => *image = Some((shown, Repeated::at(now.elapsed))),
        }
        if !same_root {
            self.image_root = now.root.cloned();
        }
    }

    /// Notes Image Builder's word. Another stage takes a failure back.
    fn builder(&mut self, image: &ImageDescription, now: Moment<'_>) {
        let Some(status) = &image.builder_status else {
            return;
        };
        let end = match status.as_str() {
            "FAILED" => Some(BuilderEnd::Failed),
            "CANCELLED" => Some(BuilderEnd::Cancelled),
            _ => None,
        };
        let before = self.builder.take();
        self.builder = end.map(|end| BuilderFailure {
            end,
            at: before.as_ref().map_or(now.at, |before| before.at),
            since: before.as_ref().map_or(now.elapsed, |before| before.since),
            reason: image.builder_reason.clone(),
        });
        if self.made_at.is_none() && is_made(status.as_str()) {
            self.made_at = Some(now.at);
        }
    }

    /// The newest answer about the image. `root` is the newest event of the stack itself: an answer from before it is
    /// none since then.
    pub(crate) fn shown(&self, root: Option<&EventId>) -> Option<(Shown, Repeated)> {
        let (shown, mut answers) = self.image?;
        if self.image_root.as_ref() != root {
            answers.first_since_root = answers.last;
        }
        Some((shown, answers))
    }

    /// Whether the same answer was given twice.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.image
            .is_some_and(|(_, answers)| answers.span() >= gap(false))
    }

    /// Whether the same answer was given twice, with the answer between that there is no stack.
    pub(crate) fn is_confirmed_without_stack(&self) -> bool {
        self.image
            .is_some_and(|(_, answers)| answers.across_no_stack && answers.span() >= gap(false))
    }

    /// Whether the last answer about the stack was that there is none.
    pub(crate) fn lacks_stack(&self) -> bool {
        self.no_stack.is_some()
    }

    /// The answers that there is neither a stack nor an image: of the call whose answers are closer together.
    pub(crate) fn gone(&self) -> Option<Repeated> {
        let calls = [self.gone?, self.no_stack?];
        calls.into_iter().min_by_key(|answers| answers.span())
    }

    /// Whether an AMI that ParallelCluster does not list would have been found, too.
    pub(crate) fn looked_up_by_arn(&self) -> bool {
        self.looked_up_by_arn
    }

    pub(crate) fn is_foreign(&self) -> bool {
        self.is_foreign
    }

    pub(crate) fn seen(&self) -> bool {
        self.seen
    }

    pub(crate) fn builder_failure(&self) -> Option<&BuilderFailure> {
        self.builder.as_ref()
    }

    /// Image Builder's failure, and its age at the last answer.
    pub(crate) fn builder_end(&self) -> Option<(BuilderEnd, Duration)> {
        let failure = self.builder.as_ref()?;
        Some((failure.end, self.last.saturating_sub(failure.since)))
    }

    pub(crate) fn made_at(&self) -> Option<DateTime<Utc>> {
        self.made_at
    }
}
