//! What the answers say of a build, of whatever calls they came: the evidence that the verdict is decided from.

use crate::domain::build::Build;
use crate::domain::facts::Facts;
use crate::domain::image::{ImageAnswer, ImageDescription};
use crate::domain::observation::Observation;
use crate::domain::resume::Earlier;
use crate::domain::status::ResourceStatus;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::ami::{Owner, began_before, names_another, owner};
use crate::domain::verdict::answers::{BuilderFailure, Moment, Repeated, Shown};
use crate::domain::verdict::{Evidence, Verdict};
use crate::text::safe::SafeText;

impl Build {
    pub(super) fn apply_image(&mut self, response: &ImageAnswer, observation: &Observation) {
        let described = match response {
            ImageAnswer::Described(image) => Some(image),
            ImageAnswer::Absent
            | ImageAnswer::Gone
            | ImageAnswer::Foreign
            | ImageAnswer::NotYet => None,
        };
        let unrelated = described.is_some_and(|image| self.is_unrelated(image));
        self.has_responded |= !response.is_absent();
        let root = self.root().map(|root| root.event_id.clone());
        let now = Moment {
            at: observation.at,
            elapsed: observation.elapsed,
            root: root.as_ref(),
        };
        let events_seen = self.events_seen();
        self.answers.image(response, unrelated, events_seen, now);
        // Until it is known whose description it is, the recorded one is kept.
        let is_open = self.is_only_recorded();
        if let Some(image) = described.filter(|_| !unrelated && !is_open) {
            let stage_before = self
                .described
                .as_ref()
                .and_then(|image| image.builder_status.as_ref());
            if stage_before != image.builder_status.as_ref() {
                self.stage_since = stage_before.map(|_| observation.at);
            }
            self.described = Some(image.clone());
        }
    }

    /// Whether a description is about another image, or about another stack than the current one.
    pub(super) fn is_unrelated(&self, image: &ImageDescription) -> bool {
        let another_stack = image.stack_id.is_some()
            && self.stack_id().is_some()
            && image.stack_id.as_ref() != self.stack_id();
        another_stack || names_another(image, self.image_id.as_ref())
    }

    pub(super) fn events_seen(&self) -> bool {
        self.timelines.iter().any(|timeline| !timeline.is_empty())
    }

    pub(super) fn evidence(&self) -> Evidence<'_> {
        let facts = self.current().map(Timeline::facts);
        let events_seen = self.events_seen();
        let has_image = facts.is_some_and(Facts::has_image);
        Evidence {
            root: self.root().map(|root| &**root),
            stack_status: self.stack_status(),
            root_failed: facts.is_some_and(|facts| facts.failed_build().is_some()),
            events_seen,
            seen: events_seen || self.answers.seen(),
            image: self.shown(has_image),
            is_foreign: self.answers.is_foreign() && !has_image,
            gone: self.answers.gone(),
            looked_up_by_arn: self.answers.looked_up_by_arn(),
            builder: self.answers.builder_end(),
            made: self.is_made(),
            recorded: self.gone_since_recorded().map(Earlier::verdict_when_gone),
        }
    }

    /// The newest answer about the image, as far as it is about this build.
    pub(super) fn shown(&self, has_image: bool) -> Option<(Shown, Repeated)> {
        let root = self.root().map(|root| &root.event_id);
        let (shown, answers) = self.answers.shown(root)?;
        let is_of_this_build = match shown {
            Shown::Ami(_) => self.owns_ami(),
            // ParallelCluster names its resource so.
            Shown::Foreign | Shown::AnyStack => !has_image,
            _ => true,
        };
        Some((
            if is_of_this_build {
                shown
            } else {
                Shown::Unrelated
            },
            answers,
        ))
    }

    pub(super) fn owns_ami(&self) -> bool {
        let Some((image, ami)) = self
            .image()
            .and_then(|image| Some((image, image.complete_ami()?)))
        else {
            return false;
        };
        let created = image.creation_time;
        match self.current() {
            Some(stack) => owner(ami, image, stack) == Owner::ThisBuild,
            None if self.waits && created < self.watched_since => false,
            None => match began_before(image.stack_created, created) {
                Some(is_own) => is_own,
                None if image.hides_stack => self.answers.is_confirmed(),
                None => self.answers.is_confirmed_without_stack(),
            },
        }
    }

    /// The stack's own status: by its events, else by its description.
    pub(crate) fn stack_status(&self) -> Option<&str> {
        let described = || self.image()?.stack_status.as_ref().map(SafeText::as_str);
        let root = self.root().map(|root| root.status.as_str());
        root.or_else(described)
    }

    /// Whether nothing was ever seen of a build, and no permitted call can tell whether there is one.
    pub(crate) fn hides(&self) -> bool {
        let hidden = |image: &ImageDescription| image.hides_stack && image.ami.is_none();
        self.timelines.is_empty() && self.image().is_some_and(hidden)
    }

    /// Whether Image Builder has made the image.
    pub(crate) fn is_made(&self) -> bool {
        let made = self.current().and_then(|stack| stack.facts().made());
        made.is_some() || self.answers.made_at().is_some()
    }

    /// The failure that Image Builder has reported and not taken back.
    pub(crate) fn builder_failure(&self) -> Option<&BuilderFailure> {
        self.answers.builder_failure()
    }

    /// Whether the stack is at rest or gone, and only the image's description can tell how the build ended.
    pub fn awaits_description(&self) -> bool {
        let at_rest = self
            .stack_status()
            .is_some_and(|status| ResourceStatus::new(status).is_final());
        !self.verdict.is_final()
            && self.verdict != Verdict::RollingBack
            && (self.stack_gone || at_rest)
    }
}
