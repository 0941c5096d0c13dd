//! `bakewatch list` and `--all-building`, over AWS directly and over the API.

use bakewatch::testing::demo::{FaultPlan, FaultRule, InjectedFault};

use crate::support::aws::Aws;
use crate::support::aws::several::Several;
use crate::support::program::{Ended, Program, run};
use crate::support::server::{STACK, Server};

/// The image and the status of each line.
fn rows(ended: &Ended) -> Vec<(String, String)> {
    let text = |line: &serde_json::Value, name: &str| line[name].as_str().unwrap().to_owned();
    let lines = ended.of_kind("image");
    let lines = lines.iter();
    lines
        .map(|line| (text(line, "imageId"), text(line, "status")))
        .collect()
}

fn list_over_api(url: &str) -> Ended {
    run(&["list", "-o", "json", "--no-sign-request", "--api-url", url])
}

/// One that is being built, one that has failed, one that is deleting itself, and one that is made.
fn account() -> Several {
    let mut aws = Several::start(&["alpha", "beta", "gamma", "delta"]);
    for id in ["alpha", "beta", "gamma", "delta"] {
        aws.of(id).begin();
    }
    aws.of("beta").fail();
    aws.of("gamma").complete();
    aws.of("delta").finish();
    aws.of("delta").delete();
    aws
}

#[test]
fn every_image_is_listed_with_its_status_and_a_stack_is_described_once() {
    let mut aws = account();
    let ended = aws.run(&["list", "-o", "json"]).end();
    ended.assert_code(0);
    let expected = [
        ("alpha", "building"),
        ("gamma", "building"),
        ("beta", "failed"),
        ("delta", "available"),
    ];
    let expected = expected.map(|(id, status)| (id.to_owned(), status.to_owned()));
    assert_eq!(rows(&ended), expected);
    let lines = ended.of_kind("image");
    assert_eq!(lines[3]["amiId"], "ami-0abc");
    assert_eq!(lines[0]["version"], "3.16.1");
    assert_eq!(lines[0]["region"], "us-east-1");
    for id in ["alpha", "beta", "gamma", "delta"] {
        aws.of(id).assert_only_signed_reads();
    }
    assert_eq!(aws.of("alpha").calls_of("DescribeStacks").len(), 1);

    let failed = aws.run(&["list", "--status", "failed", "-o", "json"]).end();
    assert_eq!(rows(&failed), [("beta".to_owned(), "failed".to_owned())]);
}

#[test]
fn a_table_is_whole_in_a_pipe() {
    let aws = account();
    let ended = aws.run(&["list"]).end();
    ended.assert_code(0);
    assert!(
        ended.lines[0].starts_with("IMAGE  STATUS"),
        "{:?}",
        ended.lines
    );
    assert_eq!(ended.lines.len(), 5);
    assert!(ended.lines[4].ends_with("ami-0abc"), "{:?}", ended.lines);
    assert!(ended.lines.iter().all(|line| line.chars().count() <= 80));
    assert_eq!(ended.diagnostics, "", "no progress in a pipe");
}

#[test]
fn no_images_is_no_error_and_says_what_to_do() {
    let aws = Several::start(&["alpha"]);
    let ended = aws.run(&["list"]).end();
    ended.assert_code(0);
    assert!(ended.lines.is_empty());
    assert!(
        ended.diagnostics.contains("pcluster build-image"),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn a_refused_call_leaves_the_rest_and_is_said_with_its_action() {
    let mut aws = account();
    aws.of("alpha").deny("ListStacks");
    let ended = aws.run(&["list", "-o", "json"]).end();
    ended.assert_code(0);
    assert_eq!(rows(&ended), [("delta".to_owned(), "available".to_owned())]);
    let said = &ended.diagnostics;
    assert!(
        said.contains("not complete") && said.contains("cloudformation:ListStacks"),
        "{said}"
    );
    aws.of("alpha").deny("DescribeImages");
    let ended = aws.run(&["list"]).end();
    ended.assert_code(1);
    assert!(
        ended.diagnostics.contains("ec2:DescribeImages"),
        "{}",
        ended.diagnostics
    );
}

/// What is missing is said once, and not for each of the calls that can't be signed without it.
#[test]
fn without_credentials_it_says_once_how_to_give_them() {
    let aws = Aws::start();
    let environment = aws.environment_without_credentials();
    let ended = Program::start_with(&["list"], &environment).end();
    ended.assert_code(1);
    let errors = ended.diagnostics.matches("error:").count();
    assert_eq!(errors, 1, "{}", ended.diagnostics);
    assert!(ended.diagnostics.contains("no AWS credentials found"));
}

#[test]
fn all_images_that_are_being_built_are_watched_together() {
    let mut aws = account();
    let mut program = aws.watch(&["--all-building", "-o", "json"]);
    program.wait_for(|line| line.contains("/alpha/"));
    aws.of("alpha").fail();
    aws.of("gamma").set_ami();
    aws.of("gamma").delete();
    let ended = program.end();
    ended.assert_code(3);
    let outcomes = ended.of_kind("outcome");
    assert_eq!(outcomes.len(), 2, "{outcomes:?}");
}

#[test]
fn the_api_lists_the_images_of_each_status() {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    let ended = list_over_api(&server.url);
    ended.assert_code(0);
    assert_eq!(rows(&ended), [("img".to_owned(), "building".to_owned())]);
    let requests = server.requests.all();
    let of_list = requests
        .iter()
        .filter(|request| request.path.ends_with("/images/custom"));
    let statuses: Vec<_> = of_list
        .map(|request| request.parameter("imageStatus").unwrap().to_owned())
        .collect();
    assert_eq!(statuses, ["PENDING", "FAILED", "AVAILABLE"]);
}

/// Each service that is throttled or fails, alone, for as long as the program asks.
#[test]
fn a_throttled_or_failing_call_hides_only_its_own_rows() {
    const THROTTLED: (u16, &str) = (
        400,
        "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>",
    );
    const BROKEN: (u16, &str) = (500, "");
    let of_stacks: &[_] = &[
        ("alpha", "building"),
        ("gamma", "building"),
        ("beta", "failed"),
    ];
    let of_amis: &[_] = &[("delta", "available")];
    let started = [
        ("DescribeImages", THROTTLED, of_stacks),
        ("DescribeImages", BROKEN, of_stacks),
        ("ListStacks", THROTTLED, of_amis),
        ("DescribeStacks", BROKEN, of_amis),
    ]
    .map(|(action, (status, body), expected)| {
        let mut aws = account();
        for id in ["alpha", "beta", "gamma", "delta"] {
            for _ in 0..40 {
                aws.of(id).answer_once(action, status, body);
            }
        }
        let program = aws.run(&["list", "-o", "json"]);
        (aws, program, action, expected)
    });
    for (_aws, program, action, expected) in started {
        let ended = program.end();
        ended.assert_code(0);
        let expected = expected
            .iter()
            .map(|(id, status)| ((*id).to_owned(), (*status).to_owned()));
        assert_eq!(rows(&ended), expected.collect::<Vec<_>>(), "{action}");
        let notes = ended
            .diagnostics
            .matches("the list is not complete")
            .count();
        assert_eq!(notes, 1, "{action}: {}", ended.diagnostics);
    }
}

/// The token may expire between two pages: it is not sent again, and no row is lost.
#[test]
fn a_list_whose_page_token_is_rejected_is_read_again_from_its_first_page() {
    let first_stacks = "<ListStacksResponse><ListStacksResult><StackSummaries></StackSummaries>\
        <NextToken>t1</NextToken></ListStacksResult></ListStacksResponse>";
    let first_amis = "<DescribeImagesResponse><imagesSet></imagesSet><nextToken>t1</nextToken></DescribeImagesResponse>";
    for (action, first, code) in [
        ("ListStacks", first_stacks, "ValidationError"),
        ("DescribeImages", first_amis, "InvalidNextToken"),
    ] {
        let mut aws = account();
        let rejected = format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>x</Message></Error></ErrorResponse>"
        );
        aws.of("alpha").answer_once(action, 200, first);
        aws.of("alpha").answer_once(action, 400, &rejected);
        let ended = aws.run(&["list", "-o", "json"]).end();
        ended.assert_code(0);
        assert_eq!(rows(&ended).len(), 4, "{action}");
        assert_eq!(ended.diagnostics, "", "{action}");
        let calls = aws.of("alpha").calls_of(action);
        let tokens = calls.into_iter().map(|call| call.token);
        let expected = [None, Some("t1".to_owned()), None];
        assert_eq!(tokens.collect::<Vec<_>>(), expected, "{action}");
    }
}

#[test]
fn a_status_that_the_api_cannot_list_hides_no_other_one() {
    // The first request and the later ones are for the images that are being built.
    let broken = |numbers| FaultRule::requests(numbers, InjectedFault::Status(500));
    let plan = FaultPlan::new(vec![broken(1..=1), broken(4..=100)]);
    let mut server = Server::start(plan);
    server.succeed();
    let ended = list_over_api(&server.url);
    ended.assert_code(0);
    assert_eq!(rows(&ended), [("img".to_owned(), "available".to_owned())]);
    assert!(ended.diagnostics.contains("not complete"));
}

/// ListImages has no times: each image that is being built is described once.
#[test]
fn over_the_api_the_newest_running_build_is_the_first_one() {
    let mut servers = Server::several(&["old", "new"], FaultPlan::default());
    for (server, time) in servers.iter_mut().zip(["10", "11"]) {
        let stack = STACK.replace("/img/", &format!("/of-{time}/"));
        server.begin_build(&stack);
        server.set_created(&stack, &format!("2026-01-01T{time}:00:00.000Z"));
    }
    let ended = list_over_api(&servers[0].url);
    ended.assert_code(0);
    let ids: Vec<_> = rows(&ended).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["new", "old"]);
    let lines = ended.of_kind("image");
    assert_eq!(lines[0]["since"], "2026-01-01T11:00:00.000Z");
    let requests = servers[0].requests.all();
    let described = requests
        .iter()
        .filter(|request| !request.path.ends_with("/custom"));
    assert_eq!(described.count(), 2);
}
