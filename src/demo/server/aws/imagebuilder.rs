//! Image Builder: the stage of the image, and the AMI that came of it.

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
    let image = json!({
        "arn": arn,
        "state": builder_state,
        "outputResources": { "amis": amis.into_iter().collect::<Vec<_>>() },
    });
    Response::ok(json!({ "requestId": "demo", "image": image }).to_string())
}

pub(super) fn failure(status: u16, code: &str, message: &str) -> Response {
    Response {
        status,
        error_type: Some(code.to_owned()),
        ..Response::ok(json!({ "message": message }).to_string())
    }
}
