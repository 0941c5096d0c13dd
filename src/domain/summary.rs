//! A build in a few words: what a list of builds says about each.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::build::{Build, Cleanup};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Outcome;
use crate::text::safe::SafeText;

/// What is known about a build's current stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How it ended, as far as is known.
    pub outcome: Outcome,
    /// The region that the image is built in, as the API says.
    pub region: Option<SafeText>,
    /// When the build began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The AMI of a build that succeeded.
    pub ami_id: Option<SafeText>,
    /// What failed first, where the build failed.
    pub first_failure: Option<FirstFailure>,
    /// Whether a stack that should have deleted itself is still there.
    pub leftover_stack: bool,
    /// The number of its events.
    pub events: usize,
}

/// What failed first.
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
    /// When the build began, else when the watch did; of what can't be read, when it was last written to.
    pub began: DateTime<Utc>,
    /// What was watched and how it ended, or why that can't be told.
    pub told: Result<RecordedBuild, SafeText>,
}

/// What was watched, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedBuild {
    /// The image's id.
    pub image_id: SafeText,
    /// The region that was asked for, where one was.
    pub region: Option<SafeText>,
    /// How it ended.
    pub summary: Summary,
}

impl Summary {
    /// A build as it is now.
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

    /// How long the build took, where it has come to an end of its own.
    pub fn took(&self) -> Option<TimeDelta> {
        let ended = matches!(self.outcome, Outcome::Succeeded | Outcome::Failed);
        let took = self.ended_at.filter(|_| ended)? - self.started_at?;
        Some(took.max(TimeDelta::zero()))
    }
}

impl RecordedBuild {
    /// The image's region: as the API says, else as the person asked.
    pub fn region(&self) -> Option<&SafeText> {
        self.summary.region.as_ref().or(self.region.as_ref())
    }
}
