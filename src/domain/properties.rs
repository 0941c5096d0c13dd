//! `resourceProperties`, decoded: a tree where it is JSON, text where it is not, nothing where it is absent.
//!
//! The API sends a string that holds JSON (older documents show an object). A value inside may itself be a
//! document, such as a component's `Data`: that is text of many lines, and is told apart from a plain value.

use serde_json::Value;

use crate::text::safe::SafeText;

/// Strings longer than this many bytes are cut where they are shown; JSON output keeps them whole.
pub const MAX_SHOWN: usize = 64 * 1024;

/// What the event says its resource is made from.
#[derive(Clone, Debug, PartialEq)]
pub enum Properties {
    /// The event has no properties.
    Absent,
    /// Properties that could be read as JSON.
    Tree(Value),
    /// Properties in some other form, as they came.
    Text(SafeText),
}

impl Properties {
    /// Decodes the field: a JSON string that holds JSON, or the JSON itself.
    pub fn from_json(field: Option<&str>) -> Self {
        let Some(json) = field else {
            return Self::Absent;
        };
        match serde_json::from_str::<Value>(json) {
            Ok(Value::Null) => Self::Absent,
            Ok(Value::String(text)) if text.is_empty() => Self::Absent,
            Ok(Value::String(text)) => {
                tree_in(&text).map_or_else(|| Self::Text(shown(&text)), Self::Tree)
            }
            Ok(tree) => Self::Tree(tree),
            Err(_) => Self::Text(shown(json)),
        }
    }
}

/// The tree that a text holds; nothing where it is plain text, or a plain value.
pub(crate) fn tree_in(text: &str) -> Option<Value> {
    let tree = serde_json::from_str(text).ok()?;
    matches!(tree, Value::Object(_) | Value::Array(_)).then_some(tree)
}

/// Text made safe to show, and cut where nobody could read to the end.
pub(crate) fn shown(text: &str) -> SafeText {
    if text.len() <= MAX_SHOWN {
        return SafeText::new(text);
    }
    let end = text.floor_char_boundary(MAX_SHOWN);
    let head = text.get(..end).unwrap_or_default();
    SafeText::new(&format!(
        "{head}\n… cut after {} of {} kB",
        MAX_SHOWN / 1024,
        text.len() / 1024
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_string_that_holds_json_is_decoded_twice() {
        let field = json!(r#"{"Tags":{"k":"v"}}"#).to_string();
        assert_eq!(
            Properties::from_json(Some(&field)),
            Properties::Tree(json!({"Tags": {"k": "v"}}))
        );
    }

    #[test]
    fn an_object_is_taken_as_it_is() {
        assert_eq!(
            Properties::from_json(Some(r#"{"a":1}"#)),
            Properties::Tree(json!({"a": 1}))
        );
    }

    #[test]
    fn what_is_not_json_is_shown_as_it_came() {
        let field = json!("{broken").to_string();
        assert_eq!(
            Properties::from_json(Some(&field)),
            Properties::Text(SafeText::new("{broken"))
        );
        let field = json!("17").to_string();
        assert_eq!(
            Properties::from_json(Some(&field)),
            Properties::Text(SafeText::new("17"))
        );
    }

    #[test]
    fn absent_null_and_empty_are_absent() {
        for field in [None, Some("null"), Some("\"\"")] {
            assert_eq!(Properties::from_json(field), Properties::Absent);
        }
    }

    #[test]
    fn a_huge_text_is_cut_with_a_note() {
        let text = "é".repeat(MAX_SHOWN);
        let Properties::Text(cut) = Properties::from_json(Some(&json!(text).to_string())) else {
            panic!("text expected");
        };
        assert!(cut.as_str().len() < MAX_SHOWN + 64);
        assert!(cut.as_str().ends_with("cut after 64 of 128 kB"));
    }
}
