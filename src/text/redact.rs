//! Redacts the secret parameters of presigned URLs: with them, any reader of the text could use the URL. Events, errors,
//! logs and recordings are redacted where they are made.
//!
//! The rest of the URL stays, so that the user still sees its target. Every event passes through here, so redaction is
//! linear in the length of any text.

use std::borrow::Cow;

/// The secret query parameters, in both forms of presigned URLs. Lower case.
pub(crate) const QUERY_KEYS: [&str; 5] = [
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-credential",
    "awsaccesskeyid",
    "signature=",
];

/// The replacement of a secret.
const REDACTED: &str = "[redacted]";

/// The separators of a parameter's name and value: `=`, plain or percent-encoded, or the part of a JSON escape after its
/// backslash.
const EQUALS: [&str; 3] = ["=", "%3d", "%253d"];
const ESCAPED_EQUALS: &str = "u003d";

/// A value follows one of these; most text has none of them, and is returned at once.
const BEFORE_VALUES: &[u8] = b"=%\"\\";
/// Characters of a value that JSON may escape: the part after the backslashes.
const ESCAPED_IN_VALUES: [&str; 5] = ["/", "u002f", "u002b", "u003d", "u0025"];

/// Replaces the values of a presigned URL's secret parameters. JSON text stays JSON text: a value is never cut inside an
/// escape.
pub fn redact_urls(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| BEFORE_VALUES.contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let lower = text.to_ascii_lowercase();
    let mut names = NameFinder::new(&lower);
    let mut out = String::new();
    let (mut copied, mut from) = (0, 0);
    while let Some(name_end) = names.next_end(from) {
        from = name_end;
        let Some(begin) = value_begin(&lower, name_end) else {
            continue;
        };
        let end = value_end(&lower, begin);
        if end > begin {
            out.push_str(text.get(copied..begin).unwrap_or_default());
            out.push_str(REDACTED);
            copied = end;
            from = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Finds the parameters' names. Each name is searched for once in every part of the text.
struct NameFinder<'a> {
    lower: &'a str,
    /// The next occurrence of each name, if any.
    next: [Option<usize>; QUERY_KEYS.len()],
}

impl<'a> NameFinder<'a> {
    fn new(lower: &'a str) -> Self {
        let next = QUERY_KEYS.map(|key| lower.find(name(key)));
        Self { lower, next }
    }

    /// The end of the next name that begins at `from` or later.
    fn next_end(&mut self, from: usize) -> Option<usize> {
        let rest = self.lower.get(from..)?;
        for (key, next) in QUERY_KEYS.iter().zip(&mut self.next) {
            if next.is_some_and(|begin| begin < from) {
                *next = rest.find(name(key)).map(|begin| from + begin);
            }
        }
        let found = QUERY_KEYS.iter().zip(&self.next);
        let ends = found.filter_map(|(key, begin)| Some(((*begin)?, name(key).len())));
        ends.min().map(|(begin, length)| begin + length)
    }
}

/// A parameter's name, without the separator.
fn name(key: &str) -> &str {
    key.trim_end_matches('=')
}

/// The begin of the value that follows a name; none if the name is only a word of a sentence.
fn value_begin(lower: &str, name_end: usize) -> Option<usize> {
    let rest = lower.get(name_end..)?;
    let after_marks = rest.trim_start_matches(['\\', '"']);
    let marks = rest.get(..rest.len() - after_marks.len())?;
    let value = if marks.contains('"') {
        // The name of a field: its value begins with the same quote that ended the name. A value without quotes is a
        // number, and replacing that would break the document.
        let after = after_marks.strip_prefix(':')?;
        after.trim_start_matches(' ').strip_prefix(marks)?
    } else if marks.is_empty() {
        let after = EQUALS.iter().find_map(|equals| rest.strip_prefix(equals))?;
        without_escaped_quote(after)
    } else {
        without_escaped_quote(after_marks.strip_prefix(ESCAPED_EQUALS)?)
    };
    Some(lower.len() - value.len())
}

/// The text behind a quote that an odd number of backslashes escapes; a bare quote ends the string.
fn without_escaped_quote(text: &str) -> &str {
    let quote = text.trim_start_matches('\\');
    let is_escaped = (text.len() - quote.len()) % 2 == 1;
    quote
        .strip_prefix('"')
        .filter(|_| is_escaped)
        .unwrap_or(text)
}

/// The end of a value: at a character that a query can't contain, or at the next parameter.
fn value_end(lower: &str, begin: usize) -> usize {
    let value = lower.get(begin..).unwrap_or_default();
    let ends = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || "&\"'\\<>()[]{},;|".contains(character)
    };
    let mut length = 0;
    while let Some(rest) = value.get(length..) {
        length += rest.find(ends).unwrap_or(rest.len());
        let Some(escape) = value.get(length..).and_then(escape_in_value) else {
            break;
        };
        length += escape;
    }
    let value = value.get(..length).unwrap_or_default();
    let next = ["%26", "%2526"].iter().filter_map(|and| value.find(and));
    begin + next.min().unwrap_or(length)
}

/// The length of the JSON escape that a text begins with, if it encodes a character of a value.
fn escape_in_value(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches('\\');
    let marks = text.len() - rest.len();
    let mut known = ESCAPED_IN_VALUES.iter();
    let escape = known.find(|escape| marks > 0 && rest.starts_with(**escape))?;
    Some(marks + escape.len())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn both_forms_of_presigned_urls_lose_their_secrets() {
        for (text, kept) in [
            (
                "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA%2F1&X-Amz-Date=1&X-Amz-Security-Token=t%2B/=&X-Amz-Signature=0f",
                "https://b.s3.amazonaws.com/k?X-Amz-Credential=[redacted]&X-Amz-Date=1&X-Amz-Security-Token=[redacted]&X-Amz-Signature=[redacted]",
            ),
            (
                "see https://b/k?AWSAccessKeyId=AKIA&Signature=a/b%3D&x-amz-security-token=t== now",
                "see https://b/k?AWSAccessKeyId=[redacted]&Signature=[redacted]&x-amz-security-token=[redacted] now",
            ),
            (
                r#"{"p":"{\"url\":\"https://b/k?AWSAccessKeyId\u003dAKIA\u0026Signature=s\\u0026x=1\"}"}"#,
                r#"{"p":"{\"url\":\"https://b/k?AWSAccessKeyId\u003d[redacted]\u0026Signature=[redacted]\\u0026x=1\"}"}"#,
            ),
            (
                r#"{\"X-Amz-Signature\": \"0f\", \"n\": 1}"#,
                r#"{\"X-Amz-Signature\": \"[redacted]\", \"n\": 1}"#,
            ),
            (
                r#"{"url":"https:\/\/b\/k?Signature=a\/b\u002Bc%3D\u0026x=1","n":"\\/"}"#,
                r#"{"url":"https:\/\/b\/k?Signature=[redacted]\u0026x=1","n":"\\/"}"#,
            ),
            (
                "go?to=https%3A%2F%2Fb%3FX-Amz-Signature%3D0f%26a%3D1&b=2",
                "go?to=https%3A%2F%2Fb%3FX-Amz-Signature%3D[redacted]%26a%3D1&b=2",
            ),
        ] {
            assert_eq!(redact_urls(text), kept);
        }
    }

    proptest! {
        #[test]
        fn redacted_json_stays_json(parts in vec(select(&PARTS[..]), 0..8), number in any::<u8>()) {
            let text = parts.concat();
            let inner = serde_json::json!({ &text: number, "signature": number, "x": [&text] });
            let outer = serde_json::json!({ "a": inner.to_string(), &text: &inner, "Signature": &text });
            let redacted = redact_urls(&outer.to_string()).into_owned();
            prop_assert!(serde_json::from_str::<serde_json::Value>(&redacted).is_ok(), "{redacted}");
            prop_assert_eq!(redact_urls(&redacted).into_owned(), redacted.clone());
        }
    }

    /// Pieces that could mislead a careless search for parameters.
    const PARTS: [&str; 17] = [
        "Signature",
        "X-Amz-Signature=",
        "=",
        ":",
        "\"",
        "\\",
        "u003d",
        "\\u003d",
        "\\/",
        "/",
        "u002b",
        "%3D",
        "%26",
        "&",
        " ",
        "ä",
        "v",
    ];

    /// This would take minutes if each name were searched for again from every other one.
    #[test]
    fn redaction_takes_linear_time() {
        let names = "signature= ".repeat(30_000);
        assert!(matches!(redact_urls(&names), Cow::Borrowed(_)));
        let values = "x-amz-signature=1 ".repeat(30_000);
        assert_eq!(redact_urls(&values).matches(REDACTED).count(), 30_000);
        let escapes = format!("signature={}", "\\/".repeat(30_000));
        assert_eq!(redact_urls(&escapes), "signature=[redacted]");
    }

    #[test]
    fn other_text_stays_unchanged() {
        for text in [
            "Signature expired",
            "größer & Signature",
            "Signature=",
            r#"{"signature":1}"#,
            "",
        ] {
            assert!(matches!(redact_urls(text), Cow::Borrowed(same) if same == text));
        }
    }
}
