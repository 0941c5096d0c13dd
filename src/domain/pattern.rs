//! What a person searches for: plain text or a regular expression, found in every field of an event.
//!
//! A pattern in lower case ignores case; one with a capital letter means it. Regular expressions are those of
//! the `regex` crate, which takes time in proportion to the text whatever the pattern is.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::event::StackEvent;
use super::event::format_time;
use super::properties::Properties;
use super::text::Clean;

/// The size that a compiled expression may have, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// Something to search for.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    is_regex: bool,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.is_regex) == (&other.text, other.is_regex)
    }
}

impl Pattern {
    /// Understands what was typed.
    ///
    /// # Errors
    /// What is wrong with the regular expression, in one line.
    pub fn new(text: &str, is_regex: bool) -> Result<Self, String> {
        let escaped = || regex::escape(text);
        let source = if is_regex { text.to_owned() } else { escaped() };
        let regex = RegexBuilder::new(&source)
            .case_insensitive(!text.chars().any(char::is_uppercase))
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(|error| reason(&error))?;
        Ok(Self {
            text: text.to_owned(),
            is_regex,
            regex,
        })
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a regular expression.
    #[must_use]
    pub fn is_regex(&self) -> bool {
        self.is_regex
    }

    /// Whether the text has the pattern in it.
    #[must_use]
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

    /// Whether any field of the event has it: names, status, reason, ids, time (UTC), properties with the
    /// documents inside of them.
    #[must_use]
    pub fn is_in_event(&self, event: &StackEvent) -> bool {
        let in_clean = |text: &Clean| self.is_in(text.as_str());
        in_clean(&event.logical_id)
            || self.is_in(event.status.as_str())
            || in_clean(&event.resource_type)
            || event.reason.as_ref().is_some_and(in_clean)
            || event.physical_id.as_ref().is_some_and(in_clean)
            || self.is_in(event.event_id.as_str())
            || event
                .timestamp
                .is_some_and(|time| self.is_in(&format_time(time)))
            || self.is_in(event.stack_id.as_str())
            || event.client_request_token().as_ref().is_some_and(in_clean)
            || self.is_in_properties(&event.properties())
    }

    fn is_in_properties(&self, properties: &Properties) -> bool {
        match properties {
            Properties::Absent => false,
            Properties::Text(text) => self.is_in(text.as_str()),
            Properties::Tree(tree) => self.is_in_tree(tree),
        }
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

/// The last line of the crate's message, which says what is wrong; the lines above draw where.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
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
