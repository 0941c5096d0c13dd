//! Redacts signatures, tokens and keys: with them, any reader of the text could act as the user. Events, errors, logs and
//! recordings are redacted where they are made.
//!
//! A secret is found by the name before it, whatever the form of the two: a query, a header, JSON, YAML, XML, a shell's
//! assignment. The search runs over the text [decoded](crate::text::decode), so that no encoding hides a name; each
//! decoded byte knows its place in the text. What is around the value stays. Every event passes through here, so
//! redaction is linear in the length of any text, and most text ends in the first search.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::LazyLock;

use regex::bytes::Regex;
use serde::de::IgnoredAny;

use crate::text::decode::Decoded;

/// The secret query parameters, in both forms of presigned URLs. Lower case.
pub(crate) const QUERY_KEYS: [&str; 5] = [
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-credential",
    "awsaccesskeyid",
    "signature=",
];

/// The replacement of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// How far a quoted value is followed to its closing quote. Session tokens have up to 4 kB.
const LONGEST_QUOTED: usize = 16 * 1024;
/// The length from which a word without a secret's exact name is taken for one.
const OPAQUE: usize = 16;
/// The same for the field that is just named `token`, which page tokens have too.
const OPAQUE_TOKEN: usize = 40;
/// How often a text with secrets is searched again.
const MOST_PASSES: usize = 8;
/// How much of a word decides whether it looks random.
const LONGEST_CHECKED: usize = 256;

/// A part of a name, or an escape that may hide one: without them there is no secret in a text.
static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)signature|credential|token|secret|authorization|bearer|access.?key|api.?key|gh[pousr]_|github_pat_|xox[a-z]-|iqojb3jpz2lu|fwogzxivyxdz|\\u|%[2-7]|&#|[^\x00-\x7f]",
    )
});

/// The names of secrets, lower case. The first group needs no more evidence; the others are words too.
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(concat!(
        r"(?<strong>(?:x[-_]?amz[-_]?(?:security[-_]?token|signature|credential|s3session[-_]?token)",
        r"|(?:aws[-_]?)?(?:secret[-_]?access[-_]?key|secret[-_]?key|session[-_]?token|security[-_]?token|access[-_]?key[-_]?id)",
        r"|client[-_]?secret|(?:access|refresh|id|auth|oauth|bearer|github|gitlab|private)[-_]?token|x[-_]?api[-_]?key))",
        r"|(?<authorization>(?:proxy[-_])?authorization)",
        r"|(?<weak>signature|credential)",
        r"|(?<token>\btoken)",
        r"|(?<bare>\bbearer[ \t]+|\bgh[pousr]_|\bgithub_pat_|\bxox[abeprs]-|\biqojb3jpz2lu|\bfwogzxivyxdz)",
    ))
});

/// What stands between a name and its value. A quote before it closes the name, one after it opens the value.
static SEPARATOR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(concat!(
        r#"^(?<close>["'`\\)\]]{0,8})"#,
        r#"(?:(?<equals>[ \t]*(?:={1,2}>?|:=)[ \t]*)"#,
        r#"|(?<colon>[ \t\r\n]*:[ \t]*(?:[|>][-+]?[ \t]*)?(?:\r?\n[ \t]+)?)"#,
        r#"|(?<tag>>\s*)"#,
        r#"|(?<field>\s*,\s*["']?(?:parameter)?value["']?\s*[:=]\s*)"#,
        r#"|(?<comma>\s*,\s*)"#,
        r#"|(?<space>[ \t]+))"#,
        r#"(?<open>["'`]?)"#,
    ))
});

/// A scheme of the Authorization header: the rest of the line is secret.
static SCHEME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(r"^(?:aws4-[a-z0-9-]+|aws|bearer|basic|digest|negotiate|ntlm|token|apikey|hawk)[ \t]+")
});

fn regex(expression: &str) -> Option<Regex> {
    let made = Regex::new(&format!("(?-u){expression}"));
    debug_assert!(made.is_ok(), "{made:?}");
    made.ok()
}

/// Replaces signatures, tokens and keys. JSON text stays JSON text: a value is never cut inside an escape.
pub fn redact_secrets(text: &str) -> Cow<'_, str> {
    let Some(mut redacted) = redact_once(text) else {
        return Cow::Borrowed(text);
    };
    // What looked like a part of one secret may be another's name.
    for _ in 0..MOST_PASSES {
        match redact_once(&redacted) {
            Some(again) => redacted = again,
            None => break,
        }
    }
    Cow::Owned(redacted)
}

/// The text without the secrets that are found in it; None if there are none.
fn redact_once(text: &str) -> Option<String> {
    if !ANY.as_ref().is_none_or(|any| any.is_match(text.as_bytes())) {
        return None;
    }
    let finder = Finder::new(text);
    let mut out = String::new();
    let (mut copied, mut from) = (0, 0);
    while let Some((begin, end)) = finder.next(&mut from) {
        let (first, last) = (finder.decoded.start(begin), finder.decoded.start(end));
        if first < copied {
            // The name is in another secret's value.
            copied = copied.max(last);
        } else if text.get(first..last).is_some_and(|value| value != REDACTED) {
            out.push_str(text.get(copied..first).unwrap_or_default());
            out.push_str(REDACTED);
            copied = last;
        }
    }
    if copied == 0 {
        return None;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Some(out)
}

/// How sure a name is to be a secret's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Strong,
    Authorization,
    /// `token`
    Token,
    /// A word of sentences too.
    Weak,
}

/// Finds the values of secrets in the decoded text.
struct Finder<'a> {
    text: &'a str,
    decoded: Decoded,
    /// Whether the text is a JSON document, which redaction must not break: a bare quote begins or ends a string.
    is_json: bool,
    /// The last value without quotes: names in it end where it does.
    word: Cell<(usize, usize)>,
}

impl<'a> Finder<'a> {
    fn new(text: &'a str) -> Self {
        let is_json = text.trim_start().starts_with(['{', '[', '"'])
            && serde_json::from_str::<IgnoredAny>(text).is_ok();
        Self {
            text,
            decoded: Decoded::new(text),
            is_json,
            word: Cell::new((0, 0)),
        }
    }

    /// The next value at `from` or later. `from` moves to where it may hold another name, or behind it.
    fn next(&self, from: &mut usize) -> Option<(usize, usize)> {
        let names = NAMES.as_ref()?;
        while let Some(name) = names.captures_at(self.decoded.bytes(), *from) {
            let end = name.get(0)?.end();
            *from = end;
            let is_strong = name.name("strong").is_some();
            let kind = match () {
                () if is_strong => Name::Strong,
                () if name.name("authorization").is_some() => Name::Authorization,
                () if name.name("token").is_some() => Name::Token,
                () => Name::Weak,
            };
            let bare = name.name("bare").map(|bare| {
                let is_scheme = bare.as_bytes().starts_with(b"bearer");
                if is_scheme { end } else { bare.start() }
            });
            let value = match bare {
                Some(begin) => {
                    let end = self.word_end(begin);
                    let is_secret = self.is_opaque(begin, end, 12);
                    is_secret.then_some((begin, end))
                }
                None => self.value(kind, end),
            };
            if let Some((begin, end)) = value.filter(|(begin, end)| begin < end) {
                let is_line = kind == Name::Authorization && bare.is_none();
                *from = if is_line { end } else { begin.max(*from) };
                return Some((begin, end));
            }
        }
        None
    }

    /// The value of the name that ends here.
    fn value(&self, name: Name, name_end: usize) -> Option<(usize, usize)> {
        let bytes = self.decoded.bytes();
        let window = bytes.get(name_end..bytes.len().min(name_end + 200))?;
        let separator = SEPARATOR.as_ref()?.captures(window)?;
        let has = |group| separator.name(group).is_some_and(|found| !found.is_empty());
        let begin = name_end + separator.get(0)?.end();
        let quote = separator.name("open").filter(|open| !open.is_empty());
        let is_named_field =
            (name_end..begin - usize::from(quote.is_some())).any(|at| self.is_bare_quote(at));
        if self.is_json {
            let opens = quote.is_some() && self.is_bare_quote(begin - 1);
            // A bare quote after `=` ends the string that has the name; a value without quotes is a number.
            if opens != is_named_field {
                return None;
            }
        }
        let is_strong = name == Name::Strong;
        let first = bytes.get(begin)?;
        if has("space") && (!is_strong || quote.is_some())
            || has("comma") && (quote.is_none() || !has("close"))
        {
            return None;
        }
        let quoted = quote.is_some();
        if quoted && matches!(first, b' ' | b',' | b']' | b'}' | b')' | b':') {
            return None;
        }
        if name == Name::Authorization {
            let scheme = bytes
                .get(begin..bytes.len().min(begin + 64))
                .unwrap_or_default();
            let line = SCHEME.as_ref()?.is_match(scheme);
            let closed = quoted.then(|| self.closing(begin)).flatten();
            let end = match closed {
                Some(end) => end,
                None if line => self.line_end(begin),
                None => self.word_end(begin),
            };
            let is_secret =
                closed.is_some() || line || has("equals") || self.is_opaque(begin, end, OPAQUE);
            return is_secret.then_some((begin, end));
        }
        let closed = quoted.then(|| self.closing(begin)).flatten();
        let end = closed.unwrap_or_else(|| self.word_end(begin));
        if !quoted && is_named_field && self.is_literal(begin, end) {
            return None;
        }
        let least = if name == Name::Token {
            OPAQUE_TOKEN
        } else if has("space") || !is_strong && has("colon") && !quoted {
            OPAQUE
        } else {
            1
        };
        (least == 1 || self.is_opaque(begin, end, least)).then_some((begin, end))
    }

    /// Whether this has a quote without an escape: the border of a JSON document's string.
    fn is_bare_quote(&self, at: usize) -> bool {
        let span = self.decoded.span(at);
        let text = self.text.as_bytes();
        let is_bare = |place: usize| {
            let before = text.get(..place).unwrap_or_default().iter().rev();
            let marks = before.take_while(|byte| **byte == b'\\').count();
            text.get(place) == Some(&b'"') && marks.is_multiple_of(2)
        };
        self.is_json && span.into_iter().any(is_bare)
    }

    fn is_marker(&self, begin: usize) -> bool {
        let rest = self.decoded.bytes().get(begin..).unwrap_or_default();
        rest.starts_with(REDACTED.as_bytes())
    }

    /// The closing quote of a value: the first that is escaped no more than the opening one.
    fn closing(&self, begin: usize) -> Option<usize> {
        let bytes = self.decoded.bytes();
        let quote = *bytes.get(begin.checked_sub(1)?)?;
        let depth = self.decoded.span(begin - 1).len();
        let value = bytes.get(begin..bytes.len().min(begin + LONGEST_QUOTED))?;
        value.iter().enumerate().find_map(|(at, byte)| {
            let at = begin + at;
            let closes = *byte == quote && self.decoded.span(at).len() <= depth;
            (closes || self.is_bare_quote(at)).then_some(at)
        })
    }

    /// The end of a value without quotes: at a character that it can't contain. A line break in it is part of it where
    /// the next line begins with characters that look like a secret only.
    fn word_end(&self, begin: usize) -> usize {
        let (first, last) = self.word.get();
        if !(first..last).contains(&begin) {
            self.word.set((begin, self.next_end(begin)));
        }
        self.word.get().1
    }

    fn next_end(&self, begin: usize) -> usize {
        let bytes = self.decoded.bytes();
        let mut end = begin;
        if self.is_marker(begin) {
            end += REDACTED.len();
        }
        loop {
            while bytes.get(end).is_some_and(|byte| !ends_value(*byte)) {
                end += 1;
            }
            if !matches!(bytes.get(end), Some(b'\n' | b'\r')) || end == begin {
                return end;
            }
            let blank = |byte: &u8| matches!(byte, b'\n' | b'\r' | b' ' | b'\t');
            let rest = bytes
                .get(end..bytes.len().min(end + 80))
                .unwrap_or_default();
            let next = end + rest.iter().take_while(|byte| blank(byte)).count();
            let rest = bytes.get(next..).unwrap_or_default();
            let length = rest.iter().take_while(|byte| is_base64(**byte)).count();
            let goes_on = length >= 8
                && self.is_opaque(next, next + length, 8)
                && rest.get(length).is_none_or(|byte| ends_value(*byte));
            if !goes_on {
                return end;
            }
            end = next + length;
        }
    }

    /// The end of a header's line, or of the quotes around the header.
    fn line_end(&self, begin: usize) -> usize {
        let bytes = self.decoded.bytes();
        let rest = bytes.get(begin..).unwrap_or_default();
        let before = begin.checked_sub(1).and_then(|at| bytes.get(at));
        let ends = |byte: &u8| {
            matches!(byte, b'\n' | b'\r' | b'\'' | b'<' | b'`')
                || *byte == b'"' && before != Some(&b'=')
        };
        begin + rest.iter().take_while(|byte| !ends(byte)).count()
    }

    /// Whether this looks random: long, and of letters and digits.
    fn is_opaque(&self, begin: usize, end: usize, least: usize) -> bool {
        let end = end.min(begin + LONGEST_CHECKED);
        let word = self.decoded.bytes().get(begin..end).unwrap_or_default();
        let has = |kind: fn(&u8) -> bool| word.iter().any(kind);
        word.len() >= least
            && has(u8::is_ascii_digit)
            && has(u8::is_ascii_alphabetic)
            && word
                .iter()
                .all(|byte| is_base64(*byte) || b"-_.~:".contains(byte))
    }

    /// Whether this is a value of JSON that is not a string.
    fn is_literal(&self, begin: usize, end: usize) -> bool {
        let end = end.min(begin + LONGEST_CHECKED);
        let word = self.decoded.bytes().get(begin..end).unwrap_or_default();
        word.is_empty()
            || matches!(word, b"null" | b"true" | b"false")
            || serde_json::from_slice::<f64>(word).is_ok()
    }
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'%')
}

const fn ends_value(byte: u8) -> bool {
    byte <= b' '
        || byte == 0x7f
        || matches!(
            byte,
            b'&' | b'"'
                | b'\''
                | b'\\'
                | b'<'
                | b'>'
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b','
                | b';'
                | b'|'
                | b'`'
        )
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
            assert_eq!(redact_secrets(text), kept);
        }
    }

    proptest! {
        #[test]
        fn redacted_json_stays_json(parts in vec(select(&PARTS[..]), 0..8), number in any::<u8>()) {
            let text = parts.concat();
            let inner = serde_json::json!({ &text: number, "signature": number, "x": [&text] });
            let outer = serde_json::json!({ "a": inner.to_string(), &text: &inner, "Signature": &text });
            let redacted = redact_secrets(&outer.to_string()).into_owned();
            prop_assert!(serde_json::from_str::<serde_json::Value>(&redacted).is_ok(), "{redacted}");
            prop_assert_eq!(redact_secrets(&redacted).into_owned(), redacted.clone());
        }
    }

    /// The texts of real builds have no secrets: none of their lines changes.
    #[test]
    fn the_texts_of_real_builds_stay_unchanged() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let mut folders = vec![folder];
        let mut count = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(text) = std::fs::read_to_string(&path) {
                    let signed = |line: &&str| !line.contains("AWSAccessKeyId");
                    for line in text.lines().filter(signed) {
                        count += 1;
                        assert_eq!(redact_secrets(line), line, "{}", path.display());
                    }
                }
            }
        }
        assert!(count > 100, "{count}");
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
        for name in [
            "signature:",
            "signature=",
            "authorization: ",
            "bearer ",
            "\"secretkey\":",
            "a\\",
        ] {
            let _done = redact_secrets(&name.repeat(30_000));
        }
        let names = "signature; ".repeat(30_000);
        assert!(matches!(redact_secrets(&names), Cow::Borrowed(_)));
        let values = "x-amz-signature=1 ".repeat(30_000);
        assert_eq!(redact_secrets(&values).matches(REDACTED).count(), 30_000);
        let escapes = format!("signature={}", "\\/".repeat(30_000));
        assert_eq!(redact_secrets(&escapes), "signature=[redacted]");
    }

    const SECRET: &str = "wJalr7XUtnFEMI2K7MDENG3bPxRfiCYEXAMPLE9KEY";

    /// The names of secrets, and the forms that a name `N` and its value `V` have in texts.
    const NAMES: [&str; 12] = [
        "X-Amz-Signature",
        "x-amz-security-token",
        "X-Amz-Credential",
        "AWSAccessKeyId",
        "Signature",
        "aws_secret_access_key",
        "SecretAccessKey",
        "AWS_SESSION_TOKEN",
        "SessionToken",
        "aws_access_key_id",
        "HTTP_X_AMZ_SECURITY_TOKEN",
        "client_secret",
    ];
    const FORMS: [&str; 36] = [
        "https://b/k?a=1&N=V&b=2",
        "N=V",
        "N = V",
        "N\t=\tV",
        "N: V",
        "N : V",
        "N:V",
        "N=\"V\"",
        "export N='V'",
        "export N=V;",
        "$env:N = \"V\"",
        "set N=V",
        "{\"N\":\"V\"}",
        "{\"N\" : \"V\", \"n\": 1}",
        r#"{\"N\": \"V\"}"#,
        r#"{\\\"N\\\": \\\"V\\\"}"#,
        r"N\u003dV\u0026x=1",
        r"N\\u003dV",
        "{'N': 'V'}",
        "('N', 'V')",
        "N => V",
        "N:\n    V",
        "N: |\n    V",
        "N: >-\r\n  V",
        "N: \"V\"",
        "\"N\": V",
        "<N>V</N>",
        "&lt;N&gt;V&lt;/N&gt;",
        "N%3DV%26x",
        "N%25253DV%252526x",
        "N&#61;V&amp;x",
        "N=&quot;V&quot;",
        "aws configure set N V",
        "--N V",
        "{\"Name\":\"N\",\"Value\":\"V\"}",
        "N=\\\n  V",
    ];

    /// The text percent-encoded: every byte, that many times.
    fn encoded(text: &str, times: usize) -> String {
        (0..times).fold(text.to_owned(), |text, _| {
            text.bytes()
                .map(|byte| format!("%{byte:02x}"))
                .collect::<Vec<_>>()
                .concat()
        })
    }

    fn form() -> impl Strategy<Value = String> {
        (select(&NAMES[..]), select(&FORMS[..]), 0..10_u8).prop_map(|(name, form, disguise)| {
            let is_word = form.contains("configure") || form.contains("--");
            let name = if is_word { "SecretAccessKey" } else { name };
            let name = match disguise {
                0 => name.to_ascii_uppercase(),
                1 => name.to_ascii_lowercase(),
                2 => encoded(name, 1),
                3 => encoded(name, 3),
                4 => name.replace('-', "%2D"),
                5 => name
                    .chars()
                    .map(|letter| format!("\\u{:04X}", u32::from(letter)))
                    .collect::<Vec<_>>()
                    .concat(),
                6 => name
                    .chars()
                    .map(|letter| format!("&#{};", u32::from(letter)))
                    .collect::<Vec<_>>()
                    .concat(),
                7 => name.replace('i', "\u{200b}i"),
                _ => name.to_owned(),
            };
            let (before, value) = form.split_once('V').map_or((form, ""), |parts| parts);
            let (before, after) = if before.ends_with('"') && value.starts_with("alue") {
                let (field, after) = value.split_once('V').unwrap_or((value, ""));
                (format!("{before}V{field}"), after)
            } else {
                (before.to_owned(), value)
            };
            format!(
                "{}{SECRET}{after}",
                before.replacen('N', &name, if before.contains("Name") { 2 } else { 1 })
            )
        })
    }

    #[test]
    fn a_secret_is_redacted_in_every_form() {
        for form in FORMS {
            let only_strong = form.contains("configure") || form.contains("--");
            for name in NAMES
                .iter()
                .filter(|name| !(only_strong && **name == "Signature"))
            {
                let text = match form.split_once("\"Value\"") {
                    Some(_) => format!("{{\"Name\":\"{name}\",\"Value\":\"{SECRET}\"}}"),
                    None => form.replacen('N', name, 1).replace('V', SECRET),
                };
                let text = text.replace(&format!("/{SECRET}"), &format!("/{name}"));
                let text = if form.starts_with('<') || form.starts_with("&lt") {
                    text.replace("</N>", "")
                } else {
                    text
                };
                let redacted = redact_secrets(&text);
                assert!(
                    redacted.contains(REDACTED) && !redacted.contains(SECRET),
                    "{text}: {redacted}"
                );
                let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
                assert_eq!(is_json(&redacted), is_json(&text), "{text}: {redacted}");
            }
        }
    }

    #[test]
    fn headers_tokens_and_broken_lines_are_redacted() {
        for (text, kept) in [
            (
                "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/1, SignedHeaders=host, Signature=0f\nHost: h",
                "Authorization: [redacted]\nHost: h",
            ),
            (
                "curl -H 'authorization: Bearer ab.c1' https://h",
                "curl -H 'authorization: [redacted]' https://h",
            ),
            (
                r#"{"Authorization":"Digest a=\"b\", response=\"c\"","n":1}"#,
                r#"{"Authorization":"[redacted]","n":1}"#,
            ),
            (
                "Authorization: denied by policy",
                "Authorization: denied by policy",
            ),
            (
                "got bearer abcdef0123456789 back",
                "got bearer [redacted] back",
            ),
            ("the bearer of this", "the bearer of this"),
            (
                "clone with ghp_0123456789abcdefghijABCDEFGHIJ012345 failed",
                "clone with [redacted] failed",
            ),
            (
                "X-Amz-Signature=0123456789abcdef\n    0123456789abcdef\nnext line",
                "X-Amz-Signature=[redacted]\nnext line",
            ),
            (
                "x-amz-signature=0123456789abcdef\\\n    0123456789abcdef next",
                "x-amz-signature=[redacted] next",
            ),
            (
                r#"{"Token":"0123456789abcdef0123456789abcdef0123456789abcdef"}"#,
                r#"{"Token":"[redacted]"}"#,
            ),
        ] {
            assert_eq!(redact_secrets(text), kept);
        }
    }

    proptest! {
        /// Whatever is around it, and wherever the text is cut within it (a few letters after a word are no secret): the secret is gone, and nothing more is
        /// redacted the second time.
        #[test]
        fn no_secret_survives_in_any_text(
            before in vec(select(&PARTS[..]), 0..6),
            form in form(),
            after in vec(select(&PARTS[..]), 0..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let text = format!("{} {form} {}", before.concat(), after.concat());
            let redacted = redact_secrets(&text).into_owned();
            prop_assert!(!redacted.contains(SECRET), "{}: {}", text, redacted);
            prop_assert_eq!(redact_secrets(&redacted).into_owned(), redacted.clone());
            let place = text.find(SECRET).unwrap_or_default();
            let cut = place + 20 + cut.index(SECRET.len() - 20);
            let start = text.get(..cut).unwrap_or_default();
            let redacted = redact_secrets(start).into_owned();
            prop_assert!(!redacted.contains("wJalr7XUtnFEMI2K7MDE") || form.contains("aws configure") || form.contains("--"), "{}: {}", start, redacted);
        }

        #[test]
        fn redaction_is_idempotent(text in ".{0,80}", parts in vec(select(&PARTS[..]), 0..30)) {
            for text in [text, parts.concat()] {
                let redacted = redact_secrets(&text).into_owned();
                prop_assert_eq!(redact_secrets(&redacted).into_owned(), redacted.clone());
            }
        }
    }

    #[test]
    fn other_text_stays_unchanged() {
        for text in [
            "Signature expired",
            "größer & Signature",
            "Signature=",
            "Invalid signature: check the clock",
            "Credential: missing. Token: expired",
            "SecretAccessKey is missing, session token too",
            "clientRequestToken=Console-CreateStack-0123 nextToken=0123456789",
            "access token expired; 100% of the secret key space",
            r#"{"signature":1}"#,
            "",
        ] {
            assert!(matches!(redact_secrets(text), Cow::Borrowed(same) if same == text));
        }
    }
}
