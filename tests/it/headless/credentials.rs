//! The headless program and the credentials that it can not get, or can not renew.

use bakewatch::testing::demo::FaultPlan;

use crate::support::aws::Aws;
use crate::support::folder::Folder;
use crate::support::program::run;
use crate::support::server::Server;

const WATCH: [&str; 6] = ["watch", "img", "--interval", "200ms", "-o", "json"];

#[test]
fn a_role_that_needs_a_code_ends_at_once_with_the_line_that_helps() {
    let aws = Aws::start();
    let folder = Folder::new("mfa", &[("aws", &Aws::profile_with_device())]);
    let file = folder.file("aws");
    let environment = [
        ("AWS_ENDPOINT_URL", aws.url.as_str()),
        ("AWS_CONFIG_FILE", file.to_str().unwrap()),
    ];
    let ended = folder.run_with(&[&WATCH[..], &["--profile", "dev"]].concat(), &environment);
    assert_eq!(ended.code(), Some(1), "{}", ended.diagnostics);
    let reason = ended.outcome()["reason"].to_string();
    for part in [
        "the role of profile dev needs an MFA code of arn:aws:iam::123456789012:mfa/ci-user",
        "`credential_process = aws configure export-credentials --profile dev`",
    ] {
        assert!(reason.contains(part), "{reason}");
    }
    assert!(aws.account().calls.is_empty(), "no request is sent");
}

#[test]
fn headers_of_the_user_are_sent_and_their_values_are_in_no_output() {
    let server = Server::start(FaultPlan::default());
    let settings = "[headers]\nx-api-key = \"c4n4ry-of-the-file\"\n";
    let folder = Folder::new("headers", &[("config.toml", settings)]);
    let url = ["--api-url", &server.url, "--no-sign-request"];
    let watch = [&WATCH[..], &url].concat();
    let flag = ["--header", "X-Api-Key=c4n4ry-of-the-flag"];
    for (arguments, secret) in [
        (watch.clone(), "c4n4ry-of-the-file"),
        ([&watch[..], &flag].concat(), "c4n4ry-of-the-flag"),
    ] {
        let ended = folder.run(&arguments);
        let shown = format!("{:?} {}", ended.lines, ended.diagnostics);
        assert_eq!(ended.code(), Some(5), "{shown}");
        assert!(!shown.contains("c4n4ry"), "{shown}");
        let requests = format!("{:?}", server.requests.all());
        assert!(requests.contains(secret), "{requests}");
    }
    let ended = folder.run(&["config"]);
    let shown = format!("{:?}", ended.lines);
    assert!(
        shown.contains("x-api-key") && !shown.contains("c4n4ry"),
        "{shown}"
    );
}

#[test]
fn a_header_that_can_not_be_sent_is_wrong_usage_without_its_value() {
    for (arguments, said) in [
        (
            &["--header", "Host=c4n4ry", "--api-url=https://h/"][..],
            "--header: host can't be set",
        ),
        (
            &["--header", "c4n4ry", "--api-url=https://h/"],
            "--header: must be NAME=VALUE",
        ),
        (
            &["--header", "x-api-key=c4n4ry", "--backend=aws"],
            "--header needs an API",
        ),
    ] {
        let ended = run(&[&WATCH[..], arguments].concat());
        assert_eq!(ended.code(), Some(2), "{}", ended.diagnostics);
        assert!(ended.diagnostics.contains(said), "{}", ended.diagnostics);
        assert!(
            !ended.diagnostics.contains("c4n4ry"),
            "{}",
            ended.diagnostics
        );
    }
}
