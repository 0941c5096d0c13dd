//! Recordings of builds that failed as builds of users did, with neutral names: what the last line says of each.

use std::fs;
use std::path::Path;

use crate::support::program::{Program, fresh_folder, run};
use crate::support::recordings::folder_of;

/// A file, a part of the summary, a part of the remedy, and a part of the command.
const FAILURES: [[&str; 4]; 18] = [
    [
        "ssm-agent-timeout.jsonl",
        "SSM Agent verification failed while BUILDING",
        "AmazonSSMManagedInstanceCore",
        "",
    ],
    [
        "command-output.jsonl",
        "No package htpd available",
        "stream 3.16.1/1 of log group /aws/imagebuilder/ParallelClusterImage-demo-image",
        "--log-stream-name 3.16.1/1",
    ],
    [
        "distribution-refused.jsonl",
        "distributing to ap-south-1 failed: can't publicly share this image",
        "the image itself was built",
        "aws ec2 get-image-block-public-access-state --region ap-south-1",
    ],
    [
        "hook-with-reason.jsonl",
        "hook AWS::ControlTower::Hook: [CT.LAMBDA.PR.3]: Require a function to be in a VPC",
        "a policy of the account administrators",
        "HookStatusReason",
    ],
    [
        "no-instance-profile.jsonl",
        "instanceProfileName: The provided instance profile does not exist",
        "IAM had not spread the new role or instance profile yet",
        "",
    ],
    [
        "throttled.jsonl",
        "Rate exceeded",
        "passes by itself. Build again later",
        "",
    ],
    [
        "token-invalid.jsonl",
        "The security token included in the request is invalid",
        "credentials that may call IAM",
        "aws sts get-caller-identity",
    ],
    [
        "lambda-role.jsonl",
        "execution role doesn't have permission",
        "A permission is missing: the role of the cleanup function",
        "",
    ],
    [
        "no-capacity.jsonl",
        "no capacity for g5.xlarge in us-east-1e",
        "Build in a subnet of another zone",
        "Values=g5.xlarge --region us-east-1",
    ],
    [
        "second-build-version.jsonl",
        "component ParallelClusterComponent failed while BUILDING",
        "stream 3.16.1/2 of log group",
        "--log-stream-name 3.16.1/2",
    ],
    [
        "hook-without-reason.jsonl",
        "hook Private::Guard::S3SecurityGuardHook failed",
        "hook's own words are in the stack's events",
        "describe-stack-events --stack-name demo-image",
    ],
    [
        "denied-user.json",
        "not authorized to perform logs:PutRetentionPolicy on log-group:",
        "Add logs:PutRetentionPolicy to the user ci-user",
        "",
    ],
    [
        "deletion-failed-later.jsonl",
        "SSM Agent verification failed while BUILDING",
        "could not reach Systems Manager",
        "",
    ],
    [
        "internal-failure.jsonl",
        "SSM Agent verification failed while BUILDING",
        "could not reach Systems Manager",
        "",
    ],
    [
        "long-image-id.jsonl",
        "component ParallelClusterComponent failed while BUILDING",
        "ParallelClusterImage-integ-tests-build-image-custom-components-ubuntu2204-arm64-ap-southeast-2-20260301.",
        "--image-id integ-tests-build-image-custom-components-ubuntu2204-arm64-ap-southeast-2-20260301 --region",
    ],
    [
        "ami-failed.jsonl",
        "the AMI ami-0123456789abcdef0 is FAILED",
        "EC2 could not make the AMI",
        "aws ec2 describe-images --image-ids ami-0123456789abcdef0 --region us-east-1",
    ],
    [
        "ami-without-tags.jsonl",
        "ParallelCluster finds no AMI of it",
        "made without ParallelCluster's tags",
        "Name=tag:Ec2ImageBuilderArn,Values=arn:aws:imagebuilder:us-east-1:123456789012:image/",
    ],
    [
        "builder-failed-first.jsonl",
        "SSM Agent verification failed while BUILDING",
        "could not reach Systems Manager",
        "",
    ],
];

fn path(name: &str) -> String {
    format!("tests/fixtures/failures/{name}")
}

#[test]
fn the_last_line_says_the_cause_and_what_helps() {
    for [name, summary, remedy, command] in FAILURES {
        let ended = run(&["replay", &path(name), "--speed", "max", "-o", "json"]);
        let outcome = ended.outcome();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let said = text(&outcome["summary"]);
        assert!(said.contains(summary), "{name}: {said}");
        assert!(said.chars().count() <= 90, "{name}: {said}");
        let advice = text(&outcome["remedy"]["text"]);
        assert!(advice.contains(remedy), "{name}: {advice}");
        let line = text(&outcome["remedy"]["command"]);
        assert!(line.contains(command), "{name}: {line}");
        assert_eq!(line.is_empty(), command.is_empty(), "{name}: {line}");
        assert!(!(advice + &line).contains('\n'), "{name}");
        assert!(outcome["region"].is_string(), "{name}");
    }
}

#[test]
fn image_builders_own_reason_takes_the_place_of_one_that_says_nothing() {
    for name in ["internal-failure.jsonl", "deletion-failed-later.jsonl"] {
        let ended = run(&["replay", &path(name), "--speed", "max", "-o", "json"]);
        let failure = &ended.outcome()["firstFailure"];
        assert_eq!(failure["logicalResourceId"], "ParallelClusterImage");
        let reason = failure["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains("failure message"), "{name}: {reason}");
        let report = run(&["report", &path(name)]).lines.join("\n");
        assert!(report.contains("SSM Agent"), "{name}");
        assert!(!report.contains("| reason | Internal Failure"), "{name}");
    }
}

#[test]
fn the_report_says_the_cause_and_the_remedy_before_the_services_words() {
    for [name, summary, remedy, _] in FAILURES.into_iter().step_by(5) {
        let report = run(&["report", &path(name)]).lines.join("\n");
        let overview = report.split("\n## ").next().unwrap().replace('\\', "");
        let place = |text: &str| overview.find(text);
        let [cause, helps] = [summary, remedy].map(place);
        assert!(cause.is_some() && cause < helps, "{name}: {overview}");
        let raw = ["\n| Image Builder's reason", "\n| reason"].map(place);
        for place in raw.into_iter().flatten() {
            assert!(helps < Some(place), "{name}: {overview}");
        }
    }
}

#[test]
fn the_history_says_the_cause_as_the_watch_does() {
    let state = fresh_folder();
    let folder = folder_of(&state, "demo-image");
    let files = FAILURES
        .iter()
        .filter(|[name, ..]| Path::new(name).extension() == Some("jsonl".as_ref()));
    for [name, ..] in files.clone() {
        fs::copy(path(name), folder.join(name)).unwrap();
    }
    let environment = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let table = Program::start_with(&["history"], &environment).end();
    for [name, ..] in files {
        let outcome = run(&["replay", &path(name), "--speed", "max", "-o", "json"]).outcome();
        let summary = outcome["summary"].as_str().unwrap();
        let kind = outcome["outcome"].as_str().unwrap().to_uppercase();
        let name = format!("  {}  ", name.trim_end_matches(".jsonl"));
        let row = table.lines.iter().find(|line| line.contains(&name));
        let row = row.unwrap_or_else(|| panic!("{name}: {:?}", table.lines));
        assert!(row.ends_with(summary), "{summary}: {row}");
        assert!(row.contains(&kind), "{kind}: {row}");
        // Its first failure, if an event has it.
        if let Some(first) = outcome["firstFailure"]["logicalResourceId"].as_str() {
            assert!(row.contains(&format!("  {first}: ")), "{first}: {row}");
        }
    }
}
