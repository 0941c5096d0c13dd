//! Redacts signatures, tokens and keys: with them, any reader of the text could act as the user. Events, errors, logs and
//! recordings are redacted where they are made.
//!
//! ```text
//!  names: how a secret is called, and what stands between the name and its value
//!  search: a fast search, which finds nothing in most text
//!  find:  the values of secrets in a text, by these names
//!  given: the values that the user gave, in any encoding
//!  arguments: the secrets that are arguments of commands
//!  keys:  private keys
//!  lines: what is a secret because of the lines around it
//!  words: words that look random, for text that may show a key without its name
//! ```
//!
//! The search runs over the text [decoded](crate::text::decode), so that no encoding hides a name. What is around the value
//! stays, and JSON stays JSON. Every event and log line passes through here: most of them end in the first search, and
//! redaction is linear in the length of any text.

mod arguments;
mod find;
mod given;
mod keys;
mod lines;
mod names;
mod search;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;

use crate::text::redact::find::Finder;
pub(crate) use crate::text::redact::given::redact_values;
pub(crate) use crate::text::redact::lines::LineSecrets;
pub(crate) use crate::text::redact::search::has_a_trace;
pub(crate) use crate::text::redact::words::redact_words;

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

/// How often a text with secrets is searched again.
const MOST_PASSES: usize = 8;

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

/// Whether [`redact_secrets`] has to search a text. It finds nothing in most.
pub(crate) fn may_have_secret(text: &str) -> bool {
    has_a_trace(text)
        && (names::may_be_in(text) || keys::may_be_in(text) || arguments::may_be_in(text))
}

/// The text without the secrets that are found in it; None if there are none.
fn redact_once(text: &str) -> Option<String> {
    if !has_a_trace(text) {
        return None;
    }
    let keyed = match keys::redact(text) {
        Cow::Owned(keyed) => Some(keyed),
        Cow::Borrowed(_) => None,
    };
    let named = redact_named(keyed.as_deref().unwrap_or(text)).or(keyed);
    arguments::redact(named.as_deref().unwrap_or(text)).or(named)
}

fn redact_named(text: &str) -> Option<String> {
    if !names::may_be_in(text) {
        return None;
    }
    let finder = Finder::new(text);
    let mut out = String::new();
    let (mut copied, mut from) = (0, 0);
    while let Some((begin, end)) = finder.next(&mut from) {
        let (first, last) = finder.place(begin, end);
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
