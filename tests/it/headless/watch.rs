//! The headless program against a simulated API: its output, its requests, and its exit code.

use std::io::{BufRead, BufReader, Read};
use std::thread;
use std::time::{Duration, Instant};

use bakewatch::testing::demo::{FaultPlan, FaultRule, InjectedFault, Route};
use serde_json::json;

use crate::support::program::{
    DEADLINE, Program, command, fresh_folder, has_default_signals, run, send_signal,
};
use crate::support::server::{STACK, Server};

fn no_faults() -> FaultPlan {
    FaultPlan::default()
}

#[test]
fn a_whole_build_is_printed_once_in_order_and_ends_with_the_ami() {
    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    server.push(STACK, 250);
    let mut program = Program::start(&server.watch(&["-o", "json"]));
    program.wait_for(|line| line.contains("\"e251\""));
    server.push(STACK, 250);
    program.wait_for(|line| line.contains("\"e501\""));
    server.succeed();
    server.push_root(STACK, "DELETE_IN_PROGRESS");
    program.wait_for(|line| line.contains("\"e502\""));
    server.world.remove_stack();
    let ended = program.end();
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    assert_eq!(ended.event_ids(), server.all_ids());
    assert_eq!(ended.json()[0]["kind"], "status");
    for line in ended.json() {
        let kind = &line["kind"];
        assert_eq!(line["imageId"], "img", "{kind}");
        assert_eq!(line["region"], "us-east-1", "{kind}");
    }
    let stacks = ended.of_kind("stack");
    assert_eq!(stacks.len(), 1);
    assert_eq!(stacks[0]["stackId"], STACK);
    assert_eq!(
        ended.of_kind("event")[0]["event"]["hookType"],
        json!({"unknown": [1.50, null]}),
        "unknown fields are kept"
    );
    let outcome = ended.outcome();
    assert_eq!(
        (
            &outcome["outcome"],
            &outcome["amiId"],
            &outcome["events"],
            &outcome["endedAt"]
        ),
        (
            &json!("succeeded"),
            &json!("ami-0abc"),
            &json!(502),
            &json!("2026-01-01T10:00:00.000Z")
        )
    );
    assert_eq!(ended.diagnostics, "");
}

/// Faults of every kind on every second request, a history of 5,000 events, and bursts of 250.
#[test]
fn no_event_is_lost_when_every_second_request_fails() {
    let kinds = [
        InjectedFault::Throttled,
        InjectedFault::Status(500),
        InjectedFault::Status(504),
        InjectedFault::Reset,
        InjectedFault::Truncated,
        InjectedFault::HalfJson,
        InjectedFault::Html,
        InjectedFault::TokenRejected,
    ];
    let step = u64::try_from(2 * kinds.len()).unwrap();
    let rules = kinds.into_iter().zip((2..).step_by(2));
    let rules = rules.map(|(kind, first)| {
        FaultRule::requests(first..=u64::MAX, kind)
            .of(Route::StackEvents)
            .every(step)
    });
    let mut server = Server::start(FaultPlan::new(rules.collect()));
    server.begin_build(STACK);
    server.push(STACK, 5_000);
    let mut program = Program::start(&server.watch(&["-o", "json"]));
    program.wait_for(|line| line.contains("\"e5001\""));
    for _ in 0..3 {
        server.push(STACK, 250);
        let last = format!("\"e{}\"", server.all_ids().len());
        program.wait_for(|line| line.contains(&last));
    }
    server.succeed();
    server.world.remove_stack();
    let ended = program.end();
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    assert_eq!(ended.event_ids(), server.all_ids());
}

/// A service that rejects every token that comes with every other request.
#[test]
fn repeatedly_rejected_tokens_do_not_stop_the_walk() {
    let rejected = FaultRule::requests(2..=u64::MAX, InjectedFault::TokenRejected);
    let plan = FaultPlan::new(vec![rejected.of(Route::StackEvents).every(2)]);
    let mut server = Server::start(plan);
    server.begin_build(STACK);
    server.push(STACK, 600);
    let mut program = Program::start(&server.watch(&["-o", "json"]));
    program.wait_for(|line| line.contains("\"e601\""));
    server.push(STACK, 250);
    program.wait_for(|line| line.contains("\"e851\""));
    server.succeed();
    server.world.remove_stack();
    let ended = program.end();
    assert_eq!(ended.event_ids(), server.all_ids());
}

#[test]
fn a_rebuild_under_the_same_name_is_printed_as_another_stack() {
    let second = STACK.replace("6accc570", "7bddd681");
    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    let mut program = Program::start(&server.watch(&["-o", "json"]));
    program.wait_for(|line| line.contains("\"e1\""));
    server.begin_build(&second);
    program.wait_for(|line| line.contains("\"e2\""));
    server.succeed();
    server.world.remove_stack();
    let ended = program.end();
    assert_eq!(ended.code(), Some(0));
    let stacks: Vec<_> = ended
        .of_kind("stack")
        .iter()
        .map(|line| line["stackId"].clone())
        .collect();
    assert_eq!(stacks, [json!(STACK), json!(second)]);
}

#[test]
fn missing_and_deleted_images_exit_with_5() {
    let server = Server::start(no_faults());
    let ended = run(&server.watch(&["-o", "json"]));
    assert_eq!(
        (ended.code(), &ended.outcome()["outcome"]),
        (Some(5), &json!("not-found"))
    );

    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    let mut program = Program::start(&server.watch(&["-o", "json"]));
    program.wait_for(|line| line.contains("\"e1\""));
    server.world.remove_stack();
    server.world.set_image(None);
    let ended = program.end();
    assert_eq!(
        (ended.code(), &ended.outcome()["outcome"]),
        (Some(5), &json!("deleted"))
    );
}

#[test]
fn a_refusal_exits_with_1_and_its_reason() {
    let denied = InjectedFault::Response {
        status: 403,
        error_type: Some("AccessDeniedException".to_owned()),
        body: r#"{"Message":"User: arn:aws:iam::1:user/u is not authorized to perform: execute-api:Invoke with an explicit deny"}"#.to_owned(),
    };
    let server = Server::start(FaultPlan::new(vec![FaultRule::requests(
        1..=u64::MAX,
        denied,
    )]));
    let ended = run(&server.watch(&["-o", "json"]));
    assert_eq!(
        (ended.code(), &ended.outcome()["outcome"]),
        (Some(1), &json!("unknown"))
    );
    assert_eq!(ended.of_kind("status")[0]["state"], "unauthorized");
    assert!(
        ended.outcome()["reason"]
            .as_str()
            .unwrap()
            .contains("ParallelClusterApiUserRole")
    );
}

#[test]
fn a_timeout_during_the_build_exits_with_4() {
    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    let ended = run(&server.watch(&["-o", "json", "--timeout", "1s"]));
    assert_eq!(
        (ended.code(), &ended.outcome()["outcome"]),
        (Some(4), &json!("building"))
    );
}

#[test]
fn a_steady_poll_is_one_request_without_a_token() {
    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    server.push(STACK, 450);
    let program = Program::start(&server.watch(&["-o", "json", "--timeout", "3s"]));
    let ended = program.end();
    assert_eq!(ended.event_ids(), server.all_ids());
    let with_token = server
        .requests
        .of(Route::StackEvents)
        .iter()
        .filter(|request| request.parameter("nextToken").is_some())
        .count();
    assert_eq!(with_token, 4, "the history's pages, and never again");
    assert!(server.count(Route::StackEvents) >= 10);
    assert_eq!(
        server.count(Route::Image),
        2,
        "at the start, and when the stack's own event was met"
    );
}

#[test]
fn text_output_is_one_aligned_line_per_event_and_the_outcome() {
    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    server.succeed();
    server.push_root(STACK, "DELETE_FAILED");
    let ended = run(&server.watch(&["-o", "text"]));
    assert_eq!(ended.code(), Some(0));
    let expected = [
        "2026-01-01T10:00:00Z CREATE_IN_PROGRESS   img                              AWS::Made::Up",
        "2026-01-01T10:00:00Z DELETE_FAILED        img                              AWS::Made::Up",
        "SUCCEEDED img ami-0abc after 1:00:00 (2 events); its stack is left over and can be deleted",
    ];
    assert_eq!(ended.lines, expected);
    assert!(
        ended.diagnostics.starts_with("live: "),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn a_usage_error_exits_with_2_and_one_helpful_line() {
    let cases: &[(&[&str], &str)] = &[
        (&["watch", "img"], "--region"),
        (&["watch", "img", "--backend", "api"], "--api-url"),
        (&["watch", "img", "--no-sign-request"], "--api-url"),
        (
            &["watch", "1img", "--api-url", "https://x.example/prod"],
            "error: invalid image id 1img: ",
        ),
        (
            &["watch", "img", "--api-url", "http://x.example/prod"],
            "https",
        ),
        (
            &[
                "watch",
                "img",
                "--api-url",
                "https://x.example",
                "--profile",
                "nobody",
            ],
            "nobody",
        ),
        (
            &[
                "watch",
                "img",
                "--api-url",
                "https://x.example",
                "--ca-bundle",
                "/nonexistent",
            ],
            "/nonexistent",
        ),
        (
            &[
                "watch",
                "img",
                "--api-url",
                "https://x.example",
                "-o",
                "tui",
            ],
            "terminal",
        ),
        (
            &[
                "watch",
                "img",
                "--api-url",
                "https://x.example",
                "--interval",
                "10ms",
            ],
            "200ms",
        ),
        (&["demo", "--scenario", "nope", "-o", "text"], "success"),
    ];
    for (arguments, hint) in cases {
        let ended = run(arguments);
        assert_eq!(
            ended.code(),
            Some(2),
            "{arguments:?}: {}",
            ended.diagnostics
        );
        assert!(
            ended.diagnostics.contains(hint),
            "{arguments:?}: {}",
            ended.diagnostics
        );
        assert!(
            ended.lines.is_empty(),
            "{arguments:?}: a usage error prints no outcome"
        );
    }
}

#[test]
fn a_closed_pipe_exits_quietly_with_141() {
    let mut child = command(&["demo", "-o", "json", "--speed", "600"])
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty());
}

#[test]
fn help_is_output_like_any_other() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["watch", "--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = command(arguments).stdout(writer).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(141), "{arguments:?}");
        assert!(output.stderr.is_empty());
        let child = command(arguments).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(
            shown.contains("bakewatch") && !shown.contains('\u{1b}'),
            "{shown}"
        );
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = command(&["--no-such-flag"]).stderr(writer).spawn().unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(2));
}

/// Most of an hour can pass without a line that would fail to be written.
#[test]
fn a_closed_pipe_is_noticed_without_a_line() {
    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    let arguments = server.watch(&["-o", "json", "--no-record"]);
    let mut child = command(&arguments).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"e1\"") {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0);
    }
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty());
}

/// A pipe that is full from the beginning, shared with a program that made it non-blocking, and read late.
#[test]
fn a_full_output_that_does_not_block_is_waited_for() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    let mut filled = 0;
    while let Ok(count) = rustix::io::write(&writer, &[b'\n'; 4096]) {
        filled += count;
    }
    let folder = fresh_folder();
    let recording = folder.join("recording.jsonl");
    let arguments = [
        "demo",
        "-o",
        "json",
        "--speed",
        "1000",
        "--scenario",
        "failure",
    ];
    let mut child = command(&arguments)
        .arg("--record")
        .arg(&recording)
        .stdout(writer)
        .spawn()
        .unwrap();
    let end = Instant::now() + DEADLINE;
    let is_recorded = || {
        let recorded = std::fs::read_to_string(&recording).unwrap_or_default();
        recorded.contains("CREATE_FAILED")
    };
    while !is_recorded() && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "no event is recorded");
        thread::sleep(Duration::from_millis(5));
    }
    let mut output = Vec::new();
    reader.read_to_end(&mut output).unwrap();
    let printed = String::from_utf8(output.split_off(filled)).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{printed}");
    assert!(
        printed.lines().last().unwrap().contains("\"outcome\""),
        "{printed}"
    );
}

#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    for arguments in [&["demo", "-o", "json", "--speed", "1000"][..], &["keys"]] {
        let ended = Program::start_after("exec </dev/null 1<&0", arguments).end();
        assert_eq!(ended.code(), Some(1), "{arguments:?}");
        assert!(
            ended.diagnostics.contains("error: "),
            "{}",
            ended.diagnostics
        );
    }
}

#[test]
fn a_signal_exits_with_its_code_and_an_outcome() {
    if !has_default_signals() {
        return;
    }
    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    let mut ends = vec![("INT", 130), ("TERM", 143), ("HUP", 129), ("QUIT", 131)];
    ends.extend([("ABRT", 134), ("ALRM", 142), ("XCPU", 152), ("PROF", 155)]);
    if cfg!(target_os = "linux") {
        ends.extend([("USR1", 138), ("USR2", 140), ("PWR", 158), ("64", 192)]);
    }
    for (name, code) in ends {
        let mut program = Program::start(&server.watch(&["-o", "json"]));
        program.wait_for(|line| line.contains("\"e1\""));
        program.signal(name);
        let ended = program.end();
        assert_eq!(
            (ended.code(), &ended.outcome()["outcome"]),
            (Some(code), &json!("building")),
            "{name}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_signal_that_ends_a_process_is_handled() {
    if !has_default_signals() {
        return;
    }
    let faults_of_the_program = [4, 7, 8, 11]; // ILL, BUS, FPE, SEGV
    let ends_nothing_or_not_handleable = [9, 13, 17, 18, 19, 20, 21, 22, 23, 28];
    let kept_by_the_c_library = [32, 33, 34];
    let exceptions = [
        &faults_of_the_program[..],
        &ends_nothing_or_not_handleable,
        &kept_by_the_c_library,
    ]
    .concat();
    let mut program = Program::start(&["demo", "-o", "json", "--speed", "600"]);
    program.wait_for(|line| line.contains("\"event\""));
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))
        .unwrap();
    let handled = u64::from_str_radix(mask.trim(), 16).unwrap();
    let kills: Vec<_> = (1..=64)
        .filter(|number| handled >> (number - 1) & 1 == 0 && !exceptions.contains(number))
        .collect();
    assert_eq!(kills, Vec::<i32>::new(), "these end it without an outcome");
}

#[test]
fn every_demo_scenario_has_the_expected_outcome() {
    let scenarios = [
        ("success", 0, "succeeded"),
        ("failure", 3, "failed"),
        ("rollback", 3, "failed"),
        ("leftover", 0, "succeeded"),
        ("rebuild", 3, "failed"),
        ("deleted", 5, "deleted"),
        ("flaky", 0, "succeeded"),
    ];
    let running = scenarios.map(|(name, code, outcome)| {
        let program = Program::start(&["demo", "--scenario", name, "--speed", "600", "-o", "json"]);
        (name, code, outcome, program)
    });
    for (name, code, outcome, program) in running {
        let ended = program.end();
        assert_eq!(ended.code(), Some(code), "{name}");
        assert_eq!(ended.outcome()["outcome"], outcome, "{name}");
        assert_eq!(
            ended.outcome()["leftoverStack"],
            name == "leftover",
            "{name}"
        );
        let first_failure = ended.outcome()["firstFailure"]["logicalResourceId"]
            .as_str()
            .map(str::to_owned);
        assert_eq!(first_failure.is_some(), outcome == "failed", "{name}");
        if name == "failure" {
            // The event says only that the component failed; its log says why.
            let remedy = ended.outcome()["remedy"].to_string();
            assert!(remedy.contains("repositories have moved on"), "{remedy}");
            let tail = ended.outcome()["failure"]["logTail"].to_string();
            assert!(
                tail.contains("Unable to find a match: kernel-devel"),
                "{tail}"
            );
        }
    }
}

#[test]
fn every_request_is_a_get() {
    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    server.push(STACK, 150);
    let ended = run(&server.watch(&["-o", "json", "--timeout", "2s"]));
    assert_eq!(ended.code(), Some(4));
    let requests = server.requests.all();
    assert!(requests.len() > 5);
    assert!(requests.iter().all(|request| request.method == "GET"));
}

#[test]
fn a_signal_ends_a_watch_with_a_blocked_pipe() {
    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    server.push(STACK, 2_000);
    let arguments = server.watch(&["-o", "json", "--no-record"]);
    let mut child = command(&arguments).spawn().unwrap();
    // The pipe is full when the program has requested all 21 pages and cannot print them.
    while server.count(Route::StackEvents) < 21 {
        std::thread::yield_now();
    }
    send_signal("TERM", child.id());
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if std::time::Instant::now() > end {
            child.kill().unwrap();
            panic!("the program does not end");
        }
        std::thread::yield_now();
    };
    assert_eq!(status.code(), Some(143));
}

#[test]
fn an_interval_beyond_all_calendars_is_a_usage_error() {
    let server = Server::start(no_faults());
    let ended = run(&[
        "watch",
        "img",
        "--no-sign-request",
        "--api-url",
        &server.url,
        "-o",
        "json",
        "--interval",
        "300000years",
    ]);
    assert_eq!(ended.code(), Some(2), "{}", ended.diagnostics);
}

#[test]
fn a_hostile_status_stays_on_its_line() {
    let server = Server::start(no_faults());
    server.world.replace_stack(STACK);
    server.world.push_events([json!({
        "stackId": STACK, "eventId": "1", "logicalResourceId": "L", "resourceStatus": "X\nSUCCEEDED img ami-0bad (1 events)",
    })]);
    let ended = run(&server.watch(&["-o", "text", "--timeout", "1s"]));
    assert_eq!(ended.lines.len(), 2, "{:?}", ended.lines);
}

/// Elements that are no events are printed too, and the events next to them are kept.
#[test]
fn elements_that_are_no_events_are_printed_unchanged() {
    let mut server = Server::start(no_faults());
    server.begin_build(STACK);
    let odd = [
        json!(17),
        json!(null),
        json!(["a", {"b": 1.50}]),
        json!({}),
        json!({"eventId": {"not": "text"}, "resourceStatus": "SHELVED", "timestamp": "yesterday"}),
        json!({"stackId": null, "eventId": "", "logicalResourceId": 7, "resourceStatus": null}),
    ];
    server.world.push_events(odd.clone());
    server.push(STACK, 1);
    let mut program = Program::start(&server.watch(&["-o", "json"]));
    program.wait_for(|line| line.contains("\"e2\""));
    // At the next polls they are the same ones again.
    server.push(STACK, 1);
    program.wait_for(|line| line.contains("\"e3\""));
    server.succeed();
    server.world.remove_stack();
    let ended = program.end();
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    let printed = ended.of_kind("event");
    assert!(printed.iter().all(|line| line["stackId"] == STACK));
    let events: Vec<_> = printed.iter().map(|line| line["event"].clone()).collect();
    assert_eq!(events.len(), 1 + odd.len() + 2, "{events:?}");
    assert_eq!(events[1..=odd.len()], odd);
}

#[test]
fn a_headless_panic_exits_with_101() {
    for part in ["poller", "simulator", "printer", "update"] {
        let fault = format!("panic:{part}");
        let environment = [("BAKEWATCH_FAULT", fault.as_str())];
        let ended = Program::start_with(&["demo", "-o", "json"], &environment).end();
        assert_eq!(ended.code(), Some(101), "{part}: {}", ended.diagnostics);
        let message = format!("a fault on purpose in the {part}");
        assert!(
            ended.diagnostics.contains(&message),
            "{}",
            ended.diagnostics
        );
    }
}

#[test]
fn ignored_signals_stay_ignored() {
    let arguments = [
        "demo",
        "-o",
        "text",
        "--speed",
        "1000",
        "--scenario",
        "failure",
    ];
    let mut program = Program::start_ignoring("HUP INT", &arguments);
    program.wait_for(|line| line.contains("CREATE_IN_PROGRESS"));
    program.signal("HUP");
    program.signal("INT");
    assert_eq!(program.end().code(), Some(3));
}
