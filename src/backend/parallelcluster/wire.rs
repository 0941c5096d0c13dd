//! Reads the bodies of the API's responses: from bytes to the domain's types.
//!
//! Single fields may be absent, null or of another type, and are then absent here too. A body as a whole is not
//! guessed: one that is not the API's becomes an error, never an empty page.

use std::borrow::Cow;
use std::collections::HashMap;
use std::str;

use serde::Deserialize;
use serde_json::de::StrRead;
use serde_json::value::RawValue;

use crate::aws::excerpt::excerpt_of_body;
use crate::backend::NextToken;
use crate::domain::image::{Ami, ImageDescription};
use crate::domain::listing::{ListedImage, ListedStatus};
use crate::domain::stack_event::{StackId, parse_time};
use crate::text::redact::redact_secrets;
use crate::text::safe::SafeText;

/// The reason why a body is not the API's. JSON is never quoted: a description holds a presigned URL.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ForeignBody {
    #[error("an empty body")]
    Empty,
    #[error("a body that is not UTF-8 text")]
    NotText,
    #[error("a body that is not JSON: {0}")]
    NotJson(String),
    #[error("JSON that is cut short or malformed (line {line}, column {column})")]
    BrokenJson { line: usize, column: usize },
    #[error("unexpected JSON")]
    OtherJson,
}

/// A JSON object, each of its values still as JSON text: an odd value spoils nothing beside it.
type RawFields<'a> = HashMap<Cow<'a, str>, &'a RawValue>;

/// Reads a description of an image. The rest of the response, with its presigned URL, is dropped here.
pub(crate) fn description(body: &[u8]) -> Result<ImageDescription, ForeignBody> {
    let fields: RawFields<'_> = parsed(object(body)?, |json| Deserialize::deserialize(json))?;
    if text(&fields, "imageId").is_none() && text(&fields, "imageBuildStatus").is_none() {
        return Err(ForeignBody::OtherJson);
    }
    let safe = |name| text(&fields, name).map(|text| SafeText::new(&redact_secrets(&text)));
    Ok(ImageDescription {
        image_id: safe("imageId"),
        region: safe("region"),
        version: safe("version"),
        build_status: safe("imageBuildStatus"),
        stack_id: text(&fields, "cloudformationStackArn").map(|id| StackId::from(id.as_str())),
        stack_status: safe("cloudformationStackStatus"),
        stack_status_reason: safe("cloudformationStackStatusReason"),
        creation_time: text(&fields, "creationTime").and_then(|time| parse_time(&time)),
        builder_status: safe("imagebuilderImageStatus"),
        builder_reason: safe("imagebuilderImageStatusReason"),
        ami: fields.get("ec2AmiInfo").and_then(|ami| self::ami(ami)),
        ..ImageDescription::default()
    })
}

/// Reads a page of ListImages. What is no image is left out.
pub(crate) fn images(
    body: &[u8],
    status: ListedStatus,
) -> Result<(Vec<ListedImage>, Option<NextToken>), ForeignBody> {
    let fields: RawFields<'_> = parsed(object(body)?, |json| Deserialize::deserialize(json))?;
    let Some(images) = fields.get("images") else {
        return Err(ForeignBody::OtherJson);
    };
    let images: Vec<&RawValue> =
        serde_json::from_str(images.get()).map_err(|_other| ForeignBody::OtherJson)?;
    let image = |json: &RawValue| {
        let fields: RawFields<'_> = serde_json::from_str(json.get()).ok()?;
        let safe = |name| text(&fields, name).map(|text| SafeText::new(&redact_secrets(&text)));
        let ami = fields.get("ec2AmiInfo").and_then(|ami| self::ami(ami));
        Some(ListedImage {
            image_id: safe("imageId")?,
            region: safe("region"),
            status,
            since: None,
            version: safe("version"),
            ami_id: ami.map(|ami| ami.id),
            stack_id: safe("cloudformationStackArn"),
            stack_status: safe("cloudformationStackStatus"),
        })
    };
    let images = images.into_iter().filter_map(image).collect();
    Ok((images, text(&fields, "nextToken").map(NextToken::new)))
}

/// The tag that names the Image Builder image.
const IMAGE_ARN_TAG: &str = "Ec2ImageBuilderArn";

fn ami(json: &RawValue) -> Option<Ami> {
    let fields: RawFields<'_> = serde_json::from_str(json.get()).ok()?;
    let safe = |name| text(&fields, name).map(|text| SafeText::new(&redact_secrets(&text)));
    let tags = fields.get("tags").map_or_else(Vec::new, |json| tags(json));
    let image_arn = tags.iter().find(|(key, _)| key.as_str() == IMAGE_ARN_TAG);
    Some(Ami {
        id: text(&fields, "amiId").map(|id| SafeText::new(&id))?,
        name: safe("amiName"),
        state: safe("state"),
        // The API has none.
        state_reason: None,
        image_arn: image_arn.map(|(_, arn)| arn.clone()),
        tags,
    })
}

/// The tags, by key. EC2 and the API differ in the case of a tag's fields.
fn tags(json: &RawValue) -> Vec<(SafeText, SafeText)> {
    let tags: Vec<&RawValue> = serde_json::from_str(json.get()).unwrap_or_default();
    let tag = |tag: &RawValue| {
        let tag: RawFields<'_> = serde_json::from_str(tag.get()).ok()?;
        let field = |lower, upper| text(&tag, lower).or_else(|| text(&tag, upper));
        let safe = |text: String| SafeText::new(&redact_secrets(&text));
        Some((safe(field("key", "Key")?), safe(field("value", "Value")?)))
    };
    let mut tags: Vec<_> = tags.into_iter().filter_map(tag).collect();
    tags.sort();
    tags
}

fn text(fields: &RawFields<'_>, name: &str) -> Option<String> {
    let text: String = serde_json::from_str(fields.get(name)?.get()).ok()?;
    Some(text).filter(|text| !text.is_empty())
}

/// The text of a body that begins like a JSON object.
pub(super) fn object(body: &[u8]) -> Result<&str, ForeignBody> {
    let text = str::from_utf8(body)
        .map_err(|_invalid| ForeignBody::NotText)?
        .trim_start_matches('\u{feff}')
        .trim_start();
    match text.chars().next() {
        Some('{') => Ok(text),
        Some('[' | '"') => Err(ForeignBody::OtherJson),
        Some(_) => Err(ForeignBody::NotJson(excerpt_of_body(body))),
        None => Err(ForeignBody::Empty),
    }
}

/// Reads the whole of a JSON text.
pub(super) fn parsed<'a, T>(
    text: &'a str,
    read: impl FnOnce(&mut serde_json::Deserializer<StrRead<'a>>) -> serde_json::Result<T>,
) -> Result<T, ForeignBody> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = read(&mut json).and_then(|value| json.end().map(|()| value));
    value.map_err(|error| {
        if error.is_data() {
            return ForeignBody::OtherJson;
        }
        ForeignBody::BrokenJson {
            line: error.line(),
            column: error.column(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::parallelcluster::page::page;

    const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/img/6acc";

    #[test]
    fn a_body_that_is_not_the_apis_is_never_an_empty_page() {
        let bodies: [(&[u8], ForeignBody); 12] = [
            (b"", ForeignBody::Empty),
            (b" \n", ForeignBody::Empty),
            (b"\xff\xfe{}", ForeignBody::NotText),
            (b"\x1f\x8b\x08\x00", ForeignBody::NotText),
            (
                b"<html>log in</html>",
                ForeignBody::NotJson("<html>log in</html>".into()),
            ),
            (b"null", ForeignBody::NotJson("null".into())),
            (b"[]", ForeignBody::OtherJson),
            (b"[null,[]]", ForeignBody::OtherJson),
            (b"\"ok\"", ForeignBody::OtherJson),
            (br#"{"events":{}}"#, ForeignBody::OtherJson),
            (
                br#"{"message":"Hello from Lambda"}"#,
                ForeignBody::OtherJson,
            ),
            (br#"{"nextToken":5,"events":[]}"#, ForeignBody::OtherJson),
        ];
        for (body, expected) in bodies {
            let shown = String::from_utf8_lossy(body);
            assert_eq!(page(body).unwrap_err(), expected, "{shown}");
            assert!(description(body).is_err(), "{shown}");
        }
        for cut in [&br#"{"events":[{"eventId":"a"}"#[..], br#"{"events":[]}x"#] {
            let error = page(cut).unwrap_err();
            assert!(matches!(error, ForeignBody::BrokenJson { .. }), "{error}");
        }
        assert_eq!(description(b"{}"), Err(ForeignBody::OtherJson));
    }

    #[test]
    fn a_foreign_body_is_shown_on_one_line_of_eighty_characters() {
        let html = format!("<html>\n  <body>{}", "ü".repeat(200));
        let ForeignBody::NotJson(shown) = page(html.as_bytes()).unwrap_err() else {
            panic!("HTML is not JSON");
        };
        assert!(shown.starts_with("<html> <body>ü"));
        assert_eq!(shown.chars().count(), 81);
    }

    #[test]
    fn a_broken_description_is_not_quoted() {
        for body in [
            r#"{"imageConfiguration":{"url":"https://canary"#,
            r#"["https://canary"]"#,
            r#""https://canary""#,
        ] {
            let error = description(body.as_bytes()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_description_from_the_stack_is_read() {
        let body = format!(
            r#"{{"imageId":"img","region":"us-east-1","version":"3.16.1",
                "imageBuildStatus":"BUILD_IN_PROGRESS","cloudformationStackArn":"{STACK}",
                "cloudformationStackStatus":"CREATE_IN_PROGRESS",
                "cloudformationStackStatusReason":"User Initiated",
                "imagebuilderImageStatus":"BUILDING","imagebuilderImageStatusReason":"r",
                "imageConfiguration":{{"url":"https://bucket/config?X-Amz-Signature=canary"}}}}"#
        );
        let image = description(body.as_bytes()).unwrap();
        let text = |field: &Option<SafeText>| field.as_ref().unwrap().to_string();
        assert_eq!(text(&image.region), "us-east-1");
        assert_eq!(text(&image.version), "3.16.1");
        assert_eq!(text(&image.build_status), "BUILD_IN_PROGRESS");
        assert_eq!(image.stack_id.as_ref().unwrap().as_str(), STACK);
        assert_eq!(text(&image.stack_status), "CREATE_IN_PROGRESS");
        assert_eq!(text(&image.stack_status_reason), "User Initiated");
        assert_eq!(text(&image.builder_status), "BUILDING");
        assert_eq!(text(&image.builder_reason), "r");
        assert!(image.finished_ami().is_none());
        assert!(!format!("{image:?}").contains("canary"));
    }

    #[test]
    fn a_description_from_the_ami_is_read() {
        let body = r#"{"imageId":"img","imageBuildStatus":"BUILD_COMPLETE","region":7,
            "creationTime":"2022-03-30T23:59:00.000Z",
            "ec2AmiInfo":{"amiId":"ami-1","amiName":"n","state":"AVAILABLE","tags":[]}}"#;
        let image = description(body.as_bytes()).unwrap();
        assert_eq!(image.finished_ami().unwrap().id.as_str(), "ami-1");
        assert_eq!(image.creation_time.unwrap().timestamp(), 1_648_684_740);
        assert_eq!(image.region, None, "a mistyped field is absent");
        for no_ami in ["null", "{}", r#"{"amiId":""}"#, r#""ami-1""#] {
            let body = format!(r#"{{"imageBuildStatus":"BUILD_COMPLETE","ec2AmiInfo":{no_ami}}}"#);
            assert_eq!(description(body.as_bytes()).unwrap().ami, None, "{no_ami}");
        }
    }

    #[test]
    fn an_odd_field_of_a_description_spoils_only_itself() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for odd in [
            "1e999",
            r#""\ud800""#,
            r#"[{"Key":"a","Value":"\ud800"}]"#,
            &deep,
            "-0.0",
        ] {
            for field in [
                "region",
                "imageConfiguration",
                "imageId",
                "creationTime",
                "x",
            ] {
                let body = format!(
                    r#"{{"{field}":{odd},"imageBuildStatus":"BUILD_COMPLETE","version":"3.16.1",
                        "ec2AmiInfo":{{"amiName":{odd},"tags":{odd},"amiId":"ami-1","state":"AVAILABLE"}}}}"#
                );
                let image = description(body.as_bytes()).unwrap();
                assert_eq!(image.finished_ami().unwrap().id.as_str(), "ami-1", "{odd}");
                assert_eq!(image.version.as_ref().unwrap().as_str(), "3.16.1");
                assert_eq!(image.region, None);
            }
        }
    }

    #[test]
    fn the_image_of_an_ami_is_read_from_its_tags() {
        for (key, value) in [("key", "value"), ("Key", "Value")] {
            let body = format!(
                r#"{{"imageId":"img","ec2AmiInfo":{{"amiId":"ami-1","tags":[7,{{"{key}":"a"}},
                    {{"{key}":"Ec2ImageBuilderArn","{value}":"arn:x"}}]}}}}"#
            );
            let ami = description(body.as_bytes()).unwrap().ami.unwrap();
            assert_eq!(ami.image_arn.unwrap().as_str(), "arn:x");
        }
    }
}
