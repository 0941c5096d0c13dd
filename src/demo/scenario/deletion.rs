//! Schedules the deletion of a stack's resources: after a failure, on demand, or once the image is available.

use std::time::Duration;

use crate::demo::scenario::build::Failure;
use crate::demo::scenario::moment::{Happening, Operation};
use crate::demo::scenario::schedule::{REACTION, Schedule};
use crate::domain::facts::IMAGE_RESOURCE;

/// The time from the last event of a deleted stack until the API no longer finds it.
const VISIBLE_AFTER_DELETION: Duration = Duration::from_millis(900);

impl Schedule<'_> {
    /// The deletion of the stack, where there is one.
    pub(crate) fn delete(&mut self) {
        let Some(at) = self.deletion() else {
            return;
        };
        let (status, reason) = ("DELETE_IN_PROGRESS", Some("User Initiated"));
        self.push_stack(at, Operation::Delete, status, reason);
        let (end, stuck) = self.delete_resources(at, Operation::Delete);
        if stuck.is_some() {
            self.push_stack(end, Operation::Delete, "DELETE_FAILED", stuck.as_deref());
        } else {
            self.push(
                end + VISIBLE_AFTER_DELETION,
                Operation::Delete,
                Happening::Gone,
            );
        }
    }

    /// Deletes every resource after those that depend on it. Returns the time at which that ends, and, where a
    /// resource could not be deleted, the stack's reason.
    pub(crate) fn delete_resources(
        &mut self,
        from: Duration,
        operation: Operation,
    ) -> (Duration, Option<String>) {
        let build = self.build;
        let mut end = from;
        // The earliest time at which each resource can be deleted; none, where one that depends on it stays. By then
        // the creations in progress have been cancelled.
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

    /// Deletes one resource. Returns the time at which that ends, and whether the resource is gone then.
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
