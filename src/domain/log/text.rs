//! What one line of the build log says: two writers share the log, Image Builder's workflows and the agent that runs the
//! components. Their words vary with the version, so a prefix is never required.

use crate::domain::log::LineClass;
use crate::text::safe::SafeText;

/// A line that the other lines depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark<'a> {
    Workflow(&'a str),
    /// A step of the workflow.
    Step(&'a str),
    /// A component begins.
    Document(&'a str),
    Phase(&'a str),
    /// A step of the component.
    ComponentStep(&'a str),
    ExitCode(i32),
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
    /// Takes the next line into account.
    pub(crate) fn advance(&mut self, message: &str) {
        let safe = |text: &str| Some(SafeText::new(text));
        match mark(message) {
            Some(Mark::Workflow(_)) => *self = Self::default(),
            Some(Mark::Step(name)) => {
                *self = Self {
                    step: safe(name),
                    ..Self::default()
                }
            }
            Some(Mark::Document(arn)) => {
                *self = Self {
                    step: self.step.take(),
                    component: safe(arn),
                    ..Self::default()
                }
            }
            Some(Mark::Phase(name)) => {
                self.phase = safe(name);
                self.component_step = None;
            }
            Some(Mark::ComponentStep(name)) => self.component_step = safe(name),
            Some(Mark::ExitCode(_)) | None => {}
        }
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

/// Reads a line that others depend on.
pub(crate) fn mark(message: &str) -> Option<Mark<'_>> {
    if let Some(rest) = message.strip_prefix("Started ") {
        if let Some(rest) = rest.strip_prefix("step ") {
            return word(rest).map(Mark::Step);
        }
        let (_, arn) = rest.split_once(" workflow ")?;
        return word(arn).map(Mark::Workflow);
    }
    let rest = without_prefix(message);
    let (kind, rest) = rest.split_once(' ')?;
    let one_word = || word(rest).filter(|word| word.len() == rest.trim_end().len());
    match kind {
        "Document" => one_word()
            .filter(|arn| arn.starts_with("arn:"))
            .map(Mark::Document),
        "Phase" => one_word().map(Mark::Phase),
        "Step" => one_word().map(Mark::ComponentStep),
        "ExitCode" => rest.trim().parse().ok().map(Mark::ExitCode),
        _ => None,
    }
}

fn word(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}

/// `CmdExecution: ExitCode 1` → `ExitCode 1`. The output of a command is left alone: it may say anything.
fn without_prefix(message: &str) -> &str {
    let Some((prefix, rest)) = message.split_once(": ") else {
        return message;
    };
    let is_writer = matches!(
        prefix,
        "CmdExecution" | "Executor" | "ExecuteBash" | "ExecuteBinary"
    );
    if is_writer { rest } else { message }
}

/// What only a failure says. Progress is written to the standard error too, so that alone is no error.
const ERRORS: [&str; 9] = [
    "FATAL:",
    "Mixlib::ShellOut::ShellCommandFailed",
    "Chef::Exceptions",
    "Error executing action",
    "completed execution with failure",
    "returned terminal state Failed",
    "No space left on device",
    "Could not resolve host",
    "Unable to bootstrap TOE",
];

pub(crate) fn classify(message: &str) -> LineClass {
    match mark(message) {
        Some(Mark::ExitCode(0)) => return LineClass::Output,
        Some(Mark::ExitCode(_)) => return LineClass::Error,
        Some(_) => return LineClass::Step,
        None => {}
    }
    if message.starts_with("Image transitioned to ") {
        return LineClass::Step;
    }
    let has_failed = message.starts_with("Document ") && message.trim_end().ends_with("failed!");
    if has_failed || ERRORS.iter().any(|words| message.contains(words)) {
        return LineClass::Error;
    }
    LineClass::Output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_both_writers_are_read_with_and_without_a_prefix() {
        for (line, expected) in [
            (
                "Started step ApplyBuildComponents with action ExecuteComponents",
                Mark::Step("ApplyBuildComponents"),
            ),
            (
                "Started BUILD workflow arn:aws:w/build/x",
                Mark::Workflow("arn:aws:w/build/x"),
            ),
            ("Document arn:aws:c/1", Mark::Document("arn:aws:c/1")),
            ("Phase build", Mark::Phase("build")),
            ("Step Install", Mark::ComponentStep("Install")),
            ("CmdExecution: ExitCode -1", Mark::ExitCode(-1)),
            ("ExitCode 0", Mark::ExitCode(0)),
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
    fn a_failure_is_an_error_and_the_standard_error_alone_is_none() {
        for error in [
            "CmdExecution: ExitCode 1",
            "Stderr: FATAL: x",
            "Document arn:aws:c/1 failed!",
            "TOE has completed execution with failure - Execution failed!",
        ] {
            assert_eq!(classify(error), LineClass::Error, "{error}");
        }
        for output in ["Stderr: warning: x", "Stdout: failed!", "ExitCode 0"] {
            assert_eq!(classify(output), LineClass::Output, "{output}");
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
            place.advance(line);
        }
        assert!(place.is_of("install") && place.is_of("Apply"));
        place.advance("Started step Next with action Y");
        assert!(place.is_of("Next") && place.component.is_none());
    }
}
