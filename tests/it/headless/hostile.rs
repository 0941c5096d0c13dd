//! Names and texts that would take over a terminal: in arguments, in the environment, in files and their names, in
//! recordings. Nothing that people look at has them as they came; JSON and recordings keep the value.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::program::{Ended, Program, fresh_folder, recordings_in, run};
use crate::support::server::{STACK, Server};
use crate::support::terminal::Terminal;
use crate::support::text::{HOSTILE, acts, assert_inert};
use bakewatch::testing::demo::FaultPlan;

/// Environment variables.
type Variables<'a> = &'a [(&'a str, &'a str)];

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Checks everything that was said: nothing of it acts, and the name is there in a form that can be read.
fn check(what: &str, ended: &Ended) {
    assert_inert(&format!("output of {what}"), &ended.lines.join("\n"));
    assert_inert(&format!("diagnostics of {what}"), &ended.diagnostics);
}

#[test]
fn a_hostile_argument_is_quoted_inertly() {
    let option = format!("--{HOSTILE}");
    let file = format!("/nonexistent/{HOSTILE}");
    let api = ["--api-url", "https://x.example", "--region", "us-east-1"];
    let watch = |more: &[&str]| {
        [&["watch", "img"], more, &api]
            .concat()
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    let other = |arguments: &[&str]| arguments.iter().map(ToString::to_string).collect();
    let cases: [Vec<String>; 19] = [
        other(&[HOSTILE]),
        other(&["watch", &option]),
        other(&["watch", HOSTILE, "--api-url", "https://x.example"]),
        other(&["watch", "img", "--api-url", HOSTILE]),
        other(&["watch", "img", "--api-url", &format!("https://{HOSTILE}")]),
        watch(&["--profile", HOSTILE]),
        watch(&["--ca-bundle", &file]),
        watch(&["--interval", HOSTILE]),
        watch(&["--timeout", HOSTILE]),
        watch(&["--theme", HOSTILE]),
        watch(&["--output", HOSTILE]),
        watch(&["--log-file", &file]),
        watch(&["--record", &file]),
        other(&["replay", HOSTILE]),
        other(&["replay", HOSTILE, "--speed", HOSTILE]),
        other(&["report", &file]),
        other(&["demo", "--scenario", HOSTILE]),
        other(&["man", HOSTILE]),
        other(&["completions", HOSTILE]),
    ];
    for arguments in cases {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let ended = run(&arguments);
        assert_eq!(
            ended.code(),
            Some(2),
            "{arguments:?}: {}",
            ended.diagnostics
        );
        check(&format!("{arguments:?}"), &ended);
        let is_named =
            ended.diagnostics.contains("a␛]0;title␇") || arguments.contains(&"--api-url");
        assert!(is_named, "{arguments:?}: {}", ended.diagnostics);
    }
}

#[test]
fn a_hostile_argument_is_quoted_inertly_on_a_terminal_too() {
    let mut terminal = Terminal::start(80, 24, &["watch", &format!("--{HOSTILE}")], &[]);
    assert_eq!(terminal.end().exit_code(), 2);
    terminal.wait_for("a␛]0;title␇");
    assert!(
        !terminal.written().contains("\u{1b}]"),
        "{:?}",
        terminal.written()
    );
}

#[test]
fn a_hostile_environment_is_told_inertly() {
    let folder = fresh_folder();
    let hostile = folder.join(HOSTILE);
    fs::create_dir_all(hostile.join("config/bakewatch/themes")).unwrap();
    let config = hostile.join("config");
    fs::write(
        config.join("bakewatch/keys.toml"),
        format!("{HOSTILE:?} = []\n"),
    )
    .unwrap();
    fs::write(
        config.join("bakewatch/themes/wrong.toml"),
        format!("'x{HOSTILE}' = 3\n"),
    )
    .unwrap();
    fs::write(hostile.join("state"), "").unwrap();
    let (config, state) = (text(&config), hostile.join("state"));
    let watch = ["watch", "img", "--region", "us-east-1"];
    let cases: [(&[&str], Variables<'_>); 8] = [
        (&watch, &[("BAKEWATCH_API_URL", HOSTILE)]),
        (
            &watch,
            &[
                ("BAKEWATCH_API_URL", "https://x.example"),
                ("AWS_PROFILE", HOSTILE),
            ],
        ),
        (
            &watch,
            &[
                ("BAKEWATCH_API_URL", "https://x.example"),
                ("AWS_CA_BUNDLE", HOSTILE),
            ],
        ),
        (&["demo"], &[("BAKEWATCH_THEME", HOSTILE)]),
        (
            &["demo"],
            &[("BAKEWATCH_THEME", "wrong"), ("XDG_CONFIG_HOME", config)],
        ),
        (&["keys"], &[("XDG_CONFIG_HOME", config)]),
        (
            &["config"],
            &[
                ("XDG_CONFIG_HOME", config),
                ("AWS_REGION", HOSTILE),
                ("AWS_PROFILE", HOSTILE),
            ],
        ),
        (&["history"], &[("XDG_STATE_HOME", text(&state))]),
    ];
    for (arguments, environment) in cases {
        let ended = Program::start_with(arguments, environment).end();
        check(&format!("{arguments:?} with {environment:?}"), &ended);
        assert_ne!(ended.code(), Some(101), "{}", ended.diagnostics);
    }
}

/// A recording of a build that failed, hostile wherever a recording has text.
fn hostile_recording() -> String {
    let at = "2026-01-01T10:00:00.000Z";
    let event = |number: usize, logical: &str, physical: &str| {
        json!({"kind": "event", "at": at, "stackId": HOSTILE, "event": {
            "stackId": HOSTILE, "eventId": format!("{HOSTILE}{number}"), "stackName": HOSTILE,
            "logicalResourceId": logical, "physicalResourceId": physical, "resourceType": HOSTILE,
            "timestamp": at, "resourceStatus": "CREATE_FAILED", "resourceStatusReason": HOSTILE,
            "resourceProperties": json!({"Data": HOSTILE, HOSTILE: HOSTILE}).to_string(), HOSTILE: [HOSTILE],
        }})
    };
    let odd = json!({"kind": "event", "at": at, "stackId": HOSTILE, "event": {
        "stackId": HOSTILE, "eventId": "odd", "logicalResourceId": "X", "resourceStatus": HOSTILE, "timestamp": HOSTILE,
    }});
    let fault =
        json!({"class": "denied", "message": HOSTILE, "hint": HOSTILE, "requestId": HOSTILE});
    let lines = [
        json!({"bakewatchRecording": 1, "program": HOSTILE, "imageId": HOSTILE, "region": HOSTILE, "profile": HOSTILE,
            "api": HOSTILE, "startedAt": at}),
        odd,
        event(1, HOSTILE, HOSTILE),
        event(2, "img", HOSTILE),
        json!({"kind": "image", "at": at, "image": {"region": HOSTILE, "version": HOSTILE,
            "buildStatus": "BUILD_FAILED", "builderStatus": HOSTILE, "builderReason": HOSTILE,
            "stackStatusReason": HOSTILE}}),
        json!({"kind": "fault", "at": at, "fault": fault}),
        json!({"kind": HOSTILE, "at": at}),
    ];
    let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
    lines.join("\n") + "\nnot json \u{1b}]0;title\u{7}\n{\"torn"
}

#[test]
fn a_hostile_recording_is_shown_inertly_and_its_values_are_kept() {
    let state = fresh_folder();
    let folder = state.join("bakewatch/recordings").join(HOSTILE);
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{HOSTILE}.jsonl"));
    fs::write(&file, hostile_recording()).unwrap();
    fs::write(folder.join(format!("bad{HOSTILE}.jsonl")), HOSTILE).unwrap();
    let environment = [("XDG_STATE_HOME", text(&state))];
    let file = text(&file);
    let cases: [&[&str]; 8] = [
        &["history"],
        &["history", "-o", "json"],
        &["report", file],
        &["report", HOSTILE],
        &["replay", file, "--speed", "max", "-o", "text"],
        &[
            "replay",
            file,
            "--speed",
            "max",
            "-o",
            "text",
            "--color",
            "never",
            "--record",
            "/dev/full",
        ],
        &["replay", file, "--speed", "max", "-o", "json"],
        &[
            "watch",
            "img",
            "--api-url",
            "https://x.example",
            "--region",
            "us-east-1",
            "--record",
            file,
        ],
    ];
    for arguments in cases {
        let ended = Program::start_with(arguments, &environment).end();
        check(&format!("{arguments:?}"), &ended);
        let said = ended.lines.join("\n") + &ended.diagnostics;
        assert!(said.contains("title"), "{arguments:?} tells of it: {said}");
        assert_ne!(ended.code(), Some(101), "{said}");
    }
    let json = Program::start_with(
        &["replay", file, "--speed", "max", "-o", "json"],
        &environment,
    )
    .end();
    let events = json.of_kind("event");
    let kept = |field: &str| {
        events
            .iter()
            .filter(|line| line["event"][field] == json!(HOSTILE))
            .count()
    };
    assert_eq!(
        (
            kept("resourceStatusReason"),
            kept("resourceType"),
            kept("logicalResourceId")
        ),
        (2, 2, 1)
    );
    assert_eq!(events[0]["stackId"], json!(HOSTILE));
}

#[test]
fn a_hostile_recording_does_nothing_to_a_screen() {
    let folder = fresh_folder();
    let file = folder.join(HOSTILE);
    fs::write(&file, hostile_recording()).unwrap();
    let arguments = ["replay", text(&file), "--speed", "max", "--no-notify"];
    let mut terminal = Terminal::start(160, 50, &arguments, &[]);
    terminal.wait_for("FAILED").wait_for("end of the recording");
    for keys in ["1", "\r", "J", "d", "2", "\r", "3"] {
        terminal.press(keys);
    }
    terminal.press("f").wait_for(" Filter ");
    terminal.press("\u{1b}").wait_gone(" Filter ");
    terminal.press("?").wait_for("Here, in");
    terminal.press("\u{1b}").wait_gone("Here, in");
    // As it would be pasted.
    terminal
        .press("/\u{202e}\u{200b}x")
        .wait_for("\\u{202e}\\u{200b}x");
    terminal.press("\u{3}");
    assert_eq!(terminal.end().exit_code(), 3);
    let written = terminal.written();
    assert!(
        !written.contains("\u{1b}]"),
        "a title, or something like it"
    );
    let shown = |character: char| {
        acts(character) && !matches!(character, '\u{1b}' | '\n' | '\r' | '\t' | '\u{8}')
    };
    let found = written.chars().find(|character| shown(*character));
    assert_eq!(found, None);
}

#[test]
fn a_recording_of_hostile_events_has_their_values() {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.push_with(
        STACK,
        json!({"resourceStatusReason": HOSTILE, HOSTILE: HOSTILE}),
    );
    server.push_root(STACK, "CREATE_FAILED");
    let state = fresh_folder();
    let log = state.join("log");
    let options = [
        "-o",
        "text",
        "--debug",
        "--log-file",
        text(&log),
        "--on-outcome",
        "exit 7",
    ];
    let ended =
        Program::start_with(&server.watch(&options), &[("XDG_STATE_HOME", text(&state))]).end();
    check("a watch", &ended);
    assert_inert("log", &fs::read_to_string(&log).unwrap());
    let recordings: Vec<PathBuf> = recordings_in(&state);
    let recorded = fs::read_to_string(&recordings[0]).unwrap();
    let events = recorded
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let kept = events.filter(|line| {
        line["event"]["resourceStatusReason"] == HOSTILE && line["event"][HOSTILE] == HOSTILE
    });
    assert_eq!(kept.count(), 1);
}
