//! Takes out of text that is kept what signs a presigned URL: whoever reads that text could use the URL.
//!
//! The rest of the URL stays, so that a reader still sees what it pointed to.

use std::borrow::Cow;

/// The query parameters that secrets follow, in both forms of presigned URLs. Lower case.
pub const QUERY_KEYS: [&str; 5] = [
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-credential",
    "awsaccesskeyid",
    "signature=",
];

/// What stands in for a secret.
const REDACTED: &str = "[redacted]";

/// What may stand between a parameter's name and its value: `=` as it is, percent-encoded, or as what follows
/// the backslash of a JSON escape.
const EQUALS: [&str; 3] = ["=", "%3d", "%253d"];
const ESCAPED_EQUALS: &str = "u003d";

/// The text without the values of a presigned URL's secret parameters. JSON text stays JSON text: a value is
/// never cut inside an escape.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    let mut out = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(name_end) = next_name(&lower, from) {
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

/// Where the next parameter's name ends.
fn next_name(lower: &str, from: usize) -> Option<usize> {
    let rest = lower.get(from..)?;
    let ends = QUERY_KEYS.iter().filter_map(|key| {
        let name = key.trim_end_matches('=');
        Some((rest.find(name)?, name.len()))
    });
    let (begin, length) = ends.min()?;
    Some(from + begin + length)
}

/// Where the value begins that belongs to a name; nothing where the name only stands in a sentence.
fn value_begin(lower: &str, name_end: usize) -> Option<usize> {
    let rest = lower.get(name_end..)?;
    let after_marks = rest.trim_start_matches(['\\', '"']);
    let marks = rest.strip_suffix(after_marks)?;
    let value = if marks.contains('"') {
        // The name of a field: its value begins with the very quote that ended the name. A value without
        // quotes is a number, and replacing that would break the document.
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

/// Where a value ends: at what can't stand in a query, or at the next parameter.
fn value_end(lower: &str, begin: usize) -> usize {
    let value = lower.get(begin..).unwrap_or_default();
    let ends = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || "&\"'\\<>()[]{},;|".contains(character)
    };
    let end = value.find(ends).unwrap_or(value.len());
    let next = ["%26", "%2526"].iter().filter_map(|and| value.find(and));
    begin + next.min().map_or(end, |next| next.min(end))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn both_forms_of_presigned_urls_lose_what_signs_them() {
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
                "go?to=https%3A%2F%2Fb%3FX-Amz-Signature%3D0f%26a%3D1&b=2",
                "go?to=https%3A%2F%2Fb%3FX-Amz-Signature%3D[redacted]%26a%3D1&b=2",
            ),
        ] {
            assert_eq!(redact(text), kept);
        }
    }

    proptest! {
        #[test]
        fn a_document_stays_a_document(parts in vec(select(&PARTS[..]), 0..8), number in any::<u8>()) {
            let text = parts.concat();
            let inner = serde_json::json!({ &text: number, "signature": number, "x": [&text] });
            let outer = serde_json::json!({ "a": inner.to_string(), &text: &inner, "Signature": &text });
            let redacted = redact(&outer.to_string()).into_owned();
            prop_assert!(serde_json::from_str::<serde_json::Value>(&redacted).is_ok(), "{redacted}");
            prop_assert_eq!(redact(&redacted).into_owned(), redacted.clone());
        }
    }

    /// What a careless search for parameters could trip over.
    const PARTS: [&str; 14] = [
        "Signature",
        "X-Amz-Signature=",
        "=",
        ":",
        "\"",
        "\\",
        "u003d",
        "\\u003d",
        "%3D",
        "%26",
        "&",
        " ",
        "ä",
        "v",
    ];

    #[test]
    fn other_text_stays_as_it_is() {
        for text in [
            "Signature expired",
            "größer & Signature",
            "Signature=",
            r#"{"signature":1}"#,
            "",
        ] {
            assert!(matches!(redact(text), Cow::Borrowed(same) if same == text));
        }
    }
}
