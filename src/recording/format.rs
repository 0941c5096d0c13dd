//! The lines of a recording after its header, and their conversion to and from domain types.
//!
//! The serialised names are the file format: they must not change.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::fault::{Fault, FaultKind};
use crate::domain::observation::Stream;
use crate::domain::outcome::{FirstFailure, Outcome};
use crate::domain::span::ResourceTime;
use crate::domain::stack_event::{
    EventId, EventReader, StackEvent, StackId, format_time, parse_time,
};
use crate::domain::steps::StepTime;
use crate::domain::verdict::OutcomeKind;
use crate::recording::Header;
use crate::recording::description::Description;
use crate::recording::steps::{ResourceTimeFields, StepTimeFields, StepsFields};
use crate::text::redact::redact_secrets;
use crate::text::safe::SafeText;

/// The serialised names of streams.
const STREAMS: [(Stream, &str); Stream::COUNT] = [
    (Stream::Events, "events"),
    (Stream::Image, "image"),
    (Stream::Steps, "steps"),
    (Stream::Log, "log"),
    (Stream::Images, "images"),
];

/// A clock that is further off than a machine without a battery is a damaged line.
const MAX_CLOCK_OFF: TimeDelta = TimeDelta::days(366 * 200);

/// Times as the API writes them: RFC 3339, UTC, milliseconds.
pub(crate) mod stamp {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::domain::stack_event::{format_time, parse_time};

    pub(crate) fn serialize<S: Serializer>(
        time: &DateTime<Utc>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_time(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_time(&text).ok_or_else(|| de::Error::custom("not an RFC 3339 time"))
    }
}

/// A line. docs/recordings.md describes its fields.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line<'a> {
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// The stream of an observation; absent in format 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_id: Option<Cow<'a, str>>,
    /// For a late event: the ID of the next newer event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Cow<'a, str>>,
    /// The event's id, if another event of its stack has the one in its JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Cow<'a, str>>,
    /// A hash of the event as the API sent it, if parts of it are redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Cow<'a, str>>,
    /// The event was listed among those of another stack, the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<bool>,
    /// The ids of the events below which others may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaps: Option<Vec<Cow<'a, str>>>,
    /// How far the machine's clock was behind the service's, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind_ms: Option<i64>,
    /// Whether the walk read the whole history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Description>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<StepsFields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultFields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<SummaryFields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Cow<'a, str>>,
    /// The event as the API sent it, with redacted presigned URLs.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub event: Option<&'a RawValue>,
}

/// The kinds of lines.
pub(crate) mod kind {
    /// An event of a complete walk.
    pub(crate) const EVENT: &str = "event";
    /// A complete walk without new events, over the whole history, or with other gaps than before.
    pub(crate) const WALK: &str = "walk";
    /// There is no stack of this name.
    pub(crate) const GONE: &str = "gone";
    /// A request of the stream failed.
    pub(crate) const FAULT: &str = "fault";
    /// A call of the stream is refused, and the watch goes on without it.
    pub(crate) const REFUSED: &str = "refused";
    /// DescribeImage returned a description.
    pub(crate) const IMAGE: &str = "image";
    /// Image Builder listed the workflows of the image.
    pub(crate) const STEPS: &str = "steps";
    /// DescribeImage returned that there is neither an image nor a stack.
    pub(crate) const NO_IMAGE: &str = "no-image";
    /// There is a stack that ParallelCluster did not create.
    pub(crate) const FOREIGN_IMAGE: &str = "foreign-image";
    /// There is neither an image nor a stack, and no AMI of the Image Builder image that was made.
    pub(crate) const GONE_IMAGE: &str = "gone-image";
    /// A DescribeImage request failed, in format 1.
    pub(crate) const IMAGE_FAULT: &str = "image-fault";
    /// The machine's clock proved to be wrong, or right again.
    pub(crate) const CLOCK_OFF: &str = "clock-off";
    /// Another watch resumed the recording.
    pub(crate) const RESUMED: &str = "resumed";
    /// A watch ended normally, with its outcome, which is of the stack with this id.
    pub(crate) const ENDED: &str = "ended";
}

impl<'a> Line<'a> {
    /// A line without fields that is not an observation.
    pub(crate) fn new(kind: &'a str, at: DateTime<Utc>) -> Self {
        Self {
            kind: kind.into(),
            at,
            stream: None,
            stack_id: None,
            before: None,
            event_id: None,
            fingerprint: None,
            aside: None,
            gaps: None,
            behind_ms: None,
            audit: None,
            image: None,
            steps: None,
            fault: None,
            summary: None,
            program: None,
            event: None,
        }
    }

    /// A line of an observation without its other fields.
    pub(crate) fn of(stream: Stream, kind: &'a str, at: DateTime<Utc>) -> Self {
        let name = STREAMS.iter().find(|(known, _)| *known == stream);
        Self {
            stream: name.map(|(_, name)| (*name).into()),
            ..Self::new(kind, at)
        }
    }

    pub(crate) fn of_clock(stream: Stream, behind: TimeDelta, at: DateTime<Utc>) -> Self {
        Self {
            behind_ms: Some(behind.num_milliseconds()),
            ..Self::of(stream, kind::CLOCK_OFF, at)
        }
    }

    /// A line of an event without its JSON.
    pub(crate) fn of_event(event: &'a StackEvent, at: DateTime<Utc>) -> Self {
        Self {
            stack_id: Some(event.stack_id.as_str().into()),
            event_id: event.recorded_id().map(|id| id.as_str().into()),
            fingerprint: event
                .recorded_fingerprint()
                .map(|fingerprint| fingerprint.to_string().into()),
            ..Self::of(Stream::Events, kind::EVENT, at)
        }
    }

    /// The stream of an observation; `None` for one of a later version.
    pub(crate) fn stream(&self) -> Option<Stream> {
        let Some(name) = &self.stream else {
            let is_of_image = matches!(
                &*self.kind,
                kind::IMAGE | kind::NO_IMAGE | kind::FOREIGN_IMAGE | kind::IMAGE_FAULT
            );
            return Some(if is_of_image {
                Stream::Image
            } else {
                Stream::Events
            });
        };
        let known = STREAMS.iter().find(|(_, known)| known == name);
        known.map(|(stream, _)| *stream)
    }

    /// The event of an event line.
    pub(crate) fn event(&self, reader: &mut EventReader) -> Option<Arc<StackEvent>> {
        let stack = self.stack()?;
        let raw = self.event?;
        let (id, fingerprint) = (self.event_id.as_deref(), self.fingerprint.as_deref());
        let event = reader.read(raw.get(), Some(&stack));
        Some(Arc::new(event.recorded_as(id, fingerprint)))
    }

    /// The correction of a line about the machine's clock, unless it is absurd.
    pub(crate) fn clock_off(&self) -> Option<TimeDelta> {
        let behind = TimeDelta::try_milliseconds(self.behind_ms?)?;
        (behind.abs() < MAX_CLOCK_OFF).then_some(behind)
    }

    pub(crate) fn stack(&self) -> Option<StackId> {
        self.stack_id.as_deref().map(StackId::from)
    }

    /// The gaps of a walk, if it has changed them.
    pub(crate) fn gaps(&self) -> Option<Vec<EventId>> {
        let gaps = self.gaps.as_ref()?.iter();
        Some(gaps.map(|id| EventId::from(&**id)).collect())
    }

    /// Appends the line with its line break to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        append(self, out);
    }
}

/// Appends a value as a line of JSON. Appends nothing if serialisation fails, which no line does.
pub(crate) fn append(line: &impl Serialize, out: &mut Vec<u8>) {
    if let Ok(mut json) = serde_json::to_vec(line) {
        json.push(b'\n');
        out.append(&mut json);
    }
}

pub(super) fn redacted(text: Option<&SafeText>) -> Option<String> {
    text.map(|text| redact_secrets(text.as_str()).into_owned())
}

pub(super) fn safe(text: Option<&String>) -> Option<SafeText> {
    text.map(|text| SafeText::new(text))
}

/// Why a request failed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FaultFields {
    class: String,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// The serialised classes of failures.
const CLASSES: [(FaultKind, &str); 8] = [
    (FaultKind::Throttled, "throttled"),
    (FaultKind::Transient, "transient"),
    (FaultKind::Malformed, "malformed"),
    (FaultKind::Expired, "expired"),
    // A recorded request for a code asks nobody.
    (FaultKind::CodeNeeded, "expired"),
    (FaultKind::Lost, "lost"),
    (FaultKind::Denied, "denied"),
    (FaultKind::Misconfigured, "misconfigured"),
];

impl From<&Fault> for FaultFields {
    fn from(fault: &Fault) -> Self {
        let class = CLASSES.iter().find(|(kind, _)| *kind == fault.kind);
        Self {
            class: class
                .map(|(_, word)| (*word).to_owned())
                .unwrap_or_default(),
            message: redact_secrets(fault.message.as_str()).into_owned(),
            hint: redacted(fault.hint.as_ref()),
            request_id: redacted(fault.request_id.as_ref()),
        }
    }
}

impl From<&FaultFields> for Fault {
    fn from(fields: &FaultFields) -> Self {
        let kind = CLASSES.iter().find(|(_, word)| *word == fields.class);
        Self {
            kind: kind.map_or(FaultKind::Transient, |(kind, _)| *kind),
            message: SafeText::new(&fields.message),
            hint: safe(fields.hint.as_ref()),
            request_id: safe(fields.request_id.as_ref()),
        }
    }
}

/// The summary at the end of a watch: the fields of an [`Outcome`] that a recording has. With it a list of recordings
/// need not read all of their events.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SummaryFields {
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// Recordings of earlier versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ami_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_failure: Option<FirstFailureFields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    leftover_stack: bool,
    /// Whether the success is a guess.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    inferred: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StepTimeFields>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resources: Vec<ResourceTimeFields>,
    events: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FirstFailureFields {
    logical_resource_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<&Outcome> for SummaryFields {
    fn from(outcome: &Outcome) -> Self {
        let failure = outcome.first_failure.as_ref();
        Self {
            outcome: outcome.kind.as_str().to_owned(),
            region: redacted(outcome.region.as_ref()),
            version: redacted(outcome.version.as_ref()),
            started_at: outcome.started_at.map(format_time),
            ended_at: outcome.ended_at.map(format_time),
            ami_id: redacted(outcome.ami_id.as_ref()),
            first_failure: failure.map(|failure| FirstFailureFields {
                logical_resource_id: failure.logical_id.as_str().to_owned(),
                reason: redacted(failure.reason.as_ref()),
            }),
            summary: redacted(outcome.summary.as_ref()),
            leftover_stack: outcome.leftover_stack,
            inferred: outcome.inferred,
            steps: outcome.steps.iter().map(StepTimeFields::from).collect(),
            resources: outcome
                .resources
                .iter()
                .map(ResourceTimeFields::from)
                .collect(),
            events: outcome.events,
        }
    }
}

impl SummaryFields {
    /// The outcome of a recording with this header.
    pub(crate) fn outcome(&self, header: &Header) -> Outcome {
        let mut kinds = OutcomeKind::ALL.into_iter();
        let kind = kinds.find(|kind| kind.as_str() == self.outcome);
        let failure = self.first_failure.as_ref();
        Outcome {
            kind: kind.unwrap_or(OutcomeKind::Unknown),
            image_id: SafeText::new(&header.image_id),
            region: safe(self.region.as_ref()),
            version: safe(self.version.as_ref()),
            stack_id: None,
            ami_id: safe(self.ami_id.as_ref()),
            amis: Vec::new(),
            ami_verified: None,
            failure: None,
            reason: None,
            first_failure: failure.map(|failure| FirstFailure {
                logical_id: SafeText::new(&failure.logical_resource_id),
                reason: safe(failure.reason.as_ref()),
                event: None,
            }),
            summary: safe(self.summary.as_ref()),
            remedy: None,
            leftover_stack: self.leftover_stack,
            inferred: self.inferred,
            recorded: None,
            steps: self.steps.iter().map(StepTime::from).collect(),
            resources: self.resources.iter().map(ResourceTime::from).collect(),
            started_at: self.started_at.as_deref().and_then(parse_time),
            ended_at: self.ended_at.as_deref().and_then(parse_time),
            events: self.events,
        }
    }
}
