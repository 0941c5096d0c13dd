//! `--on-outcome`: when the command runs, what it is told, and what it can't do.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::support::program::{DEADLINE, Program, run};
use crate::support::server::{STACK, Server};
use crate::support::terminal::Terminal;
use bakewatch::testing::demo::FaultPlan;

/// A file that a command writes; gone when the test is.
struct Note(PathBuf);

impl Note {
    fn new(name: &str) -> Self {
        let name = format!("bakewatch-on-outcome-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    /// A command that writes this, as a whole.
    fn command(&self, text: &str) -> String {
        let path = self.0.display();
        format!(
            "echo to-stdout; echo to-stderr >&2; cat; echo \"{text}\" > {path}.new; mv {path}.new {path}"
        )
    }

    fn wait(&self) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            match fs::read_to_string(&self.0) {
                Ok(text) => return text,
                Err(_) => assert!(Instant::now() < end, "the command did not run"),
            }
            std::thread::yield_now();
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

const TOLD: &str = "$BAKEWATCH_OUTCOME $BAKEWATCH_EXIT_CODE $BAKEWATCH_IMAGE_ID $BAKEWATCH_AMI_ID";

#[test]
fn lines_run_it_after_the_last_one_with_its_output_on_standard_error() {
    let note = Note::new("lines");
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.succeed();
    server.world.remove_stack();
    let command = note.command(TOLD);
    let ended = run(&server.watch(&["-o", "json", "--on-outcome", &command]));
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    assert_eq!(note.wait(), "succeeded 0 img ami-0abc\n");
    assert_eq!(ended.outcome()["outcome"], "succeeded");
    assert_eq!(ended.diagnostics, "to-stdout\nto-stderr\n");
}

#[test]
fn a_command_that_fails_is_told_of_and_changes_no_exit_code() {
    let server = Server::start(FaultPlan::default());
    let ended = run(&server.watch(&["-o", "json", "--on-outcome", "exit 7"]));
    assert_eq!(ended.code(), Some(5));
    assert_eq!(ended.outcome()["outcome"], "not-found");
    assert_eq!(
        ended.diagnostics,
        "the --on-outcome command failed: exit status: 7\n"
    );
}

#[test]
fn a_watch_that_a_signal_ends_has_no_outcome_to_run_it_for() {
    let note = Note::new("signal");
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    let command = note.command(TOLD);
    let mut program = Program::start(&server.watch(&["-o", "json", "--on-outcome", &command]));
    program.wait_for(|line| line.contains("\"e1\""));
    let id = program.id().to_string();
    let killed = std::process::Command::new("kill")
        .arg(&id)
        .status()
        .unwrap();
    assert!(killed.success());
    let ended = program.end();
    assert_eq!((ended.code(), ended.diagnostics.as_str()), (Some(143), ""));
    assert!(!note.0.exists());
}

#[test]
fn a_screen_runs_it_when_the_verdict_falls_and_shows_nothing_of_it() {
    let note = Note::new("screen");
    let command = note.command(TOLD);
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
fn a_command_that_hangs_does_not_keep_a_screen() {
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
