//! Redacts private keys in PEM and armoured PGP: what is between the line that begins one and the line that ends it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::text::redact::REDACTED;

/// How far a key is followed to its end. Keys of 16,384 bits have 13 kB.
const LONGEST: usize = 32 * 1024;
/// The length from which a word of a key without an end is redacted.
const LONG: usize = 16;

static BEGIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"-----BEGIN(?:[ +_]|%20)(?:[A-Z0-9]+(?:[ +_]|%20)){0,3}PRIVATE(?:[ +_]|%20)KEY(?:(?:[ +_]|%20)BLOCK)?-----",
    )
    .ok()
});

/// The parts of a key's body: a marker and an escape stay, a word goes.
static PARTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\[redacted\]|\\u[0-9A-Fa-f]{4}|\\.|%[0-9A-Fa-f]{2}|(?<word>[A-Za-z0-9+/=]{2,})")
        .ok()
});

/// Whether a text may have a key.
pub(super) fn may_be_in(text: &str) -> bool {
    text.contains("-----BEGIN")
}

/// The place behind the last line that begins a key which the text does not end.
pub(super) fn open_end(text: &str) -> Option<usize> {
    if !may_be_in(text) {
        return None;
    }
    let last = BEGIN.as_ref()?.find_iter(text).last()?;
    let rest = text.get(last.end()..)?;
    (!rest.contains("-----END")).then_some(last.end())
}

/// Whether a text ends a key.
pub(super) fn is_end(text: &str) -> bool {
    text.contains("-----END")
}

/// Replaces the words of each key. The lines around it stay, and the escapes of JSON.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    if !may_be_in(text) {
        return Cow::Borrowed(text);
    }
    let (Some(begin), Some(parts)) = (BEGIN.as_ref(), PARTS.as_ref()) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::new();
    let mut copied = 0;
    for found in begin.find_iter(text) {
        if found.end() < copied {
            continue;
        }
        let limit = text.floor_char_boundary(text.len().min(found.end() + LONGEST));
        let rest = text.get(found.end()..limit).unwrap_or_default();
        let end = rest.find("-----END");
        let least = if end.is_some() { 2 } else { LONG };
        let body = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        for word in parts
            .captures_iter(body)
            .filter_map(|part| part.name("word"))
        {
            if word.len() < least || is_header(body, word.start(), word.end()) {
                continue;
            }
            let (first, last) = (found.end() + word.start(), found.end() + word.end());
            out.push_str(text.get(copied..first).unwrap_or_default());
            out.push_str(REDACTED);
            copied = last;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Whether a word is the name of a header, such as `Proc-Type: 4,ENCRYPTED`. Their values are redacted, too.
fn is_header(body: &str, begin: usize, end: usize) -> bool {
    let byte = |at: Option<usize>| at.and_then(|at| body.as_bytes().get(at));
    let before = byte(begin.checked_sub(1));
    byte(Some(end)) == Some(&b':') || byte(Some(end)) == Some(&b'-') || before == Some(&b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "MIIEowIBAAKCAQEA7Zq\nb64+/x0=";

    #[test]
    fn a_key_is_redacted_between_its_lines_in_every_spelling() {
        for kind in [
            "RSA PRIVATE KEY",
            "PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
        ] {
            let key = format!("-----BEGIN {kind}-----\n{BODY}\n-----END {kind}-----");
            let json = serde_json::json!({ "key": key, "n": 1 }).to_string();
            let nested = serde_json::json!({ "body": json }).to_string();
            let encoded = key.replace('\n', "%0A").replace(' ', "%20");
            let open = key.split("-----END").next().unwrap_or_default().to_owned();
            for text in [&key, &json, &nested, &encoded, &open] {
                let redacted = redact(text);
                assert!(!redacted.contains("MIIEowIBAA"), "{redacted}");
                assert!(
                    !redacted.contains("b64+/x0=") || text == &open,
                    "{redacted}"
                );
                assert_eq!(redact(&redacted), redacted);
                let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
                assert_eq!(is_json(text), is_json(&redacted), "{redacted}");
            }
        }
    }

    #[test]
    fn a_certificate_and_a_sentence_stay() {
        for text in [
            "-----BEGIN CERTIFICATE-----\nMIIEowIBAAKCAQEA7Zq\n-----END CERTIFICATE-----",
            "found -----BEGIN RSA PRIVATE KEY----- in a file",
        ] {
            assert_eq!(redact(text), text);
        }
        assert_eq!(
            redact("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END"),
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,[redacted]\n\n[redacted]\n-----END"
        );
    }
}
