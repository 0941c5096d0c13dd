//! When what happens to one stack, from its dependencies and paces: CloudFormation's part of a scenario.

use std::time::Duration;

use super::build::{Build, Failure, IMAGE_RESOURCE, Resource};

/// How long CloudFormation takes from a cause to the event that it leads to.
const REACTION: Duration = Duration::from_millis(380);
/// How long after its last event a deleted stack is out of the API's reach.
const LAST_SIGHT: Duration = Duration::from_millis(900);

/// What CloudFormation is doing with the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Rollback,
    Delete,
}

/// One thing that happens to a stack.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Happening {
    /// The stack's own status changes.
    Stack {
        status: &'static str,
        reason: Option<String>,
    },
    /// A resource's status changes, or is said once more.
    Resource {
        index: usize,
        status: &'static str,
        reason: Option<String>,
        /// Whether the resource has its physical id by now.
        exists: bool,
    },
    /// Image Builder's stage changes; there is none once the image is deleted.
    Stage(Option<Stage>),
    /// The AMI is there, and tagged as finished.
    AmiTagged,
    /// The API no longer finds the stack.
    Gone,
}

/// What Image Builder says of the image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stage {
    pub status: String,
    pub reason: Option<String>,
}

/// A happening, its time since the build began, and the operation that it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub at: Duration,
    pub operation: Operation,
    pub happening: Happening,
}

/// Everything that happens to the stack of a build, in order.
pub(super) fn moments(build: &Build) -> Vec<Moment> {
    let mut schedule = Schedule::new(build);
    schedule.create();
    schedule.take_back();
    // Stable: what happens at the same time stays in the order in which it was thought of.
    schedule.moments.sort_by_key(|moment| moment.at);
    schedule.moments
}

/// The creation of one resource, if nothing stops it.
#[derive(Clone, Copy, Debug)]
struct Creation {
    begins: Duration,
    initiated: Duration,
    ends: Duration,
}

#[derive(Debug)]
struct Schedule<'a> {
    build: &'a Build,
    creations: Vec<Creation>,
    /// When the creation of the stack was stopped, by a failure or a deletion.
    stopped: Duration,
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
        let deleted = schedule.deletion();
        schedule.stopped = failed.or(deleted).unwrap_or(Duration::MAX);
        schedule
    }

    /// When the deletion of the stack begins: when somebody asks for it, else, after a success, when the
    /// clean-up function does.
    fn deletion(&self) -> Option<Duration> {
        match &self.build.deletion {
            Some(deletion) => Some(deletion.after),
            None if self.build.creation_failure.is_some() => None,
            None => self
                .available()
                .map(|at| at + self.build.cleanup.deletes_stack),
        }
    }

    /// When the image is there, if nothing stops the build.
    fn available(&self) -> Option<Duration> {
        let last = self.build.stages.last()?;
        Some(self.image_creation()?.initiated + last.after)
    }

    fn image_creation(&self) -> Option<Creation> {
        let resources = &self.build.resources;
        let image = resources.iter().position(|it| it.name == IMAGE_RESOURCE)?;
        self.creations.get(image).copied()
    }

    fn push(&mut self, at: Duration, operation: Operation, happening: Happening) {
        self.moments.push(Moment {
            at,
            operation,
            happening,
        });
    }

    fn push_stack(
        &mut self,
        at: Duration,
        operation: Operation,
        status: &'static str,
        reason: Option<String>,
    ) {
        self.push(at, operation, Happening::Stack { status, reason });
    }

    fn create(&mut self) {
        let asked = Some("User Initiated".to_owned());
        self.push_stack(
            Duration::ZERO,
            Operation::Create,
            "CREATE_IN_PROGRESS",
            asked,
        );
        for index in 0..self.creations.len() {
            self.create_resource(index);
        }
        self.pass_stages();
        if let Some(failure) = &self.build.creation_failure {
            self.fail_creation(failure);
        }
    }

    fn create_resource(&mut self, index: usize) {
        const INITIATED: Option<&str> = Some("Resource creation Initiated");
        const CHECKED: Option<&str> = Some("Eventual consistency check initiated");
        let creation = self.creations[index];
        let checked = self.build.resources[index].pace.consistency_checked;
        let steps = [
            (Some(creation.begins), "CREATE_IN_PROGRESS", None),
            (Some(creation.initiated), "CREATE_IN_PROGRESS", INITIATED),
            (
                checked.map(|after| creation.begins + after),
                "CREATE_IN_PROGRESS",
                CHECKED,
            ),
            (Some(creation.ends), "CREATE_COMPLETE", None),
        ];
        for (at, status, reason) in steps {
            let Some(at) = at.filter(|at| *at < self.stopped) else {
                continue;
            };
            let happening = Happening::Resource {
                index,
                status,
                reason: reason.map(str::to_owned),
                exists: at >= creation.initiated,
            };
            self.push(at, Operation::Create, happening);
        }
        if creation.begins < self.stopped && creation.ends > self.stopped {
            self.break_off(index);
        }
    }

    /// Ends the creation of a resource that was going on when the stack's was stopped.
    fn break_off(&mut self, index: usize) {
        let failure = self.build.creation_failure.as_ref();
        let (at, reason) = match failure.filter(|failure| failure.resource == index) {
            Some(failure) => (self.stopped, failure.reason.clone()),
            None => (
                self.stopped + REACTION,
                "Resource creation cancelled".to_owned(),
            ),
        };
        let happening = Happening::Resource {
            index,
            status: "CREATE_FAILED",
            reason: Some(reason),
            exists: self.exists(index),
        };
        self.push(at, Operation::Create, happening);
    }

    /// Whether the resource had its physical id when the creation of the stack was stopped.
    fn exists(&self, index: usize) -> bool {
        self.creations[index].initiated < self.stopped
    }

    /// Image Builder's stages, until it is done or stopped.
    fn pass_stages(&mut self) {
        let Some(image) = self
            .image_creation()
            .filter(|it| it.initiated < self.stopped)
        else {
            return;
        };
        let build = self.build;
        for stage in &build.stages {
            let at = image.initiated + stage.after;
            if at < self.stopped {
                self.push_stage(at, &stage.status, None);
            }
        }
        if image.ends <= self.stopped {
            let tagged = self.available().map(|at| at + build.cleanup.tags_ami);
            if let Some(at) = tagged {
                self.push(at, Operation::Create, Happening::AmiTagged);
            }
        } else if let Some(failure) = &build.creation_failure {
            self.push_stage(self.stopped, "FAILED", failure.stage_reason.clone());
        } else {
            self.push_stage(self.stopped + REACTION, "CANCELLED", None);
        }
    }

    fn push_stage(&mut self, at: Duration, status: &str, reason: Option<String>) {
        let stage = Stage {
            status: status.to_owned(),
            reason,
        };
        self.push(at, Operation::Create, Happening::Stage(Some(stage)));
    }

    /// The stack's own end after a failed resource.
    fn fail_creation(&mut self, failure: &Failure) {
        let failed = (0..self.creations.len()).filter(|&index| {
            let creation = self.creations[index];
            index == failure.resource
                || (creation.begins < self.stopped && creation.ends > self.stopped)
        });
        let reason = format!(
            "The following resource(s) failed to create: [{}]. ",
            self.names(failed)
        );
        let at = self.stopped + 2 * REACTION;
        if self.build.rollback {
            let reason = format!("{reason}Rollback requested by user.");
            self.push_stack(
                at,
                Operation::Rollback,
                "ROLLBACK_IN_PROGRESS",
                Some(reason),
            );
            let (end, stuck) = self.delete_resources(at, Operation::Rollback);
            let (status, reason) = match stuck {
                Some(reason) => ("ROLLBACK_FAILED", Some(reason)),
                None => ("ROLLBACK_COMPLETE", None),
            };
            self.push_stack(end, Operation::Rollback, status, reason);
        } else {
            self.push_stack(at, Operation::Create, "CREATE_FAILED", Some(reason));
        }
    }

    fn names(&self, indices: impl Iterator<Item = usize>) -> String {
        let names = indices.map(|index| self.build.resources[index].name.as_str());
        names.collect::<Vec<_>>().join(", ")
    }

    /// The deletion of the stack, where there is one.
    fn take_back(&mut self) {
        let Some(at) = self.deletion() else {
            return;
        };
        let asked = Some("User Initiated".to_owned());
        self.push_stack(at, Operation::Delete, "DELETE_IN_PROGRESS", asked);
        let (end, stuck) = self.delete_resources(at, Operation::Delete);
        if stuck.is_some() {
            self.push_stack(end, Operation::Delete, "DELETE_FAILED", stuck);
        } else {
            self.push(end + LAST_SIGHT, Operation::Delete, Happening::Gone);
        }
    }

    /// Deletes every resource after those that depend on it. Says when that ends, and, where a resource
    /// could not be deleted, the stack's reason.
    fn delete_resources(
        &mut self,
        from: Duration,
        operation: Operation,
    ) -> (Duration, Option<String>) {
        let build = self.build;
        let mut end = from;
        // When each resource can be deleted at the earliest; never, where one that depends on it stays. What
        // was being created has been cancelled by then.
        let mut earliest = vec![Some(from + 2 * REACTION); build.resources.len()];
        for (index, resource) in build.resources.iter().enumerate().rev() {
            if !self.exists(index) {
                continue;
            }
            let gone = earliest[index].and_then(|begins| {
                let (ends, deleted) = self.delete_resource(begins, operation, index);
                end = end.max(ends);
                deleted.then_some(ends)
            });
            for &dependency in &resource.dependencies {
                let after = gone.map(|gone| gone + REACTION);
                earliest[dependency] = earliest[dependency].zip(after).map(|(a, b)| a.max(b));
            }
        }
        let stuck = build.deletion_failure.as_ref().map(|failure| {
            let name = &build.resources[failure.resource].name;
            format!("The following resource(s) failed to delete: [{name}]. ")
        });
        (end + REACTION, stuck)
    }

    /// Deletes one resource. Says when that ends, and whether the resource is gone then.
    fn delete_resource(
        &mut self,
        begins: Duration,
        operation: Operation,
        index: usize,
    ) -> (Duration, bool) {
        let resource = &self.build.resources[index];
        let failure = self.build.deletion_failure.as_ref();
        let failure = failure.filter(|failure| failure.resource == index);
        let (lasts, status) = match failure {
            Some(failure) => (failure.after, "DELETE_FAILED"),
            None => (resource.pace.deleted, "DELETE_COMPLETE"),
        };
        let ends = begins + lasts;
        self.push_deletion(begins, operation, index, "DELETE_IN_PROGRESS", None);
        self.push_deletion(ends, operation, index, status, failure);
        if resource.name == IMAGE_RESOURCE && failure.is_none() {
            self.push(ends, operation, Happening::Stage(None));
        }
        (ends, failure.is_none())
    }

    fn push_deletion(
        &mut self,
        at: Duration,
        operation: Operation,
        index: usize,
        status: &'static str,
        failure: Option<&Failure>,
    ) {
        let happening = Happening::Resource {
            index,
            status,
            reason: failure.map(|failure| failure.reason.clone()),
            exists: true,
        };
        self.push(at, operation, happening);
    }
}

/// When each resource is created, if nothing stops it: after everything that it depends on.
fn creations(resources: &[Resource]) -> Vec<Creation> {
    let mut creations: Vec<Creation> = Vec::with_capacity(resources.len());
    for Resource {
        pace, dependencies, ..
    } in resources
    {
        let ready = dependencies
            .iter()
            .map(|&index| creations[index].ends)
            .max();
        let begins = ready.unwrap_or_default() + pace.begins;
        creations.push(Creation {
            begins,
            initiated: begins + pace.initiated,
            ends: begins + pace.created,
        });
    }
    creations
}
