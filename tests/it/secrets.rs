//! Marked credentials and a marked presigned URL go in, and must not come out: not in the output, the
//! diagnostics, the log, or on the screen.

use bakewatch::source::simulator::{FaultPlan, FaultRule, InjectedFault, Route};
use serde_json::json;

use crate::support::program::{Ended, Program, fresh_folder, recordings_in};
use crate::support::server::{STACK, Server};
use crate::support::terminal::Terminal;

const ACCESS_KEY: &str = "AKIACANARYCANARYCANA";
const SECRET: &str = "canary-secret-0123456789abcdefghijklmnop";
const TOKEN: &str = "canary/session+token==";
const SIGNATURE: &str = "canary-signature-of-the-presigned-url";
const CANARIES: [&str; 5] = [
    ACCESS_KEY,
    SECRET,
    TOKEN,
    "canary%2Fsession%2Btoken%3D%3D",
    SIGNATURE,
];

/// A server that says what a server should not: the canonical request, with the session token in it.
fn talkative_server() -> Server {
    let mismatch = InjectedFault::Answer {
        status: 403,
        error_type: Some("InvalidSignatureException".to_owned()),
        body: json!({
            "message": format!(
                "The request signature we calculated does not match the signature you provided. The Canonical String \
                 for this request should have been 'GET\n/prod\n\nx-amz-security-token:{TOKEN}\n\n{ACCESS_KEY}'"
            )
        })
        .to_string(),
    };
    let plan = FaultPlan::new(vec![
        FaultRule::requests(2..=3, mismatch).of(Route::StackEvents),
    ]);
    let mut server = Server::start(plan);
    server.begin_build(STACK);
    server.world.set_image(Some(json!({
        "imageId": "img", "region": "us-east-1", "version": "3.16.1", "imageBuildStatus": "BUILD_IN_PROGRESS",
        "imageConfiguration": {"url": format!("https://bucket.s3.example/c?AWSAccessKeyId={ACCESS_KEY}&X-Amz-Signature={SIGNATURE}")},
        "imagebuilderImageStatus": "BUILDING",
    })));
    server
}

fn environment() -> [(&'static str, &'static str); 3] {
    [
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", TOKEN),
    ]
}

fn assert_clean(what: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} is in the {what}:\n{text}");
    }
}

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
        "the log tells of the requests:\n{logged}"
    );
    assert_clean("log", &logged);
    let recorded = std::fs::read_to_string(&recordings_in(&state)[0]).unwrap();
    assert_clean("recording", &recorded);
    let signed = server.requests.all();
    assert!(
        signed
            .iter()
            .all(|request| request.header("x-amz-security-token") == Some(TOKEN)),
        "the canaries were in use"
    );
}

#[test]
fn no_secret_is_shown_on_the_screen() {
    let server = talkative_server();
    let arguments = [
        "watch",
        "img",
        "--api-url",
        &server.url,
        "--signing-region",
        "us-east-1",
        "--interval",
        "200ms",
    ];
    let mut terminal = Terminal::start(120, 40, &arguments, &environment());
    terminal.wait_for("BUILDING").wait_for("signature");
    assert_clean("screen", &terminal.text());
    terminal.press("q");
    terminal.end();
    assert_clean("screen", &terminal.text());
}

/// What the API itself put into an event is shown as it came, but a recording is kept, and passed on.
#[test]
fn no_presigned_url_is_recorded_in_a_form_that_works() {
    let (mut server, state) = (talkative_server(), fresh_folder());
    let url = format!(
        "https://bucket.s3.example/c?AWSAccessKeyId={ACCESS_KEY}&Signature={SIGNATURE}&x-amz-security-token={TOKEN}"
    );
    server.push_with(
        STACK,
        json!({"resourceProperties": json!({"url": url}).to_string(), "resourceStatusReason": url}),
    );
    let arguments = server.watch(&["-o", "json"]);
    let state_home = ("XDG_STATE_HOME", state.to_str().unwrap());
    let mut program = Program::start_with(&arguments, &[state_home]);
    program.wait_for(|line| line.contains(SIGNATURE));
    server.succeed();
    server.world.remove_stack();
    program.end();
    let recorded = std::fs::read_to_string(&recordings_in(&state)[0]).unwrap();
    let kept = recorded
        .matches("https://bucket.s3.example/c?AWSAccessKeyId=[redacted]&Signature=[redacted]");
    assert_eq!(kept.count(), 2, "{recorded}");
    assert_clean("recording", &recorded);
}
