//! The verdict: whether a build is finished, and whether it succeeded. The build decides it after each observation, from the
//! facts of both API calls.
//!
//! Success is no status of the stack. A ParallelCluster build succeeds when DescribeImage returns the AMI; its stack then
//! deletes itself, and the API responds with 404. A failed request alone never decides a verdict; if DescribeImage is
//! denied or fails five times in a row, a failed stack counts as failed without it.
//!
//! Tests of whole builds: `tests/it/headless/endings.rs`.

use std::fmt;
use std::time::Duration;

use crate::domain::image::{ImageAnswer, ImageDescription};
use crate::domain::stack_event::StackEvent;

/// How long both calls must have found nothing before an image that was being built counts as deleted.
const DELETED_AFTER: Duration = Duration::from_secs(5);
/// How long both calls must have found nothing before an image that was never seen counts as not existing.
const NOT_FOUND_AFTER: Duration = Duration::from_secs(3);

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
    /// The build failed, and the stack is still rolling back.
    Failing,
    Failed,
    /// The AMI exists.
    Succeeded,
    /// The build was deleted before it ended.
    Deleted,
    /// No such image exists.
    NotFound,
    /// A stack that is not ParallelCluster's ended, which proves nothing about an image.
    Ended,
}

impl Verdict {
    /// Whether the build has ended, so that only the clean-up can follow.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Succeeded | Self::Deleted | Self::NotFound | Self::Ended
        )
    }

    /// The badge on the screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Building => "BUILDING",
            Self::Finishing => "FINISHING",
            Self::Deleting => "DELETING",
            Self::Failing => "ROLLING BACK",
            Self::Failed => "FAILED",
            Self::Succeeded => "SUCCEEDED",
            Self::Deleted => "DELETED",
            Self::NotFound => "NOT FOUND",
            Self::Ended => "ENDED",
        }
    }

    /// The outcome of the watch if it ended now.
    pub const fn outcome(self) -> OutcomeKind {
        match self {
            Self::Waiting | Self::Ended => OutcomeKind::Unknown,
            Self::Building | Self::Finishing | Self::Deleting => OutcomeKind::Building,
            Self::Failing | Self::Failed => OutcomeKind::Failed,
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

/// The facts that decide the verdict.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence<'a> {
    /// The newest event of the stack itself.
    pub root: Option<&'a StackEvent>,
    /// Whether any event of this image's stacks was ever seen.
    pub events_seen: bool,
    /// DescribeImage's newest response about this stack.
    pub image: Option<&'a ImageAnswer>,
    /// Whether that response came after the root's newest status.
    pub image_is_current: bool,
    /// Whether DescribeImage is denied, or has failed for long.
    pub image_unavailable: bool,
    /// How long both calls have found nothing, from the first such pair of responses to the last.
    pub absent_for: Option<Duration>,
}

/// Decides, given the previous verdict about this stack. A success and a failure are final, except that an AMI is always a
/// success; "deleted" and "not found" are withdrawn when the stack appears again.
pub(super) fn decide(before: Verdict, evidence: &Evidence<'_>) -> Verdict {
    let described = match evidence.image {
        Some(ImageAnswer::Described(image)) => Some(&**image),
        _ => None,
    };
    if described.is_some_and(|image| image.finished_ami().is_some()) {
        return Verdict::Succeeded;
    }
    if before.outcome() == OutcomeKind::Failed {
        return failure(evidence);
    }
    if matches!(before, Verdict::Succeeded | Verdict::Ended) {
        return before;
    }
    let failed = evidence
        .root
        .is_some_and(|root| root.status.is_failure_of_stack() && no_ami(root, evidence));
    if failed || described.is_some_and(ImageDescription::build_failed) {
        return failure(evidence);
    }
    match evidence.absent_for {
        Some(absent) if evidence.events_seen && absent >= DELETED_AFTER => Verdict::Deleted,
        Some(absent) if !evidence.events_seen && absent >= NOT_FOUND_AFTER => Verdict::NotFound,
        _ => unfinished(evidence),
    }
}

/// Whether it is certain that the stack made no AMI. DescribeImage must have responded after the stack's status changed: a
/// stack that failed to delete itself after a success has failed, too, but has its AMI. A stack that failed before that
/// has none, even if DescribeImage is unavailable.
fn no_ami(root: &StackEvent, evidence: &Evidence<'_>) -> bool {
    evidence.image_is_current || (evidence.image_unavailable && !root.status.is_delete())
}

/// A failure; during a rollback, more events follow. Deleting a failed stack later changes nothing.
fn failure(evidence: &Evidence<'_>) -> Verdict {
    let is_rolling_back = evidence
        .root
        .is_some_and(|root| !root.status.is_final() && root.status.is_failure_of_stack());
    if is_rolling_back && evidence.absent_for.is_none() {
        Verdict::Failing
    } else {
        Verdict::Failed
    }
}

fn unfinished(evidence: &Evidence<'_>) -> Verdict {
    let Some(root) = evidence.root else {
        let known =
            evidence.events_seen || matches!(evidence.image, Some(ImageAnswer::Described(_)));
        return if known {
            Verdict::Building
        } else {
            Verdict::Waiting
        };
    };
    let foreign = evidence.image == Some(&ImageAnswer::Foreign);
    if foreign && root.status.is_final() && !root.status.is_failure_of_stack() {
        Verdict::Ended
    } else if root.status.is_delete() {
        Verdict::Deleting
    } else if root.status.is_final() && !root.status.is_failure_of_stack() {
        Verdict::Finishing
    } else {
        Verdict::Building
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::image::Ami;
    use crate::text::safe::SafeText;

    fn root(status: &str) -> StackEvent {
        let json =
            format!(r#"{{"stackId":"s","physicalResourceId":"s","resourceStatus":"{status}"}}"#);
        StackEvent::from_json(&json, None)
    }

    fn described(build_status: &str, ami: bool) -> ImageAnswer {
        ImageAnswer::Described(Box::new(ImageDescription {
            build_status: Some(SafeText::new(build_status)),
            ami: ami.then(|| Ami {
                id: SafeText::new("ami-1"),
                name: None,
                state: None,
            }),
            ..ImageDescription::default()
        }))
    }

    fn verdict(
        before: Verdict,
        root: Option<&StackEvent>,
        image: Option<&ImageAnswer>,
        current: bool,
    ) -> Verdict {
        decide(
            before,
            &Evidence {
                root,
                events_seen: root.is_some(),
                image,
                image_is_current: current,
                image_unavailable: false,
                absent_for: None,
            },
        )
    }

    #[test]
    fn an_ami_is_a_success_in_any_state_of_the_stack() {
        let image = described("BUILD_COMPLETE", true);
        for status in [
            "CREATE_IN_PROGRESS",
            "DELETE_IN_PROGRESS",
            "DELETE_FAILED",
            "CREATE_COMPLETE",
        ] {
            let root = root(status);
            assert_eq!(
                verdict(Verdict::Building, Some(&root), Some(&image), false),
                Verdict::Succeeded
            );
        }
        assert_eq!(
            verdict(Verdict::Waiting, None, Some(&image), false),
            Verdict::Succeeded
        );
    }

    #[test]
    fn complete_without_an_ami_is_still_finishing() {
        let image = described("BUILD_COMPLETE", false);
        let root = root("CREATE_COMPLETE");
        assert_eq!(
            verdict(Verdict::Building, Some(&root), Some(&image), true),
            Verdict::Finishing
        );
    }

    #[test]
    fn a_failed_delete_waits_for_the_image_before_it_is_a_failure() {
        let root = root("DELETE_FAILED");
        assert_eq!(
            verdict(Verdict::Building, Some(&root), None, false),
            Verdict::Deleting
        );
        let image = described("DELETE_FAILED", false);
        assert_eq!(
            verdict(Verdict::Building, Some(&root), Some(&image), true),
            Verdict::Failed
        );
    }

    #[test]
    fn a_rollback_is_failing_until_the_root_is_final() {
        let image = described("BUILD_FAILED", false);
        let rolling_back = root("ROLLBACK_IN_PROGRESS");
        assert_eq!(
            verdict(Verdict::Building, Some(&rolling_back), Some(&image), true),
            Verdict::Failing
        );
        let done = root("ROLLBACK_COMPLETE");
        assert_eq!(
            verdict(Verdict::Failing, Some(&done), Some(&image), true),
            Verdict::Failed
        );
    }

    #[test]
    fn a_failure_stays_when_the_stack_is_deleted_later() {
        let deleting = root("DELETE_IN_PROGRESS");
        assert_eq!(
            verdict(Verdict::Failed, Some(&deleting), None, false),
            Verdict::Failed
        );
    }

    #[test]
    fn an_unknown_root_status_is_no_verdict() {
        let image = described("BUILD_IN_PROGRESS", false);
        let root = root("BOGUS");
        assert_eq!(
            verdict(Verdict::Building, Some(&root), Some(&image), true),
            Verdict::Building
        );
    }

    #[test]
    fn a_foreign_stack_never_succeeds() {
        let image = ImageAnswer::Foreign;
        let complete = root("CREATE_COMPLETE");
        assert_eq!(
            verdict(Verdict::Building, Some(&complete), Some(&image), true),
            Verdict::Ended
        );
        let failed = root("CREATE_FAILED");
        assert_eq!(
            verdict(Verdict::Building, Some(&failed), Some(&image), true),
            Verdict::Failed
        );
    }

    #[test]
    fn a_missing_image_is_deleted_or_not_found_only_after_a_while() {
        let absent = |seconds, events_seen| {
            decide(
                Verdict::Waiting,
                &Evidence {
                    root: None,
                    events_seen,
                    image: Some(&ImageAnswer::Absent),
                    image_is_current: true,
                    image_unavailable: false,
                    absent_for: Some(Duration::from_secs(seconds)),
                },
            )
        };
        assert_eq!(absent(2, false), Verdict::Waiting);
        assert_eq!(absent(3, false), Verdict::NotFound);
        assert_eq!(absent(4, true), Verdict::Building);
        assert_eq!(absent(5, true), Verdict::Deleted);
    }
}
