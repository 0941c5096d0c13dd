//! Reads the bodies of the API's responses: from bytes to the domain's types.
//!
//! Single fields may be absent, null or of another type, and are then absent here too. A body as a whole is not
//! guessed: one that is not the API's becomes an error, never an empty page.

use std::borrow::Cow;
use std::collections::HashMap;
use std::str;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::de::StrRead;
use serde_json::value::RawValue;

use crate::aws::excerpt::excerpt_of_body;
use crate::backend::NextToken;
use crate::backend::pages::Page;
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
    or_mended(body, |text| {
        let fields: RawFields<'_> = parsed(text, |json| Deserialize::deserialize(json))?;
        described(&fields)
    })
}

fn described(fields: &RawFields<'_>) -> Result<ImageDescription, ForeignBody> {
    if text(fields, "imageId").is_none() && text(fields, "imageBuildStatus").is_none() {
        return Err(ForeignBody::OtherJson);
    }
    let safe = |name| text(fields, name).map(|text| SafeText::new(&redact_secrets(&text)));
    Ok(ImageDescription {
        image_id: safe("imageId"),
        region: safe("region"),
        version: safe("version"),
        build_status: safe("imageBuildStatus"),
        stack_id: text(fields, "cloudformationStackArn").map(|id| StackId::from(id.as_str())),
        stack_status: safe("cloudformationStackStatus"),
        stack_status_reason: safe("cloudformationStackStatusReason"),
        creation_time: text(fields, "creationTime").and_then(|time| parse_time(&time)),
        builder_status: safe("imagebuilderImageStatus"),
        builder_reason: safe("imagebuilderImageStatusReason"),
        ami: fields.get("ec2AmiInfo").and_then(|ami| self::ami(ami)),
        ..ImageDescription::default()
    })
}

/// Reads when the stack of a described image was created.
pub(crate) fn stack_created(body: &[u8]) -> Result<Option<DateTime<Utc>>, ForeignBody> {
    or_mended(body, |json| {
        let fields: RawFields<'_> = parsed(json, |json| Deserialize::deserialize(json))?;
        let time = text(&fields, "cloudformationStackCreationTime");
        Ok(time.and_then(|time| parse_time(&time)))
    })
}

/// Reads a page of ListImages. What is no image is left out.
pub(crate) fn images(body: &[u8], status: ListedStatus) -> Result<Page<ListedImage>, ForeignBody> {
    or_mended(body, |text| listed(text, status))
}

fn listed(body: &str, status: ListedStatus) -> Result<Page<ListedImage>, ForeignBody> {
    let fields: RawFields<'_> = parsed(body, |json| Deserialize::deserialize(json))?;
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
        // One of another type is a state that is not known: no success yet.
        state: safe("state").or_else(|| odd(&fields, "state").then(|| SafeText::new("UNKNOWN"))),
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

/// Whether a value is there, and is no text.
fn odd(fields: &RawFields<'_>, name: &str) -> bool {
    let value = fields.get(name).map(|value| value.get());
    value.is_some_and(|value| value != "null" && !value.starts_with('"'))
}

/// The text of a body that begins like a JSON object. Bytes within it that are no text are replaced.
fn object(body: &[u8]) -> Result<Cow<'_, str>, ForeignBody> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let body = body.trim_ascii_start();
    match body.first() {
        // Valid text, as nearly all is, is checked faster than it is mended.
        Some(b'{') => Ok(str::from_utf8(body)
            .map_or_else(|_invalid| String::from_utf8_lossy(body), Cow::Borrowed)),
        Some(b'[' | b'"') => Err(ForeignBody::OtherJson),
        Some(_) if str::from_utf8(body).is_err() => Err(ForeignBody::NotText),
        Some(_) => Err(ForeignBody::NotJson(excerpt_of_body(body))),
        None => Err(ForeignBody::Empty),
    }
}

/// Reads a body as it is, else with its odd parts replaced: one of them must not hide the rest.
pub(super) fn or_mended<T>(
    body: &[u8],
    mut read: impl FnMut(&str) -> Result<T, ForeignBody>,
) -> Result<T, ForeignBody> {
    let text = object(body)?;
    read(&text).or_else(|error| read(&mended(&text)).map_err(|_also_broken| error))
}

/// The text with JSON in the place of what some writers take for it: half a surrogate pair, and numbers that are none.
fn mended(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_string = false;
    while let Some(character) = rest.chars().next() {
        let words = ["NaN", "Infinity", "-Infinity"];
        let word = words.iter().find(|word| rest.starts_with(**word));
        let (length, instead) = match (in_string, character, word) {
            (true, '\\', _) => escape(rest),
            (false, _, Some(word)) => (word.len(), Some("null")),
            _ => (character.len_utf8(), None),
        };
        in_string ^= character == '"';
        let (part, later) = rest.split_at_checked(length).unwrap_or((rest, ""));
        mended.push_str(instead.unwrap_or(part));
        rest = later;
    }
    mended
}

/// The length of the escape sequence at the beginning of a text, and what to write instead.
fn escape(text: &str) -> (usize, Option<&'static str>) {
    let unit = |from: usize| {
        let digits = text.get(from..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let length = || text.chars().take(2).map(char::len_utf8).sum();
    match unit(0) {
        Some(0xd800..=0xdbff) if matches!(unit(6), Some(0xdc00..=0xdfff)) => (12, None),
        Some(0xd800..=0xdfff) => (6, Some("\\ufffd")),
        Some(_) => (6, None),
        None => (length(), None),
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
    use crate::backend::EventsPage;
    use crate::domain::stack_event::EventReader;

    const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/img/6acc";

    fn page(body: &[u8]) -> Result<EventsPage, ForeignBody> {
        super::super::page::page(body, &mut EventReader::default())
    }

    #[test]
    fn a_body_that_is_not_the_apis_is_never_an_empty_page() {
        let bodies: [(&[u8], ForeignBody); 11] = [
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
    fn a_body_with_parts_that_are_no_json_or_no_text_is_read_without_them() {
        let parts: [&[u8]; 9] = [
            br#""\ud800":1"#,
            br#""x\udfff\ud83d\ude00":"\\""#,
            br#""x":"NaN \" NaN","y":NaN"#,
            br#""x":[Infinity,-Infinity]"#,
            b"\"\xff\":1",
            b"\"x\":\"\xff\xc3\"",
            b"\"version\":\"\xff\"",
            br#""region":NaN"#,
            br#""\udc00":{"\ud800":NaN}"#,
        ];
        for part in parts {
            let whole: [&[u8]; 3] = [
                b"{",
                part,
                br#","imageBuildStatus":"BUILD_COMPLETE","ec2AmiInfo":{"amiId":"ami-1"}}"#,
            ];
            let image = description(&whole.concat()).unwrap();
            let shown = part.escape_ascii();
            assert_eq!(
                image.finished_ami().unwrap().id.as_str(),
                "ami-1",
                "{shown}"
            );
            let whole: [&[u8]; 3] = [
                b"{",
                part,
                br#","events":[{"eventId":"a"},{"eventId":"b","x":NaN}],"nextToken":"t"}"#,
            ];
            let page = page(&whole.concat()).unwrap();
            assert_eq!(page.events.len(), 2, "{shown}");
            assert_eq!(page.next.unwrap().as_str(), "t");
        }
        assert!(description(br#"{"imageId":"img","x":NaN"#).is_err());
    }

    #[test]
    fn a_token_of_another_type_does_not_discard_its_page() {
        for (token, next) in [
            ("5", Some("5")),
            (r#"{"a":1}"#, Some(r#"{"a":1}"#)),
            ("[]", Some("[]")),
            ("null", None),
            (r#""""#, None),
        ] {
            let body = format!(r#"{{"nextToken":{token},"events":[{{"eventId":"a"}}]}}"#);
            let page = page(body.as_bytes()).unwrap();
            assert_eq!(page.events.len(), 1);
            assert_eq!(page.next.as_ref().map(NextToken::as_str), next);
        }
    }

    #[test]
    fn a_state_of_another_type_is_no_success() {
        for (state, is_good) in [("7", false), ("{}", false), ("true", false), ("null", true)] {
            let body = format!(
                r#"{{"imageBuildStatus":"BUILD_COMPLETE","ec2AmiInfo":{{"amiId":"a","state":{state}}}}}"#
            );
            let image = description(body.as_bytes()).unwrap();
            assert!(image.complete_ami().is_some());
            assert_eq!(image.finished_ami().is_some(), is_good, "{state}");
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
