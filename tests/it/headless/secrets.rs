//! Marked credentials and marked presigned URLs go in, and must not come out: not in a frame, the output, the
//! diagnostics, the log, a recording, a report, the clipboard or a command's environment. JSON output alone
//! promises the values that the API sent.

use bakewatch::testing::app::Effect;
use bakewatch::testing::output::{Subject, report, variables};
use serde_json::json;

use crate::support::builds;
use crate::support::frame::{COLOUR, draw, lines};
use crate::support::program::{Ended, Program, fresh_folder, recordings_in};
use crate::support::secrets::{
    ACCESS_KEY, SECRET, SIGNATURE, TOKEN, assert_clean, environment, talkative_server,
};
use crate::support::server::{STACK, Server};
use crate::support::story::Story;

#[test]
fn no_secret_leaves_the_program() {
    let server = talkative_server();
    let state = fresh_folder();
    let log = std::env::temp_dir().join(format!("bakewatch-secrets-{}.log", std::process::id()));
    let arguments = [
        "watch",
        "img",
        "--api-url",
        &server.url,
        "--region",
        "us-east-1",
        "--signing-region",
        "us-east-1",
        "--interval",
        "200ms",
        "--timeout",
        "3s",
        "-o",
        "json",
        "--debug",
        "--log-file",
        log.to_str().unwrap(),
    ];
    let mut environment = environment().to_vec();
    environment.push(("XDG_STATE_HOME", state.to_str().unwrap()));
    let ended: Ended = Program::start_with(&arguments, &environment).end();
    assert_eq!(ended.code(), Some(4), "{}", ended.diagnostics);
    assert!(
        ended
            .of_kind("status")
            .iter()
            .any(|line| line["state"] == "misconfigured"),
        "{:?}",
        ended.lines
    );
    assert_clean("output", &ended.lines.join("\n"));
    assert_clean("diagnostics", &ended.diagnostics);
    let logged = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(log).unwrap();
    assert!(
        logged.contains("GET"),
        "the log has the requests:\n{logged}"
    );
    assert_clean("log", &logged);
    let recording = recordings_in(&state).remove(0);
    assert_clean("recording", &std::fs::read_to_string(&recording).unwrap());
    let recording = recording.to_str().unwrap();
    for arguments in [
        &["history"][..],
        &["history", "-o", "json"],
        &["report", recording],
        &["replay", recording, "--speed", "max", "-o", "text"],
        &["config"],
        &["keys"],
    ] {
        let ended = Program::start_with(arguments, &environment).end();
        assert_eq!(ended.code().map(|code| code == 101), Some(false));
        assert!(!ended.lines.is_empty(), "{arguments:?}");
        let output = ended.lines.join("\n") + &ended.diagnostics;
        assert_clean(&format!("{arguments:?}"), &output);
    }
    let signed = server.requests.all();
    assert!(
        signed
            .iter()
            .all(|request| request.header("x-amz-security-token") == Some(TOKEN)),
        "the canaries were in use"
    );
}

#[test]
fn a_panic_message_contains_no_secret() {
    let server = talkative_server();
    let arguments = [
        "watch",
        "img",
        "--api-url",
        &server.url,
        "--signing-region",
        "us-east-1",
        "-o",
        "json",
    ];
    for part in ["update", "poller", "printer"] {
        let fault = format!("panic:{part}");
        let mut environment = environment().to_vec();
        environment.extend([
            ("BAKEWATCH_FAULT", fault.as_str()),
            ("RUST_BACKTRACE", "full"),
        ]);
        let ended = Program::start_with(&arguments, &environment).end();
        assert_eq!(ended.code(), Some(101));
        assert!(
            ended.diagnostics.contains("X-Amz-Signature=[redacted]"),
            "{}",
            ended.diagnostics
        );
        let output = ended.lines.join("\n") + &ended.diagnostics;
        assert_clean("panic", &output);
    }
}

/// A URL with credentials is refused, and printed without its secrets.
#[test]
fn secrets_in_a_url_are_redacted() {
    let url = format!("https://{ACCESS_KEY}:{SECRET}@x.example/prod?X-Amz-Signature={SIGNATURE}");
    let variable = [("BAKEWATCH_API_URL", url.as_str())];
    let (watch, config) = (["watch", "img"], ["config"]);
    let with = |command: &[&'static str]| [command, &["--api-url"]].concat();
    let refused = [
        Program::start_with(&watch, &variable).end(),
        Program::start(&[&with(&watch)[..], &[&url]].concat()).end(),
    ];
    let printed_urls = [
        Program::start_with(&config, &variable).end(),
        Program::start(&[&with(&config)[..], &[&url]].concat()).end(),
    ];
    assert!(refused.iter().all(|ended| ended.code() == Some(2)));
    assert!(
        printed_urls
            .iter()
            .all(|ended| ended.lines.join("\n").contains("x.example"))
    );
    for ended in refused.iter().chain(&printed_urls) {
        let output = ended.lines.join("\n") + &ended.diagnostics;
        assert_clean("address", &output);
    }
}

/// A mark that is still found in a value that is wrapped, cut or escaped.
const MARK: &str = "QZ7";

/// Presigned URLs in both forms, everything marked that signs them.
fn marked_urls() -> [String; 2] {
    let mark = MARK.repeat(12);
    [
        format!(
            "https://bucket.s3.example/c?X-Amz-Credential={mark}%2Fus-east-1&X-Amz-Date=20260101T000000Z\
             &X-Amz-Security-Token={mark}%2F%3D&X-Amz-SignedHeaders=host&X-Amz-Signature={mark}"
        ),
        format!(
            "https://bucket.s3.example/c?AWSAccessKeyId={mark}&Signature={mark}%3D&x-amz-security-token={mark}&Expires=1"
        ),
    ]
}

/// A failed build; one of its events, the first failure, has presigned URLs wherever an event has text.
fn talkative_build(width: u16, height: u16) -> Story {
    let mut story = builds::building(width, height);
    let [new, old] = marked_urls();
    let mark = MARK.repeat(12);
    for (number, status) in ["CREATE_IN_PROGRESS", "CREATE_FAILED"]
        .into_iter()
        .enumerate()
    {
        let properties = json!({
            "Url": new, "Parts": {"X-Amz-Signature": mark, "n": number}, "Deep": {"List": [old, {"Text": new}]},
            "Data": format!("steps:\n  - fetch: {old}\n  - fetch: {new}\n"),
            "Inner": json!({"url": new, "again": json!({"url": old}).to_string()}).to_string(),
        });
        let event = json!({
            "eventId": format!("talkative-{number}"), "stackId": story.model.shown.build.stack_id().unwrap().as_str(),
            "logicalResourceId": "ParallelClusterImage", "physicalResourceId": old, "resourceType": "AWS::X",
            "clientRequestToken": new, "timestamp": "2022-04-05T22:10:00Z", "resourceStatus": status,
            "resourceStatusReason": format!("{number}: can't fetch {new} or {old} (Service: S3)"),
            "resourceProperties": properties.to_string(), "unknown": {"url": old},
        });
        story.raw_page(&[event.to_string()], true);
    }
    story.describe("BUILD_FAILED", Some("FAILED"));
    story
}

#[test]
fn presigned_urls_are_redacted_in_every_frame_and_copy() {
    let everywhere = [
        "",
        "1",
        "1>",
        "1>jj>jjjj>jjj>jjjj>",
        "1J",
        "1d",
        "1>d",
        "1Jd",
        "2",
        "2G>",
        "2GJ",
        "2Gd",
        "2z",
        "3",
        "3G",
        "/amz>n",
        "1>/Sig>nn",
        "3/Sig>nn",
        "&bucket>",
        "o",
        "f",
        "fjjjj >",
        "?",
        "ee",
        "E",
        "tu",
    ];
    let model = talkative_build(80, 24).model;
    let build = model.shown.build;
    let subject = Subject {
        image_id: "img",
        region: None,
        note: None,
        recorded_by: None,
        now: model.now,
    };
    let written = report(&build, &subject);
    assert!(written.contains("X-Amz-Signature=[redacted]"), "{written}");
    assert!(!written.contains(MARK), "{written}");
    let mut copied = 0;
    for (width, height) in [(40, 10), (80, 24), (160, 50)] {
        for keys in everywhere {
            let mut story = talkative_build(width, height);
            // Each view is copied from too.
            for key in keys.chars().chain("yYjyjyjyjy".chars()) {
                story.keys(&key.to_string());
                let frame = lines(&draw(&story.model, &COLOUR)).join("\n");
                assert!(!frame.contains(MARK), "{keys:?} then {key}:\n{frame}");
            }
            for effect in &story.effects {
                match effect {
                    Effect::Notify(text) => assert!(!text.contains(MARK), "{text}"),
                    Effect::Run(known) => {
                        let variables = format!("{:?}", variables(known));
                        assert!(variables.contains("bucket.s3.example"), "{variables}");
                        assert!(!variables.contains(MARK), "{variables}");
                    }
                    Effect::Copy(text) => {
                        copied += usize::from(text.contains("bucket.s3.example"));
                        assert!(!text.contains(MARK), "{keys:?}: {text}");
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(copied > 100, "URLs were copied: {copied}");
}

/// A server whose failed build has presigned URLs in an event and in its description.
fn server_of_a_talkative_build() -> Server {
    let mut server = talkative_server();
    let [new, old] = marked_urls();
    let fields = json!({
        "resourceStatus": "CREATE_FAILED", "resourceStatusReason": format!("no access to {new}, {old}"),
        "resourceProperties": json!({"url": new}).to_string(),
    });
    server.push_with(STACK, fields);
    server.push_root(STACK, "CREATE_FAILED");
    server.world.set_image(Some(json!({
        "imageId": "img", "region": "us-east-1", "version": "3.16.1", "imageBuildStatus": "BUILD_FAILED",
        "cloudformationStackStatusReason": old, "imagebuilderImageStatusReason": new,
    })));
    server
}

#[test]
fn presigned_urls_are_redacted_in_output_and_recordings() {
    let (server, state) = (server_of_a_talkative_build(), fresh_folder());
    let log = state.join("log");
    let environment = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let run = |arguments: &[&str]| {
        let ended = Program::start_with(arguments, &environment).end();
        ended.lines.join("\n") + &ended.diagnostics
    };
    let hook = ["--on-outcome", "env | grep BAKEWATCH_", "-o", "text"];
    let log_file = ["--debug", "--log-file", log.to_str().unwrap()];
    let printed = run(&server.watch(&[&hook[..], &log_file].concat()));
    let reason = "BAKEWATCH_FIRST_FAILURE_REASON=no access to https";
    assert!(printed.contains(reason), "{printed}");
    let recording = recordings_in(&state).remove(0);
    let file = recording.to_str().unwrap();
    let read = |path| std::fs::read_to_string(path).unwrap();
    let all = [
        ("output", printed),
        ("recording", read(&recording)),
        ("log", read(&log)),
        ("history", run(&["history", "-o", "json"])),
        ("report", run(&["report", file])),
        (
            "replay",
            run(&["replay", file, "-o", "json", "--speed", "max"]),
        ),
    ];
    for (what, output) in all {
        let has_url = what == "log" || output.contains("X-Amz-Signature=[redacted]");
        assert!(has_url, "the {what} does not have the URL:\n{output}");
        assert!(!output.contains(MARK), "the {what} has {MARK}:\n{output}");
        assert_clean(what, &output);
    }
}

/// JSON output promises the API's own values, in the events and nowhere else.
#[test]
fn presigned_urls_remain_only_in_events_of_json_output() {
    let server = server_of_a_talkative_build();
    let urls = marked_urls();
    let json = Program::start(&server.watch(&["-o", "json"])).end();
    assert_eq!(json.code(), Some(3), "{}", json.diagnostics);
    assert!(!json.diagnostics.contains(MARK), "{}", json.diagnostics);
    let mut count = 0;
    for line in &json.lines {
        let is_event = line.starts_with(r#"{"kind":"event""#);
        let has_url = is_event && line.contains("bucket.s3.example");
        count += usize::from(has_url);
        assert_eq!(line.contains(MARK), has_url, "{line}");
        assert!(
            !has_url || urls.iter().all(|url| line.contains(url)),
            "{line}"
        );
    }
    assert_eq!(count, 1);
    assert!(json.lines.last().unwrap().contains("Signature=[redacted]"));
}
