//! The build log on a screen, over a scripted AWS.

use bakewatch::testing::Clock;
use chrono::TimeDelta;

use crate::support::aws::Aws;
use crate::support::program::{Program, fresh_folder};
use crate::support::secrets::{assert_no_secret_of_a_log, push_secrets};
use crate::support::terminal::Terminal;

const WATCH: [&str; 4] = ["watch", "img", "--interval", "200ms"];

/// Another stack of the image.
const REBUILT: &str =
    "arn:aws:cloudformation:us-east-1:123456789012:stack/img/5d1e3a70-7777-11f1-8e1b-0affc5ed96c1";

/// What is between a beginning and the end of a command for the terminal.
fn command<'a>(written: &'a str, beginning: &str) -> &'a str {
    let (_, rest) = written.split_once(beginning).expect(beginning);
    rest.split('\u{1b}').next().unwrap()
}

#[test]
fn no_secret_of_a_log_is_in_a_frame_or_in_the_notification() {
    for prefix in ["", "Stderr: "] {
        let mut aws = Aws::start();
        aws.begin();
        push_secrets(&aws, prefix);
        let environment = [&aws.environment()[..], &[("TERM_PROGRAM", "")]].concat();
        let environment = [&environment[..], &[("TMUX", ""), ("STY", "")]].concat();
        let mut terminal = Terminal::start(80, 24, &WATCH, &environment);
        terminal.wait_for("BUILDING").press("4");
        terminal.wait_for("ExitCode 17");
        aws.fail();
        terminal.wait_for_written("\u{1b}]777;notify;bakewatch;");
        for (columns, rows) in [(80, 24), (200, 60)] {
            terminal.resize(columns, rows);
            // Each view, a detail, the log from its first line to its last one, wrapped, searched and filtered.
            for keys in [
                "1",
                "\r",
                "2",
                "\r",
                "3",
                "G",
                "4",
                "g",
                "\r",
                "w",
                "e",
                "\u{4}",
                "\u{4}",
                "G",
                "\r",
                "/export\r",
                "&curl\r",
                "&\u{15}\r",
            ] {
                // The help is drawn after the keys before it, and so is the frame that follows it.
                terminal.press(keys).press("?").wait_for("Here, in");
                terminal.press("\u{1b}").wait_gone("Here, in");
                assert_no_secret_of_a_log(&format!("{columns}: {keys:?}"), &terminal.text());
            }
        }
        terminal.press("\u{3}");
        terminal.end();
        let written = terminal.written();
        for beginning in ["\u{1b}]9;bakewatch: ", "\u{1b}]777;notify;bakewatch;"] {
            let text = command(&written, beginning);
            assert!(text.contains("img"), "{text}");
            assert_no_secret_of_a_log("notification", text);
        }
        assert!(!written.contains("canary"), "frames between those");
    }
}

#[test]
fn the_newest_lines_of_a_long_log_are_shown_after_two_requests() {
    let mut aws = Aws::start();
    aws.begin();
    let end = Clock::wall().now().timestamp_millis();
    let lines =
        (0..100_000).map(|number| (end - 100_000 + number, format!("Stdout: number {number}")));
    aws.push_log(lines);
    aws.answer_log_requests(2);
    let mut terminal = Terminal::start(80, 24, &WATCH, &aws.environment());
    terminal.wait_for("BUILDING").press("4");
    terminal.wait_for("number 99999").press("\u{3}");
    terminal.end();
}

/// A step of a component, as the log has it.
fn step(began: TimeDelta, ended: Option<TimeDelta>) -> Vec<(i64, String)> {
    let now = Clock::wall().now();
    let at = |ago: TimeDelta, text: &str| ((now - ago).timestamp_millis(), text.to_owned());
    let document = "Document arn:aws:imagebuilder:us-east-1:123456789012:component/own/1.0.0/1";
    let mut lines: Vec<_> = [document, "Phase build", "Step RunScript"]
        .map(|text| at(began, text))
        .into();
    lines.extend(ended.map(|ago| at(ago, "ExitCode 0")));
    lines.extend(ended.map(|ago| at(ago, "Step After")));
    lines
}

/// In the header, and in the progress of a headless watch.
#[test]
fn the_silence_of_a_step_of_a_component_is_said() {
    let mut aws = Aws::start();
    aws.begin();
    aws.push_log(step(TimeDelta::minutes(7), None));
    let is_said = |text: &str| {
        let parts = ["RunScript for 7:", "no log line for 7:", " in RunScript"];
        parts.iter().all(|part| text.contains(part))
    };
    let mut terminal = Terminal::start(200, 40, &WATCH, &aws.environment());
    terminal.wait("the silence", |screen| is_said(&screen.contents()));
    terminal.press("\u{3}");
    terminal.end();
    let flags = ["-o", "text", "--heartbeat", "200ms", "--timeout", "60s"];
    let headless = [&WATCH[..], &flags].concat();
    let mut program = Program::start_with(&headless, &aws.environment());
    program.wait_for(is_said);
    program.signal("TERM");
    program.end();
}

/// The builds that a user has watched over AWS tell how long a step usually takes.
#[test]
fn a_step_of_a_component_is_compared_with_the_recorded_builds() {
    let state = fresh_folder();
    let state = state.to_str().unwrap();
    let mut aws = Aws::start();
    aws.begin();
    aws.push_log(step(TimeDelta::minutes(40), Some(TimeDelta::minutes(30))));
    let headless = [&WATCH[..], &["-o", "text"]].concat();
    let environment = aws.environment();
    let own = [&environment[..], &[("XDG_STATE_HOME", state)]].concat();
    let mut program = Program::start_with(&headless, &own);
    program.wait_for(|line| line.contains("ApplyBuildComponents") || line.contains("CREATE_IN"));
    aws.wait_until(|calls| calls.iter().any(|call| call.action == "GetLogEvents"));
    aws.finish();
    aws.delete();
    program.end().assert_code(0);

    for (ago, usual) in [(7, "(usually 10:00)"), (20, "(slower than usual: 10:00)")] {
        let mut aws = Aws::start();
        aws.create(REBUILT, true);
        aws.begin();
        aws.push_log(step(TimeDelta::minutes(ago), None));
        let environment = aws.environment();
        let own = [&environment[..], &[("XDG_STATE_HOME", state)]].concat();
        let mut terminal = Terminal::start(200, 40, &WATCH, &own);
        terminal.wait("the usual time", |screen| screen.contents().contains(usual));
        terminal.press("\u{3}");
        terminal.end();
    }
}
