//! The outcome of a watch, as the last entry of the output, and its exit code. `update` makes it when the watch ends
//! or a verdict is reached; `output` prints it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::build::{Build, Cleanup};
use crate::domain::stack_event::{StackEvent, StackId};
use crate::domain::verdict::{Outcome, Verdict};
use crate::text::safe::SafeText;

/// The documented exit codes (docs/scripting.md).
pub(crate) mod code {
    /// The build succeeded; or the user left before a verdict was reached.
    pub(crate) const SUCCEEDED: u8 = 0;
    /// The build could not be watched.
    pub(crate) const NOT_WATCHED: u8 = 1;
    /// Wrong usage or configuration.
    pub(crate) const USAGE: u8 = 2;
    /// The build failed.
    pub(crate) const FAILED: u8 = 3;
    /// `--timeout` ran out during the build.
    pub(crate) const STILL_BUILDING: u8 = 4;
    /// There is no such image, or it was deleted before the build ended.
    pub(crate) const NO_IMAGE: u8 = 5;
    pub(crate) const BUG: u8 = 101;
    /// The reader of the pipe is gone.
    pub(crate) const CLOSED_PIPE: u8 = 141;
}

/// The exit code of a verdict that ends a watch.
pub(crate) fn verdict_code(verdict: Verdict) -> Option<u8> {
    match verdict {
        Verdict::Succeeded => Some(code::SUCCEEDED),
        Verdict::Failed | Verdict::Failing => Some(code::FAILED),
        Verdict::Deleted | Verdict::NotFound => Some(code::NO_IMAGE),
        Verdict::Ended => Some(code::NOT_WATCHED),
        Verdict::Waiting | Verdict::Building | Verdict::Finishing | Verdict::Deleting => None,
    }
}

/// The last entry of the output.
#[derive(Clone, Debug)]
pub struct OutcomeRecord {
    pub outcome: Outcome,
    pub image_id: String,
    /// The stack that was watched last.
    pub stack_id: Option<StackId>,
    pub ami_id: Option<SafeText>,
    pub reason: Option<String>,
    pub first_failure: Option<Arc<StackEvent>>,
    /// Whether a stack that should have deleted itself is still there.
    pub leftover_stack: bool,
    /// The time of the first event of the stack itself.
    pub started_at: Option<DateTime<Utc>>,
    /// When the AMI was made, otherwise the time of the last event of the stack itself.
    pub ended_at: Option<DateTime<Utc>>,
    /// The number of printed events.
    pub events: usize,
}

impl OutcomeRecord {
    /// The record of a build as it is now. `outcome` is the verdict's, unless something else ended the watch;
    /// without a `reason` it is the verdict's.
    pub fn of(
        build: &Build,
        image_id: &str,
        outcome: Outcome,
        reason: Option<String>,
        events: usize,
    ) -> Self {
        let failed = outcome == Outcome::Failed;
        let succeeded = outcome == Outcome::Succeeded;
        Self {
            outcome,
            image_id: image_id.to_owned(),
            stack_id: build.stack_id().cloned(),
            ami_id: build.ami().filter(|_| succeeded).map(|ami| ami.id.clone()),
            reason: reason.or_else(|| verdict_reason(build)),
            first_failure: build.first_failure().filter(|_| failed).cloned(),
            leftover_stack: succeeded && build.cleanup() == Cleanup::Leftover,
            started_at: build.started_at(),
            ended_at: build.ended_at(),
            events,
        }
    }
}

/// The service's reason for the verdict, or ours if it has none.
pub(crate) fn verdict_reason(build: &Build) -> Option<String> {
    let trimmed = |text: &SafeText| text.as_str().trim().to_owned();
    // Only a failed stack's reason explains a failure; "User Initiated" does not.
    let failed_root = || {
        build
            .root()
            .filter(|root| root.status.is_failure_of_stack())
    };
    let root_reason = || failed_root()?.reason.as_ref().map(trimmed);
    match build.verdict() {
        Verdict::Failed | Verdict::Failing => root_reason()
            .or_else(|| build.first_failure()?.reason.as_ref().map(trimmed))
            .or_else(|| build.image()?.stack_status_reason.as_ref().map(trimmed)),
        Verdict::Succeeded if build.cleanup() == Cleanup::Leftover => root_reason(),
        Verdict::Deleted => {
            Some("the stack and the image were deleted before the build came to an end".to_owned())
        }
        Verdict::NotFound => Some("there is no image and no stack of this name".to_owned()),
        Verdict::Ended => build.root().map(|root| {
            format!(
                "the stack is not ParallelCluster's; it ended as {}",
                root.status
            )
        }),
        _ => None,
    }
}
