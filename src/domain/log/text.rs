//! What a line of the build log says: whether it is the output of a command, and whether it is an error, the end of a
//! command or the words that explain one.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::log::LineClass;
use crate::domain::log::mark::{Mark, WRITERS, mark, without_prefix};
use crate::domain::reason::parse::compiled;

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
        Some(Mark::Total(_) | Mark::NextStep(_)) => return LineClass::Output,
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
    use super::*;

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
}
