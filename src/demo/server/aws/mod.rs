//! The simulated AWS: CloudFormation, EC2 and Image Builder, as far as a build of an image needs them.
//! The responses are made from the same world as those of the simulated ParallelCluster API.

mod cloudformation;
mod ec2;
mod imagebuilder;
mod logs;
mod signature;
mod xml;

use crate::demo::faults::InjectedFault;
use crate::demo::server::aws::signature::Refusal;
use crate::demo::server::requests::LoggedRequest;
use crate::demo::server::response::Response;
use crate::demo::world::World;

#[cfg(test)]
pub(crate) use self::signature::tests::signed;
pub(crate) use self::signature::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN};

/// The action that a request names, if it is a request to AWS and not to the ParallelCluster API.
pub(crate) fn action(request: &LoggedRequest) -> Option<&str> {
    let target = request.header("x-amz-target");
    if let Some(action) = target.and_then(|target| target.strip_prefix("Logs_20140328.")) {
        return Some(action);
    }
    match request.path.as_str() {
        "/" => request.parameter("Action"),
        "/GetImage" => Some("GetImage"),
        "/ListWorkflowExecutions" => Some("ListWorkflowExecutions"),
        "/ListWorkflowStepExecutions" => Some("ListWorkflowStepExecutions"),
        _ => None,
    }
}

/// Whether a request names the image of a world, or a stack or an AMI of it.
pub(crate) fn is_about(world: &World, request: &LoggedRequest) -> bool {
    let stack = request.parameter("StackName");
    let arn = request.parameter("imageBuildVersionArn");
    let workflow = request.parameter("workflowExecutionId");
    let group = request.parameter("logGroupName");
    stack.is_some_and(|name| world.stack(name).is_some() || name == world.image_id())
        || arn.is_some_and(|arn| world.has_made(arn))
        || workflow.is_some_and(|id| world.workflow(id).is_some())
        || group.is_some_and(|group| group.ends_with(&format!("-{}", world.image_id())))
}

/// The correct response at this moment; an unsigned request is refused. A list is of all worlds, and anything else is about
/// one of them.
pub(crate) fn response(
    (worlds, world): (&[&World], &World),
    action: &str,
    request: &LoggedRequest,
    page_size: usize,
) -> Response {
    if let Err(refusal) = signature::verify(request, service(action)) {
        return unsigned(action, refusal);
    }
    match action {
        "DescribeStackEvents" => cloudformation::describe_stack_events(world, request, page_size),
        "DescribeStacks" => cloudformation::describe_stacks(world, request),
        "ListStacks" => cloudformation::list_stacks(worlds, request),
        "DescribeImages" => ec2::describe_images(worlds, request),
        "GetImage" => imagebuilder::get_image(world, request),
        "GetLogEvents" | "FilterLogEvents" => logs::read(world, action, request),
        "ListWorkflowExecutions" => imagebuilder::list_workflow_executions(world, request),
        "ListWorkflowStepExecutions" => imagebuilder::list_workflow_step_executions(world, request),
        "GetCallerIdentity" => caller(),
        other => {
            let message = format!("The action {other} is not valid for this web service.");
            failure(other, 400, "InvalidAction", &message)
        }
    }
}

/// The response that a fault puts in the place of the correct one; none where it leaves that one.
pub(crate) fn of_fault(action: &str, fault: &InjectedFault) -> Option<Response> {
    Some(match fault {
        InjectedFault::Throttled | InjectedFault::RateExceeded => {
            let code = match action {
                "DescribeImages" => "RequestLimitExceeded",
                action if is_of_builder(action) => "TooManyRequestsException",
                "GetLogEvents" | "FilterLogEvents" => "ThrottlingException",
                _ => "Throttling",
            };
            let status = if action == "DescribeImages" { 503 } else { 400 };
            failure(action, status, code, "Rate exceeded")
        }
        InjectedFault::Status(status) => {
            let message = "We encountered an internal error. Please try again.";
            failure(action, *status, "InternalFailure", message)
        }
        InjectedFault::ExpiredToken => {
            let message = "The security token included in the request is expired";
            failure(action, 403, "ExpiredToken", message)
        }
        InjectedFault::TokenRejected if is_of_log(action) => logs::bad_token(),
        InjectedFault::TokenRejected => cloudformation::bad_token(),
        other => return Response::of_fault(other),
    })
}

/// The account of the one user.
fn caller() -> Response {
    let user = [
        ("Arn", "arn:aws:iam::123456789012:user/demo"),
        ("UserId", "AIDADEMO"),
        ("Account", "123456789012"),
    ];
    let user = user.map(|(name, value)| xml::text(name, value)).concat();
    let result = xml::element("GetCallerIdentityResult", &user);
    xml::document(200, xml::element("GetCallerIdentityResponse", &result))
}

/// The service that an action must be signed for.
fn service(action: &str) -> &'static str {
    match action {
        "DescribeImages" => "ec2",
        "GetCallerIdentity" => "sts",
        action if is_of_log(action) => "logs",
        action if is_of_builder(action) => "imagebuilder",
        _ => "cloudformation",
    }
}

/// The refusal of a request's signature, as each service words it.
fn unsigned(action: &str, refusal: Refusal) -> Response {
    let (query, json, message) = match refusal {
        Refusal::Key => (
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        Refusal::Signature => (
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. \
             Check your AWS Secret Access Key and signing method.",
        ),
    };
    match service(action) {
        "ec2" => {
            let message = "AWS was not able to validate the provided access credentials";
            failure(action, 401, "AuthFailure", message)
        }
        "logs" => failure(action, 400, json, message),
        "imagebuilder" => failure(action, 403, json, message),
        _ => failure(action, 403, query, message),
    }
}

/// An error in the form of the action's service.
fn failure(action: &str, status: u16, code: &str, message: &str) -> Response {
    match action {
        action if is_of_builder(action) => imagebuilder::failure(status, code, message),
        action if is_of_log(action) => logs::failure(status, code, message),
        "DescribeImages" => ec2::failure(status, code, message),
        _ => cloudformation::failure(status, code, message),
    }
}

fn is_of_builder(action: &str) -> bool {
    matches!(
        action,
        "GetImage" | "ListWorkflowExecutions" | "ListWorkflowStepExecutions"
    )
}

fn is_of_log(action: &str) -> bool {
    matches!(action, "GetLogEvents" | "FilterLogEvents")
}
