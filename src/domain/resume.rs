//! The recorded build of an earlier watch, until the backend says whether it is still the one of this image id.
//!
//! The build and the recorder ask the same [`Identity`], so that neither the screen nor a file ever mixes two builds.
//! Tests: `tests/it/recording/resume.rs`.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::fault::FaultKind;
use crate::domain::image::{Ami, ImageAnswer, ImageDescription};
use crate::domain::observation::{Observation, Seen, Stream, WalkStep};
use crate::domain::stack_event::{StackEvent, StackId};
use crate::domain::verdict::ami::{AFTER_STACK, BEFORE_STACK, began_before, names_another};
use crate::domain::verdict::answers::{Answers, Moment};
use crate::domain::verdict::{OutcomeKind, Verdict, gap};
use crate::text::safe::SafeText;

/// How a build stood at the end of its recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub outcome: OutcomeKind,
    pub ami_id: Option<SafeText>,
    pub ended_at: Option<DateTime<Utc>>,
    /// The time of the last recorded observation.
    pub as_of: DateTime<Utc>,
}

/// What this watch's answers say about the recorded build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No answer has decided it yet.
    Open,
    /// Its stack or its AMI is there.
    Same {
        /// It had not ended, and only an AMI was found that may be its own.
        inferred: bool,
    },
    /// Neither a stack nor an image is there.
    Gone,
    /// Another build has the image id.
    Another,
}

/// Decides whether a recorded build is the one that the backend answers about.
#[derive(Debug)]
pub(crate) struct Identity {
    known: Known,
    answers: Answers,
    /// The running time of the first of the last descriptions with the same meaning.
    described: Option<(Standing, Duration)>,
    /// The recorded stack was answered about, and it is deleted: that leaves open whether its image still exists.
    is_same_stack: bool,
    standing: Standing,
}

/// What a recording tells about its build.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) image_id: Option<SafeText>,
    pub(crate) stack_id: Option<StackId>,
    /// The first event of the stack itself.
    pub(crate) began: Option<DateTime<Utc>>,
    /// The Image Builder image of the stack.
    pub(crate) image_arn: Option<SafeText>,
    /// The stack failed before it was deleted.
    pub(crate) root_failed: bool,
    /// The newest event of the stack itself says that it is deleted.
    pub(crate) is_stack_deleted: bool,
    pub(crate) verdict: Verdict,
    pub(crate) ami_id: Option<SafeText>,
    /// All AMIs were in other regions than the stack, where only Image Builder's record leads to them: it is deleted
    /// with the stack.
    pub(crate) is_ami_elsewhere: bool,
}

impl Identity {
    pub(crate) fn new(known: Known) -> Self {
        Self {
            known,
            answers: Answers::default(),
            described: None,
            is_same_stack: false,
            standing: Standing::Open,
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing
    }

    /// Takes an observation into account. A build that is gone may be followed by another one; apart from that, the
    /// first decision stays.
    pub(crate) fn observe(&mut self, observation: &Observation) -> Standing {
        let stack_seen = matches!(observation.seen, Seen::Page(_));
        match self.standing {
            Standing::Same { inferred } => {
                let inferred = inferred && !stack_seen;
                self.standing = Standing::Same { inferred };
                return self.standing;
            }
            Standing::Another => return self.standing,
            Standing::Open | Standing::Gone => {}
        }
        let decided = match &observation.seen {
            Seen::Page(page) => self.page(page, observation.elapsed),
            Seen::StackGone => {
                self.answers.stack_is_gone(observation.elapsed);
                None
            }
            Seen::Image(answer) => self.image(answer, observation),
            // No permitted call can show that the image is gone.
            Seen::Failed(fault)
                if self.is_same_stack
                    && observation.stream == Stream::Image
                    && fault.kind == FaultKind::Denied =>
            {
                Some(Standing::Same { inferred: false })
            }
            Seen::Resumed(_)
            | Seen::Log(_)
            | Seen::Steps(_)
            | Seen::Failed(_)
            | Seen::Refused(_)
            | Seen::Account(_)
            | Seen::ClockOff(_) => None,
        };
        if let Some(decided) = decided {
            self.standing = decided;
        }
        self.standing
    }

    /// The events of a deleted stack can be read for a long time: its recorded success holds if the image is there, too.
    fn page(&mut self, page: &WalkStep, elapsed: Duration) -> Option<Standing> {
        let stack = page.stack_id.as_ref();
        let standing = stack.map(|stack| self.of_stack(stack));
        let is_deletion =
            |event: &Arc<StackEvent>| event.is_root && event.status.as_str() == "DELETE_COMPLETE";
        let is_same = standing == Some(Standing::Same { inferred: false });
        self.known.is_stack_deleted |= is_same && page.fresh.iter().any(is_deletion);
        let awaits_image = self.known.verdict == Verdict::Succeeded && !self.known.is_ami_elsewhere;
        if is_same && awaits_image && self.known.is_stack_deleted {
            self.answers.stack_is_gone(elapsed);
            self.is_same_stack = true;
            return None;
        }
        self.answers.stack_exists();
        standing
    }

    fn of_stack(&self, stack: &StackId) -> Standing {
        let is_same = match &self.known.stack_id {
            Some(known) => known == stack,
            // Only an image was recorded: nothing of a finished one is of a stack that exists now.
            None => !self.known.verdict.is_final(),
        };
        if is_same {
            Standing::Same { inferred: false }
        } else {
            Standing::Another
        }
    }

    fn image(&mut self, answer: &ImageAnswer, observation: &Observation) -> Option<Standing> {
        let now = Moment {
            at: observation.at,
            elapsed: observation.elapsed,
            root: None,
        };
        let ami = match answer {
            ImageAnswer::Described(image) if self.is_same_stack => image.complete_ami(),
            _ => None,
        };
        let mut answer = answer;
        if let (Some(ami), ImageAnswer::Described(image)) = (ami, answer) {
            if self.is_own(ami, image.creation_time) {
                return Some(Standing::Same { inferred: false });
            }
            // This stack is watched by its ARN, and its image id was used again.
            answer = &ImageAnswer::Absent;
        }
        self.answers.image(answer, false, true, now);
        let ImageAnswer::Described(image) = answer else {
            self.described = None;
            let gone = self.answers.gone();
            let twice = gone.is_some_and(|answers| answers.span() >= gap(true));
            return twice.then_some(Standing::Gone);
        };
        let meaning = self.meaning(image);
        let first = match self.described {
            Some((before, first)) if Some(before) == meaning => first,
            _ => observation.elapsed,
        };
        self.described = meaning.map(|meaning| (meaning, first));
        // One description may be old, since EC2 is eventually consistent.
        let without_stack = self.answers.lacks_stack() && image.ami.is_some();
        let twice = observation.elapsed.saturating_sub(first) >= gap(!without_stack);
        meaning.filter(|_| twice)
    }

    /// What a description says, if it is true; `None` if it decides nothing.
    fn meaning(&self, image: &ImageDescription) -> Option<Standing> {
        if names_another(image, self.known.image_id.as_ref()) {
            return None;
        }
        if let Some(ami) = image.complete_ami() {
            return self.of_ami(ami, image.creation_time);
        }
        image.stack_id.as_ref().map(|stack| self.of_stack(stack))
    }

    /// Whether the AMI is the recorded one, or may have been made by the recorded stack.
    fn is_own(&self, ami: &Ami, created: Option<DateTime<Utc>>) -> bool {
        let arn = self.known.image_arn.as_ref().map(SafeText::as_str);
        self.known.ami_id.as_ref() == Some(&ami.id)
            || (!ami.is_of_another_image(arn)
                && began_before(self.known.began, created).unwrap_or(true))
    }

    fn of_ami(&self, ami: &Ami, created: Option<DateTime<Utc>>) -> Option<Standing> {
        if self.known.ami_id.as_ref() == Some(&ami.id) {
            return Some(Standing::Same { inferred: false });
        }
        let age = created
            .zip(self.known.began)
            .map(|(made, began)| made - began);
        if age.is_some_and(|age| age < -BEFORE_STACK) {
            return None;
        }
        let own = self.known.image_arn.as_ref().map(SafeText::as_str);
        let has_ended = self.known.root_failed
            || matches!(
                self.known.verdict,
                Verdict::Succeeded
                    | Verdict::Failed
                    | Verdict::RollingBack
                    | Verdict::Deleted
                    | Verdict::Ended
            );
        if has_ended || ami.is_of_another_image(own) || age.is_some_and(|age| age > AFTER_STACK) {
            Some(Standing::Another)
        } else {
            let inferred = self.known.stack_id.is_some();
            Some(Standing::Same { inferred })
        }
    }
}

/// The recorded build of a watch.
#[derive(Debug)]
pub(crate) struct Earlier {
    pub(crate) recorded: Recorded,
    pub(crate) identity: Identity,
}

impl Earlier {
    pub(crate) fn identity_verdict(&self) -> Verdict {
        self.identity.known.verdict
    }

    /// The verdict that is kept until an answer decides: an end, or nothing.
    pub(crate) fn kept_verdict(&self) -> Verdict {
        let verdict = self.identity.known.verdict;
        if verdict.is_final() || verdict == Verdict::RollingBack {
            verdict
        } else {
            Verdict::Waiting
        }
    }

    /// The verdict about the same build, as far as the recording decides it.
    pub(crate) fn decided_verdict(&self) -> Verdict {
        match self.identity.known.verdict {
            verdict @ (Verdict::Succeeded | Verdict::Failed | Verdict::RollingBack) => verdict,
            _ => Verdict::Waiting,
        }
    }

    /// The verdict now that neither the stack nor an image is there.
    pub(crate) fn verdict_when_gone(&self) -> Verdict {
        match self.identity.known.verdict {
            Verdict::Succeeded | Verdict::Deleted => Verdict::Deleted,
            Verdict::RollingBack | Verdict::Failed => Verdict::Failed,
            verdict @ (Verdict::AmiNotFound | Verdict::Ended) => verdict,
            _ => Verdict::EndNotSeen,
        }
    }
}

/// The recorded success of an image that is gone, in words.
pub(crate) fn deleted_since(recorded: &Recorded) -> Option<String> {
    let made = recorded.outcome == OutcomeKind::Succeeded;
    let ami = recorded.ami_id.as_ref().filter(|_| made)?;
    let at = recorded
        .ended_at
        .map_or_else(String::new, |at| format!(" at {}", seconds(at)));
    Some(format!(
        "the image ({ami}) was made{at} and has been deleted since"
    ))
}

/// What a recording says of a build that nothing was answered about.
pub(crate) fn in_words(recorded: &Recorded) -> String {
    let ami = recorded.ami_id.as_ref();
    let ami = ami.map_or_else(String::new, |ami| format!(" ({ami})"));
    let ended = recorded
        .ended_at
        .filter(|_| recorded.outcome != OutcomeKind::Building);
    let ended = ended.map_or_else(String::new, |at| format!(" at {}", seconds(at)));
    let as_of = seconds(recorded.as_of);
    format!("{}{ami}{ended}, as of {as_of}", recorded.outcome)
}

pub(crate) fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
