//! `--on-outcome` on a screen.

use crate::support::note::{Note, OUTCOME};
use crate::support::terminal::Terminal;

#[test]
fn a_screen_runs_the_command_at_the_verdict_and_hides_its_output() {
    let note = Note::new("screen");
    let command = note.command(OUTCOME);
    let arguments = [
        "demo",
        "--speed",
        "1000",
        "--scenario",
        "failure",
        "--on-outcome",
        &command,
    ];
    let mut terminal = Terminal::start(80, 24, &arguments, &[]);
    terminal.wait_for(" FAILED ");
    assert_eq!(note.wait(), "failed 3 rocky9-efa \n");
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 3);
    assert!(!terminal.written().contains("to-std"));
}

#[test]
fn a_hanging_command_does_not_delay_the_exit() {
    let arguments = [
        "demo",
        "--speed",
        "1000",
        "--scenario",
        "failure",
        "--on-outcome",
        "exec sleep 120",
    ];
    let mut terminal = Terminal::start(80, 24, &arguments, &[]);
    terminal.wait_for(" FAILED ").press("q");
    assert_eq!(terminal.end().exit_code(), 3);
}
