//! Names and texts that would take over a terminal: in arguments, in the environment, in files and their names, in
//! recordings. No output for the user has them unchanged; JSON and recordings keep the value.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::program::{Ended, Program, fresh_folder, recordings_in, run};
use crate::support::server::{STACK, Server};
use crate::support::text::{HOSTILE, assert_inert, hostile_recording};
use bakewatch::testing::demo::FaultPlan;

/// Environment variables.
type Variables<'a> = &'a [(&'a str, &'a str)];

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Checks the whole output: none of it acts on a terminal.
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
fn a_hostile_environment_is_quoted_inertly() {
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
        let output = ended.lines.join("\n") + &ended.diagnostics;
        assert!(
            output.contains("title"),
            "{arguments:?} quotes it: {output}"
        );
        assert_ne!(ended.code(), Some(101), "{output}");
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
fn recordings_keep_hostile_values() {
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
