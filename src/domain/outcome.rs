//! The outcome of a build: the one record that the JSON and text output, the `--on-outcome` variables, the history
//! and recordings serialise, each in its own format.
//!
//! `output::{json, text, variables, history}` and `recording::format` are the serialisers. Tests:
//! `tests/it/headless/endings.rs`, `tests/it/recording/history.rs`, `tests/it/headless/on_outcome.rs`.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::build::{Build, Cleanup};
use crate::domain::failure::{ComponentName, Diagnosis, FailurePlace};
use crate::domain::image::{AmiState, RegionalAmi};
use crate::domain::reason::Remedy;
use crate::domain::resume::{Recorded, deleted_since, seconds};
use crate::domain::span::{ResourceTime, first_span};
use crate::domain::stack_event::{StackEvent, StackId};
use crate::domain::status::StatusClass;
use crate::domain::steps::StepTime;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::answers::BuilderEnd;
use crate::domain::verdict::{OutcomeKind, Verdict};
use crate::text::safe::SafeText;

/// How a build ended, or its state at the end of the watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub kind: OutcomeKind,
    pub image_id: SafeText,
    /// The region of the image; in the history else the region that the user requested.
    pub region: Option<SafeText>,
    /// The ParallelCluster version that builds the image.
    pub version: Option<SafeText>,
    /// The newest stack. Recordings do not summarise it.
    pub stack_id: Option<StackId>,
    /// The AMI of a build that succeeded.
    pub ami_id: Option<SafeText>,
    /// The AMIs of a build that succeeded, in all regions. Recordings do not summarise them.
    pub amis: Vec<RegionalAmi>,
    /// Whether EC2 has confirmed that the AMI exists; `None` if it was not asked. Recordings do not summarise it.
    pub ami_verified: Option<bool>,
    /// Where and why Image Builder failed. Recordings do not summarise it.
    pub failure: Option<FailurePlace>,
    /// The reason in one sentence. Recordings do not summarise it.
    pub reason: Option<String>,
    pub first_failure: Option<FirstFailure>,
    /// The cause of the failure in one short line.
    pub summary: Option<SafeText>,
    /// What helps. Recordings do not summarise it.
    pub remedy: Option<Remedy>,
    /// Whether a stack that should have deleted itself still exists.
    pub leftover_stack: bool,
    /// The first event of the stack itself.
    pub started_at: Option<DateTime<Utc>>,
    /// The creation of the AMI, else the last event of the stack itself.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether a success is a guess: the recording had no end of the build, and its AMI alone was found.
    pub inferred: bool,
    /// What an earlier watch recorded, where the outcome rests on it. Recordings do not summarise it.
    pub recorded: Option<Recorded>,
    /// How long the steps of Image Builder's workflows took that are complete.
    pub steps: Vec<StepTime>,
    /// How long the creation of the resources took that are complete.
    pub resources: Vec<ResourceTime>,
    /// The number of events: those printed by a headless watch, else those of the newest stack.
    pub events: usize,
}

/// The first failure of a failed build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstFailure {
    pub logical_id: SafeText,
    /// The event's reason; Image Builder's own if the event says nothing.
    pub reason: Option<SafeText>,
    /// The event itself. A recording's summary has only the fields above.
    pub event: Option<FailureEvent>,
}

/// The fields of the first failure that are in its event only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureEvent {
    pub event_id: String,
    pub resource_type: SafeText,
    /// The reason with its control characters: for programs, which escape by themselves.
    pub verbatim_reason: Option<String>,
}

/// A recording in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedWatch {
    pub file: PathBuf,
    /// A short name of the recording.
    pub name: SafeText,
    /// The start of the build, else of the watch; of an unreadable file, its modification time.
    pub began: DateTime<Utc>,
    /// The outcome, or why the file can't be read.
    pub outcome: Result<Outcome, SafeText>,
}

/// The most resources of a template that CloudFormation accepts.
const MOST_RESOURCES: usize = 500;

/// How long the creation of each resource took that is complete, without the stack itself: at most so many.
fn creation_times(timeline: &Timeline) -> Vec<ResourceTime> {
    let root = timeline.facts().root().map(|root| &root.logical_id);
    let resources = timeline.resources().filter(|id| Some(*id) != root);
    let time = |id: &SafeText| {
        let first = first_span(timeline.events_of(id), timeline.count_of(id))?;
        let is_creation = first.operation == "CREATE" && first.class == StatusClass::Complete;
        Some(ResourceTime {
            logical_id: id.clone(),
            took: first.length(None).filter(|_| is_creation)?,
        })
    };
    resources.take(MOST_RESOURCES).filter_map(time).collect()
}

impl Outcome {
    /// The outcome of a build by its verdict so far.
    pub fn of(build: &Build, image_id: &str) -> Self {
        let events = build.current().map_or(0, Timeline::len);
        Self::new(build, image_id, build.verdict().outcome(), None, events)
    }

    /// The outcome of a build. `kind` is the verdict's unless something else ended the watch; without a `reason`
    /// it is the verdict's.
    pub(crate) fn new(
        build: &Build,
        image_id: &str,
        kind: OutcomeKind,
        reason: Option<String>,
        events: usize,
    ) -> Self {
        let failed = kind == OutcomeKind::Failed;
        let succeeded = kind == OutcomeKind::Succeeded;
        let first_failure = build.first_failure().filter(|_| failed);
        let image = build.image().filter(|_| succeeded);
        let region = build.region();
        let diagnosis = Diagnosis::of(build, image_id, region.as_ref().map(SafeText::as_str));
        Self {
            kind,
            image_id: SafeText::new(image_id),
            region,
            version: build.version().cloned(),
            stack_id: build.stack_id().cloned(),
            ami_id: build.ami().filter(|_| succeeded).map(|ami| ami.id.clone()),
            amis: image.map_or_else(Vec::new, |image| image.amis.clone()),
            ami_verified: image
                .filter(|image| image.ami.is_some() && !image.amis.is_empty())
                .map(|image| !image.is_ami_unverified),
            failure: failed.then(|| FailurePlace::of(build)).flatten(),
            reason: reason.or_else(|| verdict_reason(build)),
            first_failure: first_failure.map(|event| {
                FirstFailure::from(&**event).explained_by(diagnosis.builder_reason.as_ref())
            }),
            summary: diagnosis.summary,
            remedy: diagnosis.remedy,
            leftover_stack: succeeded && build.cleanup() == Cleanup::Leftover,
            started_at: build.started_at(),
            ended_at: build.ended_at().filter(|_| !build.is_only_recorded()),
            inferred: succeeded && build.is_inferred(),
            recorded: build.recorded().cloned(),
            steps: step_times(build),
            resources: build.current().map_or_else(Vec::new, creation_times),
            events,
        }
    }

    /// The duration of a build that succeeded or failed.
    pub fn took(&self) -> Option<TimeDelta> {
        let ended = matches!(self.kind, OutcomeKind::Succeeded | OutcomeKind::Failed);
        let took = self.ended_at.filter(|_| ended)? - self.started_at?;
        Some(took.max(TimeDelta::zero()))
    }
}

impl FirstFailure {
    /// With Image Builder's own reason, if that is explained.
    fn explained_by(mut self, builder_reason: Option<&SafeText>) -> Self {
        if let Some(reason) = builder_reason {
            self.reason = Some(reason.clone());
            if let Some(event) = &mut self.event {
                event.verbatim_reason = Some(reason.to_string());
            }
        }
        self
    }
}

impl From<&StackEvent> for FirstFailure {
    fn from(event: &StackEvent) -> Self {
        Self {
            logical_id: event.logical_id.clone(),
            reason: event.reason.clone(),
            event: Some(FailureEvent {
                event_id: event.event_id.as_str().to_owned(),
                resource_type: event.resource_type.clone(),
                verbatim_reason: event.verbatim_reason(),
            }),
        }
    }
}

/// The reason for the verdict: the service's own text, else ours.
pub(crate) fn verdict_reason(build: &Build) -> Option<String> {
    let trimmed = |text: &SafeText| text.as_str().trim().to_owned();
    let facts = build.current().map(Timeline::facts);
    let reason = |event: &Arc<StackEvent>| event.reason.as_ref().map(trimmed);
    match build.verdict() {
        Verdict::Failed | Verdict::RollingBack | Verdict::Failing => {
            // Only a failed stack's reason explains a failure; "User Initiated" does not, nor does a failed deletion.
            let of_stack = facts.and_then(|facts| reason(facts.failed_build()?));
            of_stack
                .or_else(|| bad_ami(build))
                .or_else(|| reason(build.first_failure()?))
                .or_else(|| builder_reason(build))
                .or_else(|| build.image()?.stack_status_reason.as_ref().map(trimmed))
        }
        Verdict::Succeeded if build.cleanup() == Cleanup::Leftover => {
            let root = build
                .root()
                .filter(|root| root.status.is_failure_of_stack());
            root.and_then(reason)
        }
        Verdict::Succeeded => {
            let (image, ami) = (build.image()?, build.ami()?);
            if ami.is_disabled() {
                Some(format!("the AMI {} is disabled", ami.id))
            } else if image.is_ami_unverified {
                Some(format!(
                    "Image Builder made the AMI {}; EC2 could not be asked whether it still exists",
                    ami.id
                ))
            } else if image.is_unlisted {
                Some(format!(
                    "pcluster does not list the image: the AMI {} lacks the tag parallelcluster:build_status",
                    ami.id
                ))
            } else {
                None
            }
        }
        Verdict::Deleted => {
            let since = build.recorded().and_then(deleted_since);
            let usual = if build.is_made() {
                "the image was made and has been deleted since"
            } else {
                "the stack and the image were deleted before the build ended"
            };
            Some(since.unwrap_or_else(|| usual.to_owned()))
        }
        Verdict::AmiNotFound => Some(
            "Image Builder made the image, but ParallelCluster finds no AMI of it: it has been deleted since, or it \
             lacks ParallelCluster's tags"
                .to_owned(),
        ),
        Verdict::NotFound => Some("there is no image and no stack of this name".to_owned()),
        Verdict::EndNotSeen => {
            let as_of = build.recorded().map_or_else(String::new, |recorded| {
                format!(", as of {},", seconds(recorded.as_of))
            });
            Some(format!(
                "there is no image and no stack of this name any more, and the recording{as_of} has no end of the build"
            ))
        }
        Verdict::Ended => Some(match build.root() {
            Some(root) => format!(
                "ParallelCluster did not create this stack; it ended as {}",
                root.status
            ),
            None => "ParallelCluster did not create this stack".to_owned(),
        }),
        _ => None,
    }
}

/// Image Builder's reason for a failure, as its word.
pub(crate) fn builder_reason(build: &Build) -> Option<String> {
    let failure = build.builder_failure()?;
    let end = match failure.end {
        BuilderEnd::Failed => "failed",
        BuilderEnd::Cancelled => "was cancelled",
    };
    let why = failure.reason.as_ref().map(|text| text.as_str().trim());
    Some(match why.filter(|why| !why.is_empty()) {
        Some(why) => format!("Image Builder: {why}"),
        None => format!("Image Builder reports that the image {end}"),
    })
}

fn bad_ami(build: &Build) -> Option<String> {
    let ami = build.image()?.complete_ami()?;
    let state = ami
        .state
        .as_ref()
        .filter(|_| ami.state() == Some(AmiState::Bad))?;
    let why = ami.state_reason.as_ref();
    let why = why.map_or_else(String::new, |why| format!(": {}", why.as_str().trim()));
    Some(format!(
        "EC2 could not make the AMI {}: its state is {state}{why}",
        ami.id
    ))
}

/// How long the steps of the workflows took, and those of the components.
fn step_times(build: &Build) -> Vec<StepTime> {
    let steps = build.steps();
    let of_components = steps.component_times(|arn| ComponentName::lasting(build, arn));
    steps.times().into_iter().chain(of_components).collect()
}
