//! What one line of the build log says: two writers share the log, Image Builder's workflows and the agent that runs the
//! components. Their words vary with the version, so a prefix is never required.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use regex::Regex;

use crate::domain::log::LineClass;
use crate::domain::log_line::LogLine;
use crate::domain::reason::parse::compiled;
use crate::text::safe::SafeText;

/// The longest line that marks something.
const LONGEST: usize = 1024;

/// A line that the other lines depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark<'a> {
    /// A workflow begins: its kind and its ARN.
    Workflow(&'a str, &'a str),
    /// The number of its steps.
    Total(usize),
    /// A step of the workflow: its name and its action.
    Step(&'a str, Option<&'a str>),
    /// The image has another stage.
    Stage(&'a str),
    /// A component begins.
    Document(&'a str),
    Phase(&'a str),
    /// A step of the component.
    ComponentStep(&'a str),
    ExitCode(i32),
    /// All components have been run.
    Succeeded,
    Failed,
}

/// The place of a line, by those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinePlace {
    /// The step of the workflow.
    pub(crate) step: Option<SafeText>,
    pub(crate) component: Option<SafeText>,
    pub(crate) phase: Option<SafeText>,
    pub(crate) component_step: Option<SafeText>,
}

impl LinePlace {
    /// Takes the mark of the next line into account. Whether another place begins there.
    pub(crate) fn enter(&mut self, mark: Mark<'_>) -> bool {
        let safe = |text: &str| Some(SafeText::new(text));
        match mark {
            Mark::Workflow(..) => *self = Self::default(),
            Mark::Step(name, _) => {
                *self = Self {
                    step: safe(name),
                    ..Self::default()
                }
            }
            Mark::Document(arn) => {
                *self = Self {
                    step: self.step.take(),
                    component: safe(arn),
                    ..Self::default()
                }
            }
            Mark::Phase(name) => {
                self.phase = safe(name);
                self.component_step = None;
            }
            Mark::ComponentStep(name) => self.component_step = safe(name),
            Mark::Total(_)
            | Mark::Stage(_)
            | Mark::ExitCode(_)
            | Mark::Succeeded
            | Mark::Failed => return false,
        }
        true
    }

    /// Whether the line is of the step, of the workflow's or of a component's.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        let is_named = |text: &Option<SafeText>| {
            text.as_ref()
                .is_some_and(|text| text.as_str().eq_ignore_ascii_case(name))
        };
        is_named(&self.step) || is_named(&self.component_step)
    }
}

/// The places of a log that is read once: a line that comes late belongs to where the log was then.
#[derive(Debug, Default)]
pub(crate) struct LinePlaces {
    /// Each place, with the time at which it begins.
    begun: Vec<(DateTime<Utc>, LinePlace)>,
    /// The place before the first of them.
    before: LinePlace,
}

impl LinePlaces {
    /// The place of the next line.
    pub(crate) fn of(&mut self, line: &LogLine) -> &LinePlace {
        if line.late {
            return self.at(line.timestamp);
        }
        if let Some(mark) = mark(line.message.as_str()) {
            let mut place = self.now().clone();
            if place.enter(mark) {
                self.begun.push((line.timestamp, place));
            }
        }
        self.now()
    }

    /// The names of the steps, of the workflows and of the components, each once, in their order.
    pub(crate) fn steps(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for (_, place) in &self.begun {
            for name in [&place.step, &place.component_step].into_iter().flatten() {
                if !names.contains(&name.as_str()) {
                    names.push(name.as_str());
                }
            }
        }
        names
    }

    fn now(&self) -> &LinePlace {
        self.begun.last().map_or(&self.before, |(_, place)| place)
    }

    fn at(&self, time: DateTime<Utc>) -> &LinePlace {
        let after = self.begun.partition_point(|(began, _)| *began <= time);
        let last = after.checked_sub(1).and_then(|last| self.begun.get(last));
        last.map_or(&self.before, |(_, place)| place)
    }
}

/// How every line begins that marks something.
const BEGINNINGS: [&str; 14] = [
    "Started ",
    "Step ",
    "Setup: ",
    "Total ",
    "TOE has ",
    "Image transitioned to ",
    "Document ",
    "Phase ",
    "ExitCode ",
    "ExecuteBash: ",
    "ExecuteBinary: ",
    "ExecutePowerShell: ",
    "Executor: ",
    "CmdExecution: ",
];

/// Reads a line that others depend on. Of a message of several lines, the first one counts.
pub(crate) fn mark(message: &str) -> Option<Mark<'_>> {
    may_mark(message).then(|| read_mark(message))?
}

/// Whether a line may mark something: few do, so the others are told by their first word.
fn may_mark(message: &str) -> bool {
    let begin = message.trim_start_matches(' ');
    begin.starts_with(char::is_whitespace)
        || BEGINNINGS.iter().any(|known| begin.starts_with(known))
}

fn read_mark(message: &str) -> Option<Mark<'_>> {
    let line = message.lines().next()?.trim();
    if line.len() > LONGEST {
        return None;
    }
    of_service(line).or_else(|| of_agent(line))
}

/// A line of Image Builder's workflows.
fn of_service(line: &str) -> Option<Mark<'_>> {
    if let Some(rest) = line.strip_prefix("Started step ") {
        return match rest.split_once(" with action ") {
            Some((name, action)) => Some(Mark::Step(word(name)?, Some(word(action)?))),
            None => Some(Mark::Step(word(rest)?, None)),
        };
    }
    if let Some(rest) = line.strip_prefix("Started ") {
        let (kind, arn) = rest.split_once(" workflow ")?;
        let arn = arn.split_whitespace().next()?;
        let is_arn = arn.starts_with("arn:");
        return is_arn.then_some(Mark::Workflow(word(kind)?, arn));
    }
    if let Some(rest) = line.strip_prefix("Total ") {
        let (count, _) = rest.split_once(" steps to run for workflow ")?;
        return Some(Mark::Total(count.parse().ok()?));
    }
    let rest = line.strip_prefix("Image transitioned to ")?;
    let (stage, _) = rest.split_once(" state")?;
    Some(Mark::Stage(word(stage)?))
}

/// A line of the agent that runs the components.
fn of_agent(line: &str) -> Option<Mark<'_>> {
    if line.starts_with("TOE has completed execution with failure") {
        return Some(Mark::Failed);
    }
    if line.starts_with("TOE has completed execution successfully") {
        return Some(Mark::Succeeded);
    }
    let (kind, rest) = without_prefix(line).split_once(' ')?;
    match kind {
        "Document" => word(rest)
            .filter(|arn| arn.starts_with("arn:"))
            .map(Mark::Document),
        "Phase" => word(rest).map(Mark::Phase),
        "Step" => word(rest).map(Mark::ComponentStep),
        "ExitCode" => rest.trim().parse().ok().map(Mark::ExitCode),
        _ => None,
    }
}

/// A single word: a line with more is a text.
fn word(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && !text.contains(char::is_whitespace)).then_some(text)
}

/// `CmdExecution: ExitCode 1` → `ExitCode 1`. The output of a command is left alone: it may say anything.
fn without_prefix(message: &str) -> &str {
    let Some((prefix, rest)) = message.split_once(": ") else {
        return message;
    };
    if WRITERS.contains(&prefix) {
        rest
    } else {
        message
    }
}

/// The parts of the agent that write lines of their own.
const WRITERS: [&str; 6] = [
    "CmdExecution",
    "Executor",
    "ExecuteBash",
    "ExecuteBinary",
    "ExecutePowerShell",
    "Setup",
];

/// The exit codes by which a command asks for a restart of the instance: after that it runs again.
pub(crate) const fn asks_for_restart(code: i32) -> bool {
    matches!(code, 194 | 3010)
}

/// What a command has written: to its standard error or its standard output.
pub(crate) fn output(message: &str) -> Option<(bool, &str)> {
    let rest = without_prefix(message);
    if let Some(text) = rest.strip_prefix("Stderr:") {
        return Some((true, text.trim()));
    }
    if let Some(text) = rest.strip_prefix("Stdout:") {
        return Some((false, text.trim()));
    }
    // The later lines of an output have no prefix.
    let is_agent = rest.len() != message.len()
        || mark(message).is_some()
        || WRITERS.iter().any(|prefix| {
            let rest = message.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.starts_with(':'))
        });
    (!is_agent).then(|| (false, message.trim()))
}

/// What only a failure says. Progress is written to the standard error too, so that alone is no error. As one expression,
/// all are looked for at once.
static ERRORS: LazyLock<Regex> = LazyLock::new(|| {
    compiled(concat!(
        "FATAL:|Mixlib::ShellOut::ShellCommandFailed|Chef::Exceptions|Error executing action|",
        "completed execution with failure|returned terminal state|No space left on device|",
        "Could not resolve host|Unable to bootstrap TOE",
    ))
});

/// What a failure may say, and a warning too.
const HINTS: [&str; 14] = [
    "error",
    "fail",
    "fatal",
    "unable to",
    "cannot",
    "can't",
    "could not",
    "couldn't",
    "denied",
    "not authorized",
    "not found",
    "no such",
    "timed out",
    "invalid",
];

/// Whether a line that is no error by itself says why a command has failed.
pub(crate) fn may_explain(message: &str) -> bool {
    let text = message.to_ascii_lowercase();
    text.starts_with("e: ") || HINTS.iter().any(|words| text.contains(words))
}

/// Whether an error only says that an earlier one has ended the build.
pub(crate) fn is_summary(message: &str) -> bool {
    mark(message) == Some(Mark::Failed)
        || is_failed_document(message)
        || message.contains("returned terminal state")
}

/// `Document arn:… failed!`
fn is_failed_document(message: &str) -> bool {
    message.starts_with("Document ") && message.trim_end().ends_with("failed!")
}

pub(crate) fn classify(message: &str) -> LineClass {
    match mark(message) {
        Some(Mark::ExitCode(code)) if code == 0 || asks_for_restart(code) => return LineClass::End,
        Some(Mark::Succeeded) => return LineClass::End,
        Some(Mark::ExitCode(_) | Mark::Failed) => return LineClass::Error,
        Some(Mark::Total(_)) => return LineClass::Output,
        Some(_) => return LineClass::Step,
        None => {}
    }
    // Image Builder's own word on a step of a workflow.
    let has_timed_out = message.starts_with("Step ") && message.trim_end().ends_with(" timed out");
    let is_error = is_failed_document(message) || has_timed_out || ERRORS.is_match(message);
    if is_error {
        return LineClass::Error;
    }
    LineClass::Output
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_late_line_is_of_the_step_that_was_running_then() {
        let line = |second, message: &str, late| LogLine {
            timestamp: DateTime::UNIX_EPOCH + TimeDelta::seconds(second),
            ingested_at: None,
            message: SafeText::new(message),
            stream: SafeText::new("3.16.1/1"),
            late,
            again: false,
        };
        let mut places = LinePlaces::default();
        for (second, message) in [(1, "Step Install"), (2, "x"), (5, "Step Clean"), (6, "y")] {
            places.of(&line(second, message, false));
        }
        let step = |second, places: &mut LinePlaces| {
            let place = places.of(&line(second, "late", true)).clone();
            place.component_step.map(|step| step.as_str().to_owned())
        };
        for (second, expected) in [
            (0, None),
            (1, Some("Install")),
            (4, Some("Install")),
            (9, Some("Clean")),
        ] {
            assert_eq!(step(second, &mut places).as_deref(), expected, "{second} s");
        }
        assert_eq!(places.steps(), ["Install", "Clean"]);
    }

    #[test]
    fn the_lines_of_both_writers_are_read_with_and_without_a_prefix() {
        for (line, expected) in [
            (
                "Started step ApplyBuildComponents with action ExecuteComponents",
                Mark::Step("ApplyBuildComponents", Some("ExecuteComponents")),
            ),
            (
                "Started BUILD workflow arn:aws:w/build/x",
                Mark::Workflow("BUILD", "arn:aws:w/build/x"),
            ),
            ("Document arn:aws:c/1", Mark::Document("arn:aws:c/1")),
            ("Phase build", Mark::Phase("build")),
            ("Step Install", Mark::ComponentStep("Install")),
            ("CmdExecution: ExitCode -1", Mark::ExitCode(-1)),
            ("ExitCode 0", Mark::ExitCode(0)),
            (
                "Image transitioned to FAILED state for Image ARN: arn:x",
                Mark::Stage("FAILED"),
            ),
        ] {
            assert_eq!(mark(line), Some(expected), "{line}");
        }
        for other in [
            "Stdout: Step Install",
            "Step by step",
            "Phase",
            "Document failed!",
            "",
            "ExitCode x",
        ] {
            assert_eq!(mark(other), None, "{other}");
        }
    }

    #[test]
    fn the_beginning_of_a_line_tells_that_it_marks_nothing() {
        let words = [
            "Started ",
            "step",
            "BUILD",
            " workflow ",
            "arn:aws:w/1",
            " with action ",
            "Step ",
            "Setup: ",
            "Total ",
            "7 steps to run for workflow x",
            "TOE has completed execution ",
            "with failure",
            "successfully",
            "Image transitioned to FAILED state",
            "Document ",
            "Phase ",
            "build",
            "ExitCode ",
            "1",
            "ExecuteBash: ",
            "ExecuteBinary: ",
            "ExecutePowerShell: ",
            "Executor: ",
            "CmdExecution: ",
            "Stdout: ",
            " ",
            "\t",
            "\n",
            "\u{3000}",
        ];
        let mut random = fastrand::Rng::with_seed(7);
        let mut marks = 0;
        for _ in 0..200_000 {
            let parts = 1 + random.usize(..4);
            let line: String = (0..parts)
                .map(|_| words[random.usize(..words.len())])
                .collect();
            let expected = read_mark(&line);
            assert_eq!(mark(&line), expected, "{line:?}");
            marks += usize::from(expected.is_some());
        }
        assert!(marks > 1_000, "{marks}");
    }

    #[test]
    fn a_failure_is_an_error_and_the_standard_error_alone_is_none() {
        for error in [
            "CmdExecution: ExitCode 1",
            "Stderr: FATAL: x",
            "Document arn:aws:c/1 failed!",
            "TOE has completed execution with failure - Execution failed!",
        ] {
            assert_eq!(classify(error), LineClass::Error, "{error}");
        }
        for output in ["Stderr: warning: x", "Stdout: failed!"] {
            assert_eq!(classify(output), LineClass::Output, "{output}");
        }
        for end in ["ExitCode 0", "CmdExecution: ExitCode 194"] {
            assert_eq!(classify(end), LineClass::End, "{end}");
        }
    }

    #[test]
    fn the_output_of_a_command_is_told_from_the_words_of_the_agent() {
        for (line, expected) in [
            ("CmdExecution: Stderr: Error: x", Some((true, "Error: x"))),
            ("Stdout: y", Some((false, "y"))),
            (
                "  a line without a prefix",
                Some((false, "a line without a prefix")),
            ),
            ("ExecuteBash: STARTED EXECUTION", None),
            ("Phase build", None),
        ] {
            assert_eq!(output(line), expected, "{line}");
        }
    }

    #[test]
    fn a_place_is_left_when_the_next_one_begins() {
        let mut place = LinePlace::default();
        for line in [
            "Started step Apply with action X",
            "Document arn:c",
            "Phase build",
            "Step Install",
        ] {
            place.enter(mark(line).unwrap());
        }
        assert!(place.is_of("install") && place.is_of("Apply"));
        place.enter(mark("Started step Next with action Y").unwrap());
        assert!(place.is_of("Next") && place.component.is_none());
    }
}
