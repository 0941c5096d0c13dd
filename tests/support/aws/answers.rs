//! The answers of the scripted AWS, in the forms of each service.

use serde_json::json;

use super::signature::Refused;
use super::{Ami, Answer, IMAGE, Query, Stack};

pub(super) fn event(stack: &str, number: usize, logical: &str, status: &str, id: &str) -> String {
    let (minute, second) = (number / 60, number % 60);
    format!(
        "<member><StackId>{stack}</StackId><EventId>e{number}</EventId><StackName>img</StackName>\
         <OperationId>op-1</OperationId><LogicalResourceId>{logical}</LogicalResourceId>\
         <PhysicalResourceId>{id}</PhysicalResourceId><ResourceType>AWS::Made::Up</ResourceType>\
         <Timestamp>2026-01-01T10:{minute:02}:{second:02}.000Z</Timestamp><ResourceStatus>{status}</ResourceStatus></member>"
    )
}

/// Events are given oldest first, and sent newest first.
pub(super) fn events(events: &[String], token: &str) -> String {
    let page: String = events.iter().rev().map(String::as_str).collect();
    format!(
        "<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents>{page}</StackEvents>{token}</DescribeStackEventsResult></DescribeStackEventsResponse>"
    )
}

pub(super) fn stack(stack: &Stack) -> String {
    let Stack {
        arn,
        status,
        is_tagged,
        ..
    } = stack;
    let tags = if *is_tagged {
        "<member><Key>parallelcluster:image_id</Key><Value>img</Value></member>\
         <member><Key>parallelcluster:version</Key><Value>3.16.1</Value></member>"
    } else {
        ""
    };
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackId>{arn}</StackId><StackName>img</StackName>\
         <CreationTime>2026-01-01T10:00:00.000Z</CreationTime><StackStatus>{status}</StackStatus>\
         <Tags>{tags}</Tags></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
}

/// The stacks in the wanted states.
pub(super) fn listed_stacks(stacks: &[Stack], query: &Query) -> String {
    let is_wanted = |stack: &&Stack| {
        let mut filters = query
            .iter()
            .filter(|(name, _)| name.starts_with("StackStatusFilter.member."));
        filters.any(|(_, status)| *status == stack.status)
    };
    let rows = stacks.iter().filter(is_wanted).enumerate().map(|(number, stack)| {
        let Stack { arn, status, .. } = stack;
        format!(
            "<member><StackId>{arn}</StackId><StackName>img</StackName><StackStatus>{status}</StackStatus>\
             <CreationTime>2026-01-01T10:0{number}:00.000Z</CreationTime></member>"
        )
    });
    let rows = rows.collect::<Vec<_>>().concat();
    format!(
        "<ListStacksResponse><ListStacksResult><StackSummaries>{rows}</StackSummaries></ListStacksResult></ListStacksResponse>"
    )
}

pub(super) fn image(status: &str, amis: &[(&str, &str)]) -> String {
    let amis: Vec<_> = amis
        .iter()
        .map(|(region, ami)| format!(r#"{{"region":"{region}","image":"{ami}"}}"#))
        .collect();
    let failure = if status == "FAILED" {
        r#","failureContext":{"imageStatus":"BUILDING","workflowArn":"arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/1.0.3/1",
            "failedStep":"ApplyBuildComponents","componentFailure":{"componentArn":"arn:aws:imagebuilder:us-east-1:123456789012:component/x/1.0.0/1",
            "phaseName":"build","stepName":"InstallPackages","errorMessage":"exit status 17"}}"#
    } else {
        ""
    };
    format!(
        r#"{{"image":{{"arn":"{IMAGE}","state":{{"status":"{status}","reason":"why it is so"{failure}}},
            "outputResources":{{"amis":[{}]}}}}}}"#,
        amis.join(",")
    )
}

/// The AMIs that the filters of a request find.
pub(super) fn amis(amis: &[Ami], query: &Query, region: &str) -> String {
    let parameter = |name: &str| query.get(name).map(String::as_str);
    let is_wanted = |ami: &&Ami| {
        let by_filter = match parameter("Filter.1.Name") {
            Some("tag:parallelcluster:image_id") => {
                ami.is_tagged && parameter("Filter.1.Value.1") == Some("img")
            }
            Some("tag-key") => ami.is_tagged,
            Some("tag:Ec2ImageBuilderArn") => parameter("Filter.1.Value.1") == Some(ami.made_by),
            _ => parameter("ImageId.1") == Some(ami.id),
        };
        ami.region == region && by_filter
    };
    let items: String = amis.iter().filter(is_wanted).map(ami).collect();
    format!(
        "<DescribeImagesResponse><requestId>r</requestId><imagesSet>{items}</imagesSet></DescribeImagesResponse>"
    )
}

fn ami(ami: &Ami) -> String {
    let Ami {
        id,
        state,
        is_tagged,
        made_by,
        ..
    } = ami;
    let tags = if *is_tagged {
        "<item><key>parallelcluster:image_id</key><value>img</value></item>\
         <item><key>parallelcluster:build_status</key><value>available</value></item>"
    } else {
        ""
    };
    format!(
        "<item><imageId>{id}</imageId><imageState>{state}</imageState><creationDate>2026-01-01T10:30:00.000Z</creationDate>\
         <tagSet>{tags}<item><key>Ec2ImageBuilderArn</key><value>{made_by}</value></item></tagSet></item>"
    )
}

pub(super) fn caller() -> String {
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/tester</Arn>\
     <UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        .to_owned()
}

pub(super) fn error(code: &str, message: &str, status: u16) -> (u16, String) {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
    (status, body)
}

pub(super) fn ec2_error(status: u16, code: &str, message: &str) -> (u16, String) {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>r</RequestID></Response>"
    );
    (status, body)
}

pub(super) fn image_builder_error(status: u16, code: &str, message: &str) -> (u16, String) {
    let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
    (status, body)
}

/// The refusal of a signature or of a key, as the service of the action sends it.
pub(super) fn unsigned(action: &str, why: &Refused) -> (u16, String) {
    const KEY: &str = "The security token included in the request is invalid.";
    const SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. \
        Check your AWS Secret Access Key and signing method.";
    let is_key = *why == Refused::Key;
    let message = if is_key { KEY } else { SIGNATURE };
    let status = if action.ends_with("LogEvents") {
        400
    } else {
        403
    };
    match action {
        "DescribeImages" => {
            let message = "AWS was not able to validate the provided access credentials";
            ec2_error(401, "AuthFailure", message)
        }
        "GetImage"
        | "ListWorkflowExecutions"
        | "ListWorkflowStepExecutions"
        | "GetLogEvents"
        | "FilterLogEvents" => {
            let code = if is_key {
                "UnrecognizedClientException"
            } else {
                "InvalidSignatureException"
            };
            image_builder_error(status, code, message)
        }
        _ if is_key => error("InvalidClientTokenId", message, status),
        _ => error("SignatureDoesNotMatch", message, status),
    }
}

/// The build workflow with these steps, if there are some.
pub(super) fn workflows(steps: &[(&str, &str)]) -> String {
    let has_failed = steps.iter().any(|(_, status)| *status == "FAILED");
    let done = steps.iter().filter(|(_, status)| *status == "COMPLETED");
    let workflow = json!({
        "workflowBuildVersionArn": "arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/1.0.3/1",
        "workflowExecutionId": "wf-1",
        "type": "BUILD",
        "status": if has_failed { "FAILED" } else { "RUNNING" },
        "totalStepCount": 7,
        "totalStepsSucceeded": done.count(),
        "startTime": "2026-05-04T08:31:12.000Z",
    });
    let workflows = if steps.is_empty() {
        Vec::new()
    } else {
        vec![workflow]
    };
    json!({ "requestId": "r", "workflowExecutions": workflows }).to_string()
}

pub(super) fn steps(steps: &[(&str, &str)]) -> String {
    let step = |(number, (name, status)): (usize, &(&str, &str))| {
        let mut step = json!({
            "stepExecutionId": format!("step-{number}"), "name": name, "action": "ExecuteComponents",
            "status": status, "inputs": "{}",
        });
        if *status != "PENDING" {
            step["startTime"] = format!("2026-05-04T08:3{}:12.000Z", number + 1).into();
        }
        step
    };
    let steps: Vec<_> = steps.iter().enumerate().map(step).collect();
    json!({ "requestId": "r", "workflowExecutionId": "wf-1", "steps": steps }).to_string()
}

/// One of the ways in which a call fails.
pub(super) fn failure(
    random: &mut fastrand::Rng,
    action: &str,
    status: u16,
    body: String,
) -> Answer {
    let of_service = |status: u16, code: &str, message: &str| {
        let (status, body) = match action {
            "GetImage"
            | "ListWorkflowExecutions"
            | "ListWorkflowStepExecutions"
            | "GetLogEvents"
            | "FilterLogEvents" => image_builder_error(status, code, message),
            "DescribeImages" => ec2_error(status, code, message),
            _ => error(code, message, status),
        };
        Answer::Body(status, body)
    };
    match random.u8(..9) {
        0 => of_service(400, "Throttling", "Rate exceeded"),
        1 => of_service(503, "RequestLimitExceeded", "Request limit exceeded."),
        2 => of_service(500, "InternalFailure", "internal"),
        3 => of_service(503, "ServiceUnavailable", "try again"),
        4 => Answer::Body(502, "<html><body>Bad gateway</body></html>".to_owned()),
        5 => Answer::Reset,
        // A proxy answers in place of the service, with success.
        6 => Answer::Body(200, "<html>log in</html>".to_owned()),
        7 => {
            let half = body.len() / 2;
            Answer::Cut(status, body, half)
        }
        _ => {
            // Whole by its length, and not by its content.
            let half = (0..=body.len() / 2)
                .rev()
                .find(|at| body.is_char_boundary(*at));
            let half = half.and_then(|at| body.get(..at)).unwrap_or_default();
            Answer::Body(status, half.to_owned())
        }
    }
}
