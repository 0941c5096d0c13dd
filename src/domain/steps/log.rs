//! Derives the workflows and their steps from the build log: the service writes a line at each of their beginnings, and
//! AWSTOE, which runs the components on the instance, one at each document, phase and step of its own.
//!
//! Lines come in batches, older and late ones too, so the lines that matter are kept as marks in time order, and the
//! state is derived from all of them. The words are those of the known versions; unknown lines mark nothing.

use chrono::{DateTime, Utc};

use crate::domain::log::mark::{Mark, mark};
use crate::domain::log_line::{LogPage, LogPart};
use crate::domain::steps::outline::{Outline, OutlineItem};
use crate::domain::steps::{Step, StepStatus, Workflow};
use crate::text::safe::SafeText;

/// The most marks that are kept. A build has some hundred.
const MAX_MARKS: usize = 8192;

/// Whether the workflows are made of a mark.
fn is_of_workflow(message: &SafeText) -> bool {
    matches!(
        mark(message.as_str()),
        Some(Mark::Workflow(..) | Mark::Total(_) | Mark::Step(..) | Mark::Stage(_))
    )
}

/// The place in a component that a build is at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComponentPosition {
    /// The ARN.
    pub component: Option<SafeText>,
    pub phase: Option<SafeText>,
    pub step: Option<SafeText>,
    pub since: Option<DateTime<Utc>>,
}

/// What the log tells of the workflows.
#[derive(Clone, Debug, Default)]
pub(super) struct LogSteps {
    /// The lines that mark something, in time order.
    marks: Vec<(DateTime<Utc>, SafeText)>,
    pub(super) workflows: Vec<Workflow>,
    /// The component that runs, while one does.
    pub(super) component: Option<ComponentPosition>,
    pub(super) outline: Vec<OutlineItem>,
    /// The time of the newest line.
    pub(super) last_line: Option<DateTime<Utc>>,
}

impl LogSteps {
    /// Takes new lines.
    pub(super) fn add(&mut self, page: &LogPage) {
        // A line that is read again is known.
        let new = page.lines.iter().filter(|line| !line.again);
        let marked = new.filter_map(|line| {
            mark(line.message.as_str())?;
            Some((line.timestamp, line.message.clone()))
        });
        let marked: Vec<_> = marked.collect();
        let newest = page.lines.iter().map(|line| line.timestamp).max();
        self.last_line = self.last_line.max(newest);
        if marked.is_empty() {
            return;
        }
        match page.part {
            LogPart::Newer => self.marks.extend(marked),
            LogPart::Older => drop(self.marks.splice(..0, marked)),
            LogPart::Late => {
                for (at, mark) in marked {
                    let place = self.marks.partition_point(|(known, _)| *known <= at);
                    self.marks.insert(place, (at, mark));
                }
            }
        }
        self.limit();
        self.derive();
    }

    /// Forgets old marks where there are too many: those within components first.
    fn limit(&mut self) {
        if self.marks.len() <= MAX_MARKS {
            return;
        }
        let old = self.marks.len() - MAX_MARKS / 2;
        let mut index = 0;
        self.marks.retain(|(_, message)| {
            index += 1;
            index > old || is_of_workflow(message)
        });
        if self.marks.len() > MAX_MARKS {
            self.marks.drain(..self.marks.len() - MAX_MARKS / 2);
        }
    }

    fn derive(&mut self) {
        let mut state = State::default();
        let mut outline = Outline::default();
        for (at, message) in &self.marks {
            if let Some(mark) = mark(message.as_str()) {
                state.apply(*at, mark);
                outline.apply(*at, mark);
            }
        }
        self.outline = outline.into_items();
        self.workflows = state.workflows;
        self.component = Some(state.component).filter(|position| position.component.is_some());
    }
}

#[derive(Default)]
struct State {
    workflows: Vec<Workflow>,
    component: ComponentPosition,
    /// AWSTOE has failed in the step that runs.
    is_failing: bool,
}

impl State {
    fn apply(&mut self, at: DateTime<Utc>, mark: Mark<'_>) {
        let safe = |text: &str| Some(SafeText::new(text));
        match mark {
            Mark::Workflow(kind, arn) => {
                self.end_workflow(at);
                self.workflows.push(Workflow {
                    kind: SafeText::new(kind),
                    status: StepStatus::new("RUNNING"),
                    started_at: Some(at),
                    ..Workflow::of_arn(arn)
                });
            }
            Mark::Total(total) => self.workflow(at).total = Some(total),
            Mark::Step(name, action) => {
                self.end_step(at);
                self.begin_step(at, SafeText::new(name), action.map(SafeText::new));
            }
            Mark::Stage("FAILED" | "CANCELLED") => {
                self.is_failing = true;
                self.end_workflow(at);
            }
            Mark::Stage("TESTING" | "DISTRIBUTING" | "INTEGRATING" | "AVAILABLE") => {
                self.end_workflow(at);
            }
            Mark::Document(arn) => {
                self.component = ComponentPosition {
                    component: safe(arn),
                    since: Some(at),
                    ..ComponentPosition::default()
                };
            }
            Mark::Phase(phase) => {
                self.component.phase = safe(phase);
                self.component.step = None;
                self.component.since = Some(at);
            }
            Mark::ComponentStep(step) => {
                self.component.step = safe(step);
                self.component.since = Some(at);
            }
            Mark::Failed => self.is_failing = true,
            Mark::Stage(_) | Mark::NextStep(_) | Mark::ExitCode(_) | Mark::Succeeded => {}
        }
    }

    /// The workflow in progress. The log may begin in the middle of one, without its name.
    fn workflow(&mut self, at: DateTime<Utc>) -> &mut Workflow {
        let is_running = |workflow: &Workflow| !workflow.status.has_ended();
        if !self.workflows.last().is_some_and(is_running) {
            self.workflows.push(Workflow {
                status: StepStatus::new("RUNNING"),
                started_at: Some(at),
                ..Workflow::default()
            });
        }
        let last = self.workflows.len() - 1;
        &mut self.workflows[last]
    }

    fn begin_step(&mut self, at: DateTime<Utc>, name: SafeText, action: Option<SafeText>) {
        let workflow = self.workflow(at);
        let attempt = workflow.steps.iter().find(|step| step.name == name);
        let attempt = attempt.map(|step| step.attempt.unwrap_or(1).saturating_add(1));
        workflow.steps.retain(|step| step.name != name);
        workflow.steps.push(Step {
            name,
            action,
            status: StepStatus::new("RUNNING"),
            started_at: Some(at),
            attempt,
            ..Step::default()
        });
    }

    fn end_step(&mut self, at: DateTime<Utc>) {
        let is_failing = std::mem::take(&mut self.is_failing);
        self.component = ComponentPosition::default();
        let Some(workflow) = self.workflows.last_mut() else {
            return;
        };
        if let Some(step) = workflow.steps.last_mut()
            && step.status.is_running()
        {
            step.status = StepStatus::new(if is_failing { "FAILED" } else { "COMPLETED" });
            step.ended_at = Some(at);
        }
    }

    fn end_workflow(&mut self, at: DateTime<Utc>) {
        self.end_step(at);
        let Some(workflow) = self.workflows.last_mut() else {
            return;
        };
        if workflow.status.is_running() {
            let mut steps = workflow.steps.iter();
            let has_failed = steps.any(|step| step.status.as_str() == "FAILED");
            workflow.status = StepStatus::new(if has_failed { "FAILED" } else { "COMPLETED" });
            workflow.ended_at = Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeDelta;

    use super::*;
    use crate::domain::log_line::{LogLine, LogState};

    const WORKFLOW: &str =
        "arn:aws:imagebuilder:us-east-2:813215560771:workflow/build/build-image/1.0.3/1";
    const DOCUMENT: &str =
        "arn:aws:imagebuilder:us-east-2:1:component/parallelclusterimage-x/3.16.1/1";

    fn page(part: LogPart, lines: &[(i64, &str)]) -> LogPage {
        let line = |(second, text): &(i64, &str)| {
            Arc::new(LogLine {
                timestamp: DateTime::UNIX_EPOCH + TimeDelta::seconds(*second),
                ingested_at: None,
                message: LogLine::text(text),
                stream: SafeText::new("3.16.1/1"),
                late: false,
                again: false,
            })
        };
        LogPage {
            lines: lines.iter().map(line).collect(),
            part,
            state: LogState::Reading,
            has_first: true,
            restarts: false,
        }
    }

    fn lines() -> Vec<(i64, String)> {
        let texts = [
            format!("Started BUILD workflow {WORKFLOW}"),
            format!("Total 7 steps to run for workflow {WORKFLOW}"),
            "Started step LaunchBuildInstance with action LaunchInstance".to_owned(),
            "Launched instance (instance id: i-0123)".to_owned(),
            "Started step ApplyBuildComponents with action ExecuteComponents".to_owned(),
            "Executor: STARTED EXECUTION OF ALL DOCUMENTS".to_owned(),
            format!("Document {DOCUMENT}"),
            "Phase build".to_owned(),
            "Step InstallPClusterPackages".to_owned(),
            "Stdout: Step 2".to_owned(),
            "Stdout: Phase two".to_owned(),
            "Step 1 of 5".to_owned(),
            "CmdExecution: ExitCode 1".to_owned(),
            "TOE has completed execution with failure - Execution failed!".to_owned(),
            "Image transitioned to FAILED state for Image ARN: arn:x".to_owned(),
        ];
        (0..).zip(texts).collect()
    }

    fn read_all(pages: &[LogPage]) -> LogSteps {
        let mut steps = LogSteps::default();
        for page in pages {
            steps.add(page);
        }
        steps
    }

    fn borrowed(lines: &[(i64, String)]) -> Vec<(i64, &str)> {
        lines
            .iter()
            .map(|(at, text)| (*at, text.as_str()))
            .collect()
    }

    fn statuses(steps: &LogSteps) -> Vec<(String, String)> {
        let steps = steps.workflows.iter().flat_map(|workflow| &workflow.steps);
        steps
            .map(|step| (step.name.to_string(), step.status.as_str().to_owned()))
            .collect()
    }

    #[test]
    fn the_position_is_followed_down_to_the_command() {
        let lines = lines();
        let before_exit = read_all(&[page(LogPart::Newer, &borrowed(&lines[..12]))]);
        let component = before_exit.component.clone().unwrap();
        assert_eq!(component.component.unwrap().as_str(), DOCUMENT);
        assert_eq!(component.phase.unwrap().as_str(), "build");
        assert_eq!(component.step.unwrap().as_str(), "InstallPClusterPackages");
        let workflow = &before_exit.workflows[0];
        assert_eq!(
            (workflow.name.as_str(), workflow.total),
            ("build-image", Some(7))
        );
        assert_eq!(workflow.kind.as_str(), "BUILD");
        assert_eq!(
            statuses(&before_exit),
            [
                ("LaunchBuildInstance".to_owned(), "COMPLETED".to_owned()),
                ("ApplyBuildComponents".to_owned(), "RUNNING".to_owned()),
            ]
        );
    }

    #[test]
    fn a_failed_command_fails_its_step() {
        let steps = read_all(&[page(LogPart::Newer, &borrowed(&lines()))]);
        assert_eq!(statuses(&steps)[1].1, "FAILED");
        assert_eq!(steps.workflows[0].status.as_str(), "FAILED");
    }

    #[test]
    fn the_order_in_which_lines_come_does_not_matter() {
        let lines = lines();
        let whole = read_all(&[page(LogPart::Newer, &borrowed(&lines))]);
        for cut in 1..lines.len() {
            let (older, newer) = lines.split_at(cut);
            let backwards = read_all(&[
                page(LogPart::Newer, &borrowed(newer)),
                page(LogPart::Older, &borrowed(older)),
            ]);
            let late = read_all(&[
                page(LogPart::Newer, &borrowed(newer)),
                page(LogPart::Late, &borrowed(older)),
            ]);
            for other in [backwards, late] {
                assert_eq!(other.workflows, whole.workflows, "{cut}");
            }
        }
    }

    #[test]
    fn a_flood_of_marks_is_bounded_and_the_workflows_stay() {
        let mut steps = read_all(&[page(LogPart::Newer, &borrowed(&lines()[..8]))]);
        for second in 0..30 {
            let flood: Vec<_> = (0..1000).map(|_| (100 + second, "Step again")).collect();
            steps.add(&page(LogPart::Newer, &flood));
            assert!(steps.marks.len() <= MAX_MARKS);
        }
        assert_eq!(steps.workflows[0].name.as_str(), "build-image");
        assert_eq!(steps.workflows[0].steps.len(), 2);
    }
}
