//! EC2: the AMI of the build, with the tags of ParallelCluster and Image Builder.

use serde_json::Value;

use crate::demo::server::aws::xml::{document, element, text};
use crate::demo::server::requests::LoggedRequest;
use crate::demo::server::response::Response;
use crate::demo::world::World;

/// The AMIs of the worlds; the filters are looked at as far as they tell one image from another.
pub(super) fn describe_images(worlds: &[&World], request: &LoggedRequest) -> Response {
    let rows = worlds
        .iter()
        .filter(|world| is_wanted(world, request))
        .filter_map(|world| Some(element("item", &item(&world.ami()?))));
    let set = element("imagesSet", &rows.collect::<String>());
    let body = text("requestId", "demo") + &set;
    document(200, element("DescribeImagesResponse", &body))
}

fn is_wanted(world: &World, request: &LoggedRequest) -> bool {
    let ami = || Some(world.ami()?["ec2AmiInfo"]["amiId"].as_str()?.to_owned());
    request.query.iter().all(|(name, value)| {
        if name == "ImageId.1" {
            return ami().is_some_and(|id| id == *value);
        }
        let filter = name.strip_suffix(".Value.1");
        let by = filter.and_then(|filter| request.parameter(&format!("{filter}.Name")));
        match by {
            Some("tag:parallelcluster:image_id") => value == world.image_id(),
            Some("tag:Ec2ImageBuilderArn") => world.has_made(value),
            _ => true,
        }
    })
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
