//! EC2: the AMI of the build, with the tags of ParallelCluster and Image Builder.

use serde_json::Value;

use crate::demo::server::aws::xml::{document, element, text};
use crate::demo::server::requests::LoggedRequest;
use crate::demo::server::response::Response;
use crate::demo::world::World;

/// The AMI that the world has; the filters are not looked at beyond the image's id.
pub(super) fn describe_images(world: &World, request: &LoggedRequest) -> Response {
    let is_wanted = request.query.iter().all(|(name, value)| {
        let is_id = name.ends_with(".Value.1") && value == world.image_id();
        !is_id_filter(request, name) || is_id
    });
    let row = world.ami().filter(|_| is_wanted);
    let row = row.map(|image| element("item", &item(&image)));
    let set = element("imagesSet", &row.unwrap_or_default());
    let body = text("requestId", "demo") + &set;
    document(200, element("DescribeImagesResponse", &body))
}

/// Whether a parameter is the value of the filter by the image's id.
fn is_id_filter(request: &LoggedRequest, name: &str) -> bool {
    let Some(filter) = name.strip_suffix(".Value.1") else {
        return false;
    };
    let by = request.parameter(&format!("{filter}.Name"));
    by == Some("tag:parallelcluster:image_id")
}

fn item(image: &Value) -> String {
    let ami = &image["ec2AmiInfo"];
    let field = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tags = ami["tags"].as_array().into_iter().flatten().map(|tag| {
        let pair = text("key", &field(&tag["key"])) + &text("value", &field(&tag["value"]));
        element("item", &pair)
    });
    let tags = element("tagSet", &tags.collect::<String>());
    let fields = [
        ("imageId", field(&ami["amiId"])),
        ("name", field(&ami["amiName"])),
        ("imageState", field(&ami["state"]).to_lowercase()),
        ("architecture", field(&ami["architecture"])),
        ("description", field(&ami["description"])),
        ("creationDate", field(&image["creationTime"])),
    ];
    let fields = fields.map(|(name, value)| text(name, &value));
    fields.concat() + &tags
}

pub(super) fn failure(status: u16, code: &str, message: &str) -> Response {
    let error = text("Code", code) + &text("Message", message);
    let errors = element("Errors", &element("Error", &error));
    document(
        status,
        element("Response", &(errors + &text("RequestID", "demo"))),
    )
}
