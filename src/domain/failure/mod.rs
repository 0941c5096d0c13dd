//! Why a build failed: the first failure, its reason in parts, its consequences, and a remedy. The app explains the build
//! after each observation; the failure view and the outputs show the [`Explanation`].
//!
//! ```text
//!  Facts ──► first failure ──► Reason::parse (reason.rs, parse.rs) ──► known::find (assets/remedies.toml)
//!                                                                      ├─► summarize (summary.rs, said.rs, fit.rs)
//!                                                                      └─► Remedy::of (remedy.rs)
//! ```
//! An explanation is made once per observation, not once per frame: it reads the facts that the timeline keeps and parses
//! one reason. It never scans the events.

pub(crate) mod ami;
mod place;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::TimeDelta;

use crate::domain::build::{Build, Cleanup};
use crate::domain::facts::Facts;
use crate::domain::reason::remedy::RemedyContext;
use crate::domain::reason::{Label, Reason, Remedy, known, parse, remedy, summary};
use crate::domain::stack_event::StackEvent;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;
use crate::text::arn;
use crate::text::safe::SafeText;

pub(crate) use place::{ComponentName, FailurePlace};

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
    /// Image Builder's own reason, if it is explained because the event says nothing.
    pub builder_reason: Option<SafeText>,
    /// The logical id of the component that the reason names by its ARN.
    pub component: Option<SafeText>,
    /// The number of other resources that failed by themselves, as far as is known.
    pub others: usize,
    /// The number of failed events that only follow from a failure: cancelled siblings, and the stack's own.
    pub consequences: usize,
    /// The first few of those.
    pub first_consequences: Vec<Arc<StackEvent>>,
    /// The reason in one short line.
    pub summary: Option<SafeText>,
    pub remedy: Option<Remedy>,
}

/// What a reason says, in one line, and what helps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Diagnosis {
    pub summary: Option<SafeText>,
    pub remedy: Option<Remedy>,
    /// See [`Explanation::builder_reason`].
    pub builder_reason: Option<SafeText>,
}

impl Diagnosis {
    /// The diagnosis of a build that failed, or whose stack is left over; of Image Builder's reason while the stack itself
    /// has not failed yet.
    pub(crate) fn of(build: &Build, image_id: &str, region: Option<&str>) -> Self {
        match Explanation::of(build, image_id, region) {
            Some(Explanation {
                summary,
                remedy,
                builder_reason,
                ..
            }) => Self {
                summary,
                remedy,
                builder_reason,
            },
            None => Self::without_event(build, image_id, region),
        }
    }

    /// The diagnosis of a failure that no event explains: of the AMI, or what Image Builder reports.
    pub(crate) fn without_event(build: &Build, image_id: &str, region: Option<&str>) -> Self {
        let of_ami = ami::diagnose(build, &context(build, image_id, region));
        if of_ami == Self::default() {
            Self::of_builder(build, image_id, region)
        } else {
            of_ami
        }
    }

    /// The same with the place of the failure, where the summary has room for it.
    fn located(self, build: &Build) -> Self {
        let place = FailurePlace::of(build);
        let summary = self.summary;
        Self {
            summary: summary.map(|summary| place::located(summary, place.as_ref())),
            ..self
        }
    }

    /// The diagnosis of the failure that Image Builder reports.
    pub(crate) fn of_builder(build: &Build, image_id: &str, region: Option<&str>) -> Self {
        let failure = build.builder_failure();
        let text = failure.and_then(|failure| failure.reason.as_ref());
        let Some(reason) = text.map(Reason::parse) else {
            return Self::default();
        };
        let facts = build.current().map(Timeline::facts);
        let component = facts.and_then(|facts| component(facts, &reason));
        let context = context(build, image_id, region);
        let mut diagnosis = diagnose(&reason, component, &context);
        let unknown = || Remedy::for_unknown(&context);
        let remedy = diagnosis.remedy.take().or_else(unknown);
        diagnosis.remedy = with_log(build, Some(&reason), remedy, &context);
        diagnosis.located(build)
    }
}

/// The reason in one short line, for a reason that is known without its build.
pub(crate) fn summary_of(text: &SafeText) -> Option<SafeText> {
    let reason = Reason::parse(text);
    diagnose(&reason, None, &RemedyContext::default()).summary
}

/// What helps against the failure that a line of the build log is about, if it is a known one.
pub fn remedy_for_log_line(line: &str) -> Option<Remedy> {
    Remedy::of_log_line(line, &RemedyContext::default())
}

/// The remedy with what the log says of the failure, where the service's reason only says where it is.
fn with_log(
    build: &Build,
    reason: Option<&Reason>,
    of_reason: Option<Remedy>,
    context: &RemedyContext<'_>,
) -> Option<Remedy> {
    let cause = build.log_cause();
    let Some(line) = cause.and_then(|cause| cause.known.as_ref()) else {
        return of_reason;
    };
    let level = |found: Option<known::Match>| found.map(|found| found.entry.level);
    let told = reason.and_then(|reason| level(known::find(reason)));
    let logged = level(known::find_in_log(line.as_str()));
    // The reason may have a cause of its own, and the output of a component says no less than its name.
    let names_component = reason.is_some_and(|reason| reason.part(Label::Component).is_some());
    let is_more = logged > told || logged == told && names_component;
    let of_log = Remedy::of_log_line(line.as_str(), context).filter(|_| is_more);
    let Some(of_log) = of_log else {
        return of_reason;
    };
    let command = of_reason.and_then(|remedy| remedy.command);
    Some(Remedy {
        command: of_log.command.or(command),
        ..of_log
    })
}

/// A failed resource and why, in one line: the same words on the screen and in each output.
pub(crate) fn failure_line(logical_id: &SafeText, verb: &str, summary: Option<&str>) -> String {
    let why = summary.map_or_else(String::new, |why| format!(": {why}"));
    format!("{logical_id}{verb}{why}")
}

fn diagnose(
    reason: &Reason,
    component: Option<&SafeText>,
    context: &RemedyContext<'_>,
) -> Diagnosis {
    let found = known::find(reason);
    let words = found
        .as_ref()
        .map_or_else(Vec::new, |found| remedy::summaries(found, reason, context));
    Diagnosis {
        summary: Some(summary::summarize(
            reason,
            found.as_ref(),
            &words,
            component,
        )),
        remedy: found.map(|found| Remedy::of(&found, reason, context)),
        builder_reason: None,
    }
}

/// What a remedy may say about the image. A region that is not given is that of the stack's ARN.
fn context<'a>(build: &'a Build, image_id: &'a str, region: Option<&'a str>) -> RemedyContext<'a> {
    let of_stack = || arn::region(build.stack_id()?.as_str());
    let facts = build.current().map(Timeline::facts);
    RemedyContext {
        image_id,
        region: region.or_else(of_stack),
        image_arn: facts
            .and_then(|facts| facts.image_arn())
            .map(SafeText::as_str),
    }
}

fn is_image(event: &StackEvent) -> bool {
    let kind = event.resource_type.as_str();
    kind.ends_with("ImageBuilder::Image")
}

/// Image Builder's own reason, if the event of the image says nothing.
fn builder_reason(build: &Build, cause: &StackEvent) -> Option<SafeText> {
    let of_event = cause.reason.as_ref();
    let says_nothing = of_event.is_none_or(|text| {
        let message = Reason::parse(text);
        parse::says_nothing(message.message())
    });
    if !says_nothing || !is_image(cause) {
        return None;
    }
    let failure = build.builder_failure();
    let of_failure = failure.and_then(|failure| failure.reason.as_ref());
    let of_image = || build.image()?.builder_reason.as_ref();
    let reason = of_failure.or_else(of_image)?;
    (!reason.as_str().trim().is_empty()).then(|| reason.clone())
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
        let context = context(build, image_id, region);
        let builder_reason = builder_reason(build, cause);
        let text = builder_reason.as_ref().or(cause.reason.as_ref());
        let reason = text.map(Reason::parse);
        let component = reason
            .as_ref()
            .and_then(|reason| component(facts, reason))
            .cloned();
        let diagnosis = reason
            .as_ref()
            .map(|reason| diagnose(reason, component.as_ref(), &context))
            .map(|diagnosis| diagnosis.located(build))
            .unwrap_or_default();
        let remedy = if succeeded {
            Some(Remedy::for_leftover(&context))
        } else {
            let unknown = || Remedy::for_unknown(&context).filter(|_| is_image(cause));
            let of_event = diagnosis.remedy.or_else(unknown);
            with_log(build, reason.as_ref(), of_event, &context)
        };
        let first = timeline
            .consequences()
            .filter(|event| event.event_id != cause.event_id)
            .take(LISTED);
        Some(Self {
            after: worked_on(facts, cause),
            component,
            others: facts.failed_resources_but(&cause.logical_id),
            consequences: timeline
                .count_consequences()
                .saturating_sub(usize::from(cause.is_consequence())),
            first_consequences: first.cloned().collect(),
            cause: Arc::clone(cause),
            reason,
            builder_reason,
            summary: diagnosis.summary,
            remedy,
        })
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
