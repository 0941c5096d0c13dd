//! The lines of the build log that mark where something begins or ends. Two writers share the log, Image Builder's workflows
//! and the agent that runs the components; their words vary with the version, so a prefix is never required.

/// The longest line that marks something.
const LONGEST: usize = 1024;

/// A line that the other lines depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark<'a> {
    /// A workflow begins: its kind and its ARN.
    Workflow(&'a str, &'a str),
    /// The number of its steps.
    Total(usize),
    /// The next step of the workflow is about to begin: its name.
    NextStep(&'a str),
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

/// How every line begins that marks something.
const BEGINNINGS: [&str; 15] = [
    "Started ",
    "No 'if' ",
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
    if let Some(name) = line.strip_prefix("No 'if' conditions to evaluate for step: ") {
        return Some(Mark::NextStep(word(name)?));
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
pub(super) fn without_prefix(message: &str) -> &str {
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
pub(super) const WRITERS: [&str; 6] = [
    "CmdExecution",
    "Executor",
    "ExecuteBash",
    "ExecuteBinary",
    "ExecutePowerShell",
    "Setup",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_both_writers_are_read_with_and_without_a_prefix() {
        for (line, expected) in [
            (
                "Started step ApplyBuildComponents with action ExecuteComponents",
                Mark::Step("ApplyBuildComponents", Some("ExecuteComponents")),
            ),
            (
                "No 'if' conditions to evaluate for step: LaunchBuildInstance",
                Mark::NextStep("LaunchBuildInstance"),
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
            "No 'if' ",
            "conditions to evaluate for step: ",
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
}
