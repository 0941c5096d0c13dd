//! Several builds on the screen: the picker, the view of all builds, and switching between them.

use crate::support::aws::several::Several;
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

#[test]
fn without_images_the_picker_says_what_to_do_and_q_leaves() {
    let aws = Several::start(&["alpha"]);
    let mut terminal = Terminal::start(100, 24, &["watch"], &aws.environment());
    terminal.wait_for("pcluster build-image").press("q");
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
