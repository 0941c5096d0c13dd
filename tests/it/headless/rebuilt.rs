//! A build that is built again under its id while it is watched without a screen: what is followed, and what is not.

use std::collections::HashSet;

use bakewatch::testing::demo::{FaultPlan, Route};

use crate::support::aws::{Aws, OTHER_STACK, STACK};
use crate::support::program::{Ended, Program};
use crate::support::server::Server;

/// Each event once, and one outcome. Returns the outcome, and the stacks of the events in their order.
fn once(ended: &Ended) -> (String, Vec<String>) {
    let mut seen = HashSet::new();
    let mut stacks = Vec::new();
    for line in ended.of_kind("event") {
        let text = |name: &str| line["event"][name].as_str().unwrap().to_owned();
        let stack = text("stackId");
        assert!(seen.insert((stack.clone(), text("eventId"))), "{line}");
        if stacks.last() != Some(&stack) {
            stacks.push(stack);
        }
    }
    let outcomes = ended.of_kind("outcome");
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    let last: serde_json::Value = serde_json::from_str(ended.lines.last().unwrap()).unwrap();
    assert_eq!(last["kind"], "outcome", "nothing follows it");
    (outcomes[0]["outcome"].as_str().unwrap().to_owned(), stacks)
}

fn assert_is(ended: &Ended, code: i32, outcome: &str, stacks: &[&str]) {
    ended.assert_code(code);
    let (is, of) = once(ended);
    assert_eq!(
        (is.as_str(), of),
        (
            outcome,
            stacks.iter().map(|stack| (*stack).to_owned()).collect()
        )
    );
}

fn of_an_api() -> (Server, Program) {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.push(STACK, 2);
    let program = Program::start(&server.watch(&["-o", "json"]));
    (server, program)
}

#[test]
fn a_failed_build_of_an_api_is_over_before_its_last_walk() {
    let (mut server, mut program) = of_an_api();
    program.wait_for(|line| line.contains("\"e3\""));
    server.push_root(STACK, "CREATE_FAILED");
    // It is printed before the request for the last walk, which then is answered by the next stack.
    program.wait_for(|line| line.contains("\"e4\""));
    server.begin_build(OTHER_STACK);
    assert_is(&program.end(), 3, "failed", &[STACK]);
}

#[test]
fn a_build_of_an_api_that_has_succeeded_is_over_before_its_clean_up() {
    let (mut server, mut program) = of_an_api();
    program.wait_for(|line| line.contains("\"e3\""));
    let described = server.count(Route::Image);
    server.succeed();
    server.push_root(STACK, "DELETE_IN_PROGRESS");
    program.wait_for(|line| line.contains("\"e4\""));
    server.wait_for_more(Route::Image, described);
    // The answer is known once there is another request.
    server.wait_for_more(Route::StackEvents, server.count(Route::StackEvents));
    server.begin_build(OTHER_STACK);
    assert_is(&program.end(), 0, "succeeded", &[STACK]);
}

/// The API has no more of the first build: whether it has ended is not known, and the second one is watched to its end.
#[test]
fn a_build_of_an_api_whose_end_was_not_seen_is_followed() {
    let (mut server, mut program) = of_an_api();
    program.wait_for(|line| line.contains("\"e3\""));
    server.begin_build(OTHER_STACK);
    program.wait_for(|line| line.contains("\"e4\""));
    server.push_root(OTHER_STACK, "CREATE_FAILED");
    assert_is(&program.end(), 3, "failed", &[STACK, OTHER_STACK]);
}

fn of_aws() -> (Aws, Program) {
    let mut aws = Aws::start();
    aws.begin();
    let mut program = aws.watch("img", &[]);
    program.wait_for(|line| line.contains("\"e3\""));
    (aws, program)
}

fn rebuild(aws: &mut Aws) {
    aws.delete();
    aws.create(OTHER_STACK, true);
    aws.begin();
}

/// A stack's events are asked for by its ARN, and can be read when it is deleted: so the failure is always seen.
#[test]
fn a_failed_build_of_aws_is_over_however_soon_it_is_rebuilt() {
    for is_seen in [true, false] {
        let (mut aws, mut program) = of_aws();
        aws.fail();
        if is_seen {
            program.wait_for(|line| line.contains("\"e5\""));
        }
        rebuild(&mut aws);
        assert_is(&program.end(), 3, "failed", &[STACK]);
    }
}

#[test]
fn a_build_of_aws_that_has_succeeded_is_over_however_soon_it_is_rebuilt() {
    let (mut aws, program) = of_aws();
    aws.finish();
    rebuild(&mut aws);
    assert_is(&program.end(), 0, "succeeded", &[STACK]);
}

#[test]
fn a_build_of_aws_that_was_deleted_under_way_is_followed() {
    let (mut aws, mut program) = of_aws();
    rebuild(&mut aws);
    program.wait_for(|line| line.contains("\"e8\""));
    aws.fail();
    assert_is(&program.end(), 3, "failed", &[STACK, OTHER_STACK]);
}
