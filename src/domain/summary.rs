//! A build in a few fields, for a list of builds: recordings store it, `history` prints it.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::build::{Build, Cleanup};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Outcome;
use crate::text::safe::SafeText;

/// The state of a build's current stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub outcome: Outcome,
    /// The region of the build, from the API.
    pub region: Option<SafeText>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// The AMI of a build that succeeded.
    pub ami_id: Option<SafeText>,
    /// Of a build that failed.
    pub first_failure: Option<FirstFailure>,
    /// Whether a stack that should have deleted itself is still there.
    pub leftover_stack: bool,
    pub events: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstFailure {
    /// The resource's name in the template.
    pub logical_id: SafeText,
    /// The service's reason.
    pub reason: Option<SafeText>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedWatch {
    pub file: PathBuf,
    /// When the build began, else when the watch did; for a file that can't be read, when it was last written to.
    pub began: DateTime<Utc>,
    /// The build, or why the file can't be read.
    pub build: Result<RecordedBuild, SafeText>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedBuild {
    pub image_id: SafeText,
    /// The region that the user set, if any.
    pub region: Option<SafeText>,
    pub summary: Summary,
}

impl Summary {
    pub fn of(build: &Build) -> Self {
        let outcome = build.verdict().outcome();
        let (failed, succeeded) = (outcome == Outcome::Failed, outcome == Outcome::Succeeded);
        let first_failure = build.first_failure().filter(|_| failed);
        Self {
            outcome,
            region: build.image().and_then(|image| image.region.clone()),
            started_at: build.started_at(),
            ended_at: build.ended_at(),
            ami_id: build.ami().filter(|_| succeeded).map(|ami| ami.id.clone()),
            first_failure: first_failure.map(|event| FirstFailure {
                logical_id: event.logical_id.clone(),
                reason: event.reason.clone(),
            }),
            leftover_stack: succeeded && build.cleanup() == Cleanup::Leftover,
            events: build.current().map_or(0, Timeline::len),
        }
    }

    /// The duration of a build that succeeded or failed.
    pub fn took(&self) -> Option<TimeDelta> {
        let ended = matches!(self.outcome, Outcome::Succeeded | Outcome::Failed);
        let took = self.ended_at.filter(|_| ended)? - self.started_at?;
        Some(took.max(TimeDelta::zero()))
    }
}

impl RecordedBuild {
    /// The image's region: from the API, else from the user.
    pub fn region(&self) -> Option<&SafeText> {
        self.summary.region.as_ref().or(self.region.as_ref())
    }
}
