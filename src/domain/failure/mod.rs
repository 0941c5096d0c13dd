//! Why a build failed: the first failure, its reason in parts, its consequences, and a remedy. The app explains the build
//! after each observation; the failure view and the outputs show the [`Explanation`].
//!
//! ```text
//!  Facts ──► first failure ──► Reason::parse (reason.rs) ──► Remedy::for_reason (remedy.rs)
//! ```
//! An explanation is made once per observation, not once per frame: it reads the facts that the timeline keeps and parses
//! one reason. It never scans the events.

mod reason;
mod remedy;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::TimeDelta;

use crate::domain::build::{Build, Cleanup};
use crate::domain::facts::Facts;
use crate::domain::stack_event::StackEvent;
use crate::domain::verdict::Verdict;
use crate::text::safe::SafeText;

pub(crate) use reason::{Label, Reason};
pub(crate) use remedy::{Remedy, RemedyContext};

/// The number of consequences that an explanation lists.
const LISTED: usize = 3;
/// The number of resources that are read from a stack's reason.
const NAMES: usize = 16;

/// Why the current stack of a build failed; for a build that succeeded, why its stack was not deleted.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The first failure.
    pub cause: Arc<StackEvent>,
    /// How long the operation on its resource had taken until then.
    pub after: Option<TimeDelta>,
    pub reason: Option<Reason>,
    /// The logical id of the component that the reason names by its ARN.
    pub component: Option<SafeText>,
    /// The number of other resources that failed by themselves, as far as is known.
    pub others: usize,
    /// The number of failed events that only follow from a failure: cancelled siblings, and the stack's own.
    pub consequences: usize,
    /// The first few of those.
    pub first_consequences: Vec<Arc<StackEvent>>,
    pub remedy: Option<Remedy>,
}

impl Explanation {
    /// Explains the current stack's failure. None while nothing has failed, and for a build that succeeded, unless its
    /// stack failed to delete itself. The region is the image's.
    pub fn of(build: &Build, image_id: &str, region: Option<&str>) -> Option<Self> {
        let timeline = build.current()?;
        let facts = timeline.facts();
        let succeeded = build.verdict() == Verdict::Succeeded;
        let cause = if succeeded {
            leftover(build)?
        } else {
            build.first_failure()?
        };
        let reason = cause.reason.as_ref().map(Reason::parse);
        let context = RemedyContext {
            image_id,
            region,
            version: build
                .image()
                .and_then(|image| image.version.as_ref())
                .map(SafeText::as_str),
        };
        let remedy = if succeeded {
            Some(Remedy::for_leftover(&context))
        } else {
            reason
                .as_ref()
                .and_then(|reason| Remedy::for_reason(reason, &context))
        };
        let first = timeline
            .consequences()
            .filter(|event| event.event_id != cause.event_id)
            .take(LISTED);
        Some(Self {
            after: worked_on(facts, cause),
            component: reason
                .as_ref()
                .and_then(|reason| component(facts, reason))
                .cloned(),
            others: facts.failed_resources_but(&cause.logical_id),
            consequences: timeline
                .count_consequences()
                .saturating_sub(usize::from(cause.is_consequence())),
            first_consequences: first.cloned().collect(),
            cause: Arc::clone(cause),
            reason,
            remedy,
        })
    }

    /// The reason in one short line; none if the service gave none.
    pub fn summary(&self) -> Option<SafeText> {
        let reason = self.reason.as_ref()?;
        Some(reason.summary(self.component.as_ref()))
    }
}

/// The event that kept the stack of a finished image from deleting itself: of a resource that the stack's reason names,
/// else the stack's own failure.
fn leftover(build: &Build) -> Option<&Arc<StackEvent>> {
    if build.cleanup() != Cleanup::Leftover {
        return None;
    }
    let root = build.root()?;
    let facts = build.current()?.facts();
    let reason = root.reason.as_ref().map(Reason::parse);
    let names = reason.iter().flat_map(Reason::failed_resources).take(NAMES);
    let mut newest = names.filter_map(|name| facts.newest_of(&SafeText::new(name)));
    newest.find(|event| event.is_own_failure).or(Some(root))
}

/// The time from the first event of the operation on the cause's resource to its failure.
fn worked_on(facts: &Facts, cause: &StackEvent) -> Option<TimeDelta> {
    let began = facts.beginning_of(cause)?.timestamp?;
    let worked = cause.timestamp? - began;
    (worked >= TimeDelta::zero()).then_some(worked)
}

fn component<'a>(facts: &'a Facts, reason: &Reason) -> Option<&'a SafeText> {
    facts.logical_id_of(reason.part(Label::Component)?)
}
