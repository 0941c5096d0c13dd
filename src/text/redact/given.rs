//! Redacts values that the user gave: a service that reports what it received may repeat them in any encoding.

use std::borrow::Cow;
use std::ops::Range;

use crate::text::decode::Decoded;
use crate::text::redact::REDACTED;

/// The shortest value that is looked for: shorter ones are in any text.
const SHORTEST: usize = 6;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Replaces these values, also where they are escaped, percent-encoded or a part of something in base64.
pub(crate) fn redact_values<'t>(
    text: &'t str,
    values: impl IntoIterator<Item = &'t str>,
) -> Cow<'t, str> {
    let decoded = Decoded::new(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    for value in values.into_iter().filter(|value| value.len() >= SHORTEST) {
        found.extend(places(decoded.bytes(), Decoded::new(value).bytes()));
        for encoded in encodings(value) {
            let places = places(decoded.bytes(), encoded.as_bytes());
            found.extend(places.map(|place| whole_word(decoded.bytes(), place)));
        }
    }
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|place| place.start);
    let (mut out, mut copied) = (String::new(), 0);
    for place in found {
        let (first, last) = (decoded.start(place.start), decoded.start(place.end));
        if last <= copied {
            continue;
        }
        if first >= copied {
            out.push_str(text.get(copied..first).unwrap_or_default());
            out.push_str(REDACTED);
        }
        copied = last;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Where a text has another one.
fn places<'b>(bytes: &'b [u8], wanted: &'b [u8]) -> impl Iterator<Item = Range<usize>> {
    let windows = bytes.windows(wanted.len().max(1)).enumerate();
    let is_wanted = move |window: &[u8]| !wanted.is_empty() && window == wanted;
    windows
        .filter(move |(_, window)| is_wanted(window))
        .map(|(at, window)| at..at + window.len())
}

/// The characters that stand for a value in base64, in lower case, wherever it begins in what is encoded. Those that
/// also depend on what is around it are left out.
fn encodings(value: &str) -> Vec<String> {
    let mut all = Vec::new();
    for before in 0..3 {
        let bytes = std::iter::repeat_n(0, before).chain(value.bytes());
        let bits: Vec<bool> = bytes
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
            .collect();
        let sextets = bits.chunks_exact(6).skip((before * 8).div_ceil(6));
        let character = |bits: &[bool]| {
            let index = bits
                .iter()
                .fold(0, |index, bit| index * 2 + usize::from(*bit));
            char::from(*ALPHABET.get(index).unwrap_or(&b'='))
        };
        let encoded: String = sextets.map(character).collect();
        let encoded = encoded.to_ascii_lowercase();
        let in_urls = encoded.replace('+', "-").replace('/', "_");
        all.extend((in_urls != encoded).then_some(in_urls));
        all.push(encoded);
    }
    all
}

/// The base64 text around a part of it.
fn whole_word(bytes: &[u8], part: Range<usize>) -> Range<usize> {
    let is_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
    let before = bytes.get(..part.start).unwrap_or_default().iter().rev();
    let after = bytes.get(part.end..).unwrap_or_default().iter();
    let (before, after) = (
        before.take_while(is_base64).count(),
        after.take_while(is_base64).count(),
    );
    part.start - before..part.end + after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_redacted_in_every_encoding() {
        let value = r#"Zp4 "q\7/+x="#;
        for text in [
            r#"got Zp4 "q\7/+x= here"#,
            "got Zp4%20%22q%5C7%2F%2Bx%3D here",
            r#"{"got":"Zp4 \"q\\7/+x="}"#,
            r#"{"got":"Zp4 \"q\\7\/\u002bx\u003d"}"#,
            r#"{"got":"\u005a\u0070\u0034\u0020\u0022\u0071\u005c\u0037\u002f\u002b\u0078\u003d"}"#,
            "&#90;p4 &quot;q\\7/+x= here",
            "got WnA0ICJxXDcvK3g9 here",
            "Basic dTpacDQgInFcNy8reD0= here",
            "Basic dXM6WnA0ICJxXDcvK3g9 here",
            "Basic dXNyOlpwNCAicVw3Lyt4PQ== here",
        ] {
            let redacted = redact_values(text, [value]);
            assert_eq!(redacted.matches(REDACTED).count(), 1, "{text}: {redacted}");
            assert!(redacted.len() < REDACTED.len() + 14, "{text}: {redacted}");
            let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            assert_eq!(is_json(text), is_json(&redacted), "{redacted}");
        }
        for text in ["", "nothing of it: Zp4", "short"] {
            assert!(matches!(
                redact_values(text, [value, "short"]),
                Cow::Borrowed(_)
            ));
        }
        assert_eq!(
            redact_values("a secrets secret", ["secret", "secrets"]),
            "a [redacted] [redacted]"
        );
    }
}
