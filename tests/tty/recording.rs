//! Recordings and reports on a screen.

use std::collections::BTreeSet;
use std::fs;

use bakewatch::testing::Clock;
use bakewatch::testing::demo::FaultPlan;
use bakewatch::testing::domain::format_time;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::program::{fresh_folder, kills, recordings_in, run};
use crate::support::recordings::{folder_of, write};
use crate::support::server::{STACK, Server};
use crate::support::terminal::Terminal;

fn building() -> Server {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server
}

/// The names of the events in a text.
fn names_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric());
    let names = words.filter(|word| word.starts_with("Thing"));
    names.map(str::to_owned).collect()
}

#[test]
fn events_on_a_killed_screen_are_recorded_and_shown_again() {
    let (mut server, state) = (building(), fresh_folder());
    let environment = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let mut made = 0;
    for round in 0..kills() / 4 {
        let mut terminal = Terminal::start(120, 60, &server.watch(&[]), &environment);
        for _ in 0..fastrand::usize(1..4) {
            let before = made;
            for _ in 0..fastrand::usize(1..6) {
                made += 1;
                server.push_with(STACK, json!({"logicalResourceId": format!("Thing{made}")}));
            }
            // At a moment at which some of them may not be there yet.
            let wanted = format!("Thing{}", fastrand::usize(before..=made).max(1));
            terminal.wait_for(&wanted);
        }
        terminal.signal("KILL");
        terminal.ended();
        let shown = names_in(&terminal.text());
        let recordings = recordings_in(&state).into_iter();
        let recorded: String = recordings
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        let missing: Vec<_> = shown.difference(&names_in(&recorded)).cloned().collect();
        assert!(missing.is_empty(), "round {round}: {missing:?}");
    }
    let mut terminal = Terminal::start(120, 60, &server.watch(&[]), &environment);
    let all = format!("Events {}", server.all_ids().len());
    terminal.wait_for(&all).press("q");
    terminal.end();
    assert_eq!(recordings_in(&state).len(), 1, "it is one build");
}

#[test]
fn the_screen_reports_that_it_cannot_record() {
    let server = building();
    let arguments = server.watch(&["--record", "/dev/full"]);
    let mut terminal = Terminal::start(120, 30, &arguments, &[]);
    terminal.wait_for("this watch is not recorded");
    terminal.press("q");
    terminal.end();
}

#[test]
fn a_screen_stays_at_the_end_of_a_recording_that_was_cut_short() {
    let folder = fresh_folder();
    let file = folder.join("failure");
    let path = file.to_str().unwrap();
    let demo = ["demo", "--scenario", "failure", "--speed", "2000"];
    run(&[&demo[..], &["-o", "json", "--record", path]].concat());
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 3]).unwrap();
    let mut terminal = Terminal::start(100, 30, &["replay", path, "--speed", "max"], &[]);
    terminal.wait_for("end of the recording").press("q");
    terminal.end();
}

#[test]
fn a_key_writes_a_report_and_never_overwrites_one() {
    let mut terminal = Terminal::start(
        100,
        24,
        &["demo", "--speed", "2000", "--scenario", "failure"],
        &[],
    );
    terminal
        .wait_for("FAILED")
        .press("RR")
        .wait_for("report written to bakewatch-rocky9-efa-");
    terminal.press("2").wait_gone("report written to");
    terminal.press("RR").wait_for("report written to");
    let reports = || {
        let files = fs::read_dir(&*terminal.folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
        files.collect::<Vec<_>>()
    };
    let written = reports();
    assert_eq!(written.len(), 2, "{written:?}");
    for path in &written {
        let markdown = fs::read_to_string(path).unwrap();
        assert!(markdown.starts_with("# `rocky9-efa`: "), "{markdown}");
        assert!(markdown.contains("\n| "), "{markdown}");
    }
    fs::remove_dir_all(&*terminal.folder).unwrap();
    terminal
        .press("RR")
        .wait_for("failed to write bakewatch-rocky9-efa-");
    terminal.press("q");
    terminal.end();
}

#[test]
fn the_estimate_names_the_builds_that_it_is_made_of() {
    let state = fresh_folder();
    let folder = folder_of(&state, "img");
    for hour in 0..5 {
        let name = format!("{hour}.jsonl");
        write(
            &folder,
            &name,
            hour,
            50,
            "succeeded",
            Some("api.example/prod"),
        );
    }
    let began = Clock::wall().now() - TimeDelta::minutes(20);
    let mut server = Server::start(FaultPlan::default());
    server.world.replace_stack(STACK);
    server.push_with(STACK, json!({
        "logicalResourceId": "img", "physicalResourceId": STACK, "resourceStatus": "CREATE_IN_PROGRESS", "timestamp": format_time(began),
    }));
    let arguments = server.watch(&[]);
    let environment = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let mut terminal = Terminal::start(160, 30, &arguments, &environment);
    terminal.wait_for("by your last 5 builds").press("q");
    terminal.end();
}

#[test]
fn the_screen_waits_for_no_recording() {
    let server = building();
    let state = fresh_folder();
    let folder = folder_of(&state, "img");
    write(&folder, "a.jsonl", 0, 35, "succeeded", Some("api"));
    let fifo = std::process::Command::new("mkfifo")
        .arg(folder.join("b.jsonl"))
        .status();
    assert!(fifo.unwrap().success());
    for part in ["", "hang:recordings", "hang:estimate"] {
        let environment = [
            ("XDG_STATE_HOME", state.to_str().unwrap()),
            ("BAKEWATCH_FAULT", part),
        ];
        let mut terminal = Terminal::start(100, 24, &server.watch(&[]), &environment);
        terminal.wait_for("q quit");
        if part == "hang:recordings" {
            terminal.wait_for("more than 2 s");
        }
        terminal.wait_for("CREATE_IN_PROGRESS").press("q");
        assert!(terminal.end().success(), "{part}");
    }
}
