//! Image Builder's workflows during a build: which step runs when, and what Image Builder tells of a failed one.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::demo::identifier::uuid;
use crate::demo::scenario::build::Build;
use crate::demo::scenario::data::{StepData, WorkflowData};
use crate::demo::scenario::event::stamp;
use crate::demo::scenario::moment::{Happening, Operation};
use crate::demo::scenario::schedule::Schedule;

/// The state of every workflow that has begun.
pub(crate) type Workflows = Vec<Workflow>;

/// The state of one workflow. Times are counted since the build began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Workflow {
    name: String,
    kind: String,
    version: String,
    status: &'static str,
    began: Duration,
    ended: Option<Duration>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    name: String,
    action: String,
    status: &'static str,
    began: Option<Duration>,
    ended: Option<Duration>,
}

/// How the steps of a build end.
#[derive(Clone, Copy, Debug)]
struct Course<'a> {
    /// When the image began.
    initiated: Duration,
    /// When a failure or a deletion stops it, and the status of the step that runs then.
    stopped: (Duration, &'static str),
    /// The step that runs until then.
    stuck: Option<&'a str>,
}

impl Schedule<'_> {
    /// Adds each change of a step, up to the end of the image or to what stops it.
    pub(super) fn run_workflows(&mut self, initiated: Duration) {
        let build = self.build;
        let failure = build.creation_failure.as_ref();
        let status = if failure.is_some() {
            "FAILED"
        } else {
            "CANCELLED"
        };
        let course = Course {
            initiated,
            stopped: (self.stopped, status),
            stuck: failure.and_then(|failure| failure.step.as_deref()),
        };
        let steps = build.workflows.iter().flat_map(|workflow| &workflow.steps);
        let mut times: Vec<_> = steps
            .flat_map(|step| [step.begins, step.ends.unwrap_or(step.begins)])
            .map(|after| initiated + after)
            .filter(|at| *at < self.stopped)
            .collect();
        if self
            .deletion()
            .is_none_or(|deletion| deletion != self.stopped)
            || build.deletion.is_some()
        {
            times.push(self.stopped);
        }
        times.sort_unstable();
        times.dedup();
        let mut last = Workflows::new();
        for at in times {
            let now = course.at(&build.workflows, at);
            if now != last {
                last.clone_from(&now);
                self.push(at, Operation::Create, Happening::Workflows(now));
            }
        }
    }
}

impl Course<'_> {
    /// The state of all workflows at one time.
    fn at(&self, workflows: &[WorkflowData], at: Duration) -> Workflows {
        let mut running = Workflows::new();
        let mut is_stuck = false;
        for data in workflows {
            let mut steps = Vec::new();
            for step in &data.steps {
                let state = if is_stuck {
                    Step::new(step, "PENDING", None, None)
                } else {
                    self.step(step, at)
                };
                is_stuck |= Some(step.name.as_str()) == self.stuck;
                steps.push(state);
            }
            let Some(began) = steps.iter().find_map(|step| step.began) else {
                continue;
            };
            let failed = steps
                .iter()
                .find(|step| matches!(step.status, "FAILED" | "CANCELLED"));
            let is_done = |step: &Step| matches!(step.status, "COMPLETED" | "SKIPPED");
            let (status, ended) = match failed {
                Some(failed) => (failed.status, failed.ended),
                None if steps.iter().all(is_done) => (
                    "COMPLETED",
                    steps.iter().filter_map(|step| step.ended).max(),
                ),
                None => ("RUNNING", None),
            };
            running.push(Workflow {
                name: data.name.clone(),
                kind: data.kind.clone(),
                version: data.version.clone(),
                status,
                began,
                ended,
                steps,
            });
        }
        running
    }

    fn step(&self, data: &StepData, at: Duration) -> Step {
        let (stopped, status) = self.stopped;
        let begins = self.initiated + data.begins;
        if at < begins || begins >= stopped {
            return Step::new(data, "PENDING", None, None);
        }
        let Some(ends) = data.ends else {
            return Step::new(data, "SKIPPED", Some(begins), Some(begins));
        };
        let ends = self.initiated + ends;
        let ends = if self.stuck == Some(data.name.as_str()) {
            Duration::MAX
        } else {
            ends
        };
        if ends <= at && ends < stopped {
            Step::new(data, "COMPLETED", Some(begins), Some(ends))
        } else if at >= stopped {
            Step::new(data, status, Some(begins), Some(stopped))
        } else {
            Step::new(data, "RUNNING", Some(begins), None)
        }
    }
}

impl Step {
    fn new(
        data: &StepData,
        status: &'static str,
        began: Option<Duration>,
        ended: Option<Duration>,
    ) -> Self {
        Self {
            name: data.name.clone(),
            action: data.action.clone(),
            status,
            began,
            ended,
        }
    }
}

/// The ARN of one of Amazon's workflows.
fn arn(build: &Build, name: &str, kind: &str, version: &str) -> String {
    let region = &build.image.region;
    let kind = kind.to_ascii_lowercase();
    format!("arn:aws:imagebuilder:{region}:aws:workflow/{kind}/{name}/{version}/1")
}

fn execution_id(build: &Build, name: &str) -> String {
    format!("wf-{}", uuid(&format!("{} {name}", build.stack_id)))
}

fn step_id(build: &Build, name: &str) -> String {
    format!("step-{}", uuid(&format!("{} {name}", build.stack_id)))
}

/// The workflows as Image Builder lists them, each with its `steps`.
pub(super) fn listed(build: &Build, workflows: &Workflows, began: DateTime<Utc>) -> Vec<Value> {
    let time = |after: Duration| stamp(began + after);
    let step = |step: &Step| {
        let mut fields = json!({
            "stepExecutionId": step_id(build, &step.name),
            "name": step.name,
            "action": step.action,
            "status": step.status,
            "inputs": "{}",
        });
        if let Some(began) = step.began {
            fields["startTime"] = time(began).into();
        }
        if let Some(ended) = step.ended {
            fields["endTime"] = time(ended).into();
        }
        fields
    };
    let workflow = |workflow: &Workflow| {
        let count = |status| {
            let steps = workflow.steps.iter();
            steps.filter(|step| step.status == status).count()
        };
        let mut fields = json!({
            "workflowBuildVersionArn": arn(build, &workflow.name, &workflow.kind, &workflow.version),
            "workflowExecutionId": execution_id(build, &workflow.name),
            "type": workflow.kind,
            "status": workflow.status,
            "totalStepCount": workflow.steps.len(),
            "totalStepsSucceeded": count("COMPLETED"),
            "totalStepsFailed": count("FAILED"),
            "totalStepsSkipped": count("SKIPPED"),
            "startTime": time(workflow.began),
            "steps": workflow.steps.iter().map(step).collect::<Vec<_>>(),
        });
        if let Some(ended) = workflow.ended {
            fields["endTime"] = time(ended).into();
        }
        fields
    };
    workflows.iter().map(workflow).collect()
}

/// Image Builder's `failureContext` of a build that fails in a step.
pub(super) fn failure_context(build: &Build) -> Option<Value> {
    let failure = build.creation_failure.as_ref()?;
    let failed = failure.step.as_deref()?;
    let workflow = build.workflows.iter().find(|workflow| {
        let mut steps = workflow.steps.iter();
        steps.any(|step| step.name == failed)
    })?;
    let mut context = json!({
        "imageStatus": "BUILDING",
        "workflowExecutionId": execution_id(build, &workflow.name),
        "workflowArn": arn(build, &workflow.name, &workflow.kind, &workflow.version),
        "stepExecutionId": step_id(build, failed),
        "failedStep": failed,
    });
    if let Some(component) = &failure.component {
        context["componentFailure"] = json!({
            "componentArn": component.arn,
            "phaseName": component.phase,
            "stepName": component.step,
            "action": "ExecuteBash",
            "errorMessage": component.error,
        });
    }
    Some(context)
}
