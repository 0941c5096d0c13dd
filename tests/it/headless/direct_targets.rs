//! The targets of a watch over AWS: an image by its id and region, a stack by its ARN, and what has the name by now.

use crate::support::aws::{Aws, IMAGE, OTHER_STACK, REGION, STACK};
use crate::support::program::Program;

#[test]
fn a_stack_is_watched_by_its_arn_whatever_has_its_name() {
    for deleted in [false, true] {
        let mut aws = Aws::start();
        aws.begin();
        aws.finish();
        if deleted {
            aws.delete();
        }
        let ids = aws.all_ids();
        let mut program = aws.watch(STACK, &[]);
        program.wait_for(|line| line.contains(ids.last().unwrap()));
        if !deleted {
            aws.delete();
        }
        let ids = aws.all_ids();
        // The next build of the image has begun meanwhile.
        aws.create(OTHER_STACK, true);
        aws.push_root("CREATE_IN_PROGRESS");
        let ended = program.end();
        ended.assert_code(0);
        assert_eq!(ended.event_ids(), ids);
        assert_eq!(ended.outcome()["amiId"], "ami-0abc");
        assert_eq!(ended.outcome()["imageId"], "img");
        assert!(
            aws.calls_of("DescribeStackEvents")
                .iter()
                .all(|call| call.stack == STACK)
        );
        assert!(aws.calls_of("ListStacks").is_empty());
        aws.assert_only_signed_reads();
    }
}

#[test]
fn a_stack_by_its_arn_takes_no_ami_of_another_build() {
    let mut aws = Aws::start();
    aws.begin();
    aws.push_root("DELETE_IN_PROGRESS");
    aws.push_root("DELETE_COMPLETE");
    aws.set_ami();
    aws.account().amis[0].made_by = "arn:aws:imagebuilder:us-east-1:123456789012:image/other/1";
    let ended = aws.watch(STACK, &[]).end();
    ended.assert_code(5);
    assert_eq!(ended.outcome()["outcome"], "deleted");
}

#[test]
fn another_account_than_that_of_the_arn_is_told_before_the_first_call_about_it() {
    let mut aws = Aws::start();
    aws.begin();
    let other = STACK.replace("123456789012", "999999999999");
    let mut program = aws.watch(&other, &[]);
    let told = program.wait_for(|line| line.contains("account 999999999999"));
    assert!(told.contains("account 123456789012"), "{told}");
    assert_eq!(aws.account().calls[0].action, "GetCallerIdentity");
    drop(program);
    // The same account is not worth a word.
    let mut program = aws.watch(STACK, &[]);
    program.wait_for(|line| line.contains("\"e3\""));
    assert!(
        !program
            .seen
            .iter()
            .any(|line| line.contains("credentials are of"))
    );
}

#[test]
fn a_stack_that_is_not_parallelclusters_ends_by_its_own_status() {
    for (statuses, code, outcome) in [
        (&["CREATE_COMPLETE"][..], 0, "succeeded"),
        (
            &[
                "UPDATE_ROLLBACK_COMPLETE",
                "UPDATE_IN_PROGRESS",
                "UPDATE_COMPLETE",
            ],
            0,
            "succeeded",
        ),
        (&["IMPORT_COMPLETE"], 0, "succeeded"),
        (&["ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"], 3, "failed"),
        (&["CREATE_FAILED"], 3, "failed"),
        (
            &["CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED"],
            3,
            "failed",
        ),
        (
            &["CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"],
            5,
            "deleted",
        ),
        (
            &["CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"],
            3,
            "failed",
        ),
    ] {
        for denied in [None, Some("DescribeStacks")] {
            let mut aws = Aws::start();
            aws.create(STACK, false);
            aws.push_root("CREATE_IN_PROGRESS");
            aws.push("Bucket", "CREATE_COMPLETE", "bucket");
            for status in statuses {
                aws.push_root(status);
            }
            if let Some(action) = denied {
                aws.deny(action);
            }
            let ended = aws.watch(STACK, &[]).end();
            ended.assert_code(code);
            assert_eq!(
                ended.outcome()["outcome"],
                outcome,
                "{statuses:?} {denied:?}"
            );
            assert_eq!(ended.event_ids(), aws.all_ids());
        }
    }
}

#[test]
fn a_stack_that_is_not_parallelclusters_goes_on_until_it_is_at_rest() {
    let mut aws = Aws::start();
    aws.create(STACK, false);
    for status in [
        "CREATE_COMPLETE",
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    ] {
        aws.push_root(status);
    }
    let mut program = aws.watch(STACK, &[]);
    program.wait_for(|line| line.contains("\"e3\""));
    aws.push_root("UPDATE_COMPLETE");
    let ended = program.end();
    ended.assert_code(0);
    assert_eq!(ended.event_ids(), aws.all_ids());
}

#[test]
fn the_region_of_the_target_comes_first() {
    let mut aws = Aws::start();
    aws.begin();
    let environment = aws.environment().map(|(name, value)| {
        let value = if name == "AWS_REGION" {
            "eu-west-1"
        } else {
            value
        };
        (name, value)
    });
    for target in [&format!("{REGION}/img"), STACK] {
        let arguments = ["watch", target, "--interval", "200ms", "-o", "json"];
        let mut program = Program::start_with(&arguments, &environment);
        program.wait_for(|line| line.contains("\"e3\""));
    }
    assert!(aws.account().calls.iter().all(|call| call.region == REGION));
}

#[test]
fn a_target_that_contradicts_a_flag_is_wrong_usage() {
    for (target, flags, says) in [
        (
            STACK,
            &["--backend", "api", "--api-url", "https://h.example"][..],
            "--backend api",
        ),
        (
            STACK,
            &["--region", "eu-west-1"],
            "the stack is in us-east-1",
        ),
        (STACK, &["--no-sign-request"], "--no-sign-request"),
        (IMAGE, &[], "not the ARN of a CloudFormation stack"),
        ("us-east-1/", &[], "invalid image id"),
        ("nowhere/img", &[], "REGION/IMAGE_ID"),
    ] {
        let aws = Aws::start();
        let ended = aws.watch(target, flags).end();
        ended.assert_code(2);
        assert!(ended.diagnostics.contains(says), "{}", ended.diagnostics);
        assert!(aws.account().calls.is_empty());
    }
}

/// `pcluster build-image … && bakewatch watch …`: the name of the new stack is not known everywhere yet.
#[test]
fn in_the_moment_after_its_creation_the_stack_is_waited_for() {
    for has_old_one in [false, true] {
        let mut aws = Aws::start();
        if has_old_one {
            // The image was built before, failed, and was deleted.
            aws.create(OTHER_STACK, true);
            aws.fail();
            aws.push_root("DELETE_COMPLETE");
        }
        let before = aws.all_ids();
        aws.create(STACK, true);
        aws.hide_name_for(6);
        aws.begin();
        let ids = aws.all_ids().split_off(before.len());
        let mut program = aws.watch("img", &[]);
        program.wait_for(|line| line.contains(ids.last().unwrap()));
        let seen = program.seen.join("\n");
        assert!(
            !seen.contains("unreachable") && !seen.contains(OTHER_STACK),
            "{seen}"
        );
        assert!(aws.calls_of("ListStacks").is_empty());
    }
}

#[test]
fn waiting_for_a_build_ignores_one_that_was_deleted_before() {
    let mut aws = Aws::start();
    aws.begin();
    aws.fail();
    aws.push_root("DELETE_COMPLETE");
    let before = aws.all_ids().len();
    let mut program = aws.watch("img", &["--wait"]);
    program.wait_for(|line| line.contains("\"waiting\""));
    aws.create(OTHER_STACK, true);
    aws.push_root("CREATE_IN_PROGRESS");
    aws.push_root("CREATE_FAILED");
    let ended = program.end();
    ended.assert_code(3);
    assert_eq!(ended.event_ids(), aws.all_ids().split_off(before));
}

/// Whose account it is costs one request, at that end alone, and none of CloudFormation's.
#[test]
fn a_name_that_is_nowhere_is_told_with_the_account_that_was_searched() {
    let aws = Aws::start();
    let ended = aws.watch("img", &[]).end();
    assert_eq!(ended.code(), Some(5), "{:#?}", ended.lines);
    let reason = ended.outcome()["reason"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let place = "in us-east-1, account 123456789012 (asked: AWS)";
    assert!(reason.contains(place), "{reason}");
    assert_eq!(aws.calls_of("GetCallerIdentity").len(), 1);
    aws.assert_only_signed_reads();

    // Without the answer the end is the same.
    let aws = Aws::start();
    aws.answer_once("GetCallerIdentity", 403, "<html>blocked</html>");
    let ended = aws.watch("img", &[]).end();
    assert_eq!(ended.code(), Some(5), "{:#?}", ended.lines);
    let reason = ended.outcome()["reason"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(reason.contains("in us-east-1 (asked: AWS)"), "{reason}");
}
