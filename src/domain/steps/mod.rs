//! Image Builder's workflows and their steps: what a build does while its stack is silent. Image Builder lists them, and
//! the build log names them; [`merge`] makes one list of both.
//!
//! The backend and the log make [`Workflow`]s, the build keeps them in [`Steps`], and the header, the resources, the
//! output and the report show them.

mod log;
mod merge;
mod outline;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::log_line::LogPage;
use crate::domain::status::StatusClass;
use crate::domain::steps::log::LogSteps;
use crate::domain::steps::merge::{begun, merge};

pub(crate) use self::log::ComponentPosition;
pub(crate) use self::outline::{OutlineItem, OutlineKind};
use crate::text::safe::SafeText;

/// The workflows of one image, as Image Builder lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedWorkflows {
    /// The image that they build.
    pub image_arn: SafeText,
    /// In the order in which they run.
    pub workflows: Vec<Workflow>,
}

/// One run of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workflow {
    /// Image Builder's id; the log has none.
    pub id: Option<SafeText>,
    /// The name in its ARN: `build-image`.
    pub name: SafeText,
    /// `BUILD`, `TEST`, `DISTRIBUTION`.
    pub kind: SafeText,
    pub status: StepStatus,
    pub message: Option<SafeText>,
    /// The number of its steps, including those that have not begun.
    pub total: Option<usize>,
    /// The number of steps that have ended, by Image Builder's own count.
    pub ended: Option<usize>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// The known steps, in their order.
    pub steps: Vec<Step>,
}

/// One step of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    pub name: SafeText,
    /// The step's action, such as `ExecuteComponents`.
    pub action: Option<SafeText>,
    pub status: StepStatus,
    pub message: Option<SafeText>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// The number of the attempt, from 1.
    pub attempt: Option<u32>,
}

/// The status of a workflow or a step, as Image Builder spells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepStatus(SafeText);

impl StepStatus {
    pub fn new(status: &str) -> Self {
        Self(SafeText::new(status))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The class that has its colour and glyph.
    pub fn class(&self) -> StatusClass {
        match self.as_str() {
            "RUNNING" => StatusClass::Running,
            "COMPLETED" => StatusClass::Complete,
            "FAILED" | "CANCELLED" => StatusClass::Failed,
            "SKIPPED" => StatusClass::Skipped,
            status if status.starts_with("ROLLBACK_") => StatusClass::RollingBack,
            _ => StatusClass::Unknown,
        }
    }

    pub fn is_running(&self) -> bool {
        matches!(self.as_str(), "RUNNING" | "ROLLBACK_IN_PROGRESS")
    }

    /// Whether it has ended, in whatever way.
    pub fn has_ended(&self) -> bool {
        matches!(
            self.as_str(),
            "COMPLETED" | "FAILED" | "CANCELLED" | "SKIPPED" | "ROLLBACK_COMPLETED"
        )
    }

    /// How far it is: the later of two statuses of one step is the truer one.
    pub(crate) fn rank(&self) -> u8 {
        if self.has_ended() {
            2
        } else {
            u8::from(self.is_running())
        }
    }
}

impl Workflow {
    /// The name and the kind in the ARN of a workflow: `…:workflow/build/build-image/1.0.3/1`.
    pub(crate) fn of_arn(arn: &str) -> Self {
        let mut parts = arn.split('/').skip(1);
        let kind = parts.next().unwrap_or_default().to_ascii_uppercase();
        Self {
            kind: SafeText::new(&kind),
            name: SafeText::new(parts.next().unwrap_or(arn)),
            ..Self::default()
        }
    }

    /// The step that runs, else the one that failed.
    pub fn current(&self) -> Option<(usize, &Step)> {
        let mut steps = self.steps.iter().enumerate();
        let running = steps.find(|(_, step)| step.status.is_running());
        let failed = || {
            let mut steps = self.steps.iter().enumerate();
            steps.find(|(_, step)| step.status.as_str() == "FAILED")
        };
        running.or_else(failed)
    }

    pub fn total(&self) -> usize {
        self.total.unwrap_or(0).max(self.steps.len())
    }

    /// The number of its steps that have ended.
    pub fn done(&self) -> usize {
        let ended = self.steps.iter().filter(|step| step.status.has_ended());
        let known = ended.count();
        known.max(self.ended.unwrap_or(0)).min(self.total())
    }
}

/// How long a step of a build took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTime {
    pub workflow: SafeText,
    pub step: SafeText,
    pub took: TimeDelta,
}

/// A step that has begun, ended, or is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepChange {
    pub workflow: SafeText,
    pub step: Step,
}

/// The place of a build in its workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position<'a> {
    pub workflow: &'a Workflow,
    /// The step and its number, from 1; between two steps there is none.
    pub step: Option<(usize, &'a Step)>,
}

/// The end of the image's build, which ends its steps, too: nothing tells of them afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImageEnd<'a> {
    Made(Option<DateTime<Utc>>),
    /// With the step that failed, if it is known.
    Failed(Option<DateTime<Utc>>, Option<&'a str>),
}

/// All that is known of the workflows of one build.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    listed: Option<ListedWorkflows>,
    logged: LogSteps,
    merged: Vec<Workflow>,
}

impl Steps {
    pub fn is_empty(&self) -> bool {
        self.listed.is_none() && self.logged.last_line.is_none()
    }

    /// The workflows, in the order in which they run.
    pub fn workflows(&self) -> &[Workflow] {
        &self.merged
    }

    /// The workflow and the step that run, else those that failed, else the last that ended.
    pub fn position(&self) -> Option<Position<'_>> {
        let is_current = |workflow: &&Workflow| workflow.current().is_some();
        let runs = |workflow: &&Workflow| workflow.status.is_running();
        let begun = |workflow: &&Workflow| workflow.status.rank() > 0 || workflow.done() > 0;
        let mut newest_first = self.merged.iter().rev();
        let workflow = self
            .merged
            .iter()
            .rev()
            .find(is_current)
            .or_else(|| self.merged.iter().rev().find(runs))
            .or_else(|| newest_first.find(begun))?;
        let step = workflow.current().map(|(index, step)| (index + 1, step));
        Some(Position { workflow, step })
    }

    /// How long each step took that is complete.
    pub(crate) fn times(&self) -> Vec<StepTime> {
        let steps = self.merged.iter().flat_map(|workflow| {
            let steps = workflow.steps.iter();
            steps.map(move |step| (workflow, step))
        });
        let complete = steps.filter(|(_, step)| step.status.class() == StatusClass::Complete);
        let time = |(workflow, step): (&Workflow, &Step)| {
            Some(StepTime {
                workflow: workflow.name.clone(),
                step: step.name.clone(),
                took: (step.ended_at? - step.started_at?).max(TimeDelta::zero()),
            })
        };
        complete.filter_map(time).collect()
    }

    /// How long each step of a component took that has ended without a failure, by the log.
    pub(crate) fn component_times(&self, name_of: impl Fn(&SafeText) -> SafeText) -> Vec<StepTime> {
        let mut times = Vec::new();
        let mut component = None;
        for item in self.outline() {
            match item.kind {
                OutlineKind::Step => component = None,
                OutlineKind::Component => component = Some(name_of(&item.name)),
                OutlineKind::Phase => {}
                OutlineKind::ComponentStep => {
                    let ended = item.ended.filter(|_| !item.has_failed);
                    if let (Some(component), Some(ended)) = (&component, ended) {
                        times.push(StepTime {
                            workflow: component.clone(),
                            step: item.name.clone(),
                            took: (ended - item.began).max(TimeDelta::zero()),
                        });
                    }
                }
            }
        }
        times
    }

    /// Takes what Image Builder lists. An older list is replaced as a whole.
    pub(crate) fn list(&mut self, listed: &ListedWorkflows) {
        if !listed.workflows.is_empty() {
            self.listed = Some(listed.clone());
        }
    }

    /// Takes new lines of the log.
    pub(crate) fn read(&mut self, page: &LogPage) {
        self.logged.add(page);
    }

    /// The component that runs, by the log.
    pub fn component(&self) -> Option<&ComponentPosition> {
        self.logged.component.as_ref()
    }

    /// The parts of the build, by the log.
    pub(crate) fn outline(&self) -> &[OutlineItem] {
        &self.logged.outline
    }

    /// The time of the newest line of the log.
    pub fn last_line(&self) -> Option<DateTime<Utc>> {
        self.logged.last_line
    }

    /// Makes one list of all sources. Returns the steps that have changed.
    pub(crate) fn settle(&mut self, end: Option<ImageEnd<'_>>) -> Vec<StepChange> {
        let listed = self.listed.as_ref().map(|listed| &*listed.workflows);
        let mut merged = merge(listed.unwrap_or_default(), &self.logged.workflows);
        if let Some(end) = end {
            merge::end(&mut merged, end);
        }
        if merged == self.merged {
            return Vec::new();
        }
        let before = std::mem::replace(&mut self.merged, merged);
        begun(&before, &self.merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, status: &str) -> Step {
        Step {
            name: SafeText::new(name),
            status: StepStatus::new(status),
            ..Step::default()
        }
    }

    fn listed(steps: &[(&str, &str)]) -> ListedWorkflows {
        let steps = steps.iter().map(|(name, status)| step(name, status));
        ListedWorkflows {
            image_arn: SafeText::new("arn"),
            workflows: vec![Workflow {
                id: Some(SafeText::new("wf-1")),
                status: StepStatus::new("RUNNING"),
                total: Some(7),
                steps: steps.collect(),
                ..Workflow::of_arn(
                    "arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/1.0.3/1",
                )
            }],
        }
    }

    fn names(changes: &[StepChange]) -> Vec<(&str, &str)> {
        let named = changes
            .iter()
            .map(|change| (change.step.name.as_str(), change.step.status.as_str()));
        named.collect()
    }

    #[test]
    fn each_change_of_a_step_is_told_once_and_those_to_come_are_not() {
        let mut steps = Steps::default();
        steps.list(&listed(&[("Launch", "RUNNING"), ("Apply", "PENDING")]));
        assert_eq!(names(&steps.settle(None)), [("Launch", "RUNNING")]);
        assert_eq!(names(&steps.settle(None)), []);
        steps.list(&listed(&[("Launch", "COMPLETED"), ("Apply", "RUNNING")]));
        let changes = steps.settle(None);
        assert_eq!(
            names(&changes),
            [("Launch", "COMPLETED"), ("Apply", "RUNNING")]
        );
        assert_eq!(changes[0].workflow.as_str(), "build-image");
    }

    #[test]
    fn the_position_is_the_running_step_of_all_steps() {
        let mut steps = Steps::default();
        steps.list(&listed(&[("Launch", "COMPLETED"), ("Apply", "RUNNING")]));
        steps.settle(None);
        let position = steps.position().unwrap();
        let (number, step) = position.step.unwrap();
        assert_eq!((number, step.name.as_str()), (2, "Apply"));
        assert_eq!(
            (position.workflow.total(), position.workflow.done()),
            (7, 1)
        );
        assert_eq!(position.workflow.kind.as_str(), "BUILD");
    }

    #[test]
    fn a_workflow_of_an_image_that_was_made_has_no_steps_to_come() {
        let mut steps = Steps::default();
        steps.list(&listed(&[("Launch", "RUNNING"), ("Apply", "PENDING")]));
        steps.settle(Some(ImageEnd::Made(None)));
        let workflow = &steps.workflows()[0];
        assert_eq!((workflow.done(), workflow.total()), (7, 7));
        let mut statuses = workflow.steps.iter().map(|step| step.status.as_str());
        assert!(statuses.all(|status| status == "COMPLETED"));
    }

    #[test]
    fn the_end_of_the_image_ends_its_steps() {
        let mut steps = Steps::default();
        steps.list(&listed(&[("Launch", "COMPLETED"), ("Apply", "RUNNING")]));
        steps.settle(None);
        let failed = steps.settle(Some(ImageEnd::Failed(None, Some("Apply"))));
        assert_eq!(names(&failed), [("Apply", "FAILED")]);
        let position = steps.position().unwrap();
        assert_eq!(position.step.unwrap().1.name.as_str(), "Apply");
        let made = steps.settle(Some(ImageEnd::Made(None)));
        assert_eq!(names(&made), [("Apply", "COMPLETED")]);
    }
}
