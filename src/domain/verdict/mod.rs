//! The verdict: whether a build is finished, and whether it succeeded. The build decides it after each observation, from the
//! facts of all responses.
//!
//! Success is no status of the stack: a ParallelCluster build succeeds when its AMI exists; its stack then deletes itself.
//! So four kinds of evidence decide together, whatever calls they came from: the stack's own events, the description of the
//! image with its AMI ([`ami`]), Image Builder's word, and presence. [`answers`] keeps what was answered. A failed request
//! never decides a verdict.
//!
//! Tests: `tests/it/headless/verdicts.rs` (every pair of answers), `tests/it/headless/endings.rs` (whole builds).

pub(crate) mod ami;
pub(super) mod answers;

use std::fmt;
use std::time::Duration;

use crate::domain::image::AmiState;
use crate::domain::stack_event::StackEvent;
use crate::domain::verdict::answers::{BuilderEnd, Repeated, Shown};

pub(crate) use self::answers::BuilderFailure;

/// How far apart two answers must be to count as two.
const SECOND_ANSWER: Duration = Duration::from_secs(3);
/// The same once events were seen: there is more to lose.
const SECOND_ANSWER_OF_A_BUILD: Duration = Duration::from_secs(5);
/// After this time Image Builder's failure counts without one of the stack.
const CONFIRMED_BY_ITSELF: Duration = Duration::from_mins(1);
/// For so long no AMI of a made image must be found before it counts as deleted.
const NOT_FOUND_FOR: Duration = Duration::from_mins(1);

/// The state of a build, as far as it is certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The API has not shown the build yet.
    #[default]
    Waiting,
    Building,
    /// The stack is complete; the AMI does not exist yet.
    Finishing,
    /// The stack is being deleted, and no AMI exists (yet).
    Deleting,
    /// Image Builder reports that the build failed, and the stack has not failed yet. No verdict: it may be taken back.
    Failing,
    /// The build failed, and the stack is still rolling back.
    RollingBack,
    Failed,
    /// The AMI exists.
    Succeeded,
    /// The build was deleted before it ended.
    Deleted,
    /// The image was made, and then neither the stack nor an AMI was found.
    AmiNotFound,
    /// No such image exists.
    NotFound,
    /// A stack that is not ParallelCluster's ended, which proves nothing about an image.
    Ended,
    /// A recording has no end of the build, and neither a stack nor an image is left.
    EndNotSeen,
}

impl Verdict {
    /// Whether the build has ended, so that only the clean-up can follow.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Failed
                | Self::Succeeded
                | Self::Deleted
                | Self::AmiNotFound
                | Self::NotFound
                | Self::Ended
                | Self::EndNotSeen
        )
    }

    /// The badge on the screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Building => "BUILDING",
            Self::Finishing => "FINISHING",
            Self::Deleting => "DELETING",
            Self::Failing => "FAILING",
            Self::RollingBack => "ROLLING BACK",
            Self::Failed => "FAILED",
            Self::Succeeded => "SUCCEEDED",
            Self::Deleted => "DELETED",
            Self::AmiNotFound => "NO AMI FOUND",
            Self::NotFound => "NOT FOUND",
            Self::Ended => "ENDED",
            Self::EndNotSeen => "END NOT SEEN",
        }
    }

    /// The outcome of the watch if it ended now.
    pub const fn outcome(self) -> OutcomeKind {
        match self {
            Self::Waiting | Self::AmiNotFound | Self::Ended | Self::EndNotSeen => {
                OutcomeKind::Unknown
            }
            Self::Building | Self::Finishing | Self::Deleting | Self::Failing => {
                OutcomeKind::Building
            }
            Self::RollingBack | Self::Failed => OutcomeKind::Failed,
            Self::Succeeded => OutcomeKind::Succeeded,
            Self::Deleted => OutcomeKind::Deleted,
            Self::NotFound => OutcomeKind::NotFound,
        }
    }
}

/// The result of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    Succeeded,
    Failed,
    Deleted,
    NotFound,
    /// The watch ended before the build.
    Building,
    /// The build could not be watched.
    Unknown,
}

impl OutcomeKind {
    pub const ALL: [Self; 6] = [
        Self::Succeeded,
        Self::Failed,
        Self::Deleted,
        Self::NotFound,
        Self::Building,
        Self::Unknown,
    ];

    /// The value in JSON output and recordings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
            Self::NotFound => "not-found",
            Self::Building => "building",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for OutcomeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The state of the evidence about one stack's build, of whatever calls it came from.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts: every combination can be observed"
)]
pub(super) struct Evidence<'a> {
    /// The newest event of the stack itself.
    pub root: Option<&'a StackEvent>,
    /// The stack's own status by its events, else by its description.
    pub stack_status: Option<&'a str>,
    /// Whether the stack failed before it was deleted.
    pub root_failed: bool,
    /// Whether any event of this image's stacks was ever seen.
    pub events_seen: bool,
    /// Whether a stack or an image was ever seen.
    pub seen: bool,
    /// The newest answer about the image, and for how long the answer has been the same.
    pub image: Option<(Shown, Repeated)>,
    /// Whether two answers said that ParallelCluster did not make the stack, and nothing says that it did.
    pub is_foreign: bool,
    /// Whether an AMI was looked up by the Image Builder image that was made, too.
    pub looked_up_by_arn: bool,
    /// For how long both the stack and the image have not existed, from the first such answers to the last.
    pub gone: Option<Repeated>,
    /// Image Builder's failure, and how long ago it was first seen.
    pub builder: Option<(BuilderEnd, Duration)>,
    /// Whether Image Builder has made the image.
    pub made: bool,
    /// The verdict if neither a stack nor an image is left of a recorded build.
    pub recorded: Option<Verdict>,
}

impl Evidence<'_> {
    /// Whether an answer was given twice.
    fn twice(&self, answers: Repeated) -> bool {
        answers.span() >= self.gap()
    }

    /// How far apart two answers must be to count as two.
    fn gap(&self) -> Duration {
        gap(self.events_seen)
    }

    fn shows(&self, wanted: Shown) -> bool {
        self.image.is_some_and(|(shown, _)| shown == wanted)
    }

    fn shows_twice(&self, wanted: Shown) -> bool {
        let twice = |(shown, answers)| shown == wanted && self.twice(answers);
        self.image.is_some_and(twice)
    }

    fn gone_twice(&self) -> bool {
        self.gone.is_some_and(|answers| self.twice(answers))
    }

    fn root_is(&self, status: &str) -> bool {
        self.root.is_some_and(|root| root.status.as_str() == status)
    }

    fn is_deleting(&self) -> bool {
        self.root.is_some_and(|root| root.status.is_delete())
    }

    /// Whether the stack could not be deleted, and it was said twice since then that there is no AMI.
    fn is_stuck_without_ami(&self) -> bool {
        let without = |(shown, answers): (Shown, Repeated)| {
            matches!(shown, Shown::NoAmi | Shown::BuildFailed | Shown::Absent)
                && answers.span_since_root() >= self.gap()
        };
        self.root_is("DELETE_FAILED") && self.image.is_some_and(without)
    }

    /// Whether the stack failed and was not repaired by an update since.
    fn has_failed_root(&self) -> bool {
        let holds =
            |root: &StackEvent| root.status.is_failure_of_stack() || root.status.is_delete();
        self.root_failed && self.root.is_none_or(holds)
    }

    /// Image Builder's failure, unless somebody cancelled the image by deleting the stack.
    fn builder_failure(&self) -> Option<Duration> {
        let (end, age) = self.builder?;
        (end == BuilderEnd::Failed || !self.is_deleting()).then_some(age)
    }
}

/// How far apart two answers must be to count as two.
pub(crate) const fn gap(events_seen: bool) -> Duration {
    if events_seen {
        SECOND_ANSWER_OF_A_BUILD
    } else {
        SECOND_ANSWER
    }
}

/// Decides, given the previous verdict about this stack. A success and a failure are final, except that a good AMI turns a
/// failure that no event of the stack proves into a success. Verdicts about absence are withdrawn when the stack appears
/// again.
pub(super) fn decide(before: Verdict, evidence: &Evidence<'_>) -> Verdict {
    // The AMI of another build does not bring the recorded one back.
    let is_still_gone = evidence.gone.is_some() || evidence.shows(Shown::Unrelated);
    if let Some(verdict) = evidence.recorded.filter(|_| is_still_gone) {
        return verdict;
    }
    if evidence.shows(Shown::AnyStack) {
        return any_stack(evidence);
    }
    if before == Verdict::Succeeded || evidence.shows(Shown::Ami(AmiState::Good)) {
        return Verdict::Succeeded;
    }
    if evidence.is_foreign || evidence.shows(Shown::Foreign) {
        return foreign(evidence);
    }
    if before.outcome() == OutcomeKind::Failed || has_failed(evidence) {
        return failure(evidence);
    }
    if evidence.gone_twice() {
        return gone(evidence);
    }
    if evidence.made && evidence.is_stuck_without_ami() {
        return Verdict::AmiNotFound;
    }
    unfinished(evidence)
}

/// A stack that is watched for itself, because ParallelCluster did not make it: its status is the result.
fn any_stack(evidence: &Evidence<'_>) -> Verdict {
    let status = evidence.stack_status.unwrap_or_default();
    match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => Verdict::Succeeded,
        "DELETE_COMPLETE" if !evidence.root_failed => Verdict::Deleted,
        "DELETE_COMPLETE" => Verdict::Failed,
        _ if status.ends_with("_FAILED") || status.ends_with("ROLLBACK_COMPLETE") => {
            Verdict::Failed
        }
        _ if status.starts_with("DELETE_") => Verdict::Deleting,
        _ => Verdict::Building,
    }
}

/// A stack under this name that ParallelCluster did not make proves nothing about an image.
fn foreign(evidence: &Evidence<'_>) -> Verdict {
    let is_at_rest = evidence.root.is_some_and(|root| root.status.is_final());
    if evidence.is_foreign && (is_at_rest || evidence.gone_twice()) {
        Verdict::Ended
    } else {
        unfinished(evidence)
    }
}

fn has_failed(evidence: &Evidence<'_>) -> bool {
    let builder_failed = |age| {
        age >= CONFIRMED_BY_ITSELF || evidence.gone_twice() || evidence.is_stuck_without_ami()
    };
    evidence.has_failed_root()
        || evidence.shows_twice(Shown::BuildFailed)
        || evidence.shows_twice(Shown::Ami(AmiState::Bad))
        || (evidence.is_stuck_without_ami() && !evidence.made)
        || evidence.builder_failure().is_some_and(builder_failed)
}

/// A failure; during a rollback, more events follow. Deleting a failed stack later changes nothing.
fn failure(evidence: &Evidence<'_>) -> Verdict {
    let is_rolling_back = evidence
        .root
        .is_some_and(|root| !root.status.is_final() && root.status.is_failure_of_stack());
    if is_rolling_back && evidence.gone.is_none() {
        Verdict::RollingBack
    } else {
        Verdict::Failed
    }
}

/// The stack and the image do not exist (any more), and the build is not known to have failed.
fn gone(evidence: &Evidence<'_>) -> Verdict {
    let lasts = |gone: Repeated| gone.span() >= NOT_FOUND_FOR;
    if evidence.made && evidence.looked_up_by_arn {
        if evidence.gone.is_some_and(lasts) {
            Verdict::Deleted
        } else {
            unfinished(evidence)
        }
    } else if evidence.made {
        Verdict::AmiNotFound
    } else if evidence.seen {
        Verdict::Deleted
    } else {
        Verdict::NotFound
    }
}

fn unfinished(evidence: &Evidence<'_>) -> Verdict {
    if evidence.builder_failure().is_some() {
        return Verdict::Failing;
    }
    let has_ami = matches!(evidence.image, Some((Shown::Ami(_), _)));
    let Some(root) = evidence.root else {
        return match (has_ami, evidence.seen) {
            (true, _) => Verdict::Finishing,
            (false, true) => Verdict::Building,
            (false, false) => Verdict::Waiting,
        };
    };
    if has_ami {
        Verdict::Finishing
    } else if root.status.is_delete() {
        Verdict::Deleting
    } else if root.status.is_final() && !root.status.is_failure_of_stack() {
        Verdict::Finishing
    } else {
        Verdict::Building
    }
}

#[cfg(test)]
mod tests;
