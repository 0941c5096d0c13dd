mod known;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::json;

use crate::domain::failure::*;
use crate::domain::image::{Ami, ImageAnswer, ImageDescription};
use crate::domain::log_line::{LogLine, LogPage, LogPart, LogState};
use crate::domain::observation::{LateEvent, Observation, Seen, Stream, WalkStep};
use crate::domain::stack_event::{EventId, StackId, parse_time};
use crate::text::width::width;

/// The texts of real stacks, their ids and accounts replaced.
mod texts {
    pub(super) const ARN: &str = "arn:aws:imagebuilder:eu-west-1:123456789012";
    pub(super) const COMPONENT: &str = "arn:aws:imagebuilder:eu-west-1:123456789012:component/\
        parallelclusterimage-0b4b4e60-8b30-11ec-9a9a-0a2b3c4d5e6f/3.1.3/1";
    pub(super) const DOCUMENT: &str = "Resource handler returned message: \"Error occurred during operation \
        'SSM execution '9f5c2a1e-0000-4000-8000-000000000001' failed for image arn: \
        'arn:aws:imagebuilder:eu-west-1:123456789012:image/parallelclusterimage-rocky8/3.1.3/1' with \
        status = 'Failed' in state = 'BUILDING' and failure message = 'Document \
        arn:aws:imagebuilder:eu-west-1:123456789012:component/\
        parallelclusterimage-0b4b4e60-8b30-11ec-9a9a-0a2b3c4d5e6f/3.1.3/1 failed!''.\" \
        (RequestToken: 1c2d3e4f-0000-1111-2222-333344445555, HandlerErrorCode: GeneralServiceException)";
    pub(super) const NO_AGENT: &str = "Resource handler returned message: \"Error occurred during operation \
        'SSM execution '9f5c2a1e-0000-4000-8000-000000000001' failed for image arn: \
        'arn:aws:imagebuilder:eu-west-1:123456789012:image/parallelclusterimage-rocky8/3.1.3/1' with \
        status = 'TimedOut' in state = 'BUILDING' and failure message = 'SSM Agent verification failed''.\" \
        (RequestToken: 1c2d3e4f-0000-1111-2222-333344445555, HandlerErrorCode: GeneralServiceException)";
    pub(super) const STEP: &str = "Resource handler returned message: \"Error occurred during operation \
        'SSM execution '9f5c2a1e-0000-4000-8000-000000000001' failed for image arn: \
        'arn:aws:imagebuilder:eu-west-1:123456789012:image/parallelclusterimage-rocky8/3.1.3/1' with \
        status = 'TimedOut' in state = 'TESTING' and failure message = 'Step timed out while step is Poll \
        action status for completion''.\" (RequestToken: 1c2d, HandlerErrorCode: GeneralServiceException)";
    pub(super) const WORKFLOW: &str = "Resource handler returned message: \"Error occurred during operation \
        'Workflow Execution ID: 'wf-00000000-1111-2222-3333-444444444444' failed with reason: Unable to \
        bootstrap TOE'.\" (RequestToken: 1c2d, HandlerErrorCode: GeneralServiceException)";
    pub(super) const DENIED: &str = "Resource handler returned message: \"User: \
        arn:aws:sts::123456789012:assumed-role/ParallelClusterUserRole/ParallelClusterLambdaFunction is not \
        authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/parallelcluster/X \
        because no identity-based policy allows the iam:CreateRole action (Service: Iam, Status Code: 403, \
        Request ID: 5f0e)\" (RequestToken: 1c2d, HandlerErrorCode: AccessDenied)";
    pub(super) const OLD_DENIED: &str = "API: iam:GetRole User: arn:aws:iam::123456789012:user/ann is not \
        authorized to perform: iam:GetRole on resource: role PclusterX (Service: \
        AmazonIdentityManagement; Status Code: 403; Error Code: AccessDenied; Request ID: 77; Proxy: null)";
    pub(super) const EXISTS: &str = "Resource handler returned message: \"Function already exist: \
        ParallelClusterImage-6acc (Service: Lambda, Status Code: 409, Request ID: 5f0e) (SDK Attempt Count: \
        1)\" (RequestToken: 1c2d, HandlerErrorCode: AlreadyExists)";
    pub(super) const IN_USE: &str = "parallelcluster-x already exists in stack arn:aws:cloudformation:\
        eu-west-1:123456789012:stack/other/1";
    pub(super) const LIMIT: &str = "Resource handler returned message: \"Cannot exceed quota for \
        RolesPerAccount: 1000 (Service: Iam, Status Code: 409, Request ID: 5f0e)\" (RequestToken: 1c2d, \
        HandlerErrorCode: ServiceLimitExceeded)";
    pub(super) const VPC: &str = "The maximum number of VPCs has been reached. (Service: AmazonEC2; Status \
        Code: 400; Error Code: VpcLimitExceeded; Request ID: 5f0e; Proxy: null)";
    pub(super) const S3: &str = "Resource handler returned message: \"Access Denied (Service: S3, Status \
        Code: 403, Request ID: 5f0e)\" (RequestToken: 1c2d, HandlerErrorCode: GeneralServiceException)";
    pub(super) const VERSION: &str = "RuntimeError: This AMI was created with \
        aws-parallelcluster-cookbook-3.1.3, but is trying to be used with aws-parallelcluster-cookbook-3.2.0.";
    pub(super) const STACK: &str =
        "The following resource(s) failed to create: [ParallelClusterImage]. ";
    pub(super) const RATE: &str = "Rate exceeded (Service: AmazonEC2; Status Code: 503; Error Code: \
        RequestLimitExceeded; Request ID: 5f0e; Proxy: null)";
}

fn parse(text: &str) -> Reason {
    Reason::parse(&SafeText::new(text))
}

fn parts(text: &str) -> Vec<(&'static str, String)> {
    let reason = parse(text);
    let parts = reason.parts().iter();
    parts
        .map(|part| (part.label.name(), part.text.to_string()))
        .collect()
}

fn assert_parts(text: &str, expected: &[(&str, &str)]) {
    let found = parts(text);
    let found: Vec<_> = found
        .iter()
        .map(|(label, part)| (*label, part.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_failed_component_is_parsed() {
    let image = format!("{}:image/parallelclusterimage-rocky8/3.1.3/1", texts::ARN);
    let message = format!("Document {} failed!", texts::COMPONENT);
    assert_parts(
        texts::DOCUMENT,
        &[
            ("ssm execution", "9f5c2a1e-0000-4000-8000-000000000001"),
            ("image", &image),
            ("service", "imagebuilder"),
            ("status", "Failed"),
            ("state", "BUILDING"),
            ("message", &message),
            ("component", texts::COMPONENT),
            ("request token", "1c2d3e4f-0000-1111-2222-333344445555"),
            ("handler code", "GeneralServiceException"),
        ],
    );
}

#[test]
fn a_workflow_is_parsed() {
    assert_parts(
        texts::WORKFLOW,
        &[
            ("workflow", "wf-00000000-1111-2222-3333-444444444444"),
            ("message", "Unable to bootstrap TOE"),
            ("request token", "1c2d"),
            ("handler code", "GeneralServiceException"),
        ],
    );
}

#[test]
fn a_missing_permission_is_parsed_in_the_new_and_in_the_old_form() {
    let message = "User: arn:aws:sts::123456789012:assumed-role/ParallelClusterUserRole/\
        ParallelClusterLambdaFunction is not authorized to perform: iam:CreateRole on resource: \
        arn:aws:iam::123456789012:role/parallelcluster/X because no identity-based policy allows the \
        iam:CreateRole action";
    assert_parts(
        texts::DENIED,
        &[
            ("message", message),
            (
                "caller",
                "arn:aws:sts::123456789012:assumed-role/ParallelClusterUserRole/ParallelClusterLambdaFunction",
            ),
            ("action", "iam:CreateRole"),
            ("on", "arn:aws:iam::123456789012:role/parallelcluster/X"),
            ("service", "Iam"),
            ("status code", "403"),
            ("request id", "5f0e"),
            ("request token", "1c2d"),
            ("handler code", "AccessDenied"),
        ],
    );
    assert_parts(
        texts::OLD_DENIED,
        &[
            (
                "message",
                "API: iam:GetRole User: arn:aws:iam::123456789012:user/ann is not authorized to perform: \
                 iam:GetRole on resource: role PclusterX",
            ),
            ("caller", "arn:aws:iam::123456789012:user/ann"),
            ("action", "iam:GetRole"),
            ("on", "role PclusterX"),
            ("service", "AmazonIdentityManagement"),
            ("status code", "403"),
            ("error code", "AccessDenied"),
            ("request id", "77"),
        ],
    );
}

#[test]
fn the_resources_of_a_stacks_reason_are_parsed() {
    let message = texts::STACK.trim();
    assert_parts(
        texts::STACK,
        &[
            ("message", message),
            ("failed to", "create"),
            ("resources", "ParallelClusterImage"),
        ],
    );
    let two = parse("The following resource(s) failed to delete: [A, B]. ");
    assert_eq!(two.failed_resources().collect::<Vec<_>>(), ["A", "B"]);
}

#[test]
fn unknown_text_stays_in_the_message() {
    for text in [
        "Internal Failure",
        "Error occurred during operation",
        "a (Service: X, Status Code: 1) and more",
        "User: x is not authorized",
        "a (Service: X, Status Code: 1, Seen: important)",
        "a (Service: X, Status Code: 1, said so)",
        "failed to create: [",
    ] {
        assert_eq!(parse(text).message(), text);
    }
}

#[test]
fn a_text_that_is_longer_than_any_reason_is_all_message() {
    let text = format!("{}{}", texts::DOCUMENT, " and so on".repeat(6_000));
    let reason = parse(&text);
    assert_eq!(reason.message(), text);
    assert!(reason.is_plain());
    assert_eq!(remedy(&text), None);
    assert!(width(summarized(&reason, None).as_str()) <= summary::SUMMARY_COLUMNS);
}

#[test]
fn every_reason_has_a_readable_summary() {
    let known = SafeText::new("ParallelClusterComponent");
    let cases = [
        (
            texts::DOCUMENT,
            "component ParallelClusterComponent failed while BUILDING (SSM execution Failed)",
        ),
        (
            texts::NO_AGENT,
            "SSM Agent verification failed while BUILDING (SSM execution TimedOut)",
        ),
        (
            texts::STEP,
            "Step timed out while step is Poll action status for completion while TESTING",
        ),
        (
            texts::WORKFLOW,
            "Unable to bootstrap TOE (workflow execution failed)",
        ),
        (
            texts::DENIED,
            "not authorized to perform iam:CreateRole on role/parallelcluster/X",
        ),
        (
            texts::OLD_DENIED,
            "not authorized to perform iam:GetRole on role PclusterX",
        ),
        (
            texts::EXISTS,
            "Function already exist: ParallelClusterImage-6acc",
        ),
        (texts::S3, "Access Denied"),
        (texts::STACK, "failed to create: ParallelClusterImage"),
        ("Internal Failure", "Internal Failure"),
        ("  two\n lines ", "two lines"),
        ("", "no message"),
        (
            "Resource handler returned message: \"null\" (RequestToken: 1, HandlerErrorCode: Throttling)",
            "no message, Throttling",
        ),
    ];
    for (text, summary) in cases {
        assert_eq!(summarized(&parse(text), Some(&known)).as_str(), summary);
    }
    assert_eq!(
        summarized(&parse(texts::DOCUMENT), None).as_str(),
        "component parallelclusterimag…ec-9a9a-0a2b3c4d5e6f failed while BUILDING"
    );
}

const CONTEXT: RemedyContext<'static> = RemedyContext {
    image_id: "rocky8",
    region: Some("eu-west-1"),
    image_arn: None,
};

fn remedy_in(text: &str, context: &RemedyContext<'_>) -> Option<Remedy> {
    diagnose(&parse(text), None, context).remedy
}

fn remedy(text: &str) -> Option<Remedy> {
    remedy_in(text, &CONTEXT)
}

fn summarized(reason: &Reason, component: Option<&SafeText>) -> SafeText {
    diagnose(reason, component, &CONTEXT).summary.unwrap()
}

#[test]
fn every_known_failure_has_its_hint() {
    let taken = format!("Component {} already exists", texts::COMPONENT);
    let forbidden = "User: arn:aws:iam::123456789012:role/ci is not authorized to perform: iam:CreateRole on \
        resource: * with an explicit deny in a service control policy";
    let debconf = "debconf: What do you want to do about modified configuration file sshd_config?";
    let cases = [
        (
            texts::DOCUMENT,
            "The cause is near the end of the build log",
        ),
        (
            texts::NO_AGENT,
            "The build instance could not reach Systems Manager",
        ),
        (texts::STEP, "A step took longer"),
        (texts::WORKFLOW, "Image Builder's task runner did not start"),
        (
            texts::DENIED,
            "Add iam:CreateRole to the role ParallelClusterUserRole",
        ),
        (texts::OLD_DENIED, "Add iam:GetRole to the user ann."),
        (texts::EXISTS, "Something of this name is there already"),
        (texts::IN_USE, "Something of this name is there already"),
        (forbidden, "A policy denies iam:CreateRole to the role ci."),
        (&taken, "Something of this name is there already"),
        (texts::LIMIT, "A quota of the AWS account"),
        (texts::RATE, "AWS had too many requests"),
        (texts::VPC, "A quota of the AWS account"),
        (texts::S3, "A permission is missing"),
        (texts::VERSION, "The parent image was made by another"),
        (debconf, "A package asked a question"),
    ];
    for (text, expected) in cases {
        let remedy = remedy(text);
        let advice = remedy
            .as_ref()
            .map_or("none", |remedy| remedy.advice.as_str());
        assert!(advice.starts_with(expected), "{text}: {advice}");
    }
}

#[test]
fn a_text_without_a_known_failure_has_no_hint() {
    for text in [
        "",
        "Resource creation Initiated",
        "Eventual consistency check initiated",
        "Resource creation cancelled",
        "User Initiated",
        "Internal Failure",
        texts::STACK,
        "debconf: delaying package configuration, since apt-utils is not installed",
        "This AMI was created on Monday.",
        "component/x failed",
        "The request is authorized",
    ] {
        assert_eq!(remedy(text), None, "{text}");
    }
}

#[test]
fn a_hint_names_the_log_and_the_command_that_reads_it() {
    let with = |context: &RemedyContext<'_>| {
        let remedy = remedy_in(texts::DOCUMENT, context).unwrap();
        (
            remedy.advice.to_string(),
            remedy.command.unwrap().to_string(),
        )
    };
    let (advice, command) = with(&CONTEXT);
    assert!(
        advice
            .contains("stream 3.1.3/1 of log group /aws/imagebuilder/ParallelClusterImage-rocky8.")
    );
    assert_eq!(
        command,
        "pcluster get-image-log-events --image-id rocky8 --region eu-west-1 --log-stream-name 3.1.3/1"
    );
    let second = texts::DOCUMENT.replace("rocky8/3.1.3/1'", "rocky8/3.1.3/2'");
    let remedy = remedy(&second).unwrap();
    assert!(remedy.command.unwrap().as_str().ends_with(" 3.1.3/2"));
    let none = remedy_in("debconf: ?", &CONTEXT).unwrap();
    assert_eq!(
        none.command.unwrap().as_str(),
        "pcluster list-image-log-streams --image-id rocky8 --region eu-west-1"
    );
    let arn = format!("{}:image/parallelclusterimage-rocky8/3.1.3/7", texts::ARN);
    let described = RemedyContext {
        image_arn: Some(&arn),
        region: None,
        ..CONTEXT
    };
    assert_eq!(
        remedy_in("debconf: ?", &described)
            .unwrap()
            .command
            .unwrap()
            .as_str(),
        "pcluster get-image-log-events --image-id rocky8 --region eu-west-1 --log-stream-name 3.1.3/7"
    );
}

#[test]
fn a_command_contains_nothing_that_a_shell_could_interpret() {
    for foreign in [
        "a;b", "$(a)", "`a`", "a b", "a\nb", "-a", "", "a'b", "a|b", "日本", "a\n",
    ] {
        let with_id = RemedyContext {
            image_id: foreign,
            ..CONTEXT
        };
        let with_region = RemedyContext {
            region: Some(foreign),
            ..CONTEXT
        };
        for (context, instead) in [(with_id, "<IMAGE_ID>"), (with_region, "<REGION>")] {
            let remedy = remedy_in(texts::DOCUMENT, &context).unwrap();
            for remedy in [Remedy::for_leftover(&context), remedy] {
                let command = remedy.command.unwrap();
                assert!(command.as_str().contains(instead), "{foreign:?}: {command}");
                assert!(!command.as_str().contains('\n'), "{foreign:?}: {command}");
            }
        }
        let arn = format!("{}:image/x/{foreign}", texts::ARN);
        let context = RemedyContext {
            image_arn: Some(&arn),
            ..CONTEXT
        };
        let command = remedy_in("debconf: ?", &context).unwrap().command.unwrap();
        assert_eq!(
            command.as_str(),
            "pcluster list-image-log-streams --image-id rocky8 --region eu-west-1",
            "{foreign:?}"
        );
    }
}

/// Pieces of real reasons in any order, with anything between them.
fn any_reason() -> impl Strategy<Value = String> {
    let pieces = [
        "Resource handler returned message: \"",
        "\" (RequestToken: 1, HandlerErrorCode: X)",
        "(RequestToken: ",
        "Error occurred during operation '",
        "SSM execution '",
        "Workflow Execution ID: 'wf-1'",
        "for image arn: '",
        "with status = '",
        "in state = '",
        "failure message = '",
        "failed with reason: ",
        "arn:aws:x:y:z:component/a/1/1",
        ":component/",
        "arn:",
        "User: ",
        " is not authorized to perform: ",
        " on resource: ",
        "resource(s) failed to ",
        "create: [A, B]",
        "(Service: X; Status Code: 1; Error Code: Y; Request ID: Z)",
        "(SDK Attempt Count: 1)",
        "'",
        "''.",
        ")",
        "\u{301}",
        "\u{1b}[2J\u{202e}",
        "é日本",
    ];
    let piece = prop_oneof![
        4 => prop::sample::select(pieces.map(str::to_owned).to_vec()),
        1 => ".{0,8}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_part_of_any_text_is_a_piece_of_it(text in any_reason(), known in any::<Option<String>>()) {
        let text = SafeText::new(&text);
        let reason = Reason::parse(&text);
        let mut labels = Vec::new();
        for part in reason.parts() {
            prop_assert!(!part.text.as_str().is_empty());
            prop_assert!(text.as_str().contains(part.text.as_str()), "{part:?} is not in {text:?}");
            prop_assert!(!labels.contains(&part.label), "{:?} twice", part.label);
            labels.push(part.label);
        }
        let known = known.as_deref().map(SafeText::new);
        let diagnosis = diagnose(&reason, known.as_ref(), &CONTEXT);
        let summary = diagnosis.summary.unwrap();
        prop_assert!(width(summary.as_str()) <= summary::SUMMARY_COLUMNS, "{summary}");
        prop_assert!(!summary.as_str().contains('\n'));
        if let Some(remedy) = diagnosis.remedy {
            prop_assert!(width(remedy.advice.as_str()) < 400, "{}", remedy.advice);
        }
    }
}

const STACK: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/rocky8/1";

fn at(seconds: i64) -> DateTime<Utc> {
    parse_time("2026-01-15T21:00:00Z").unwrap() + TimeDelta::seconds(seconds)
}

/// An event, named by its id and the second in which it happened.
fn event(second: i64, id: &str, status: &str, reason: &str) -> Arc<StackEvent> {
    let physical = match id {
        "rocky8" => STACK.to_owned(),
        "ParallelClusterComponent" => texts::COMPONENT.to_owned(),
        other => format!("rocky8-{other}"),
    };
    let json = json!({
        "stackId": STACK, "eventId": format!("{id}-{second}"), "logicalResourceId": id,
        "physicalResourceId": physical, "resourceStatus": status, "resourceStatusReason": reason,
        "timestamp": crate::domain::stack_event::format_time(at(second)),
    });
    Arc::new(StackEvent::from_json(&json.to_string(), None))
}

fn observe(build: &mut Build, seen: Seen) {
    build.apply(&Observation {
        at: at(0),
        elapsed: std::time::Duration::ZERO,
        stream: Stream::Events,
        next_try: at(5),
        seen,
    });
}

/// One page, given oldest first.
fn page(build: &mut Build, events: &[Arc<StackEvent>], whole: bool, restarted: bool) {
    observe(
        build,
        Seen::Page(WalkStep {
            stack_id: Some(StackId::from(STACK)),
            restarted,
            fresh: events.iter().rev().cloned().collect(),
            commit: whole.then(Vec::new),
            audit: false,
            ..WalkStep::default()
        }),
    );
}

fn explain(build: &Build) -> Option<Explanation> {
    Explanation::of(build, "rocky8", Some("eu-west-1"))
}

const CANCELLED: &str = "Resource creation cancelled";

fn a_failure() -> Vec<Arc<StackEvent>> {
    vec![
        event(0, "rocky8", "CREATE_IN_PROGRESS", "User Initiated"),
        event(1, "ParallelClusterComponent", "CREATE_COMPLETE", ""),
        event(2, "ParallelClusterImage", "CREATE_IN_PROGRESS", ""),
        event(
            4,
            "ParallelClusterImage",
            "CREATE_IN_PROGRESS",
            "Resource creation Initiated",
        ),
        event(62, "ParallelClusterImage", "CREATE_FAILED", texts::DOCUMENT),
        event(63, "Sibling", "CREATE_FAILED", CANCELLED),
        event(64, "Other", "CREATE_FAILED", "Internal Failure"),
        event(65, "rocky8", "CREATE_FAILED", texts::STACK),
    ]
}

fn assert_explained(build: &Build) {
    let explanation = explain(build).unwrap();
    assert_eq!(
        explanation.cause.event_id.as_str(),
        "ParallelClusterImage-62"
    );
    assert_eq!(explanation.after, Some(TimeDelta::seconds(60)));
    let component = explanation.component.as_ref().map(SafeText::as_str);
    assert_eq!(component, Some("ParallelClusterComponent"));
    assert_eq!(
        explanation.summary.as_ref().unwrap().as_str(),
        "component ParallelClusterComponent failed while BUILDING (SSM execution Failed)"
    );
    assert_eq!((explanation.consequences, explanation.others), (2, 1));
    let first: Vec<_> = explanation
        .first_consequences
        .iter()
        .map(|event| event.event_id.as_str())
        .collect();
    assert_eq!(first, ["Sibling-63", "rocky8-65"]);
    let remedy = explanation.remedy.unwrap();
    assert!(
        remedy
            .command
            .unwrap()
            .as_str()
            .contains("get-image-log-events")
    );
}

/// The remedy of a build whose image failed for a reason, and whose log says this before its exit code.
fn remedy_with_log(reason: &str, said: &str, exit_code: i32) -> Remedy {
    let mut build = Build::default();
    let mut events = a_failure();
    events[4] = event(62, "ParallelClusterImage", "CREATE_FAILED", reason);
    page(&mut build, &events, true, true);
    let exit = format!("CmdExecution: ExitCode {exit_code}");
    let lines = ["Document arn:c", "Phase build", "Step Install", said, &exit];
    let line = |(second, text): (i64, &str)| {
        Arc::new(LogLine {
            timestamp: at(second),
            ingested_at: None,
            message: LogLine::text(text),
            stream: SafeText::new("3.16.1/1"),
            late: false,
            again: false,
        })
    };
    observe(
        &mut build,
        Seen::Log(LogPage {
            lines: (10..).zip(lines).map(line).collect(),
            part: LogPart::Newer,
            state: LogState::Complete,
            has_first: true,
            restarts: false,
        }),
    );
    explain(&build).unwrap().remedy.unwrap()
}

#[test]
fn a_line_of_the_log_has_the_remedy_where_it_says_more_than_the_event() {
    let general = texts::DOCUMENT;
    for (said, code, advice) in [
        (
            "Stderr: Error: Unable to find a match: kernel-devel-5.14.0-362.el9.x86_64",
            1,
            "newer Build / ParentImage",
        ),
        (
            "Stderr: x: No space left on device",
            1,
            "Build / RootVolume / Size",
        ),
        (
            "Stderr: curl: (6) Could not resolve host: x.example.com",
            6,
            "could not reach a server",
        ),
        (
            "Stderr: Error: GPG check FAILED",
            1,
            "Import the current key",
        ),
        (
            "Stderr: This AMI was created with aws-parallelcluster-cookbook-3.1.3, but is trying to be used with \
             aws-parallelcluster-cookbook-3.2.0.",
            1,
            "plain parent image",
        ),
        ("Stderr: begins", 126, "not executable"),
        ("Stderr: begins", 127, "not on the build instance"),
    ] {
        let remedy = remedy_with_log(general, said, code);
        assert!(
            remedy.advice.as_str().contains(advice),
            "{said}: {remedy:?}"
        );
    }
    // It says no more than the event does.
    let own = "Resource handler returned message: \"You have exceeded your maximum instance limit for instance type \
               g5.48xlarge (Service: Ec2, Status Code: 400)\"";
    let of_event = remedy_with_log(own, "Stdout: fine", 1);
    assert_eq!(remedy_with_log(own, "Stderr: begins", 127), of_event);
}

#[test]
fn a_failure_has_the_same_explanation_in_any_order_of_its_events() {
    let events = a_failure();
    let mut live = Build::default();
    for event in &events {
        page(&mut live, std::slice::from_ref(event), true, true);
    }
    assert_explained(&live);
    let mut history = Build::default();
    for event in events.iter().rev() {
        page(&mut history, std::slice::from_ref(event), false, false);
    }
    assert_explained(&history);
    let mut dropped = Build::default();
    page(&mut dropped, &events, false, true);
    page(&mut dropped, &events, false, true);
    page(&mut dropped, &events[..4], true, false);
    assert_explained(&dropped);
}

#[test]
fn a_late_consequence_is_counted_in_order() {
    let events = a_failure();
    let mut build = Build::default();
    let mut without: Vec<_> = events.clone();
    let sibling = without.remove(5);
    page(&mut build, &without, true, true);
    let late = LateEvent {
        event: sibling,
        before: EventId::from("Other-64"),
    };
    let page = WalkStep {
        stack_id: Some(StackId::from(STACK)),
        commit: Some(vec![late]),
        ..WalkStep::default()
    };
    observe(&mut build, Seen::Page(page));
    assert_explained(&build);
}

#[test]
fn a_cause_that_the_timeline_has_dropped_is_no_longer_counted() {
    let mut build = Build::default();
    let events = a_failure();
    page(&mut build, &events[7..], false, true);
    page(&mut build, &events[..2], true, true);
    let explanation = explain(&build).unwrap();
    assert_eq!(explanation.cause.event_id.as_str(), "rocky8-65");
    assert_eq!((explanation.consequences, explanation.others), (0, 0));
}

#[test]
fn a_stack_without_a_failed_resource_is_its_own_cause() {
    let mut build = Build::default();
    let root = event(9, "rocky8", "CREATE_FAILED", "Stack creation time exceeded");
    page(&mut build, std::slice::from_ref(&root), true, true);
    let explanation = explain(&build).unwrap();
    assert_eq!(explanation.cause.event_id, root.event_id);
    assert_eq!((explanation.consequences, explanation.others), (0, 0));
}

fn finish_image(build: &mut Build) {
    let image = ImageDescription {
        build_status: Some(SafeText::new("BUILD_COMPLETE")),
        ami: Some(Ami::new("ami-1")),
        ..ImageDescription::default()
    };
    observe(build, Seen::Image(ImageAnswer::Described(Box::new(image))));
}

#[test]
fn a_success_is_explained_only_if_its_stack_is_left_over() {
    let mut build = Build::default();
    let mut events = vec![
        event(0, "rocky8", "CREATE_IN_PROGRESS", "User Initiated"),
        event(1, "ParallelClusterImage", "CREATE_IN_PROGRESS", ""),
        event(50, "rocky8", "DELETE_IN_PROGRESS", ""),
        event(51, "ParallelClusterImage", "CREATE_FAILED", "went away"),
        event(52, "InstanceRole", "DELETE_IN_PROGRESS", ""),
        event(60, "InstanceRole", "DELETE_FAILED", "Internal Failure"),
    ];
    page(&mut build, &events, true, true);
    finish_image(&mut build);
    assert!(
        explain(&build).is_none(),
        "the stack may still delete itself"
    );
    let root = "The following resource(s) failed to delete: [InstanceRole]. ";
    events.push(event(61, "rocky8", "DELETE_FAILED", root));
    page(&mut build, &events[6..], true, true);
    let explanation = explain(&build).unwrap();
    assert_eq!(explanation.cause.event_id.as_str(), "InstanceRole-60");
    assert_eq!(explanation.after, Some(TimeDelta::seconds(8)));
    assert_eq!((explanation.consequences, explanation.others), (1, 1));
    let command = explanation.remedy.unwrap().command.unwrap();
    assert_eq!(
        command.as_str(),
        "aws cloudformation delete-stack --stack-name rocky8 --region eu-west-1"
    );
}

#[test]
fn a_resource_that_fails_repeatedly_is_counted_once() {
    let mut build = Build::default();
    let mut events = a_failure();
    for second in [70, 80] {
        let retried = |id| event(second, id, "DELETE_FAILED", "Internal Failure");
        events.extend(["ParallelClusterImage", "Other", "Sibling"].map(retried));
    }
    page(&mut build, &events, true, true);
    let explanation = explain(&build).unwrap();
    assert_eq!(
        explanation.cause.event_id.as_str(),
        "ParallelClusterImage-62"
    );
    // `Other`, and `Sibling`, which was cancelled only at first.
    assert_eq!(explanation.others, 2);
}

#[test]
fn no_explanation_exists_before_a_failure() {
    let mut build = Build::default();
    assert!(explain(&build).is_none());
    page(&mut build, &a_failure()[..4], true, true);
    assert!(explain(&build).is_none());
    finish_image(&mut build);
    assert!(explain(&build).is_none());
}
