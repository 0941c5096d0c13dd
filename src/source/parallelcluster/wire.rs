//! The API's answers: from bytes to the domain's types.
//!
//! Single fields may be absent, null or of another type, and are then absent here too. An answer as a
//! whole is not guessed: what is no answer of the API becomes an error, never an empty page.

use std::str;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::{EventsPage, NextToken};
use super::question::cut;
use crate::domain::event::{StackEvent, StackId, parse_time};
use crate::domain::image::{Ami, ImageDescription};
use crate::domain::text::Clean;

/// How much of a foreign answer is shown.
const SNIPPET: usize = 80;

/// Why an answer is not the API's. A JSON text is never quoted: a description holds a presigned URL.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ForeignBody {
    #[error("an empty answer")]
    Empty,
    #[error("an answer that is not UTF-8 text")]
    NotText,
    #[error("an answer that is not JSON: {0}")]
    NotJson(String),
    #[error("JSON that breaks off or is malformed (line {line}, column {column})")]
    BrokenJson { line: usize, column: usize },
    #[error("JSON that is no answer to this question")]
    OtherJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageBody<'a> {
    next_token: Option<String>,
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
    #[serde(borrow, alias = "Message")]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StackIdOnly {
    #[serde(rename = "stackId")]
    stack_id: Option<String>,
}

/// Reads a page of stack events.
pub(super) fn page(body: &[u8]) -> Result<EventsPage, ForeignBody> {
    let page: PageBody<'_> = object(body)?;
    // Nulls are left out, so a page of a stack without events may be `{}`. But an error's body is no page.
    if page.events.is_none() && page.message.is_some() {
        return Err(ForeignBody::OtherJson);
    }
    let raw = page.events.unwrap_or_default();
    let stack = raw.iter().find_map(|event| stack_id(event.get()));
    Ok(EventsPage {
        events: raw
            .iter()
            .map(|event| Arc::new(StackEvent::from_json(event.get(), stack.as_ref())))
            .collect(),
        next: page
            .next_token
            .filter(|token| !token.is_empty())
            .map(NextToken::new),
    })
}

fn stack_id(event: &str) -> Option<StackId> {
    let StackIdOnly { stack_id } = serde_json::from_str(event).ok()?;
    stack_id
        .filter(|id| !id.is_empty())
        .map(|id| StackId::from(id.as_str()))
}

/// Reads a description of an image. The rest of the answer, with its presigned URL, is dropped here.
pub(super) fn description(body: &[u8]) -> Result<ImageDescription, ForeignBody> {
    let fields: Map<String, Value> = object(body)?;
    if text(&fields, "imageId").is_none() && text(&fields, "imageBuildStatus").is_none() {
        return Err(ForeignBody::OtherJson);
    }
    let clean = |name| text(&fields, name).map(Clean::new);
    Ok(ImageDescription {
        region: clean("region"),
        version: clean("version"),
        build_status: clean("imageBuildStatus"),
        stack_id: text(&fields, "cloudformationStackArn").map(StackId::from),
        stack_status: clean("cloudformationStackStatus"),
        stack_status_reason: clean("cloudformationStackStatusReason"),
        creation_time: text(&fields, "creationTime").and_then(parse_time),
        builder_status: clean("imagebuilderImageStatus"),
        builder_reason: clean("imagebuilderImageStatusReason"),
        ami: fields
            .get("ec2AmiInfo")
            .and_then(Value::as_object)
            .and_then(ami),
    })
}

fn ami(fields: &Map<String, Value>) -> Option<Ami> {
    Some(Ami {
        id: text(fields, "amiId").map(Clean::new)?,
        name: text(fields, "amiName").map(Clean::new),
        state: text(fields, "state").map(Clean::new),
    })
}

/// The message of an error's body. The application writes `message`, the gateway at times `Message`.
pub(super) fn error_message(body: &[u8]) -> Option<String> {
    let fields: Map<String, Value> = object(body).ok()?;
    text(&fields, "message")
        .or_else(|| text(&fields, "Message"))
        .map(str::to_owned)
}

/// The beginning of a body that is not the API's, for a person to recognise whose it is.
pub(super) fn snippet(body: &[u8]) -> String {
    cut(&String::from_utf8_lossy(body), SNIPPET)
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// Reads a JSON object. An array is refused by name, since serde would take it for one.
fn object<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ForeignBody> {
    let text = str::from_utf8(body)
        .map_err(|_invalid| ForeignBody::NotText)?
        .trim_start_matches('\u{feff}')
        .trim_start();
    match text.chars().next() {
        Some('{') => serde_json::from_str(text).map_err(|error| {
            if error.is_data() {
                return ForeignBody::OtherJson;
            }
            ForeignBody::BrokenJson {
                line: error.line(),
                column: error.column(),
            }
        }),
        Some('[' | '"') => Err(ForeignBody::OtherJson),
        Some(_) => Err(ForeignBody::NotJson(snippet(body))),
        None => Err(ForeignBody::Empty),
    }
}
