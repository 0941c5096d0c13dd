//! Serialises entries as JSON objects, one per line; docs/scripting.md describes the fields.

use std::borrow::Cow;

use serde::Serialize;

use crate::app::effect::{Entry, Origin};
use crate::app::status::heartbeat::Progress;
use crate::domain::failure::FailurePlace;
use crate::domain::image::RegionalAmi;
use crate::domain::outcome::{FirstFailure, Outcome};
use crate::domain::resume::Recorded;
use crate::domain::stack_event::{StackEvent, StackId, format_time, head_before_event};
use crate::domain::steps::StepChange;
use crate::text::safe::{SafeText, escape_json, escaped_json};

#[derive(Serialize)]
#[serde(
    tag = "kind",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
enum Line<'a> {
    Stack {
        stack_id: &'a str,
        #[serde(flatten)]
        of: Option<Of<'a>>,
    },
    /// Without the event, which is its last field.
    Event {
        stack_id: &'a str,
        #[serde(flatten)]
        of: Option<Of<'a>>,
    },
    Step {
        #[serde(flatten)]
        of: Option<Of<'a>>,
        workflow: &'a str,
        step: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        action: Option<&'a str>,
        status: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        started_at: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ended_at: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
    },
    Status {
        #[serde(flatten)]
        of: Option<Of<'a>>,
        state: &'a str,
        message: &'a str,
    },
    Progress {
        image_id: &'a str,
        region: Option<&'a str>,
        elapsed: Option<i64>,
        stage: Option<&'a str>,
        step: Option<&'a str>,
        steps_done: Option<usize>,
        steps_total: Option<usize>,
        last_event_at: Option<String>,
        last_log_at: Option<String>,
    },
    Outcome {
        outcome: &'a str,
        image_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        region: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        stack_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ami_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        amis: Vec<AmiFields<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ami_verified: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        failure: Option<Box<FailureFields<'a>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        first_failure: Option<Box<FirstFailureFields<'a>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        summary: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        remedy: Option<Box<RemedyFields<'a>>>,
        leftover_stack: bool,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        inferred: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        recorded: Option<Box<RecordedFields<'a>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        started_at: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ended_at: Option<String>,
        events: usize,
    },
}

/// The build that a line is about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Of<'a> {
    image_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AmiFields<'a> {
    region: &'a str,
    ami_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
}

/// Image Builder's account of a failure.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailureFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<&'a str>,
    /// The component's resource, and the user's script that it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    component_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component_step: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    /// The lines of the build log around the first error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    log_tail: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FirstFailureFields<'a> {
    logical_resource_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    resource_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    event_id: &'a str,
}

#[derive(Serialize)]
struct RemedyFields<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordedFields<'a> {
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ami_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    as_of: String,
}

/// Makes lines of events. Those of one build begin alike, and their JSON is that of the service: neither is serialised
/// again for each of them.
#[derive(Debug, Default)]
pub(super) struct EventLines {
    /// What the last line began with, and whose events begin so.
    head: String,
    of: Option<(StackId, Option<Origin>)>,
    line: String,
}

impl EventLines {
    /// The line of an event, without a line break.
    pub(super) fn line(&mut self, origin: Option<&Origin>, event: &StackEvent) -> Cow<'_, str> {
        let is_same = self.of.as_ref().is_some_and(|(stack, of)| {
            *stack == event.stack_id && of.as_ref().map(named) == origin.map(named)
        });
        if !is_same {
            self.head = event_head(origin, event);
            self.of = Some((event.stack_id.clone(), origin.cloned()));
        }
        self.line.clear();
        self.line.push_str(&self.head);
        event.write_as_sent(&mut self.line);
        self.line.push('}');
        escaped_json(&self.line)
    }
}

/// What a line names of a build.
fn named(origin: &Origin) -> (&SafeText, Option<&SafeText>) {
    (&origin.image_id, origin.region.as_ref())
}

fn event_head(origin: Option<&Origin>, event: &StackEvent) -> String {
    let line = Line::Event {
        stack_id: event.stack_id.as_str(),
        of: origin.map(of),
    };
    head_before_event(&line)
}

fn of(origin: &Origin) -> Of<'_> {
    Of {
        image_id: origin.image_id.as_str(),
        region: origin.region.as_ref().map(SafeText::as_str),
    }
}

/// The line of an entry, without a line break; `None` for a diagnostic.
pub(super) fn json_line(origin: Option<&Origin>, entry: &Entry) -> Option<String> {
    let region = origin.and_then(|origin| origin.region.as_ref());
    let region = region.map(SafeText::as_str);
    let of = origin.map(of);
    let line = match entry {
        Entry::Remark(_) => return None,
        Entry::Event(event) => return Some(EventLines::default().line(origin, event).into_owned()),
        Entry::Stack(stack_id) => serde_json::to_string(&Line::Stack {
            stack_id: stack_id.as_str(),
            of,
        }),
        Entry::Step(change) => serde_json::to_string(&step_line(of, change)),
        Entry::Status { state, message } => serde_json::to_string(&Line::Status {
            of,
            state: state.label(),
            message,
        }),
        Entry::Progress(progress) => serde_json::to_string(&progress_line(progress)),
        Entry::Outcome(record) => serde_json::to_string(&outcome_line(region, record)),
    };
    Some(escape_json(&line.unwrap_or_default()))
}

fn step_line<'a>(of: Option<Of<'a>>, change: &'a StepChange) -> Line<'a> {
    let step = &change.step;
    Line::Step {
        of,
        workflow: change.workflow.as_str(),
        step: step.name.as_str(),
        action: step.action.as_ref().map(SafeText::as_str),
        status: step.status.as_str(),
        started_at: step.started_at.map(format_time),
        ended_at: step.ended_at.map(format_time),
        attempt: step.attempt,
    }
}

fn progress_line(progress: &Progress) -> Line<'_> {
    Line::Progress {
        image_id: progress.image_id.as_str(),
        region: progress.region.as_ref().map(SafeText::as_str),
        elapsed: progress.elapsed.map(|elapsed| elapsed.num_seconds()),
        stage: progress.stage.as_ref().map(SafeText::as_str),
        step: progress.step.as_ref().map(|step| step.name.as_str()),
        steps_done: progress.step.as_ref().map(|step| step.done),
        steps_total: progress.step.as_ref().map(|step| step.total),
        last_event_at: progress.last_event_at.map(format_time),
        last_log_at: progress.last_log_at.map(format_time),
    }
}

fn outcome_line<'a>(region: Option<&'a str>, record: &'a Outcome) -> Line<'a> {
    Line::Outcome {
        outcome: record.kind.as_str(),
        image_id: record.image_id.as_str(),
        region: record.region.as_ref().map(SafeText::as_str).or(region),
        // An event may lack a stack ID.
        stack_id: record
            .stack_id
            .as_ref()
            .map(StackId::as_str)
            .filter(|id| !id.is_empty()),
        ami_id: record.ami_id.as_ref().map(SafeText::as_str),
        amis: record.amis.iter().map(ami_fields).collect(),
        ami_verified: record.ami_verified,
        failure: record.failure.as_ref().map(failure_fields).map(Box::new),
        reason: record.reason.as_deref(),
        first_failure: record
            .first_failure
            .as_ref()
            .map(first_failure_fields)
            .map(Box::new),
        summary: record.summary.as_ref().map(SafeText::as_str),
        remedy: record.remedy.as_ref().map(|remedy| {
            Box::new(RemedyFields {
                text: remedy.advice.as_str(),
                command: remedy.command.as_ref().map(SafeText::as_str),
            })
        }),
        leftover_stack: record.leftover_stack,
        inferred: record.inferred,
        recorded: record.recorded.as_ref().map(recorded_fields).map(Box::new),
        started_at: record.started_at.map(format_time),
        ended_at: record.ended_at.map(format_time),
        events: record.events,
    }
}

fn ami_fields(ami: &RegionalAmi) -> AmiFields<'_> {
    AmiFields {
        region: ami.region.as_str(),
        ami_id: ami.id.as_str(),
        state: ami.state.as_ref().map(SafeText::as_str),
    }
}

fn failure_fields(place: &FailurePlace) -> FailureFields<'_> {
    let failure = &place.context;
    let component = place.component.as_ref();
    let script = component.and_then(|component| component.script.as_ref());
    FailureFields {
        stage: failure.stage.as_ref().map(SafeText::as_str),
        workflow: failure.workflow.as_ref().map(SafeText::as_str),
        step: failure.step.as_ref().map(SafeText::as_str),
        component: failure.component.as_ref().map(SafeText::as_str),
        component_name: component.map(|component| component.logical_id.as_str()),
        script: script.map(SafeText::as_str),
        phase: failure.phase.as_ref().map(SafeText::as_str),
        component_step: failure.component_step.as_ref().map(SafeText::as_str),
        exit_code: place.exit_code,
        error_message: failure.error_message.as_ref().map(SafeText::as_str),
        log_tail: place.log.as_deref().map_or_else(Vec::new, |cause| {
            cause.tail.iter().map(SafeText::as_str).collect()
        }),
    }
}

fn recorded_fields(recorded: &Recorded) -> RecordedFields<'_> {
    RecordedFields {
        outcome: recorded.outcome.as_str(),
        ami_id: recorded.ami_id.as_ref().map(SafeText::as_str),
        ended_at: recorded.ended_at.map(format_time),
        as_of: format_time(recorded.as_of),
    }
}

fn first_failure_fields(failure: &FirstFailure) -> FirstFailureFields<'_> {
    let event = failure.event.as_ref();
    FirstFailureFields {
        logical_resource_id: failure.logical_id.as_str(),
        resource_type: event.map_or("", |event| event.resource_type.as_str()),
        reason: event.and_then(|event| event.verbatim_reason.as_deref()),
        event_id: event.map_or("", |event| &event.event_id),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::status::connection::ConnectionState;
    use crate::domain::verdict::OutcomeKind;

    #[test]
    fn an_event_keeps_the_services_fields_and_values() {
        let raw = r#"{"stackId":"s","eventId":"e","hookType":{"a":1.50},"resourceStatus":"X"}"#;
        let event = Arc::new(StackEvent::from_json(raw, None));
        let expected = format!(r#"{{"kind":"event","stackId":"s","event":{raw}}}"#);
        assert_eq!(json_line(None, &Entry::Event(event)), Some(expected));
    }

    #[test]
    fn terminal_control_characters_are_escaped_without_changing_the_value() {
        let raw = "{\"stackId\":\"s\",\"eventId\":\"e\u{9b}\u{202e}\u{7f}\u{e0041}\"}";
        let event = Arc::new(StackEvent::from_json(raw, None));
        let printed = json_line(None, &Entry::Event(event)).unwrap();
        assert!(
            printed.contains(r"e\u009b\u202e\u007f\udb40\udc41"),
            "{printed}"
        );
        let value: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(value["event"]["eventId"], "e\u{9b}\u{202e}\u{7f}\u{e0041}");
    }

    /// What lines of one build begin with is kept from line to line.
    #[test]
    fn each_line_names_its_own_stack_and_build() {
        let origin = |image: &str, region: Option<&str>| Origin {
            image_id: SafeText::new(image),
            region: region.map(SafeText::new),
            label: None,
        };
        let origins = [
            None,
            Some(origin("a", None)),
            Some(origin("a", Some("r"))),
            Some(origin("a", Some("r"))),
            Some(origin("b", Some("r"))),
        ];
        let mut lines = EventLines::default();
        for (stack, origin) in ["s", "s", "\\u00e9\\n"]
            .iter()
            .flat_map(|stack| origins.iter().map(move |origin| (stack, origin)))
        {
            let raw = format!(r#"{{"stackId":"{stack}","eventId":"e"}}"#);
            let event = StackEvent::from_json(&raw, None);
            let line = lines.line(origin.as_ref(), &event).into_owned();
            let (image, region) = match origin {
                None => (String::new(), String::new()),
                Some(Origin {
                    image_id, region, ..
                }) => (
                    format!(r#""imageId":"{image_id}","#),
                    region
                        .as_ref()
                        .map_or_else(String::new, |region| format!(r#""region":"{region}","#)),
                ),
            };
            let stack = stack.replace("\\u00e9", "é");
            let expected =
                format!(r#"{{"kind":"event","stackId":"{stack}",{image}{region}"event":{raw}}}"#);
            let expected = escape_json(&expected);
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn absent_values_are_omitted() {
        let record = Outcome {
            kind: OutcomeKind::NotFound,
            image_id: SafeText::new("img"),
            region: None,
            version: None,
            stack_id: None,
            ami_id: None,
            amis: Vec::new(),
            ami_verified: None,
            failure: None,
            reason: None,
            first_failure: None,
            summary: None,
            remedy: None,
            leftover_stack: false,
            started_at: None,
            ended_at: None,
            inferred: false,
            recorded: None,
            steps: Vec::new(),
            resources: Vec::new(),
            events: 0,
        };
        let expected = r#"{"kind":"outcome","outcome":"not-found","imageId":"img","leftoverStack":false,"events":0}"#;
        assert_eq!(
            json_line(None, &Entry::Outcome(Box::new(record))).as_deref(),
            Some(expected)
        );
    }

    #[test]
    fn a_status_is_its_word_and_a_message() {
        let entry = Entry::Status {
            state: ConnectionState::Throttled,
            message: "slow \"down\"".to_owned(),
        };
        assert_eq!(
            json_line(None, &entry).as_deref(),
            Some(r#"{"kind":"status","state":"throttled","message":"slow \"down\""}"#)
        );
    }
}
