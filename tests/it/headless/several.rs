//! Several builds in one headless watch.

use std::collections::HashMap;

use serde_json::Value;

use crate::support::aws::several::Several;
use crate::support::aws::{Aws, OTHER_STACK, STACK};
use crate::support::note::{Note, OUTCOME};
use crate::support::program::{Ended, Program};
use crate::support::server::Server;
use bakewatch::testing::demo::FaultPlan;

/// The ids of the events that were printed under each image, in the order in which they were printed.
fn events_of(ended: &Ended) -> HashMap<String, Vec<String>> {
    let mut all = HashMap::<_, Vec<_>>::new();
    for line in ended.of_kind("event") {
        let image = line["imageId"].as_str().unwrap().to_owned();
        assert_eq!(line["region"], "us-east-1");
        let stack = line["event"]["stackId"].as_str().unwrap();
        assert!(stack.contains(&format!("/{image}/")), "{stack}");
        let id = line["event"]["eventId"].as_str().unwrap().to_owned();
        all.entry(image).or_default().push(id);
    }
    all
}

/// The outcome of each image, with the AMI's id.
fn outcomes(ended: &Ended) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = ended.of_kind("outcome");
    let lines = lines.iter();
    let mut all: Vec<_> = lines
        .map(|line| (text(&line["imageId"]), text(&line["outcome"])))
        .collect();
    all.sort();
    all
}

#[test]
fn a_success_a_failure_and_a_rebuild_each_have_their_events_once_and_one_outcome() {
    let mut aws = Several::start(&["alpha", "beta", "gamma"]);
    for id in ["alpha", "beta", "gamma"] {
        aws.of(id).begin();
    }
    let arguments = ["alpha", "beta", "gamma", "us-east-1/alpha", "-o", "json"];
    let mut program = aws.watch(&arguments);
    for id in ["alpha", "beta", "gamma"] {
        let stack = format!("/{id}/");
        let last = "\"e3\"";
        if !program
            .seen
            .iter()
            .any(|line| line.contains(&stack) && line.contains(last))
        {
            program.wait_for(|line| line.contains(&stack) && line.contains(last));
        }
    }
    aws.of("beta").fail();
    let is_outcome = |line: &str| line.contains("\"kind\":\"outcome\"");
    program.wait_for(is_outcome);
    // A build that has ended is not followed into its rebuild; one that was replaced under way is.
    rebuild(aws.of("beta"));
    rebuild(aws.of("gamma"));
    program.wait_for(|line| line.contains("/gamma/") && line.contains("\"e7\""));
    for id in ["gamma", "alpha"] {
        aws.of(id).finish();
        aws.of(id).delete();
    }
    let ended = program.end();
    ended.assert_code(3);

    let events = events_of(&ended);
    assert_eq!(events["alpha"], aws.of("alpha").all_ids());
    assert_eq!(events["beta"], ["e1", "e2", "e3", "e4", "e5"]);
    assert_eq!(events["gamma"], aws.of("gamma").all_ids());
    assert_outcomes(&ended);
    for id in ["alpha", "beta", "gamma"] {
        aws.of(id).assert_only_signed_reads();
    }
}

/// The same over the API.
#[test]
fn three_builds_of_an_api_each_have_their_events_once_and_one_outcome() {
    const IDS: [&str; 3] = ["alpha", "beta", "gamma"];
    let stack = |id: &str| STACK.replace("img", id);
    let mut servers = Server::several(&IDS, FaultPlan::default());
    for (server, id) in servers.iter_mut().zip(IDS) {
        server.begin_build(&stack(id));
        server.push(&stack(id), 2);
    }
    let url = servers[0].url.clone();
    let mut arguments = vec!["watch", "--api-url", &url, "--no-sign-request"];
    arguments.extend(["--interval", "200ms", "-o", "json"]);
    arguments.extend(IDS);
    let mut program = Program::start(&arguments);
    let mut waits = IDS.to_vec();
    while !waits.is_empty() {
        let has_all =
            |line: &str, id: &str| line.contains(&format!("/{id}/")) && line.contains("\"e3\"");
        let line = program.wait_for(|line| waits.iter().any(|id| has_all(line, id)));
        waits.retain(|id| !has_all(line, id));
    }
    servers[1].push_root(&stack("beta"), "CREATE_FAILED");
    servers[1].push_root(&stack("beta"), "ROLLBACK_COMPLETE");
    program.wait_for(|line| line.contains("\"kind\":\"outcome\""));
    // A build that has ended is not followed into its rebuild; one that was replaced under way is.
    let rebuilt = |id: &str| OTHER_STACK.replace("img", id);
    for place in [1, 2] {
        servers[place].begin_build(&rebuilt(IDS[place]));
    }
    program.wait_for(|line| line.contains("/gamma/") && line.contains("\"e4\""));
    for place in [2, 0] {
        servers[place].succeed();
        servers[place].world.remove_stack();
    }
    let ended = program.end();
    ended.assert_code(3);

    let events = events_of(&ended);
    let first = |count: usize| {
        (1..=count)
            .map(|number| format!("e{number}"))
            .collect::<Vec<_>>()
    };
    for (id, count) in [("alpha", 3), ("beta", 5), ("gamma", 4)] {
        assert_eq!(events[id], first(count), "{id}");
    }
    assert_outcomes(&ended);
}

/// One outcome for each build: beta has failed, the others have succeeded.
fn assert_outcomes(ended: &Ended) {
    let expected = [
        ("alpha", "succeeded"),
        ("beta", "failed"),
        ("gamma", "succeeded"),
    ];
    let expected = expected.map(|(id, how)| (id.to_owned(), how.to_owned()));
    assert_eq!(outcomes(ended), expected);
}

/// The stack is deleted, and another one of the same name begins.
fn rebuild(aws: &mut Aws) {
    aws.delete();
    aws.create(OTHER_STACK, true);
    aws.begin();
}

#[test]
fn lines_of_text_begin_with_the_build_and_the_command_runs_as_each_ends() {
    let note = Note::new("several");
    let mut aws = Several::start(&["alpha", "beta"]);
    aws.of("alpha").begin();
    aws.of("beta").begin();
    let command = note.command(OUTCOME);
    let arguments = ["alpha", "beta", "-o", "text", "--on-outcome", &command];
    let mut program = aws.watch(&arguments);
    aws.of("beta").fail();
    program.wait_for(|line| line.starts_with("beta  FAILED beta"));
    assert!(note.wait().starts_with("failed 3 beta"), "while alpha runs");
    aws.of("alpha").finish();
    aws.of("alpha").delete();
    let ended = program.end();
    ended.assert_code(3);
    for line in &ended.lines {
        assert!(
            line.starts_with("alpha ") || line.starts_with("beta  "),
            "{line}"
        );
    }
    assert!(
        ended.diagnostics.contains("beta  stack: "),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn one_build_named_twice_is_watched_once_and_has_no_prefix() {
    let mut aws = Several::start(&["alpha"]);
    aws.of("alpha").begin();
    aws.of("alpha").fail();
    let ended = aws.watch(&["alpha", "alpha", "-o", "text"]).end();
    ended.assert_code(3);
    assert!(ended.lines[0].starts_with("2026-"), "{}", ended.lines[0]);
    let last = ended.lines.last().unwrap();
    assert!(last.starts_with("FAILED alpha"), "{last}");
}

/// An image id and the ARN of its stack may be the same build: which of the two is watched is for the user to say.
#[test]
fn an_id_and_the_arn_of_its_stack_are_not_two_builds() {
    let mut aws = Several::start(&["alpha"]);
    let arn = STACK.replace("img", "alpha");
    let other = OTHER_STACK.replace("img", "alpha");
    for targets in [
        ["alpha", &arn],
        [&arn, "us-east-1/alpha"],
        [&other, "alpha"],
    ] {
        let ended = aws.watch(&targets).end();
        ended.assert_code(2);
        let said = &ended.diagnostics;
        assert!(said.contains("the targets name alpha twice"), "{said}");
        let calls = aws.of("alpha").calls_of("DescribeStackEvents");
        assert!(calls.is_empty(), "no request is sent");
    }
}

#[test]
fn one_file_does_not_record_several_builds() {
    let aws = Several::start(&["alpha"]);
    for targets in [["alpha", "beta"], ["alpha", "--all-building"]] {
        let ended = aws
            .watch(&[targets[0], targets[1], "--record", "file"])
            .end();
        ended.assert_code(2);
        let said = &ended.diagnostics;
        assert!(said.contains("--record"), "{said}");
    }
}
