//! Schedules the creation of a stack's resources, and its end where one of them fails.

use std::time::Duration;

use crate::demo::scenario::moment::{Happening, Operation, Stage};
use crate::demo::scenario::schedule::{Creation, REACTION, Schedule};

impl Schedule<'_> {
    /// The creation of the stack, up to its end or to the failure or deletion that stops it.
    pub(crate) fn create(&mut self) {
        let (status, reason) = ("CREATE_IN_PROGRESS", Some("User Initiated"));
        self.push_stack(Duration::ZERO, Operation::Create, status, reason);
        for index in 0..self.creations.len() {
            self.create_resource(index);
            if self.is_interrupted(index) {
                self.interrupt(index);
            }
        }
        self.make_image();
        if self.build.creation_failure.is_some() {
            self.fail();
        }
    }

    fn create_resource(&mut self, index: usize) {
        const INITIATED: Option<&str> = Some("Resource creation Initiated");
        const CHECKED: Option<&str> = Some("Eventual consistency check initiated");
        let Creation {
            begins,
            initiated,
            ends,
        } = self.creations[index];
        let checked = self.build.resources[index].pace.consistency_checked;
        let checked = checked.map(|after| begins + after);
        let steps = [
            (Some(begins), "CREATE_IN_PROGRESS", None),
            (Some(initiated), "CREATE_IN_PROGRESS", INITIATED),
            (checked, "CREATE_IN_PROGRESS", CHECKED),
            (Some(ends), "CREATE_COMPLETE", None),
        ];
        for (at, status, reason) in steps {
            let Some(at) = at.filter(|at| *at < self.stopped) else {
                continue;
            };
            let happening = Happening::Resource {
                index,
                status,
                reason: reason.map(str::to_owned),
                exists: at >= initiated,
            };
            self.push(at, Operation::Create, happening);
        }
    }

    /// Ends the creation of a resource that was in progress when the stack's was stopped.
    fn interrupt(&mut self, index: usize) {
        let failure = self.build.creation_failure.as_ref();
        let (at, reason) = match failure.filter(|failure| failure.resource == index) {
            Some(failure) => (self.stopped, failure.reason.as_str()),
            None => (self.stopped + REACTION, "Resource creation cancelled"),
        };
        let happening = Happening::Resource {
            index,
            status: "CREATE_FAILED",
            reason: Some(reason.to_owned()),
            exists: self.exists(index),
        };
        self.push(at, Operation::Create, happening);
    }

    /// Image Builder's stages, until the image is available or stopped.
    fn make_image(&mut self) {
        let image = self.image_creation();
        let Some(image) = image.filter(|image| image.initiated < self.stopped) else {
            return;
        };
        let build = self.build;
        for stage in &build.stages {
            let at = image.initiated + stage.after;
            if at < self.stopped {
                self.push_stage(at, &stage.status, None);
            }
        }
        self.run_workflows(image.initiated);
        let tagged = self.available().map(|at| at + build.cleanup.tags_ami);
        match tagged.filter(|tagged| *tagged < self.stopped) {
            Some(tagged) => self.push(tagged, Operation::Create, Happening::AmiTagged),
            None => match &build.creation_failure {
                Some(failure) => {
                    self.push_stage(self.stopped, "FAILED", failure.stage_reason.as_deref());
                }
                None => self.push_stage(self.stopped + REACTION, "CANCELLED", None),
            },
        }
    }

    fn push_stage(&mut self, at: Duration, status: &str, reason: Option<&str>) {
        let stage = Stage {
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
        };
        self.push(at, Operation::Create, Happening::Stage(Some(stage)));
    }

    /// The rest of the stack's life after a resource failed.
    fn fail(&mut self) {
        let resources = self.build.resources.iter().enumerate();
        let failed = resources.filter(|(index, _)| self.is_interrupted(*index));
        let failed: Vec<&str> = failed.map(|(_, resource)| resource.name.as_str()).collect();
        let reason = format!(
            "The following resource(s) failed to create: [{}]. ",
            failed.join(", ")
        );
        let at = self.stopped + 2 * REACTION;
        if !self.build.rollback {
            self.push_stack(at, Operation::Create, "CREATE_FAILED", Some(&reason));
            return;
        }
        let reason = format!("{reason}Rollback requested by user.");
        self.push_stack(
            at,
            Operation::Rollback,
            "ROLLBACK_IN_PROGRESS",
            Some(&reason),
        );
        let (end, stuck) = self.delete_resources(at, Operation::Rollback);
        let status = stuck
            .as_ref()
            .map_or("ROLLBACK_COMPLETE", |_| "ROLLBACK_FAILED");
        self.push_stack(end, Operation::Rollback, status, stuck.as_deref());
    }
}
