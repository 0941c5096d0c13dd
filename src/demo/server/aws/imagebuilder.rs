//! Image Builder: the stage of the image, its workflows, and the AMI that came of it.

use serde_json::json;

use crate::demo::server::requests::LoggedRequest;
use crate::demo::server::response::Response;
use crate::demo::world::World;

pub(super) fn get_image(world: &World, request: &LoggedRequest) -> Response {
    let arn = request
        .parameter("imageBuildVersionArn")
        .unwrap_or_default();
    let Some(stage) = world.stage(arn) else {
        let message = "The resource with ARN requested does not exist.";
        return failure(404, "ResourceNotFoundException", message);
    };
    let amis = stage
        .ami
        .map(|(region, image)| json!({ "region": region, "image": image }));
    let mut builder_state = json!({ "status": stage.status });
    if let Some(reason) = stage.reason {
        builder_state["reason"] = reason.into();
    }
    if let Some(failure) = stage.failure {
        builder_state["failureContext"] = failure;
    }
    let image = json!({
        "arn": arn,
        "state": builder_state,
        "outputResources": { "amis": amis.into_iter().collect::<Vec<_>>() },
    });
    Response::ok(json!({ "requestId": "demo", "image": image }).to_string())
}

pub(super) fn list_workflow_executions(world: &World, request: &LoggedRequest) -> Response {
    let arn = request
        .parameter("imageBuildVersionArn")
        .unwrap_or_default();
    let Some(mut workflows) = world.workflows(arn) else {
        let message = "The resource with ARN requested does not exist.";
        return failure(404, "ResourceNotFoundException", message);
    };
    for workflow in &mut workflows {
        if let Some(fields) = workflow.as_object_mut() {
            fields.remove("steps");
        }
    }
    let body = json!({
        "requestId": "demo",
        "imageBuildVersionArn": arn,
        "workflowExecutions": workflows,
    });
    Response::ok(body.to_string())
}

pub(super) fn list_workflow_step_executions(world: &World, request: &LoggedRequest) -> Response {
    let id = request.parameter("workflowExecutionId").unwrap_or_default();
    let Some(workflow) = world.workflow(id) else {
        let message = "The workflow execution does not exist.";
        return failure(404, "ResourceNotFoundException", message);
    };
    let body = json!({
        "requestId": "demo",
        "workflowExecutionId": id,
        "workflowBuildVersionArn": workflow["workflowBuildVersionArn"],
        "steps": workflow["steps"],
    });
    Response::ok(body.to_string())
}

pub(super) fn failure(status: u16, code: &str, message: &str) -> Response {
    Response {
        status,
        error_type: Some(code.to_owned()),
        ..Response::ok(json!({ "message": message }).to_string())
    }
}
