//! Image Builder's ListWorkflowExecutions and ListWorkflowStepExecutions: the workflows of an image, and their steps.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::aws::operation::Operation;
use crate::backend::direct::Direct;
use crate::backend::direct::client::Call;
use crate::backend::direct::query::{ForeignBody, non_empty};
use crate::backend::{StepSource, StepsAnswer};
use crate::domain::fault::Fault;
use crate::domain::properties::safe_excerpt;
use crate::domain::stack_event::parse_time;
use crate::domain::steps::{ListedWorkflows, Step, StepStatus, Workflow};
use crate::text::redact::redact_secrets;
use crate::text::safe::SafeText;

/// The pages of a list: an image has a few workflows with about ten steps each.
const MAX_PAGES: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Workflows {
    workflow_executions: Vec<WorkflowRow>,
    next_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WorkflowRow {
    workflow_build_version_arn: Option<String>,
    workflow_execution_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
    message: Option<String>,
    total_step_count: Option<usize>,
    total_steps_succeeded: Option<usize>,
    total_steps_failed: Option<usize>,
    total_steps_skipped: Option<usize>,
    start_time: Value,
    end_time: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Steps {
    steps: Vec<StepRow>,
    next_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StepRow {
    name: Option<String>,
    action: Option<String>,
    status: Option<String>,
    message: Option<String>,
    start_time: Value,
    end_time: Value,
    attempt_number: Option<u32>,
}

/// Some rows of a list, and the token of the next page.
type Page<T> = (Vec<T>, Option<String>);

fn workflows(body: &[u8]) -> Result<Page<Workflow>, ForeignBody> {
    let answer: Workflows =
        serde_json::from_slice(body).map_err(|_error| ForeignBody::BrokenJson)?;
    let rows = answer.workflow_executions.into_iter();
    Ok((
        rows.map(WorkflowRow::read).collect(),
        non_empty(answer.next_token),
    ))
}

fn steps(body: &[u8]) -> Result<Page<Step>, ForeignBody> {
    let answer: Steps = serde_json::from_slice(body).map_err(|_error| ForeignBody::BrokenJson)?;
    let rows = answer.steps.into_iter();
    Ok((
        rows.map(StepRow::read).collect(),
        non_empty(answer.next_token),
    ))
}

impl WorkflowRow {
    fn read(self) -> Workflow {
        let of_arn = Workflow::of_arn(
            self.workflow_build_version_arn
                .as_deref()
                .unwrap_or_default(),
        );
        let counts = [
            self.total_steps_succeeded,
            self.total_steps_failed,
            self.total_steps_skipped,
        ];
        let has_counts = counts.iter().any(Option::is_some);
        let ended = counts.into_iter().flatten().fold(0, usize::saturating_add);
        Workflow {
            id: safe(self.workflow_execution_id),
            kind: safe(self.kind).unwrap_or(of_arn.kind),
            name: of_arn.name,
            status: StepStatus::new(self.status.as_deref().unwrap_or_default()),
            message: safe(self.message),
            total: self.total_step_count,
            ended: has_counts.then_some(ended),
            started_at: time(&self.start_time),
            ended_at: time(&self.end_time),
            steps: Vec::new(),
        }
    }
}

impl StepRow {
    fn read(self) -> Step {
        Step {
            name: safe(self.name).unwrap_or_default(),
            action: safe(self.action),
            status: StepStatus::new(self.status.as_deref().unwrap_or_default()),
            message: safe(self.message),
            started_at: time(&self.start_time),
            ended_at: time(&self.end_time),
            attempt: self.attempt_number,
        }
    }
}

fn safe(text: Option<String>) -> Option<SafeText> {
    let text = non_empty(text)?;
    Some(safe_excerpt(&redact_secrets(&text)))
}

/// A time, whose format is not documented: RFC 3339 by all that is known, else seconds or milliseconds since 1970.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    let number = match value {
        Value::String(text) => {
            let plain = text.split('[').next().unwrap_or_default();
            if let Some(time) = parse_time(plain) {
                return Some(time);
            }
            plain.parse().ok()?
        }
        Value::Number(number) => number.as_f64()?,
        _ => return None,
    };
    // The year 5138 in seconds, and 1973 in milliseconds.
    let ms = if number.abs() < 1e11 {
        number * 1000.0
    } else {
        number
    };
    #[expect(clippy::cast_possible_truncation, reason = "a float saturates")]
    let time = DateTime::from_timestamp_millis(ms as i64)?;
    parse_time(&time.to_rfc3339())
}

/// Puts rows in the order in which they began: the order of the lists is not documented.
fn in_order<T>(rows: &mut [T], began: impl Fn(&T) -> Option<DateTime<Utc>>) {
    let times: Vec<_> = rows.iter().filter_map(began).collect();
    let is_reversed = times.first() > times.last();
    if is_reversed {
        rows.reverse();
    }
}

impl Direct {
    /// The rows of all pages; `None` where the call is refused or the image is gone.
    async fn list<T>(
        &mut self,
        operation: Operation,
        (name, id): (&'static str, &str),
        read: impl Fn(&[u8]) -> Result<Page<T>, ForeignBody>,
    ) -> Result<Option<Vec<T>>, Fault> {
        let mut rows = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut body = serde_json::Map::from_iter([(name.to_owned(), id.into())]);
            body.extend(token.map(|token| ("nextToken".to_owned(), token.into())));
            let call = Call {
                operation,
                region: None,
                about: id,
                parameters: &[],
                json: Some(&Value::Object(body).to_string()),
            };
            let Some((page, next)) = self.part(call, &read).await? else {
                return Ok(None);
            };
            rows.extend(page);
            match next {
                Some(_) => token = next,
                None => break,
            }
        }
        Ok(Some(rows))
    }

    /// The steps of a workflow. Those of one that has ended do not change any more.
    async fn steps_of(&mut self, workflow: &Workflow) -> Result<Vec<Step>, Fault> {
        let mut known = self.known.workflows.iter();
        let known = known.find(|known| known.id == workflow.id && known.status == workflow.status);
        let known = known.map(|known| known.steps.clone()).unwrap_or_default();
        let Some(id) = &workflow.id else {
            return Ok(known);
        };
        let is_settled = workflow.status.has_ended() && !known.is_empty();
        if is_settled || workflow.status.rank() == 0 {
            return Ok(known);
        }
        let operation = Operation::ListWorkflowStepExecutions;
        let by = ("workflowExecutionId", id.as_str());
        let mut listed = self.list(operation, by, steps).await?.unwrap_or(known);
        in_order(&mut listed, |step| step.started_at);
        Ok(listed)
    }
}

impl StepSource for Direct {
    async fn steps(&mut self) -> Result<StepsAnswer, Fault> {
        let Some(arn) = self.known.image_arn.clone() else {
            return Ok(StepsAnswer::NoImage);
        };
        let operation = Operation::ListWorkflowExecutions;
        let by = ("imageBuildVersionArn", arn.as_str());
        let Some(mut listed) = self.list(operation, by, workflows).await? else {
            let is_refused = self.refusal(operation).is_some();
            return Ok(if is_refused {
                StepsAnswer::Refused
            } else {
                StepsAnswer::NoImage
            });
        };
        in_order(&mut listed, |workflow| workflow.started_at);
        for workflow in &mut listed {
            workflow.steps = self.steps_of(workflow).await?;
        }
        self.known.workflows.clone_from(&listed);
        Ok(StepsAnswer::Listed(ListedWorkflows {
            image_arn: SafeText::new(&arn),
            workflows: listed,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflows_and_steps_are_read_and_absent_parts_are_none() {
        let body = r#"{"requestId":"r","workflowExecutions":[{"workflowBuildVersionArn":
            "arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/1.0.3/1","workflowExecutionId":"wf-1",
            "type":"BUILD","status":"RUNNING","message":"","totalStepCount":7,"totalStepsSucceeded":1,
            "totalStepsFailed":0,"totalStepsSkipped":1,"startTime":"2026-11-28T21:02:11.905Z"},{}],"nextToken":"t"}"#;
        let (read, next) = workflows(body.as_bytes()).unwrap();
        assert_eq!(next.as_deref(), Some("t"));
        let build = &read[0];
        assert_eq!(
            (build.name.as_str(), build.kind.as_str()),
            ("build-image", "BUILD")
        );
        assert_eq!((build.total, build.ended), (Some(7), Some(2)));
        assert_eq!((build.started_at.is_some(), build.ended_at), (true, None));
        assert_eq!(build.message, None);
        let body = r#"{"steps":[{"stepExecutionId":"step-1","name":"Launch","action":"LaunchInstance",
            "status":"COMPLETED","inputs":"{}","startTime":1795904878.5,"attemptNumber":2},{"name":"Apply"}]}"#;
        let (read, _) = steps(body.as_bytes()).unwrap();
        assert_eq!(read[0].attempt, Some(2));
        assert!(read[0].started_at.is_some() && read[1].started_at.is_none());
        for other in ["{}", "<html>", "[]", r#"{"steps":"#] {
            assert!(workflows(other.as_bytes()).is_err() && steps(other.as_bytes()).is_err());
        }
    }

    #[test]
    fn a_time_is_read_in_every_likely_form() {
        let expected = parse_time("2026-11-28T21:02:11Z");
        let seconds = expected.unwrap().timestamp();
        for text in [
            "\"2026-11-28T21:02:11Z\"".to_owned(),
            "\"2026-11-28T21:02:11.000Z[UTC]\"".to_owned(),
            seconds.to_string(),
            format!("{seconds}000"),
            format!("\"{seconds}\""),
        ] {
            let value = serde_json::from_str(&text).unwrap();
            assert_eq!(time(&value), expected, "{text}");
        }
        for text in ["null", "\"\"", "{}", "1e300", "\"soon\""] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(time(&value), None, "{text}");
        }
    }
}
