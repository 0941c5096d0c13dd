//! A watch over AWS where a policy denies some of its actions, each in turn and in pairs: it goes on while evidence
//! remains, and where none does its outcome is unknown and names the action.

use std::thread;

use crate::support::aws::{Aws, Received, STACK};
use crate::support::program::{Ended, Program};

const EVENTS: &str = "DescribeStackEvents";
const STACKS: &str = "DescribeStacks";
const LIST: &str = "ListStacks";
const IMAGES: &str = "DescribeImages";
const BUILDER: &str = "GetImage";
const ACTIONS: [(&str, &str); 5] = [
    (EVENTS, "cloudformation:DescribeStackEvents"),
    (STACKS, "cloudformation:DescribeStacks"),
    (LIST, "cloudformation:ListStacks"),
    (IMAGES, "ec2:DescribeImages"),
    (BUILDER, "imagebuilder:GetImage"),
];

/// Every action, and every pair of them.
fn denials() -> Vec<Vec<&'static str>> {
    let pairs = (0..ACTIONS.len()).flat_map(|first| {
        (first..ACTIONS.len()).map(move |second| {
            let mut pair = vec![ACTIONS[first].0, ACTIONS[second].0];
            pair.dedup();
            pair
        })
    });
    pairs.collect()
}

fn has(denied: &[&str], all: &[&str]) -> bool {
    all.iter().all(|action| denied.contains(action))
}

fn aws_that_denies(denied: &[&str]) -> Aws {
    let aws = Aws::start();
    for action in denied {
        aws.deny(action);
    }
    aws
}

/// A watch that gives up soon: without evidence it would take ten minutes.
fn watch(aws: &Aws, timeout: &str) -> Program {
    let arguments = [
        "watch",
        "img",
        "--interval",
        "200ms",
        "-o",
        "json",
        "--timeout",
        timeout,
    ];
    Program::start_with(&arguments, &aws.environment())
}

/// Checks the outcome, and that the output names each denied action that was asked for.
fn check(aws: &Aws, ended: &Ended, denied: &[&str], outcome: &str, code: i32) {
    let context = format!("{denied:?}: {} {:#?}", ended.diagnostics, ended.lines);
    assert_eq!(ended.outcome()["outcome"], outcome, "{context}");
    assert_eq!(ended.code(), Some(code), "{context}");
    for (action, name) in ACTIONS {
        let asked = aws.calls_of(action).len();
        if denied.contains(&action) && asked > 0 {
            let told = ended.lines.iter().filter(|line| line.contains(name));
            assert!(told.count() > 0, "{name} is not named; {context}");
        }
    }
    if outcome == "unknown" {
        let reason = ended.outcome()["reason"].as_str().unwrap().to_owned();
        let named = ACTIONS.iter().filter(|(action, _)| denied.contains(action));
        let mut named = named.map(|(_, name)| *name);
        assert!(named.any(|name| reason.contains(name)), "{context}");
    }
    aws.assert_only_signed_reads();
}

fn for_each_denial(run: impl Fn(&[&'static str]) + Sync) {
    thread::scope(|scope| {
        for denied in denials() {
            let run = &run;
            scope.spawn(move || run(&denied));
        }
    });
}

#[test]
fn a_success_is_found_by_what_is_permitted() {
    for_each_denial(|denied| {
        let mut aws = aws_that_denies(denied);
        aws.begin();
        let is_unknown = has(denied, &[EVENTS, IMAGES]) || has(denied, &[IMAGES, BUILDER]);
        let mut program = watch(&aws, if is_unknown { "15s" } else { "1h" });
        if denied.contains(&EVENTS) {
            program.wait_for(|line| line.contains("unauthorized"));
        } else {
            program.wait_for(|line| line.contains("\"e3\""));
        }
        let before = aws.account().calls.len();
        aws.finish();
        // Image Builder forgets the image with the stack, so its word must be heard before.
        let is_heard = !has(denied, &[BUILDER]) && !has(denied, &[EVENTS]);
        aws.wait_until(|calls| {
            let since = &calls[before..];
            let heard = since.iter().any(|call| call.action == BUILDER);
            !since.is_empty() && (heard || !is_heard)
        });
        aws.delete();
        let ended = program.end();
        let (outcome, code) = if is_unknown {
            ("unknown", 1)
        } else {
            ("succeeded", 0)
        };
        check(&aws, &ended, denied, outcome, code);
        if !is_unknown {
            assert_eq!(ended.outcome()["amiId"], "ami-0abc", "{denied:?}");
            let verified = !denied.contains(&IMAGES);
            assert_eq!(ended.outcome()["amiVerified"], verified, "{denied:?}");
        }
        if !denied.contains(&EVENTS) {
            assert_eq!(ended.event_ids(), aws.all_ids());
        }
    });
}

#[test]
fn a_failure_is_found_by_what_is_permitted() {
    for_each_denial(|denied| {
        let mut aws = aws_that_denies(denied);
        aws.begin();
        aws.fail();
        let is_unknown = has(denied, &[EVENTS, STACKS]);
        let ended = watch(&aws, if is_unknown { "15s" } else { "1h" }).end();
        let (outcome, code) = if is_unknown {
            ("unknown", 1)
        } else {
            ("failed", 3)
        };
        check(&aws, &ended, denied, outcome, code);
    });
}

#[test]
fn a_build_that_ended_before_the_watch_is_found_by_what_is_permitted() {
    for_each_denial(|denied| {
        let mut aws = aws_that_denies(denied);
        aws.begin();
        aws.finish();
        aws.delete();
        let is_unknown = denied.contains(&IMAGES);
        let ended = watch(&aws, if is_unknown { "25s" } else { "1h" }).end();
        let (outcome, code) = if is_unknown {
            ("unknown", 1)
        } else {
            ("succeeded", 0)
        };
        check(&aws, &ended, denied, outcome, code);
        let has_events = !denied.contains(&EVENTS) && !denied.contains(&LIST);
        let expected = if has_events {
            aws.all_ids()
        } else {
            Vec::new()
        };
        assert_eq!(ended.event_ids(), expected, "{denied:?}");
    });
}

#[test]
fn a_success_is_found_by_what_stays_permitted_after_the_first_answers() {
    for_each_denial(|denied| {
        let mut aws = Aws::start();
        aws.begin();
        let mut program = watch(&aws, "1h");
        program.wait_for(|line| line.contains("\"e3\""));
        aws.wait_until(|calls| calls.iter().any(|call| call.action == BUILDER));
        for action in denied {
            aws.deny(action);
        }
        aws.account().calls.clear();
        aws.finish();
        let before = aws.account().calls.len();
        let is_heard = !denied.contains(&BUILDER);
        aws.wait_until(|calls| {
            let mut since = calls[before..].iter();
            since.any(|call| call.action == BUILDER || !is_heard)
        });
        aws.delete();
        let ended = program.end();
        check(&aws, &ended, denied, "succeeded", 0);
        let verified = !denied.contains(&IMAGES);
        assert_eq!(ended.outcome()["amiVerified"], verified, "{denied:?}");
    });
}

#[test]
fn a_build_that_begins_later_is_found_by_what_is_permitted() {
    for_each_denial(|denied| {
        let mut aws = aws_that_denies(denied);
        let hides_stack = has(denied, &[EVENTS, STACKS]);
        let timeout = if hides_stack { "8s" } else { "1h" };
        let program = aws.watch("img", &["--wait", "--timeout", timeout]);
        aws.wait_until(|calls| calls.len() > 2);
        let before = aws.account().calls.len();
        aws.begin();
        if !hides_stack {
            aws.wait_until(|calls| calls.len() > before + 1);
        }
        aws.fail();
        let ended = program.end();
        let (outcome, code) = if hides_stack {
            ("unknown", 1)
        } else {
            ("failed", 3)
        };
        check(&aws, &ended, denied, outcome, code);
    });
}

/// The name has no stack any more: the list of deleted stacks is asked, and the watch goes on.
#[test]
fn refused_events_and_amis_do_not_end_a_watch_at_once() {
    let mut aws = aws_that_denies(&[EVENTS, IMAGES]);
    aws.begin();
    aws.finish();
    aws.delete();
    let program = watch(&aws, "25s");
    aws.wait_until(|calls| calls.iter().any(|call| call.action == LIST));
    aws.wait_until(|calls| {
        let by_arn = |call: &Received| call.action == STACKS && call.stack == STACK;
        calls.iter().any(by_arn)
    });
    let ended = program.end();
    check(&aws, &ended, &[EVENTS, IMAGES], "unknown", 1);
    assert!(
        ended.outcome()["reason"]
            .as_str()
            .unwrap()
            .contains("--timeout ran out")
    );
}

/// The calls without which a build can still be shown, each alone and with each other action.
#[test]
fn a_failure_is_found_without_the_log_and_the_steps() {
    const DETAILS: [(&str, &str); 4] = [
        (
            "ListWorkflowExecutions",
            "imagebuilder:ListWorkflowExecutions",
        ),
        (
            "ListWorkflowStepExecutions",
            "imagebuilder:ListWorkflowStepExecutions",
        ),
        ("GetLogEvents", "logs:GetLogEvents"),
        ("FilterLogEvents", "logs:FilterLogEvents"),
    ];
    thread::scope(|scope| {
        for (detail, name) in DETAILS {
            let others = ACTIONS.iter().chain(&DETAILS).map(|(other, _)| *other);
            for other in others {
                scope.spawn(move || {
                    let mut aws = aws_that_denies(&[detail, other]);
                    aws.begin();
                    aws.set_steps(&[("LaunchBuildInstance", "COMPLETED")]);
                    aws.push_log([(1_767_261_600_000, "a line".to_owned())]);
                    aws.fail();
                    let ended = watch(&aws, "1h").end();
                    check(&aws, &ended, &[other], "failed", 3);
                    if !aws.calls_of(detail).is_empty() {
                        let told = ended.lines.iter().filter(|line| line.contains(name));
                        assert_eq!(told.count(), 1, "{detail}, {other}: {:#?}", ended.lines);
                    }
                });
            }
        }
    });
}
