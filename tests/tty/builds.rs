//! Several builds on the screen: the picker, the view of all builds, and switching between them.

use std::fs;
use std::path::Path;

use crate::support::aws::Received;
use crate::support::aws::several::Several;
use crate::support::program::{fresh_folder, recordings_in};
use crate::support::terminal::Terminal;

#[test]
fn enter_in_the_picker_watches_the_newest_running_build() {
    let mut aws = Several::start(&["alpha", "beta"]);
    aws.of("beta").begin();
    aws.of("beta").fail();
    aws.of("alpha").begin();
    let mut terminal = Terminal::start(100, 24, &[], &aws.environment());
    terminal
        .wait_for("alpha")
        .wait_for("beta")
        .wait_for(" Builds to watch: us-east-1, account 123456789012 ")
        .wait_for("enter watch");
    terminal
        .press("\r")
        .wait_for("BUILDING")
        .wait_for("Events 3");
    // More of them, from inside.
    terminal.press("b").wait_for("enter watch").wait_for("beta");
    terminal
        .press("/")
        .press("bet")
        .wait_gone("alpha")
        .press("\r")
        .wait_for("enter watch")
        .press("\r");
    terminal.wait_for("FAILED");
    terminal
        .press("B")
        .wait_for("Builds")
        .wait_for("alpha")
        .wait_for("beta");
    terminal.press("\u{1b}").wait_gone(" Builds ");
    terminal.press("{").wait_for("BUILDING");
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 3, "that of the worst build");
}

/// A service that is throttled hides only its own rows, and only for so long.
#[test]
fn a_throttled_service_hides_no_row_of_the_other_one() {
    let throttled = "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>";
    let mut aws = Several::start(&["alpha", "beta"]);
    aws.of("alpha").begin();
    aws.of("beta").set_ami();
    for _ in 0..2 {
        aws.of("alpha")
            .answer_once("DescribeImages", 400, throttled);
    }
    let mut terminal = Terminal::start(100, 24, &[], &aws.environment());
    terminal
        .wait_for("not complete")
        .wait_for("alpha")
        .wait_for("enter watch");
    terminal.wait_for("beta").wait_gone("not complete");
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

/// A list that takes long says how far it is, in a line that does not stay.
#[test]
fn the_list_says_on_a_terminal_how_many_stacks_it_has_looked_at() {
    let mut aws = Several::start(&["alpha", "beta", "gamma"]);
    for id in ["alpha", "beta", "gamma"] {
        aws.of(id).begin();
    }
    let mut terminal = Terminal::start(100, 24, &["list"], &aws.environment());
    terminal
        .wait_for_written("looking at 2 of 3 stacks")
        .wait_for("gamma");
    assert_eq!(terminal.ended().exit_code(), 0);
    assert!(
        !terminal.text().contains("looking at"),
        "{}",
        terminal.text()
    );
}

#[test]
fn two_marked_builds_are_compared_over_the_picker() {
    let mut aws = Several::start(&["alpha", "beta"]);
    for id in ["alpha", "beta"] {
        aws.of(id).begin();
    }
    aws.of("beta").fail();
    let mut terminal = Terminal::start(100, 30, &[], &aws.environment());
    terminal.wait_for("alpha").wait_for("beta");
    terminal.press("D").wait_for("mark two builds");
    terminal.press("  ").wait_for("2 marked").press("D");
    terminal
        .wait_for("Two builds compared")
        .wait_for("outcome")
        .wait_for("DURATION");
    terminal.press("q").wait_for("2 marked").press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

/// The recording of a build that is closed ends then, so that opening it again resumes it.
#[test]
fn a_closed_build_ends_its_recording_and_opened_again_resumes_it() {
    let mut aws = Several::start(&["alpha", "beta"]);
    for id in ["alpha", "beta"] {
        aws.of(id).begin();
    }
    let state = fresh_folder();
    let mut environment = aws.environment().to_vec();
    environment.push(("XDG_STATE_HOME", state.to_str().unwrap()));
    let arguments = ["watch", "alpha", "beta", "--interval", "200ms"];
    let mut terminal = Terminal::start(100, 24, &arguments, &environment);
    terminal.wait_for("BUILDING").wait_for("Events 3");
    terminal.press("B").wait_for(" Builds ").press("\u{1b}[3~");
    terminal.wait("the end of the recording", |_| {
        kinds(&state, "alpha").contains(&"ended".to_owned())
    });
    // It is polled no longer, but for a request that was on its way, while the other build is.
    let is_poll = |call: &&Received| call.action == "DescribeStackEvents";
    let polls = |calls: &[Received]| calls.iter().filter(is_poll).count();
    let closed = polls(&aws.of("alpha").account().calls);
    let other = polls(&aws.of("beta").account().calls);
    aws.of("beta").wait_until(|calls| polls(calls) > other + 3);
    let still = polls(&aws.of("alpha").account().calls) - closed;
    assert!(still <= 1, "it is still polled");
    terminal.press("\u{1b}").wait_gone(" Builds ").press("b");
    terminal.wait_for("enter watch").press("/").press("alp");
    terminal
        .wait_for("to the rows")
        .press("\r")
        .wait_for("enter watch")
        .press("\r");
    terminal.wait("that it is resumed", |_| {
        kinds(&state, "alpha").contains(&"resumed".to_owned())
    });
    terminal.press("q");
    terminal.end();
    let of_alpha = recordings_in(&state).into_iter();
    let of_alpha = of_alpha.filter(|file| is_of(file, "alpha")).count();
    assert_eq!(of_alpha, 1);
}

fn is_of(file: &Path, image: &str) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .next()
        .is_some_and(|header| header.contains(&format!("\"imageId\":\"{image}\"")))
}

/// The kinds of the lines in the recordings of an image.
fn kinds(state: &Path, image: &str) -> Vec<String> {
    let files = recordings_in(state).into_iter();
    let texts = files
        .filter(|file| is_of(file, image))
        .map(|file| fs::read_to_string(file).unwrap_or_default());
    let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    let kind = |line: String| {
        let line: serde_json::Value = serde_json::from_str(&line).ok()?;
        line["kind"].as_str().map(str::to_owned)
    };
    lines.filter_map(kind).collect()
}

#[test]
fn the_picker_lists_once_a_ca_bundle_is_repaired() {
    let mut aws = Several::start(&["alpha"]);
    aws.of("alpha").begin();
    let folder = fresh_folder();
    let path = folder.join("ca.pem");
    let bundle = ("AWS_CA_BUNDLE", path.to_str().unwrap());
    let environment = [&aws.environment()[..], &[bundle]].concat();
    let mut terminal = Terminal::start(100, 24, &[], &environment);
    terminal
        .wait_for(" Builds to watch")
        .wait_for("failed to set up TLS")
        .wait_for("--ca-bundle");
    let certificates = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws/testing/ca.pem");
    fs::copy(certificates, &path).unwrap();
    terminal.wait_for("alpha").press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn without_images_the_picker_says_what_to_do_and_q_leaves() {
    let aws = Several::start(&["alpha"]);
    let mut terminal = Terminal::start(100, 24, &["watch"], &aws.environment());
    terminal
        .wait_for("pcluster build-image")
        .wait_for(" Builds to watch: us-east-1 ")
        .press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn a_demo_of_six_builds_shows_their_outcomes() {
    let arguments = ["demo", "--builds", "6", "--speed", "1000"];
    let mut terminal = Terminal::start(120, 30, &arguments, &[]);
    terminal.wait_for("Events").press("B");
    terminal.wait_for("FAILED").wait_for("SUCCEEDED");
    terminal.press("q").press("q");
    terminal.end();
}
