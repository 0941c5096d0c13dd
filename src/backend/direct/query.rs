//! The parameters of a request, and the reading of XML answers.
//!
//! An answer is read as a tree of elements, and not into a type of its own: one event with an odd part must not hide the
//! others of its page. Comments, unknown elements and repeated values are passed over, and bytes that are no text are
//! replaced.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::aws::excerpt::quote;

/// A list of parameters.
pub(super) type Parameters<'a> = Vec<(&'static str, &'a str)>;

/// The services' largest answers have a tenth of it. A tree takes much more memory than its text.
const MAX_ELEMENTS: usize = 100_000;
/// The services' pages have 100 members.
pub(super) const MAX_MEMBERS: usize = 2_000;
const MAX_DEPTH: usize = 64;
/// In the place of a character that XML or UTF-8 does not allow.
const REPLACEMENT: char = '\u{fffd}';

/// The reason why a body is not the service's, without its text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ForeignBody {
    #[error("a body that is not the service's: it does not begin with <{0}>")]
    OtherRoot(&'static str),
    #[error("XML that is cut short or malformed: {0}")]
    BrokenXml(String),
    #[error("a body of more than {0} {1}")]
    TooMany(usize, &'static str),
    #[error("JSON that is cut short, malformed or not the service's")]
    BrokenJson,
}

/// An element of an answer.
#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    text: String,
    children: Vec<Self>,
}

impl Element {
    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The members of all lists of this name.
    pub(super) fn members<'a>(
        &'a self,
        list: &'a str,
        member: &'a str,
    ) -> impl Iterator<Item = &'a Self> {
        let lists = self.children.iter().filter(move |it| it.name == list);
        let children = lists.flat_map(|list| &list.children);
        children.filter(move |it| it.name == member)
    }

    /// The text of a child that says something: services write `<X/>` for an absent value.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut same = self.children.iter().filter(|child| child.name == name);
        same.find_map(|child| Some(child.text.trim()).filter(|text| !text.is_empty()))
    }

    pub(super) fn owned_text(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// The value of a tag, in a list of elements with a key and a value.
    pub(super) fn tag(
        &self,
        (list, member): (&str, &str),
        (key, value): (&str, &str),
        name: &str,
    ) -> Option<String> {
        let mut tags = self.members(list, member);
        let tag = tags.find(|tag| tag.text(key) == Some(name))?;
        tag.owned_text(value)
    }
}

/// Reads an XML answer with this root element.
pub(super) fn xml(root: &'static str, body: &[u8]) -> Result<Element, ForeignBody> {
    let text = String::from_utf8_lossy(body);
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
    tree(after_declaration)
}

/// The part of an answer that its operation names.
pub(super) fn result<'a>(answer: &'a Element, name: &str) -> Result<&'a Element, ForeignBody> {
    let missing = || ForeignBody::BrokenXml(format!("there is no {name}"));
    answer.child(name).ok_or_else(missing)
}

/// Reads the first element. Whatever follows it is ignored.
fn tree(text: &str) -> Result<Element, ForeignBody> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut open: Vec<Element> = Vec::new();
    let mut elements = 0;
    loop {
        let event = reader.read_event();
        let event = event.map_err(|error| ForeignBody::BrokenXml(quote(&error.to_string())))?;
        let closed = match event {
            Event::Start(start) => {
                open.push(Element {
                    name: start.local_name().as_ref().to_owned(),
                    ..Element::default()
                });
                None
            }
            Event::Empty(empty) => Some(Element {
                name: empty.local_name().as_ref().to_owned(),
                ..Element::default()
            }),
            Event::End(_) => open.pop(),
            Event::Eof => {
                return Err(ForeignBody::BrokenXml("the end is missing".to_owned()));
            }
            other => {
                if let Some(inner) = open.last_mut() {
                    add_text(&mut inner.text, &other);
                }
                None
            }
        };
        if open.len() > MAX_DEPTH {
            return Err(ForeignBody::TooMany(MAX_DEPTH, "nested elements"));
        }
        let Some(closed) = closed else { continue };
        elements += 1;
        if elements > MAX_ELEMENTS {
            return Err(ForeignBody::TooMany(MAX_ELEMENTS, "elements"));
        }
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => return Ok(closed),
        }
    }
}

fn add_text(text: &mut String, event: &Event<'_>) {
    match event {
        Event::Text(part) => text.push_str(&part.xml10_content()),
        Event::CData(part) => text.push_str(&part.xml10_content()),
        Event::GeneralRef(reference) => text.push(match reference.resolve_char_ref() {
            Ok(Some(character)) if character != '\0' => character,
            Ok(None) => match &*reference.xml10_content() {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                "apos" => '\'',
                _ => REPLACEMENT,
            },
            _ => REPLACEMENT,
        }),
        _ => {}
    }
}

/// A text that says something.
pub(super) fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_very_many_elements_is_refused_by_its_count() {
        let of = |inner: &str| xml("A", format!("<A>{inner}</A>").as_bytes()).err();
        let many = of(&"<member/>".repeat(MAX_ELEMENTS + 1));
        assert_eq!(many, Some(ForeignBody::TooMany(MAX_ELEMENTS, "elements")));
        let deep = of(&"<a>".repeat(MAX_ELEMENTS));
        assert_eq!(
            deep,
            Some(ForeignBody::TooMany(MAX_DEPTH, "nested elements"))
        );
        assert_eq!(of(&"x".repeat(1 << 20)), None);
    }

    #[test]
    fn references_and_odd_characters_are_text() {
        let body = b"<A><B>a&amp;b&lt;&#65;&#x42;&#0;&#xD800;&odd; & c\xff<![CDATA[<d>]]><!-- e -->f</B></A>";
        let read = xml("A", body).unwrap();
        let expected = "a&b<AB\u{fffd}\u{fffd}\u{fffd} & c\u{fffd}<d>f";
        assert_eq!(read.text("B"), Some(expected));
    }
}
