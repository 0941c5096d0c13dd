//! `--on-outcome`: when the command runs, its environment, and its limits.

use crate::support::note::{Note, OUTCOME};
use crate::support::program::{Program, run};
use crate::support::server::{STACK, Server};
use bakewatch::testing::demo::FaultPlan;

#[test]
fn a_headless_watch_runs_the_command_last_with_its_output_on_standard_error() {
    let note = Note::new("lines");
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.succeed();
    server.world.remove_stack();
    let command = note.command(OUTCOME);
    let ended = run(&server.watch(&["-o", "json", "--on-outcome", &command]));
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    assert_eq!(note.wait(), "succeeded 0 img ami-0abc\n");
    assert_eq!(ended.outcome()["outcome"], "succeeded");
    assert_eq!(ended.diagnostics, "to-stdout\nto-stderr\n");
}

#[test]
fn a_failing_command_is_reported_and_does_not_change_the_exit_code() {
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
fn a_signal_ends_the_watch_without_the_command() {
    let note = Note::new("signal");
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    let command = note.command(OUTCOME);
    let mut program = Program::start(&server.watch(&["-o", "json", "--on-outcome", &command]));
    program.wait_for(|line| line.contains("\"e1\""));
    program.signal("TERM");
    let ended = program.end();
    assert_eq!((ended.code(), ended.diagnostics.as_str()), (Some(143), ""));
    assert!(!note.exists());
}
