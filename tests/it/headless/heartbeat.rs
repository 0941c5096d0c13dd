//! The progress lines of a headless watch that has nothing else to print.

use serde_json::{Value, json};

use crate::support::program::{Ended, Program, fresh_folder, run};

fn demo(more: &[&str]) -> Ended {
    // Image Builder works for half an hour without an event: more than a second.
    let arguments = ["demo", "--scenario", "failure", "--speed", "600"];
    run(&[&arguments[..], more].concat())
}

#[test]
fn silence_is_ended_by_progress_in_json() {
    let ended = demo(&["-o", "json", "--heartbeat", "200ms"]);
    assert_eq!(ended.code(), Some(3), "{}", ended.diagnostics);
    let lines = ended.json();
    let progress = ended.of_kind("progress");
    assert!(!progress.is_empty());
    assert_eq!(lines.last().unwrap()["kind"], "outcome", "nothing follows");
    for line in &progress {
        for field in ["imageId", "region", "elapsed", "lastEventAt"] {
            assert!(!line[field].is_null(), "{field} in {line}");
        }
        for field in ["step", "stepsDone", "stepsTotal", "lastLogAt"] {
            assert!(line.get(field).is_some(), "{field} in {line}");
        }
        assert!(line["elapsed"].is_u64(), "{line}");
    }
    assert!(progress.iter().any(|line| line["stage"] == "BUILDING"));
    let applies = |line: &&Value| line["step"] == "ApplyBuildComponents";
    let applying = progress.iter().find(applies).unwrap();
    assert_eq!(
        (&applying["stepsDone"], &applying["stepsTotal"]),
        (&json!(1), &json!(7))
    );
    assert!(applying["lastLogAt"].is_string(), "{applying}");
    assert!(progress.iter().all(|line| line.get("stage").is_some()));
    // Silence is in real time: at this speed, 200 ms are two minutes of the build.
    let silent = demo(&["-o", "json"]);
    assert!(
        silent.of_kind("progress").is_empty(),
        "json has to ask for it"
    );
}

#[test]
fn silence_is_ended_by_progress_in_text() {
    let ended = demo(&["-o", "text", "--heartbeat", "200ms"]);
    let is_progress = |line: &&String| line.contains(" PROGRESS ");
    let progress: Vec<_> = ended.lines.iter().filter(is_progress).collect();
    assert!(!progress.is_empty());
    for part in [
        "Image Builder: BUILDING",
        " elapsed, about ",
        " left (by the documented hour), last event ",
    ] {
        assert!(
            progress.iter().any(|line| line.contains(part)),
            "{part} in {progress:#?}"
        );
    }
    assert!(ended.lines.last().unwrap().starts_with("FAILED "));
    let silent = demo(&["-o", "text", "--heartbeat", "0"]);
    assert_eq!(silent.lines.iter().filter(is_progress).count(), 0);
}

#[test]
fn progress_says_that_the_api_does_not_respond() {
    let state = fresh_folder();
    let arguments = [
        "watch",
        "img",
        "--api-url",
        "http://127.0.0.1:9/prod",
        "-r",
        "us-east-1",
        "--no-sign-request",
        "--no-record",
        "-o",
        "text",
        "--heartbeat",
        "200ms",
    ];
    let environment = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let mut program = Program::start_with(&arguments, &environment);
    let line = program.wait_for(|line| line.contains("the API has not responded yet: "));
    assert!(
        line.contains(" PROGRESS ") && line.contains(" img: waiting, no event yet, "),
        "{line}"
    );
    program.kill();
}
