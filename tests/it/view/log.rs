//! The view of the build log, as whole frames, and what other views show of it.

use std::fmt::Write as _;
use std::sync::Arc;

use bakewatch::testing::domain::{LogLine, LogPage, LogPart, LogState, Seen};
use bakewatch::testing::text::SafeText;
use chrono::TimeDelta;
use insta::assert_snapshot;
use ratatui::buffer::Cell;

use crate::support::builds;
use crate::support::frame::{COLOUR, PLAIN, draw, frame, lines};
use crate::support::story::Story;

const LINES: [&str; 20] = [
    "Image transitioned to BUILDING state for Image ARN: arn:x",
    "Started BUILD workflow arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/1.0.3/1",
    "Total 7 steps to run for workflow arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/1.0.3/1",
    "Started step LaunchBuildInstance with action LaunchInstance",
    "Launched instance (instance id: i-0123)",
    "Started step ApplyBuildComponents with action ExecuteComponents",
    "Executor: STARTED EXECUTION OF ALL DOCUMENTS",
    "Document arn:aws:imagebuilder:us-east-1:123456789012:component/parallelclusterimage-script-0-x/3.16.1/1",
    "Phase build",
    "Step Download",
    "Stdout: a file",
    "ExitCode 0",
    "Step RunScript",
    "Stdout: begins",
    "Stderr: + dnf -y install lab-tools",
    "Stderr: my-tool: cannot open /etc/my-tool.conf",
    "CmdExecution: ExitCode 17",
    "ExecuteBash: FINISHED EXECUTION",
    "TOE has completed execution with failure - Execution failed!",
    "Image transitioned to FAILED state for Image ARN: arn:x",
];

/// A failed build whose log has these lines, one a minute.
fn failed_with(texts: &[&str], has_first: bool, (width, height): (u16, u16)) -> Story {
    let mut story = builds::failed(width, height);
    let end = story.model.now;
    let count = i64::try_from(texts.len()).unwrap();
    let line = |(number, text): (i64, &&str)| {
        Arc::new(LogLine {
            timestamp: end - TimeDelta::minutes(count - number),
            ingested_at: None,
            message: LogLine::text(text),
            stream: SafeText::new("3.16.1/1"),
            late: false,
            again: false,
        })
    };
    let page = LogPage {
        lines: (0..).zip(texts).map(line).collect(),
        part: LogPart::Newer,
        state: LogState::Complete,
        has_first,
        restarts: false,
    };
    story.observe(Seen::Log(page));
    story
}

#[test]
fn the_log_of_a_failed_build_in_colours_at_every_size() {
    let mut sheet = String::new();
    for (width, height) in [(40, 12), (80, 24), (140, 36)] {
        let mut story = failed_with(&LINES, true, (width, height));
        story.keys("4");
        let frame = frame(&story.model, &COLOUR);
        let _ = write!(sheet, "== {width}x{height}\n{frame}\n");
    }
    assert_snapshot!(sheet);
}

fn text(story: &Story) -> String {
    lines(&draw(&story.model, &PLAIN)).join("\n")
}

#[test]
fn the_first_screen_has_the_step_the_exit_code_and_the_last_words_of_a_failed_command() {
    let story = failed_with(&LINES, true, (80, 24));
    let text = text(&story);
    for words in [
        "+ dnf -y install lab-tools",
        "my-tool: cannot open /etc/my-tool.conf",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

/// Whatever the command has written, and wherever it ran.
#[test]
fn the_first_screen_has_the_name_of_the_component_that_failed_its_exit_code_and_its_last_words() {
    const COMPONENT: &str = "Document arn:aws:imagebuilder:us-east-1:123456789012:component/parallelclusterimage-6accc570/3.16.1/1";
    let noise: Vec<_> = (0..200)
        .map(|at| format!("Stdout: unpacked {at}"))
        .collect();
    let noise: Vec<_> = noise.iter().map(String::as_str).collect();
    let error = "Stderr: my-tool: cannot open /etc/my-tool.conf";
    let shown = "my-tool: cannot open /etc/my-tool.conf";
    let before = "Document arn:aws:imagebuilder:us-east-1:123456789012:component/other/1.0.0/1";
    for (said, code, words) in [
        (vec![error], 17, shown),
        ([&[error], &noise[..]].concat(), 17, shown),
        (vec!["Stdout: gave up"], 126, "gave up"),
        (
            vec!["Stderr: run.sh: line 3: nvcc: command not found"],
            127,
            "nvcc: command not found",
        ),
        (vec!["ExitCode 194", "Step RunScript", error], 3, shown),
    ] {
        let exit = format!("CmdExecution: ExitCode {code}");
        let begin = [
            before,
            "Phase build",
            "Step First",
            "ExitCode 0",
            COMPONENT,
            "Phase build",
            "Step RunScript",
        ];
        let end = [
            exit.as_str(),
            "TOE has completed execution with failure - Execution failed!",
        ];
        let lines = [&begin[..], &said, &end, &noise[..60]].concat();
        let text = text(&failed_with(&lines, true, (80, 24)));
        let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "component ParallelClusterComponent failed",
            &format!("exit code {code}"),
            words,
        ] {
            assert!(unwrapped.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn the_log_opens_on_the_first_error_and_does_not_follow() {
    let later: Vec<_> = (0..50).map(|number| format!("later {number}")).collect();
    let later = later.iter().map(String::as_str);
    let all: Vec<_> = LINES.into_iter().chain(later).collect();
    let mut story = failed_with(&all, true, (80, 24));
    story.keys("4");
    let opened = text(&story);
    assert!(opened.contains("my-tool: cannot open"), "{opened}");
    assert!(
        opened.contains("16/70") && !opened.contains("following"),
        "{opened}"
    );
    story.keys("G");
    assert!(text(&story).contains("later 49"));
    story.keys("E");
    let error = text(&story);
    assert!(error.contains("19/70"), "{error}");
}

/// Red on the blue of the selection is illegible: a selected error keeps its red as the ground.
#[test]
fn the_selected_line_has_the_colours_of_the_selection_alone_and_an_error_stays_red() {
    for (keys, text, expected) in [
        ("4G", "Image transitioned", COLOUR.selected(true)),
        ("4GE", "TOE has completed", COLOUR.selected_failure()),
    ] {
        let mut story = failed_with(&LINES, true, (80, 24));
        story.keys(keys);
        let frame = draw(&story.model, &COLOUR);
        let lines = lines(&frame);
        let row = lines.iter().rposition(|line| line.contains(text)).unwrap();
        for column in 1..78 {
            let cell = &frame[(column, u16::try_from(row).unwrap())];
            let mut right = Cell::default();
            right.set_style(expected);
            assert_eq!(
                (cell.fg, cell.bg, cell.modifier),
                (right.fg, right.bg, right.modifier),
                "{text}: column {column}"
            );
        }
    }
}

#[test]
fn a_row_says_that_older_lines_are_missing() {
    let mut story = failed_with(&LINES, false, (80, 24));
    story.keys("4g");
    let shown = text(&story);
    assert!(shown.contains("older lines are not read yet"), "{shown}");
}
