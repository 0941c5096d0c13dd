//! Derives the workflows and their steps from the build log: the service writes a line at each of their beginnings, and
//! AWSTOE, which runs the components on the instance, one at each document, phase and step of its own.
//!
//! Lines come in batches, older and late ones too, so the lines that matter are kept as marks in time order, and the
//! state is derived from all of them. The words are those of the known versions; unknown lines mark nothing.

use chrono::{DateTime, Utc};

use crate::domain::log::text;
use crate::domain::log_line::{LogPage, LogPart};
use crate::domain::steps::{Step, StepStatus, Workflow};
use crate::text::safe::SafeText;

/// The most marks that are kept. A build has some hundred.
const MAX_MARKS: usize = 8192;
/// The longest line that marks something.
const LONGEST: usize = 1024;

/// The meaning of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    /// A workflow begins: its kind and its ARN.
    Workflow(SafeText, SafeText),
    /// The number of its steps.
    Total(usize),
    /// A step begins: its name and its action.
    Step(SafeText, SafeText),
    /// The image has another stage.
    Stage(SafeText),
    /// AWSTOE begins a component, a phase of it, or a step of that.
    Document(SafeText),
    Phase(SafeText),
    ComponentStep(SafeText),
    Exit(i32),
    /// AWSTOE has failed.
    Failed,
}

impl Mark {
    /// Whether the workflows are made of it.
    fn is_of_workflow(&self) -> bool {
        matches!(
            self,
            Self::Workflow(..) | Self::Total(_) | Self::Step(..) | Self::Stage(_)
        )
    }
}

/// The place in a component that a build is at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComponentPosition {
    /// The ARN.
    pub component: Option<SafeText>,
    pub phase: Option<SafeText>,
    pub step: Option<SafeText>,
    pub since: Option<DateTime<Utc>>,
    /// The exit code of its command, once that has ended.
    pub exit_code: Option<i32>,
}

/// What the log tells of the workflows.
#[derive(Clone, Debug, Default)]
pub(super) struct LogSteps {
    /// In time order.
    marks: Vec<(DateTime<Utc>, Mark)>,
    pub(super) workflows: Vec<Workflow>,
    /// The component that runs, while one does.
    pub(super) component: Option<ComponentPosition>,
    /// The command that failed.
    pub(super) failed: Option<ComponentPosition>,
    /// The time of the newest line.
    pub(super) last_line: Option<DateTime<Utc>>,
}

impl LogSteps {
    /// Takes new lines.
    pub(super) fn add(&mut self, page: &LogPage) {
        let marked = page.lines.iter().filter_map(|line| {
            let mark = read(line.message.as_str())?;
            Some((line.timestamp, mark))
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
        self.marks.retain(|(_, mark)| {
            index += 1;
            index > old || mark.is_of_workflow()
        });
        if self.marks.len() > MAX_MARKS {
            self.marks.drain(..self.marks.len() - MAX_MARKS / 2);
        }
    }

    fn derive(&mut self) {
        let mut state = State::default();
        for (at, mark) in &self.marks {
            state.apply(*at, mark);
        }
        self.workflows = state.workflows;
        self.component = Some(state.component).filter(|position| position.component.is_some());
        self.failed = state.failed;
    }
}

#[derive(Default)]
struct State {
    workflows: Vec<Workflow>,
    component: ComponentPosition,
    failed: Option<ComponentPosition>,
    /// AWSTOE has failed in the step that runs.
    is_failing: bool,
}

impl State {
    fn apply(&mut self, at: DateTime<Utc>, mark: &Mark) {
        match mark {
            Mark::Workflow(kind, arn) => {
                self.end_workflow(at);
                self.workflows.push(Workflow {
                    kind: kind.clone(),
                    status: StepStatus::new("RUNNING"),
                    started_at: Some(at),
                    ..Workflow::of_arn(arn.as_str())
                });
            }
            Mark::Total(total) => self.workflow(at).total = Some(*total),
            Mark::Step(name, action) => {
                self.end_step(at);
                self.begin_step(at, name, action);
            }
            Mark::Stage(stage) => match stage.as_str() {
                "FAILED" | "CANCELLED" => {
                    self.is_failing = true;
                    self.end_workflow(at);
                }
                "TESTING" | "DISTRIBUTING" | "INTEGRATING" | "AVAILABLE" => self.end_workflow(at),
                _ => {}
            },
            Mark::Document(arn) => {
                self.component = ComponentPosition {
                    component: Some(arn.clone()),
                    since: Some(at),
                    ..ComponentPosition::default()
                };
            }
            Mark::Phase(phase) => {
                self.component.phase = Some(phase.clone());
                self.component.step = None;
                self.component.exit_code = None;
                self.component.since = Some(at);
            }
            Mark::ComponentStep(step) => {
                self.component.step = Some(step.clone());
                self.component.exit_code = None;
                self.component.since = Some(at);
            }
            Mark::Exit(code) => {
                self.component.exit_code = Some(*code);
                if *code != 0 {
                    self.failed = Some(self.component.clone());
                }
            }
            Mark::Failed => self.is_failing = true,
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

    fn begin_step(&mut self, at: DateTime<Utc>, name: &SafeText, action: &SafeText) {
        let workflow = self.workflow(at);
        let attempt = workflow.steps.iter().find(|step| step.name == *name);
        let attempt = attempt.map(|step| step.attempt.unwrap_or(1).saturating_add(1));
        workflow.steps.retain(|step| step.name != *name);
        workflow.steps.push(Step {
            name: name.clone(),
            action: Some(action.clone()),
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

/// The mark that a line is, if it is one.
fn read(message: &str) -> Option<Mark> {
    let line = message.lines().next()?.trim();
    if line.len() > LONGEST {
        return None;
    }
    of_service(line).or_else(|| of_toe(line))
}

/// A line of the service.
fn of_service(line: &str) -> Option<Mark> {
    if let Some(rest) = line.strip_prefix("Started step ") {
        let (name, action) = rest.split_once(" with action ")?;
        return Some(Mark::Step(word(name)?, word(action)?));
    }
    if let Some(rest) = line.strip_prefix("Started ") {
        let (kind, arn) = rest.split_once(" workflow ")?;
        return Some(Mark::Workflow(word(kind)?, word(arn)?));
    }
    if let Some(rest) = line.strip_prefix("Total ") {
        let (count, _) = rest.split_once(" steps to run for workflow ")?;
        return Some(Mark::Total(count.parse().ok()?));
    }
    let rest = line.strip_prefix("Image transitioned to ")?;
    let (stage, _) = rest.split_once(" state")?;
    Some(Mark::Stage(word(stage)?))
}

/// A line of AWSTOE.
fn of_toe(line: &str) -> Option<Mark> {
    if line.starts_with("TOE has completed execution with failure") {
        return Some(Mark::Failed);
    }
    let safe = SafeText::new;
    Some(match text::mark(line)? {
        text::Mark::Document(arn) => Mark::Document(safe(arn)),
        text::Mark::Phase(name) => Mark::Phase(safe(name)),
        text::Mark::ComponentStep(name) => Mark::ComponentStep(safe(name)),
        text::Mark::ExitCode(code) => Mark::Exit(code),
        text::Mark::Workflow(_) | text::Mark::Step(_) => return None,
    })
}

/// A single word: a line with more is a text.
fn word(text: &str) -> Option<SafeText> {
    let text = text.trim();
    let is_word = !text.is_empty() && !text.contains(char::is_whitespace);
    is_word.then(|| SafeText::new(text))
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
            })
        };
        LogPage {
            lines: lines.iter().map(line).collect(),
            part,
            state: LogState::Reading,
            has_first: true,
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
    fn a_failed_command_fails_its_step_and_is_kept() {
        let steps = read_all(&[page(LogPart::Newer, &borrowed(&lines()))]);
        assert_eq!(statuses(&steps)[1].1, "FAILED");
        assert_eq!(steps.workflows[0].status.as_str(), "FAILED");
        let failed = steps.failed.unwrap();
        assert_eq!(failed.exit_code, Some(1));
        assert_eq!(failed.step.unwrap().as_str(), "InstallPClusterPackages");
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
                assert_eq!(other.failed, whole.failed, "{cut}");
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
