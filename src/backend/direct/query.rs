//! The parameters of a request, and the reading of XML answers.

use serde::de::DeserializeOwned;

use crate::aws::excerpt::quote;

/// A list of parameters.
pub(super) type Parameters<'a> = Vec<(&'static str, &'a str)>;

/// The reason why a body is not the service's, without its text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ForeignBody {
    #[error("a body that is not UTF-8 text")]
    NotText,
    #[error("a body that is not the service's: it does not begin with <{0}>")]
    OtherRoot(&'static str),
    #[error("XML that is cut short or malformed: {0}")]
    BrokenXml(String),
    #[error("JSON that is cut short, malformed or not the service's")]
    BrokenJson,
}

/// Reads an XML answer with this root element.
pub(super) fn xml<T: DeserializeOwned>(root: &'static str, body: &[u8]) -> Result<T, ForeignBody> {
    let text = str::from_utf8(body).map_err(|_invalid| ForeignBody::NotText)?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let after_declaration = match text.strip_prefix("<?xml") {
        Some(rest) => rest
            .split_once("?>")
            .map_or("", |(_, rest)| rest)
            .trim_start(),
        None => text,
    };
    let named = after_declaration
        .strip_prefix('<')
        .and_then(|rest| rest.strip_prefix(root));
    if !named.is_some_and(|rest| rest.starts_with(['>', ' ', '/', '\n', '\r', '\t'])) {
        return Err(ForeignBody::OtherRoot(root));
    }
    // The parser ends with the last field that it wants, so it would not notice that the rest is missing.
    if !after_declaration
        .trim_end()
        .ends_with(&format!("</{root}>"))
    {
        return Err(ForeignBody::BrokenXml("the end is missing".to_owned()));
    }
    quick_xml::de::from_str(text).map_err(|error| ForeignBody::BrokenXml(quote(&error.to_string())))
}

/// A text that says something: services write `<X/>` for an absent value.
pub(super) fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
