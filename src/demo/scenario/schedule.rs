//! Computes the time of every change of one stack: CloudFormation's part of a scenario, from dependencies and paces.

use std::time::Duration;

use crate::demo::scenario::build::{Build, Resource};
use crate::demo::scenario::moment::{Happening, Moment, Operation};
use crate::domain::facts::IMAGE_RESOURCE;

/// The time that CloudFormation takes from a cause to its event.
pub(crate) const REACTION: Duration = Duration::from_millis(380);

/// Everything that happens to the stack of a build, in order.
pub(crate) fn moments(build: &Build) -> Vec<Moment> {
    let mut schedule = Schedule::new(build);
    schedule.create();
    schedule.delete();
    // Stable: moments of the same time stay in the order in which they were pushed.
    schedule.moments.sort_by_key(|moment| moment.at);
    schedule.moments
}

/// When the image begins to be made, and when the build is stopped; `None` where it does not come to an image.
pub(crate) fn image_times(build: &Build) -> Option<(Duration, Duration)> {
    let schedule = Schedule::new(build);
    let initiated = schedule.image_creation()?.initiated;
    (initiated < schedule.stopped).then_some((initiated, schedule.stopped))
}

/// The creation of one resource, if it is not stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Creation {
    pub begins: Duration,
    pub initiated: Duration,
    pub ends: Duration,
}

/// The schedule of one stack while it is computed.
#[derive(Debug)]
pub(crate) struct Schedule<'a> {
    pub build: &'a Build,
    /// One for each of the build's resources.
    pub creations: Vec<Creation>,
    /// The time at which the creation of the stack was stopped, by a failure or a deletion.
    pub stopped: Duration,
    moments: Vec<Moment>,
}

impl<'a> Schedule<'a> {
    fn new(build: &'a Build) -> Self {
        let creations = creations(&build.resources);
        let failure = build.creation_failure.as_ref();
        let failed = failure.map(|failure| creations[failure.resource].begins + failure.after);
        let mut schedule = Self {
            build,
            creations,
            stopped: Duration::MAX,
            moments: Vec::new(),
        };
        if let Some(stopped) = failed.or_else(|| schedule.deletion()) {
            schedule.stopped = stopped;
        }
        schedule
    }

    /// The time at which the deletion of the stack begins: by a user, else, after a success, by the clean-up
    /// function.
    pub(crate) fn deletion(&self) -> Option<Duration> {
        match &self.build.deletion {
            Some(deletion) => Some(deletion.after),
            None if self.build.creation_failure.is_some() => None,
            None => Some(self.available()? + self.build.cleanup.deletes_stack),
        }
    }

    /// The time at which the image is available, if the build is not stopped.
    pub(crate) fn available(&self) -> Option<Duration> {
        let last = self.build.stages.last()?;
        Some(self.image_creation()?.initiated + last.after)
    }

    pub(crate) fn image_creation(&self) -> Option<Creation> {
        let resources = &self.build.resources;
        let image = resources.iter().position(|it| it.name == IMAGE_RESOURCE)?;
        self.creations.get(image).copied()
    }

    /// Whether a resource was being created when the creation of the stack was stopped.
    pub(crate) fn is_interrupted(&self, index: usize) -> bool {
        let Creation { begins, ends, .. } = self.creations[index];
        begins < self.stopped && ends > self.stopped
    }

    /// Whether a resource had its physical id when the creation of the stack was stopped.
    pub(crate) fn exists(&self, index: usize) -> bool {
        self.creations[index].initiated < self.stopped
    }

    /// Adds a moment.
    pub(crate) fn push(&mut self, at: Duration, operation: Operation, happening: Happening) {
        self.moments.push(Moment {
            at,
            operation,
            happening,
        });
    }

    /// Adds a change of the stack's own status.
    pub(crate) fn push_stack(
        &mut self,
        at: Duration,
        operation: Operation,
        status: &'static str,
        reason: Option<&str>,
    ) {
        let reason = reason.map(str::to_owned);
        self.push(at, operation, Happening::Stack { status, reason });
    }
}

/// The times of each resource's creation, if it is not stopped: after all its dependencies.
fn creations(resources: &[Resource]) -> Vec<Creation> {
    let mut creations: Vec<Creation> = Vec::with_capacity(resources.len());
    for resource in resources {
        let pace = &resource.pace;
        let dependencies = resource.dependencies.iter();
        let ready = dependencies.map(|&index| creations[index].ends).max();
        let begins = ready.unwrap_or_default() + pace.begins;
        creations.push(Creation {
            begins,
            initiated: begins + pace.initiated,
            ends: begins + pace.created,
        });
    }
    creations
}
