//! The headless program against a scripted AWS, without any API.

use std::fs;

use crate::support::aws::{Aws, IMAGE, STACK};
use crate::support::program::{Program, fresh_folder};

const WATCH: [&str; 6] = ["watch", "img", "--interval", "200ms", "-o", "json"];

#[test]
fn a_whole_build_is_printed_once_also_after_its_stack_is_deleted() {
    let mut aws = Aws::start();
    aws.begin();
    for _ in 0..250 {
        aws.push("Thing", "CREATE_COMPLETE", "thing");
    }
    let mut program = aws.watch("img", &[]);
    program.wait_for(|line| line.contains("\"e253\""));
    aws.finish();
    program.wait_for(|line| line.contains("\"e256\""));
    aws.delete();
    let ended = program.end();
    ended.assert_code(0);
    assert_eq!(ended.event_ids(), aws.all_ids());
    assert_eq!(ended.outcome()["amiId"], "ami-0abc");
    let said = ended.lines.join("\n");
    assert!(!said.contains("may not have been seen"), "{said}");
    assert_eq!(ended.of_kind("event")[0]["event"]["operationId"], "op-1");
    aws.assert_only_signed_reads();
    let of_events = aws.calls_of("DescribeStackEvents");
    let by_name = of_events.iter().filter(|call| call.stack == "img").count();
    assert_eq!(by_name, 3, "by ARN after the pages of the first walk");
    assert!(of_events.len() > by_name);
}

#[test]
fn a_build_that_ended_before_the_watch_is_printed_whole() {
    let mut aws = Aws::start();
    aws.begin();
    aws.finish();
    aws.delete();
    let ended = aws.watch("img", &[]).end();
    ended.assert_code(0);
    assert_eq!(ended.event_ids(), aws.all_ids());
    assert_eq!(ended.of_kind("stack")[0]["stackId"], STACK);
}

#[test]
fn a_failed_build_ends_with_its_code() {
    let mut aws = Aws::start();
    aws.begin();
    aws.set_image("FAILED");
    aws.push("ParallelClusterImage", "CREATE_FAILED", IMAGE);
    aws.push_root("CREATE_FAILED");
    let ended = aws.watch("img", &[]).end();
    ended.assert_code(3);
    assert_eq!(ended.event_ids(), aws.all_ids());
}

#[test]
fn an_unreadable_page_is_a_fault_and_polling_goes_on() {
    let mut aws = Aws::start();
    aws.begin();
    let broken = "<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents><member>";
    aws.answer_once("DescribeStackEvents", 200, broken);
    let mut program = aws.watch("img", &[]);
    program.wait_for(|line| line.contains("\"e3\""));
    aws.finish();
    aws.delete();
    let ended = program.end();
    ended.assert_code(0);
    assert_eq!(ended.event_ids(), aws.all_ids());
    assert!(
        ended
            .lines
            .iter()
            .any(|line| line.contains("cut short or malformed"))
    );
}

#[test]
fn plain_http_is_for_loopback_only() {
    let environment = [
        ("AWS_ENDPOINT_URL_EC2", "http://ec2.example"),
        ("AWS_REGION", "us-east-1"),
    ];
    let ended = Program::start_with(&WATCH, &environment).end();
    assert_eq!(ended.code(), Some(2));
    assert!(
        ended.diagnostics.contains("ec2 must be https"),
        "{}",
        ended.diagnostics
    );
}

/// A folder that other users can write to must not decide where signed requests go.
#[test]
fn without_a_home_folder_the_current_folder_names_no_endpoint() {
    let folder = fresh_folder();
    fs::create_dir(folder.join(".aws")).unwrap();
    let config = "[default]\nendpoint_url = http://of-the-current-folder.example\n";
    fs::write(folder.join(".aws/config"), config).unwrap();
    let environment = "export HOME=. AWS_REGION=us-east-1 AWS_ENDPOINT_URL_EC2=http://ec2.example; \
                       unset AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE";
    let first = format!("cd '{}'; {environment}", folder.display());
    let ended = Program::start_after(&first, &WATCH).end();
    assert_eq!(ended.code(), Some(2));
    // Only the override of the environment is read.
    assert!(
        ended.diagnostics.contains("ec2 must be https"),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn without_a_region_it_says_how_to_give_one() {
    let ended = Program::start(&WATCH).end();
    assert_eq!(ended.code(), Some(2));
    assert!(
        ended.diagnostics.contains("--region"),
        "{}",
        ended.diagnostics
    );
}
