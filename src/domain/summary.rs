//! A build in a few words: what a list of builds says about each.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::build::{Build, Cleanup};
use super::event::StackEvent;
use super::text::Clean;
use super::timeline::Timeline;
use super::verdict::Outcome;

/// What is known about a build's current stack.
#[derive(Clone, Debug)]
pub struct Summary {
    /// How it ended, as far as is known.
    pub outcome: Outcome,
    /// When the build began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The AMI of a build that succeeded.
    pub ami_id: Option<Clean>,
    /// What failed first, where the build failed.
    pub first_failure: Option<Arc<StackEvent>>,
    /// Whether a stack that should have deleted itself is still there.
    pub leftover_stack: bool,
    /// The number of its events.
    pub events: usize,
}

impl Summary {
    /// A build as it is now.
    #[must_use]
    pub fn of(build: &Build) -> Self {
        let outcome = build.verdict().outcome();
        let (failed, succeeded) = (outcome == Outcome::Failed, outcome == Outcome::Succeeded);
        Self {
            outcome,
            started_at: build.started_at(),
            ended_at: build.ended_at(),
            ami_id: build.ami().filter(|_| succeeded).map(|ami| ami.id.clone()),
            first_failure: build.first_failure().filter(|_| failed).cloned(),
            leftover_stack: succeeded && build.cleanup() == Cleanup::Leftover,
            events: build.current().map_or(0, Timeline::len),
        }
    }
}
