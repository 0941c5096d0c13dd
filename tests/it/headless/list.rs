//! `bakewatch list` and `--all-building`, over AWS directly and over the API.

use bakewatch::testing::demo::{FaultPlan, Route};

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
    let flags = [
        "list",
        "-o",
        "json",
        "--no-sign-request",
        "--api-url",
        &server.url,
    ];
    let ended = run(&flags);
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

/// ListImages does not tell when a build began: the description does.
#[test]
fn the_api_lists_the_newest_running_build_first() {
    let ids = ["alpha", "beta", "gamma"];
    let mut servers = Server::several(&ids, FaultPlan::default());
    for (server, (id, minute)) in servers.iter_mut().zip(ids.into_iter().zip([5, 7, 6])) {
        let stack = STACK.replace("img", id);
        server.begin_build(&stack);
        server.world.set_image(Some(serde_json::json!({
            "imageId": id, "region": "us-east-1", "version": "3.16.1", "imageBuildStatus": "BUILD_IN_PROGRESS",
            "cloudformationStackArn": stack, "cloudformationStackStatus": "CREATE_IN_PROGRESS",
            "cloudformationStackCreationTime": format!("2026-01-01T10:0{minute}:00.000Z"),
        })));
    }
    let url = servers[0].url.clone();
    let flags = ["list", "-o", "json", "--no-sign-request", "--api-url", &url];
    let ended = run(&flags);
    ended.assert_code(0);
    let listed = ended.of_kind("image");
    let of = |name: &str| {
        let texts = listed.iter().map(|line| line[name].as_str().unwrap());
        texts.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of("imageId"), ["beta", "gamma", "alpha"]);
    assert_eq!(of("since")[0], "2026-01-01T10:07:00.000Z");
    assert_eq!(servers[0].count(Route::Image), 3, "each once");
}
