//! The workflows of an image in a recording, with Image Builder's names. The serialised names are the file format: they
//! must not change.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::domain::span::ResourceTime;
use crate::domain::stack_event::{format_time, parse_time};
use crate::domain::steps::{ListedWorkflows, Step, StepStatus, StepTime, Workflow};
use crate::recording::format::{redacted, safe};
use crate::text::safe::SafeText;

/// The workflows of an image.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StepsFields {
    image_arn: String,
    workflows: Vec<WorkflowFields>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WorkflowFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StepFields>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StepFields {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
}

/// How long a step took, in a summary.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StepTimeFields {
    workflow: String,
    step: String,
    seconds: i64,
}

impl From<&StepTime> for StepTimeFields {
    fn from(time: &StepTime) -> Self {
        Self {
            workflow: text(&time.workflow),
            step: text(&time.step),
            seconds: time.took.num_seconds(),
        }
    }
}

impl From<&StepTimeFields> for StepTime {
    fn from(fields: &StepTimeFields) -> Self {
        Self {
            workflow: SafeText::new(&fields.workflow),
            step: SafeText::new(&fields.step),
            took: TimeDelta::try_seconds(fields.seconds).unwrap_or_default(),
        }
    }
}

/// How long the creation of a resource took, in a summary.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ResourceTimeFields {
    logical_resource_id: String,
    seconds: i64,
}

impl From<&ResourceTime> for ResourceTimeFields {
    fn from(time: &ResourceTime) -> Self {
        Self {
            logical_resource_id: text(&time.logical_id),
            seconds: time.took.num_seconds(),
        }
    }
}

impl From<&ResourceTimeFields> for ResourceTime {
    fn from(fields: &ResourceTimeFields) -> Self {
        Self {
            logical_id: SafeText::new(&fields.logical_resource_id),
            took: TimeDelta::try_seconds(fields.seconds).unwrap_or_default(),
        }
    }
}

fn text(text: &SafeText) -> String {
    redacted(Some(text)).unwrap_or_default()
}

impl From<&ListedWorkflows> for StepsFields {
    fn from(listed: &ListedWorkflows) -> Self {
        Self {
            image_arn: text(&listed.image_arn),
            workflows: listed.workflows.iter().map(WorkflowFields::from).collect(),
        }
    }
}

impl From<&StepsFields> for ListedWorkflows {
    fn from(fields: &StepsFields) -> Self {
        Self {
            image_arn: SafeText::new(&fields.image_arn),
            workflows: fields.workflows.iter().map(Workflow::from).collect(),
        }
    }
}

impl From<&Workflow> for WorkflowFields {
    fn from(workflow: &Workflow) -> Self {
        Self {
            id: redacted(workflow.id.as_ref()),
            name: text(&workflow.name),
            kind: text(&workflow.kind),
            status: workflow.status.as_str().to_owned(),
            message: redacted(workflow.message.as_ref()),
            total: workflow.total,
            ended: workflow.ended,
            started_at: workflow.started_at.map(format_time),
            ended_at: workflow.ended_at.map(format_time),
            steps: workflow.steps.iter().map(StepFields::from).collect(),
        }
    }
}

impl From<&WorkflowFields> for Workflow {
    fn from(fields: &WorkflowFields) -> Self {
        Self {
            id: safe(fields.id.as_ref()),
            name: SafeText::new(&fields.name),
            kind: SafeText::new(&fields.kind),
            status: StepStatus::new(&fields.status),
            message: safe(fields.message.as_ref()),
            total: fields.total,
            ended: fields.ended,
            started_at: fields.started_at.as_deref().and_then(parse_time),
            ended_at: fields.ended_at.as_deref().and_then(parse_time),
            steps: fields.steps.iter().map(Step::from).collect(),
        }
    }
}

impl From<&Step> for StepFields {
    fn from(step: &Step) -> Self {
        Self {
            name: text(&step.name),
            action: redacted(step.action.as_ref()),
            status: step.status.as_str().to_owned(),
            message: redacted(step.message.as_ref()),
            started_at: step.started_at.map(format_time),
            ended_at: step.ended_at.map(format_time),
            attempt: step.attempt,
        }
    }
}

impl From<&StepFields> for Step {
    fn from(fields: &StepFields) -> Self {
        Self {
            name: SafeText::new(&fields.name),
            action: safe(fields.action.as_ref()),
            status: StepStatus::new(&fields.status),
            message: safe(fields.message.as_ref()),
            started_at: fields.started_at.as_deref().and_then(parse_time),
            ended_at: fields.ended_at.as_deref().and_then(parse_time),
            attempt: fields.attempt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let time = parse_time("2026-11-28T21:02:11.905Z");
        let listed = ListedWorkflows {
            image_arn: SafeText::new("arn:x"),
            workflows: vec![Workflow {
                id: Some(SafeText::new("wf-1")),
                status: StepStatus::new("RUNNING"),
                message: Some(SafeText::new("m")),
                total: Some(7),
                ended: Some(1),
                started_at: time,
                ended_at: time,
                steps: vec![Step {
                    name: SafeText::new("Apply"),
                    action: Some(SafeText::new("ExecuteComponents")),
                    status: StepStatus::new("RUNNING"),
                    message: None,
                    started_at: time,
                    ended_at: None,
                    attempt: Some(2),
                }],
                ..Workflow::of_arn("arn:aws:x:workflow/build/build-image/1/1")
            }],
        };
        let json = serde_json::to_string(&StepsFields::from(&listed)).unwrap();
        let fields: StepsFields = serde_json::from_str(&json).unwrap();
        assert_eq!(ListedWorkflows::from(&fields), listed);
    }
}
