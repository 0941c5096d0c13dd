//! ListImages of the simulated API, from the descriptions that the images have.

use serde_json::{Value, json};

use crate::demo::server::requests::LoggedRequest;
use crate::demo::server::response::Response;
use crate::demo::world::World;

/// The images of the requested status.
pub(super) fn list(worlds: &[&World], request: &LoggedRequest) -> Response {
    let wanted = request.parameter("imageStatus").unwrap_or_default();
    let images: Vec<_> = worlds
        .iter()
        .filter_map(|world| {
            let image: Value = serde_json::from_str(&world.image(world.image_id())?).ok()?;
            let status = match image["imageBuildStatus"].as_str()? {
                "BUILD_COMPLETE" => "AVAILABLE",
                "BUILD_FAILED" | "DELETE_FAILED" => "FAILED",
                _ => "PENDING",
            };
            (status == wanted).then(|| {
                let mut summary = json!({});
                for name in [
                    "imageId",
                    "region",
                    "version",
                    "imageBuildStatus",
                    "cloudformationStackArn",
                    "cloudformationStackStatus",
                ] {
                    if let Some(value) = image.get(name) {
                        summary[name] = value.clone();
                    }
                }
                if let Some(ami) = image["ec2AmiInfo"].get("amiId") {
                    summary["ec2AmiInfo"] = json!({ "amiId": ami });
                }
                summary
            })
        })
        .collect();
    Response::ok(json!({ "images": images }).to_string())
}
