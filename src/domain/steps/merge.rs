//! Makes one list of workflows from two: the one that Image Builder lists, and the one that the build log names.

use chrono::{DateTime, Utc};

use crate::domain::steps::{ImageEnd, Step, StepChange, StepStatus, Workflow};

/// The workflows of both sources. Image Builder's word holds; the log adds what Image Builder has not told, and is ahead
/// of it where a step has begun or ended since.
pub(super) fn merge(listed: &[Workflow], logged: &[Workflow]) -> Vec<Workflow> {
    let mut merged = listed.to_vec();
    for of_log in logged {
        let same = merged.iter_mut().rev().find(|known| is_same(known, of_log));
        match same {
            Some(known) => add(known, of_log),
            None => merged.push(of_log.clone()),
        }
    }
    merged
}

/// Whether both are the same workflow. The log may begin in the middle of one: without its name, its steps tell.
fn is_same(known: &Workflow, of_log: &Workflow) -> bool {
    if !of_log.name.as_str().is_empty() {
        return known.kind == of_log.kind && known.name == of_log.name;
    }
    let mut names = of_log.steps.iter().map(|step| &step.name);
    names.any(|name| known.steps.iter().any(|step| step.name == *name))
}

fn add(known: &mut Workflow, of_log: &Workflow) {
    advance(&mut known.status, &of_log.status);
    known.total = known.total.max(of_log.total);
    known.started_at = known.started_at.or(of_log.started_at);
    known.ended_at = known.ended_at.or(of_log.ended_at);
    for step in &of_log.steps {
        match known.steps.iter_mut().find(|one| one.name == step.name) {
            Some(one) => add_step(one, step),
            None => known.steps.push(step.clone()),
        }
    }
}

fn add_step(known: &mut Step, of_log: &Step) {
    advance(&mut known.status, &of_log.status);
    if known.action.is_none() {
        known.action.clone_from(&of_log.action);
    }
    known.started_at = known.started_at.or(of_log.started_at);
    if known.status.has_ended() {
        known.ended_at = known.ended_at.or(of_log.ended_at);
    }
}

fn advance(known: &mut StepStatus, other: &StepStatus) {
    if other.rank() > known.rank() {
        known.clone_from(other);
    }
}

/// Ends what still runs when the image has ended.
pub(super) fn end(workflows: &mut [Workflow], end: ImageEnd<'_>) {
    let (status, at) = match end {
        ImageEnd::Made(at) => (StepStatus::new("COMPLETED"), at),
        ImageEnd::Failed(at, _) => (StepStatus::new("FAILED"), at),
    };
    for workflow in workflows {
        for step in &mut workflow.steps {
            let is_named =
                matches!(end, ImageEnd::Failed(_, Some(name)) if name == step.name.as_str());
            let began = step.status.rank() > 0 || is_named;
            if step.status.is_running() || (is_named && began && !step.status.has_ended()) {
                close(&mut step.status, &mut step.ended_at, &status, at);
            }
        }
        if workflow.status.is_running() {
            close(&mut workflow.status, &mut workflow.ended_at, &status, at);
            if matches!(end, ImageEnd::Made(_)) {
                finish(workflow);
            }
        }
    }
}

/// The image was made, so the steps are over that were still to come when the workflow was last listed.
fn finish(workflow: &mut Workflow) {
    let steps = workflow.steps.iter_mut();
    for step in steps.filter(|step| !step.status.has_ended()) {
        step.status = StepStatus::new("COMPLETED");
    }
    workflow.ended = workflow.total;
}

fn close(
    of: &mut StepStatus,
    ended_at: &mut Option<DateTime<Utc>>,
    status: &StepStatus,
    at: Option<DateTime<Utc>>,
) {
    of.clone_from(status);
    *ended_at = ended_at.or(at);
}

/// The steps that have begun, ended, or are tried again.
pub(super) fn begun(before: &[Workflow], now: &[Workflow]) -> Vec<StepChange> {
    let mut changes = Vec::new();
    for (at, workflow) in now.iter().enumerate() {
        let known = before
            .get(at)
            .filter(|known| known.name == workflow.name)
            .map_or(&[][..], |known| known.steps.as_slice());
        for (at, step) in workflow.steps.iter().enumerate() {
            let same = known.get(at).filter(|known| known.name == step.name);
            let same = same.or_else(|| known.iter().find(|known| known.name == step.name));
            let is_new = same
                .is_none_or(|known| known.status != step.status || known.attempt != step.attempt);
            if is_new && (step.status.rank() > 0) {
                changes.push(StepChange {
                    workflow: workflow.name.clone(),
                    step: step.clone(),
                });
            }
        }
    }
    changes
}
