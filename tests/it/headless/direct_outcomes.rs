//! Whole builds over AWS with each of their outcomes, while nothing fails and while a third of the calls fails.

use std::thread;

use serde_json::json;

use crate::support::aws::{Ami, Aws, IMAGE, REGION};
use crate::support::program::{Ended, Program};

/// A build that goes on, and the watch that has seen its first events.
fn building() -> (Aws, Program) {
    let mut aws = Aws::start();
    aws.begin();
    let mut program = aws.watch("img", &[]);
    program.wait_for(|line| line.contains("\"e3\""));
    (aws, program)
}

fn assert_outcome(ended: &Ended, outcome: &str, code: i32) {
    let context = format!("{} {:#?}", ended.diagnostics, ended.lines);
    assert_eq!(ended.outcome()["outcome"], outcome, "{context}");
    assert_eq!(ended.code(), Some(code), "{context}");
}

fn ami(region: &'static str, id: &'static str) -> Ami {
    Ami {
        id,
        region,
        state: "available",
        is_tagged: false,
        made_by: IMAGE,
    }
}

#[test]
fn an_image_that_was_distributed_to_other_regions_only_is_found_there() {
    let (mut aws, mut program) = building();
    aws.set_image_in(
        "AVAILABLE",
        &[("eu-west-1", "ami-0eu1"), ("eu-west-2", "ami-0eu2")],
    );
    aws.account().amis = vec![ami("eu-west-1", "ami-0eu1"), ami("eu-west-2", "ami-0eu2")];
    aws.complete();
    aws.wait_until(|calls| calls.iter().any(|call| call.region == "eu-west-2"));
    program.wait_for(|line| line.contains("the image is ready"));
    aws.delete();
    let ended = program.end();
    assert_outcome(&ended, "succeeded", 0);
    assert_eq!(ended.outcome()["amiId"], "ami-0eu1");
    let amis = json!([
        {"region": "eu-west-1", "amiId": "ami-0eu1", "state": "AVAILABLE"},
        {"region": "eu-west-2", "amiId": "ami-0eu2", "state": "AVAILABLE"},
    ]);
    assert_eq!(ended.outcome()["amis"], amis);
    assert_eq!(ended.outcome()["amiVerified"], true);
    aws.assert_only_signed_reads();
}

#[test]
fn an_ami_that_ec2_no_longer_has_is_none() {
    let (mut aws, mut program) = building();
    aws.set_image_in(
        "AVAILABLE",
        &[("eu-west-1", "ami-0eu1"), ("eu-west-2", "ami-0eu2")],
    );
    let deregistered = Ami {
        state: "deregistered",
        ..ami("eu-west-1", "ami-0eu1")
    };
    aws.account().amis = vec![deregistered, ami("eu-west-2", "ami-0eu2")];
    aws.complete();
    program.wait_for(|line| line.contains("the image is ready"));
    aws.delete();
    let ended = program.end();
    assert_outcome(&ended, "succeeded", 0);
    assert_eq!(ended.outcome()["amiId"], "ami-0eu2");
    let amis = json!([{"region": "eu-west-2", "amiId": "ami-0eu2", "state": "AVAILABLE"}]);
    assert_eq!(ended.outcome()["amis"], amis);
}

#[test]
fn the_ami_of_the_builds_region_comes_first() {
    let (mut aws, mut program) = building();
    aws.set_image_in(
        "AVAILABLE",
        &[("eu-west-1", "ami-0eu1"), (REGION, "ami-0abc")],
    );
    aws.set_ami();
    aws.account().amis.push(ami("eu-west-1", "ami-0eu1"));
    aws.complete();
    program.wait_for(|line| line.contains("the image is ready"));
    aws.delete();
    let ended = program.end();
    assert_outcome(&ended, "succeeded", 0);
    assert_eq!(ended.outcome()["amiId"], "ami-0abc");
    assert_eq!(ended.outcome()["amis"][0]["region"], REGION);
    assert_eq!(ended.outcome()["amis"][1]["amiId"], "ami-0eu1");
}

/// The stack is gone, so ParallelCluster will not tag it any more.
#[test]
fn an_ami_without_parallelclusters_tags_is_a_success_that_pcluster_does_not_list() {
    let mut aws = Aws::start();
    aws.begin();
    aws.account().amis.push(ami(REGION, "ami-0abc"));
    aws.complete();
    aws.delete();
    let ended = aws.watch("img", &[]).end();
    assert_outcome(&ended, "succeeded", 0);
    let reason = ended.outcome()["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("pcluster does not list"), "{reason}");
    assert_eq!(ended.event_ids(), aws.all_ids());
}

#[test]
fn image_builders_failure_is_told_before_the_stacks_and_has_its_step() {
    let (mut aws, mut program) = building();
    aws.set_image("FAILED");
    program.wait_for(|line| line.contains("\"failing\"") && line.contains("InstallPackages"));
    aws.fail();
    let ended = program.end();
    assert_outcome(&ended, "failed", 3);
    let failure = &ended.outcome()["failure"];
    for (field, value) in [
        ("stage", json!("BUILDING")),
        ("workflow", json!("build-image")),
        ("step", json!("ApplyBuildComponents")),
        ("phase", json!("build")),
        ("componentStep", json!("InstallPackages")),
        ("exitCode", json!(17)),
        ("errorMessage", json!("exit status 17")),
    ] {
        assert_eq!(failure[field], value, "{failure}");
    }
}

#[test]
fn an_image_that_delete_image_cancels_is_deleted_and_has_not_failed() {
    let (mut aws, mut program) = building();
    aws.set_image("CANCELLED");
    aws.push_root("DELETE_IN_PROGRESS");
    program.wait_for(|line| line.contains("\"e4\""));
    aws.delete();
    let ended = program.end();
    assert_outcome(&ended, "deleted", 5);
}

/// The image was made, and its AMI was deregistered since: found by no means three times over a minute.
#[test]
fn an_image_that_was_made_and_deleted_since_is_not_deleted_before_its_end() {
    let mut aws = Aws::start();
    aws.begin();
    aws.complete();
    aws.delete();
    let arguments = ["watch", "img", "-o", "json", "--timeout", "40s"];
    let ended = Program::start_with(&arguments, &aws.environment()).end();
    // Not yet: it takes a minute.
    assert_ne!(ended.outcome()["outcome"], "deleted");
    assert_ne!(ended.outcome()["outcome"], "succeeded");
}

#[test]
fn a_steady_poll_is_one_request_and_events_are_requested_first() {
    let (aws, _watching) = building();
    let polls = |count: usize| {
        aws.wait_until(|calls| {
            let polls = calls
                .iter()
                .filter(|call| call.action == "DescribeStackEvents");
            polls.count() >= count
        });
    };
    polls(4);
    let before = aws.account().calls.len();
    polls(24);
    let calls = aws.account().calls.clone();
    assert_eq!(calls[0].action, "DescribeStackEvents");
    // Image Builder and its log are asked at times of their own.
    let others = calls[before..].iter().filter(|call| {
        ["DescribeStacks", "ListStacks", "DescribeImages"].contains(&call.action.as_str())
    });
    assert_eq!(others.count(), 0, "{calls:#?}");
    assert_eq!(aws.calls_of("DescribeStacks").len(), 1);
}

#[test]
fn a_third_of_the_calls_may_fail_in_every_way() {
    thread::scope(|scope| {
        for seed in 0..6 {
            scope.spawn(move || {
                let mut aws = Aws::start();
                aws.fail_a_third(seed);
                aws.begin();
                for number in 0..230 {
                    aws.push(&format!("Thing{number}"), "CREATE_COMPLETE", "thing");
                }
                let mut program = aws.watch("img", &[]);
                program.wait_for(|line| line.contains("\"e233\""));
                if seed % 2 == 0 {
                    aws.finish();
                    program.wait_for(|line| line.contains("the image is ready"));
                    aws.delete();
                } else {
                    aws.fail();
                }
                let ended = program.end();
                let (outcome, code) = if seed % 2 == 0 {
                    ("succeeded", 0)
                } else {
                    ("failed", 3)
                };
                assert_outcome(&ended, outcome, code);
                assert_eq!(ended.event_ids(), aws.all_ids(), "seed {seed}");
                aws.assert_only_signed_reads();
            });
        }
    });
}
