//! Earlier recordings are read while the watch runs, and one that can't be read in time is left alone.

use std::fs;
use std::path::{Path, PathBuf};

use bakewatch::testing::demo::FaultPlan;

use crate::support::program::{Program, fresh_folder, recordings_in};
use crate::support::server::{STACK, Server};

const HANG: (&str, &str) = ("BAKEWATCH_FAULT", "hang:recordings");

fn server() -> Server {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server
}

fn watch(server: &Server, state: &Path, more: &[&str], fault: (&str, &str)) -> Program {
    let more = [&["-o", "json"], more].concat();
    let environment = [("XDG_STATE_HOME", state.to_str().unwrap()), fault];
    Program::start_with(&server.watch(&more), &environment)
}

/// Watches the build until its first event is recorded.
fn record(server: &Server, state: &Path, more: &[&str]) {
    let mut program = watch(server, state, more, ("BAKEWATCH_FAULT", ""));
    program.wait_for(|line| line.contains("\"e1\""));
    program.signal("INT");
    program.end();
}

/// Watches the build to its end while the recordings can't be read.
fn watch_to_the_end(server: &mut Server, state: &Path, more: &[&str], note: &str) {
    let mut program = watch(server, state, more, HANG);
    program.wait_for(|line| line.contains("\"e1\""));
    server.succeed();
    server.world.remove_stack();
    let ended = program.end();
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    assert_eq!(ended.event_ids(), server.all_ids());
    assert!(ended.diagnostics.contains(note), "{}", ended.diagnostics);
}

#[test]
fn a_watch_that_cannot_read_the_recordings_in_time_has_one_of_its_own() {
    let (mut server, state) = (server(), fresh_folder());
    record(&server, &state, &[]);
    let [first] = <[PathBuf; 1]>::try_from(recordings_in(&state)).unwrap();
    let before = fs::read(&first).unwrap();
    watch_to_the_end(&mut server, &state, &[], "more than 2 s");
    assert_eq!(fs::read(&first).unwrap(), before);
    assert_eq!(recordings_in(&state).len(), 2);
}

#[test]
fn a_named_file_that_cannot_be_read_in_time_stays() {
    let (mut server, state) = (server(), fresh_folder());
    let file = state.join("build");
    let named = ["--record", file.to_str().unwrap()];
    record(&server, &state, &named);
    let before = fs::read(&file).unwrap();
    let numbered = state.join("build.2");
    let note = format!("this watch is recorded in {}", numbered.display());
    watch_to_the_end(&mut server, &state, &named, &note);
    assert_eq!(fs::read(&file).unwrap(), before);
    assert!(fs::read_to_string(numbered).unwrap().contains("\"ended\""));
}

#[test]
fn a_watch_that_ends_before_the_recordings_are_read_writes_nothing() {
    let (server, state) = (server(), fresh_folder());
    record(&server, &state, &[]);
    let before = fs::read(&recordings_in(&state)[0]).unwrap();
    let mut program = watch(&server, &state, &["--heartbeat", "1s"], HANG);
    program.wait_for(|line| line.contains("progress"));
    program.signal("INT");
    assert_eq!(program.end().code(), Some(130));
    assert_eq!(recordings_in(&state).len(), 1);
    assert_eq!(fs::read(&recordings_in(&state)[0]).unwrap(), before);
}
