//! `resourceProperties`, decoded: a tree if it is JSON, text otherwise. The detail view shows it, the search reads it.
//!
//! The API sends a string that holds JSON (older documents show an object). A value inside may itself be a document, such
//! as a component's `Data`: text of many lines, which is distinguished from a plain value.

use serde_json::Value;

use crate::text::safe::SafeText;

/// Strings longer than this many bytes are cut where they are shown; JSON output keeps them whole.
pub const MAX_SHOWN: usize = 64 * 1024;

/// The properties that a resource is made from.
#[derive(Clone, Debug, PartialEq)]
pub enum Properties {
    Absent,
    Tree(Value),
    /// Properties that are no JSON, verbatim.
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
                tree_in(&text).map_or_else(|| Self::Text(safe_excerpt(&text)), Self::Tree)
            }
            Ok(tree) => Self::Tree(tree),
            Err(_) => Self::Text(safe_excerpt(json)),
        }
    }
}

/// The object or list that a text holds; none if it is plain text, or a plain value.
pub(crate) fn tree_in(text: &str) -> Option<Value> {
    let tree = serde_json::from_str(text).ok()?;
    matches!(tree, Value::Object(_) | Value::Array(_)).then_some(tree)
}

/// Text made safe to show, and cut if it is too long to be read to its end.
pub(crate) fn safe_excerpt(text: &str) -> SafeText {
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
    fn an_object_is_decoded_once() {
        assert_eq!(
            Properties::from_json(Some(r#"{"a":1}"#)),
            Properties::Tree(json!({"a": 1}))
        );
    }

    #[test]
    fn text_that_is_no_json_is_shown_verbatim() {
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
