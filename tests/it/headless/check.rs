//! `bakewatch check`, and the program without a command.

use bakewatch::testing::demo::FaultPlan;
use serde_json::json;

use crate::support::aws::{Aws, IMAGE, STACK};
use crate::support::folder::Folder;
use crate::support::program::{Ended, Program, run};
use crate::support::server::Server;

fn check(aws: &Aws, flags: &[&str]) -> Ended {
    let mut arguments = vec!["check"];
    arguments.extend(flags);
    Program::start_with(&arguments, &aws.environment()).end()
}

fn line<'a>(ended: &'a Ended, word: &str) -> &'a str {
    let mut lines = ended.lines.iter();
    let found = lines.find(|line| line.contains(word));
    found.unwrap_or_else(|| panic!("no {word}: {:#?} {}", ended.lines, ended.diagnostics))
}

#[test]
fn every_permission_is_tried_by_a_harmless_call() {
    let aws = Aws::start();
    let ended = check(&aws, &[]);
    assert_eq!(ended.code(), Some(0), "{:#?}", ended.lines);
    assert!(
        line(&ended, "identity")
            .contains("arn:aws:iam::123456789012:user/tester (account 123456789012)")
    );
    assert!(line(&ended, "region").contains("us-east-1"));
    assert!(line(&ended, "endpoints").contains("127.0.0.1"));
    for action in [
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:ListStacks",
        "ec2:DescribeImages",
        "imagebuilder:GetImage",
        "imagebuilder:ListWorkflowExecutions",
        "imagebuilder:ListWorkflowStepExecutions",
        "logs:GetLogEvents",
        "logs:FilterLogEvents",
    ] {
        assert!(
            line(&ended, action).starts_with("ok "),
            "{:#?}",
            ended.lines
        );
    }
    aws.assert_only_signed_reads();
}

#[test]
fn a_denied_permission_says_what_is_lost_and_the_code_says_whether_a_build_can_be_shown() {
    let aws = Aws::start();
    let showing = [
        "DescribeStackEvents",
        "DescribeStacks",
        "DescribeImages",
        "GetImage",
    ];
    for (denied, code) in showing.into_iter().zip([0, 0, 0, 1]) {
        aws.deny(denied);
        let ended = check(&aws, &["my-image"]);
        assert_eq!(ended.code(), Some(code), "{denied}: {:#?}", ended.lines);
        let line = line(&ended, &format!(":{denied}"));
        assert!(
            line.starts_with("denied ") && line.contains("without it"),
            "{line}"
        );
    }
    aws.answer_once("ListStacks", 503, "<html>down</html>");
    let ended = check(&aws, &[]);
    assert!(line(&ended, "ListStacks").starts_with("unreachable "));
}

/// Every service refuses wrong credentials, Image Builder with a request id and CloudWatch Logs with a status of its own.
#[test]
fn wrong_credentials_are_named_and_permit_no_call() {
    for (variable, state, why) in [
        (
            "AWS_SECRET_ACCESS_KEY",
            "misconfigured ",
            "check the secret key",
        ),
        (
            "AWS_ACCESS_KEY_ID",
            "unauthorized ",
            "AWS does not know the credentials",
        ),
        (
            "AWS_SESSION_TOKEN",
            "unauthorized ",
            "AWS does not know the credentials",
        ),
    ] {
        let aws = Aws::start();
        let environment = aws.environment();
        let environment = environment.map(|(name, value)| {
            let value = if name == variable { "other" } else { value };
            (name, value)
        });
        let ended = Program::start_with(&["check", "my-image"], &environment).end();
        assert_eq!(ended.code(), Some(1), "{:#?}", ended.lines);
        assert!(line(&ended, "identity").contains(why), "{:#?}", ended.lines);
        let mut calls = ended.lines.iter().skip_while(|line| !line.is_empty());
        calls.next();
        for call in calls {
            // EC2 has one answer for both.
            let is_ec2 = call.contains("ec2:");
            let (state, why) = if is_ec2 {
                ("unauthorized ", "AWS does not know the credentials")
            } else {
                (state, why)
            };
            assert!(call.starts_with(state) && call.contains(why), "{call}");
        }
    }
}

/// What is missing is said once, and not for each of the calls that can't be signed without it.
#[test]
fn without_credentials_it_says_once_how_to_give_them() {
    let aws = Aws::start();
    let environment = aws.environment_without_credentials();
    let ended = Program::start_with(&["check"], &environment).end();
    assert_eq!(ended.code(), Some(1), "{:#?}", ended.lines);
    let hints = ended.lines.iter().filter(|line| line.contains("--profile"));
    assert_eq!(hints.count(), 1, "{:#?}", ended.lines);
    assert!(line(&ended, "identity").contains("no AWS credentials found"));
    assert_eq!(
        line(&ended, "GetLogEvents"),
        "unauthorized  logs:GetLogEvents"
    );
}

#[test]
fn beside_an_api_both_identities_are_told() {
    let aws = Aws::start();
    let api = Server::start(FaultPlan::default());
    let flags = [
        "--api-url",
        &api.url,
        "--role-arn",
        "arn:aws:iam::123456789012:role/api",
    ];
    let ended = check(&aws, &flags);
    assert!(line(&ended, "API role").contains("role/api"));
    assert!(line(&ended, "identity").contains("user/tester"));
    line(&ended, "GetImageStackEvents");
    assert!(line(&ended, "imagebuilder:GetImage").starts_with("ok "));
}

/// Image Builder's account of a failure, which the API drops, is read from AWS.
#[test]
fn beside_an_api_the_step_of_a_failure_is_read_from_aws() {
    for (denied, flag) in [
        (false, None),
        (true, None),
        (false, Some("--no-sign-request")),
    ] {
        let aws = Aws::start();
        aws.set_image("FAILED");
        if denied {
            aws.deny("GetImage");
        }
        let mut api = Server::start(FaultPlan::default());
        api.begin_build(STACK);
        let image = json!({"logicalResourceId": "ParallelClusterImage", "physicalResourceId": IMAGE,
            "resourceStatus": "CREATE_FAILED"});
        api.push_with(STACK, image);
        api.push_root(STACK, "CREATE_FAILED");
        api.world.set_image(Some(json!({
            "imageId": "img", "region": "us-east-1", "imageBuildStatus": "BUILD_FAILED",
            "cloudformationStackArn": STACK, "imagebuilderImageStatus": "FAILED",
        })));
        let mut arguments = vec!["watch", "img", "-o", "json", "--interval", "200ms"];
        arguments.extend(["--api-url", &api.url]);
        arguments.extend(flag);
        let ended = Program::start_with(&arguments, &aws.environment()).end();
        assert_eq!(ended.code(), Some(3), "{:#?}", ended.lines);
        let told = ended
            .lines
            .iter()
            .filter(|line| line.contains("imagebuilder:GetImage"));
        assert_eq!(told.count(), usize::from(denied), "{:#?}", ended.lines);
        let failure = &ended.outcome()["failure"];
        let is_asked = flag.is_none();
        assert_eq!(
            failure["componentStep"] == "InstallPackages",
            is_asked && !denied,
            "{failure}"
        );
        assert!(is_asked || aws.account().calls.is_empty());
        aws.assert_only_signed_reads();
    }
}

#[test]
fn the_policy_is_printed_without_a_request() {
    let ended = run(&["check", "--policy", "--region", "cn-north-1"]);
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    let policy: serde_json::Value = serde_json::from_str(&ended.lines.join("\n")).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    assert!(policy.to_string().contains("arn:aws-cn:cloudformation"));
}

#[test]
fn the_policy_is_for_the_partition_of_the_region_wherever_that_is_set() {
    let profiles = "[default]\nregion = eu-west-1\n[profile china]\nregion = cn-north-1\n\
        [profile gov]\nregion = us-gov-west-1\n";
    let folder = Folder::new("policy", &[("aws", profiles)]);
    let files = folder.file("aws").display().to_string();
    let files = ("AWS_CONFIG_FILE", files.as_str());
    let (aws, china, gov) = ("arn:aws:logs", "arn:aws-cn:logs", "arn:aws-us-gov:logs");
    for (arguments, environment, partition) in [
        (vec![], vec![files], aws),
        (vec!["--profile", "china"], vec![files], china),
        (vec![], vec![files, ("AWS_PROFILE", "gov")], gov),
        (vec![], vec![files, ("AWS_REGION", "cn-north-1")], china),
        (
            vec![],
            vec![files, ("AWS_DEFAULT_REGION", "us-gov-west-1")],
            gov,
        ),
        (
            vec!["--region", "us-gov-east-1"],
            vec![files, ("AWS_REGION", "cn-north-1")],
            gov,
        ),
        (vec!["cn-northwest-1/my-image"], vec![files], china),
        (
            vec!["arn:aws-us-gov:cloudformation:us-gov-west-1:123456789012:stack/img/1"],
            vec![files],
            gov,
        ),
    ] {
        let mut all = vec!["check", "--policy"];
        all.extend(arguments);
        let ended = Program::start_with(&all, &environment).end();
        assert_eq!(ended.code(), Some(0), "{all:?} {}", ended.diagnostics);
        let policy = ended.lines.join("\n");
        assert!(
            policy.contains(partition),
            "{all:?} {environment:?} {policy}"
        );
    }
}

#[test]
fn without_a_command_and_a_terminal_it_explains_its_usage() {
    let ended = run(&[]);
    assert_eq!(ended.code(), Some(2));
    for words in ["Usage: bakewatch", "bakewatch demo"] {
        assert!(ended.diagnostics.contains(words), "{}", ended.diagnostics);
    }
}
