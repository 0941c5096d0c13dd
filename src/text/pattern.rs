//! What a person searches for: plain text or a regular expression, found in every field of an event.
//!
//! A pattern in lower case ignores case; one with a capital letter means it. Regular expressions are those of
//! the `regex` crate, which takes time in proportion to the text and, at worst, to the pattern's [weight].
//!
//! [weight]: Pattern::weight

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use crate::domain::properties::tree_in;
use crate::domain::stack_event::{PROPERTIES, StackEvent, format_time};
use crate::text::expression;
use crate::text::safe::SafeText;

/// The size that a compiled expression may have, in bytes.
const SIZE_LIMIT: usize = 1 << 20;
/// The characters that an expression may have, its repeats written out. A screen of text takes up to 10 ns a
/// byte and character to mark (measured), so that a frame still keeps its time; few people type as many.
const MOST_CHARACTERS: usize = 256;

/// Something to search for.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    is_regex: bool,
    regex: Regex,
    weight: usize,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.is_regex) == (&other.text, other.is_regex)
    }
}

/// A field in words, and whether it has a pattern.
type Field = (&'static str, fn(&Pattern, &StackEvent) -> bool);

/// The fields that are searched: what a row shows first, then what a person has to open the event for.
const FIELDS: [Field; 9] = [
    ("name", |pattern, event| {
        pattern.is_in(event.logical_id.as_str())
    }),
    ("status", |pattern, event| {
        pattern.is_in(event.status.as_str())
    }),
    ("type", |pattern, event| {
        pattern.is_in(event.resource_type.as_str())
    }),
    ("reason", |pattern, event| {
        pattern.is_in_any(event.reason.as_ref())
    }),
    ("physical id", |pattern, event| {
        pattern.is_in_any(event.physical_id.as_ref())
    }),
    ("event id", |pattern, event| {
        pattern.is_in(event.event_id.as_str())
    }),
    ("time", |pattern, event| {
        event
            .timestamp
            .is_some_and(|time| pattern.is_in(&format_time(time)))
    }),
    ("stack's id", |pattern, event| {
        pattern.is_in(event.stack_id.as_str())
    }),
    ("properties or another field", Pattern::is_in_what_came),
];

impl Pattern {
    /// Understands what was typed.
    ///
    /// # Errors
    /// What is wrong with the regular expression, in one line.
    pub fn new(text: &str, is_regex: bool) -> Result<Self, String> {
        let escaped = || regex::escape(text);
        let source = if is_regex { text.to_owned() } else { escaped() };
        let regex = RegexBuilder::new(&source)
            .case_insensitive(!expression::has_capital(&source))
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(|error| reason(&error))?;
        Ok(Self {
            text: text.to_owned(),
            is_regex,
            regex,
            weight: if is_regex { weight(text)? } else { 1 },
        })
    }

    /// How many times as long as plain text it may take to look for, on the worst of texts.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a regular expression.
    pub fn is_regex(&self) -> bool {
        self.is_regex
    }

    /// Whether the text has the pattern in it.
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Where the pattern is in a text: byte ranges, in order, without empty ones.
    pub fn places<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let found = self.regex.find_iter(text);
        found
            .map(|found| found.range())
            .filter(|range| !range.is_empty())
    }

    /// Whether any field of the event has it, as it is shown or as it came: names, status, reason, ids, time
    /// (UTC), properties with the documents inside of them, and fields that no document tells of. What is cut
    /// where it is shown is looked through to its end. The API's names for the fields are no part of them.
    pub fn is_in_event(&self, event: &StackEvent) -> bool {
        self.field_in(event).is_some()
    }

    /// The first field of the event that has it, in words; see [`Self::is_in_event`].
    pub fn field_in(&self, event: &StackEvent) -> Option<&'static str> {
        let has = |(_, is_in): &Field| is_in(self, event);
        FIELDS.into_iter().find(has).map(|(field, _)| field)
    }

    fn is_in_any(&self, text: Option<&SafeText>) -> bool {
        text.is_some_and(|text| self.is_in(text.as_str()))
    }

    fn is_in_what_came(&self, event: &StackEvent) -> bool {
        let Some(fields) = event.every_field() else {
            return self.is_in(event.raw());
        };
        fields.iter().any(|(name, value)| {
            let properties = value.as_str().filter(|_| name == PROPERTIES);
            match properties.and_then(tree_in) {
                Some(tree) => self.is_in_tree(&tree),
                None => self.is_in_tree(value),
            }
        })
    }

    fn is_in_tree(&self, tree: &Value) -> bool {
        match tree {
            Value::Object(fields) => {
                let mut fields = fields.iter();
                fields.any(|(name, value)| self.is_in(name) || self.is_in_tree(value))
            }
            Value::Array(items) => items.iter().any(|item| self.is_in_tree(item)),
            Value::String(text) => self.is_in(text),
            other => self.is_in(&other.to_string()),
        }
    }
}

/// What a regular expression weighs. Two characters take as long as reading the event does.
fn weight(text: &str) -> Result<usize, String> {
    let characters = expression::characters(text).unwrap_or(usize::MAX);
    if characters > MOST_CHARACTERS {
        return Err(format!(
            "too large: {characters} characters with repeats, {MOST_CHARACTERS} at most"
        ));
    }
    Ok(characters.div_ceil(2))
}

/// The last line of the crate's message, which says what is wrong; the lines above draw where.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    SafeText::new(last.trim().trim_start_matches("error: ")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> StackEvent {
        let properties =
            json!({"Tags": {"Owner": "Ada"}, "Data": "steps:\n  - name: PinVersion", "Size": 35});
        let json = json!({
            "stackId": "arn:stack", "eventId": "e-77", "logicalResourceId": "InstanceRole",
            "physicalResourceId": "role-1", "resourceType": "AWS::IAM::Role",
            "resourceStatus": "CREATE_FAILED", "resourceStatusReason": "it is (not) there",
            "timestamp": "2022-04-05T21:39:24.725Z", "clientRequestToken": "token-9",
            "resourceProperties": properties.to_string(),
        });
        StackEvent::from_json(&json.to_string(), None)
    }

    #[test]
    fn every_field_is_searched() {
        let event = event();
        let fields = [
            "instancerole",
            "role-1",
            "IAM::",
            "create_f",
            "(not)",
            "e-77",
            "21:39:24",
            "arn:stack",
            "token-9",
            "owner",
            "Ada",
            "PinVersion",
            "35",
        ];
        for text in fields {
            assert!(
                Pattern::new(text, false).unwrap().is_in_event(&event),
                "{text}"
            );
        }
        assert!(!Pattern::new("absent", false).unwrap().is_in_event(&event));
    }

    #[test]
    fn a_capital_letter_means_itself() {
        assert!(
            Pattern::new("instance", false)
                .unwrap()
                .is_in("InstanceRole")
        );
        assert!(!Pattern::new("ROLE", false).unwrap().is_in("InstanceRole"));
    }

    #[test]
    fn an_escape_has_no_capital_letter() {
        let found = |expression: &str| {
            let pattern = Pattern::new(expression, true).unwrap();
            pattern.is_in("InstanceRole")
        };
        for expression in [r"instance\S+", r"\Bstancer", "(?P<Rest>role)", r"[\D]role"] {
            assert!(found(expression), "{expression}");
        }
        assert!(!found(r"\S+ROLE") && !found("ROL[A-Z]"));
        // In plain text a backslash is a character, and so is the letter after it.
        assert!(!Pattern::new(r"\S", false).unwrap().is_in(r"a\s"));
    }

    #[test]
    fn what_came_and_is_not_shown_is_searched_too() {
        let long = "x".repeat(2 * crate::domain::properties::MAX_SHOWN);
        let json = json!({
            "eventId": "e", "stackName": "my-image", "resourceStatusReason": format!("{long} the end"),
            "resourceProperties": format!("{long} no tree"), "hookType": {"Guard": ["AWS::Made::Up"]},
            "clientRequestToken": "token-9", "wordless": null,
        });
        let event = StackEvent::from_json(&json.to_string(), None);
        for text in [
            "my-image",
            "x the end",
            "x no tree",
            "guard",
            "made::up",
            "token-9",
        ] {
            let pattern = Pattern::new(text, false).unwrap();
            assert!(pattern.is_in_event(&event), "{text}");
        }
        assert!(!Pattern::new("wordless", false).unwrap().is_in_event(&event));
        let unreadable = StackEvent::from_json("[\"no\", \"event\"]", None);
        assert!(
            Pattern::new("\"event\"", false)
                .unwrap()
                .is_in_event(&unreadable)
        );
    }

    #[test]
    fn a_heavy_expression_weighs_more_and_one_that_is_too_heavy_is_refused() {
        let weight = |expression: &str| Pattern::new(expression, true).map(|made| made.weight());
        assert_eq!(weight("[01]*1[01]{100}"), Ok(51));
        assert_eq!(weight("x"), Ok(1));
        let error = weight("[01]*1[01]{500}").unwrap_err();
        assert!(
            error.starts_with("too large: ") && error.contains("502"),
            "{error}"
        );
        let text = "plain text may be long ".repeat(40);
        assert_eq!(Pattern::new(&text, false).unwrap().weight(), 1);
    }

    #[test]
    fn text_is_text_and_an_expression_is_an_expression() {
        assert!(!Pattern::new("I.*e", false).unwrap().is_in("InstanceRole"));
        assert!(Pattern::new("I.*e", true).unwrap().is_in("InstanceRole"));
        let error = Pattern::new("(", true).unwrap_err();
        assert!(!error.is_empty() && !error.contains('\n'), "{error}");
    }

    #[test]
    fn places_are_in_order_and_never_empty() {
        let places = |text, pattern| -> Vec<_> {
            Pattern::new(pattern, true).unwrap().places(text).collect()
        };
        assert_eq!(places("abcabc", "b"), [1..2, 4..5]);
        assert!(places("abc", "x*").is_empty());
    }
}
