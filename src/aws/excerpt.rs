//! Quotes a service's text inside an error: on one line, not too long, and without the parts of the signed request
//! that services repeat in their messages.

use crate::text::redact::{self as secret, redact_secrets};

/// The longest text of a service that an error quotes, in characters.
const LONGEST_MESSAGE: usize = 300;
/// How much of a body that no service wrote is quoted.
const LONGEST_BODY: usize = 80;

/// The words that secrets follow: services quote the signed request, its headers or its query.
const SECRETS_FOLLOW: [&str; 3] = ["canonical string", "string-to-sign", "authorization"];

/// The message up to where it may hold secrets, on one line.
pub(crate) fn excerpt_without_request(message: &str) -> String {
    let message = &*redact_secrets(message);
    let lower = message.to_ascii_lowercase();
    let secret = SECRETS_FOLLOW
        .iter()
        .chain(&secret::QUERY_KEYS)
        .filter_map(|words| lower.find(words))
        .min();
    match secret.and_then(|begin| message.get(..begin)) {
        Some(harmless) => format!("{} [redacted]", quote(harmless))
            .trim_start()
            .to_owned(),
        None => quote(message),
    }
}

/// The beginning of a body that no service wrote, from which the user may recognise the program that did.
pub(crate) fn excerpt_of_body(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let beginning: String = text.chars().take(LONGEST_BODY * 50).collect();
    excerpt(&excerpt_without_request(&beginning), LONGEST_BODY)
}

/// A text that holds no secrets, on one line and cut.
pub(crate) fn quote(text: &str) -> String {
    excerpt(text, LONGEST_MESSAGE)
}

/// The beginning of a text on one line.
fn excerpt(text: &str, longest: usize) -> String {
    let mut line = String::new();
    for (index, character) in text
        .split_whitespace()
        .flat_map(|word| std::iter::once(' ').chain(word.chars()))
        .skip(1)
        .enumerate()
    {
        if index == longest {
            line.push('…');
            break;
        }
        line.push(character);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_where_it_begins_to_repeat_the_request() {
        for (message, shown) in [
            (
                "It does not match. The Canonical String should have been 'GET\nx-amz-security-token:canary'",
                "It does not match. The [redacted]",
            ),
            ("X-AMZ-SECURITY-TOKEN: canary", "[redacted]"),
            (
                "no 'Signature' in Authorization=canary",
                "no 'Signature' in [redacted]",
            ),
            ("größer: x-amz-signature=canary", "größer: [redacted]"),
        ] {
            assert_eq!(excerpt_without_request(message), shown);
        }
    }

    #[test]
    fn an_ordinary_message_is_kept() {
        let message =
            "User: arn:aws:iam::1:user/me is not authorized to perform: execute-api:Invoke";
        assert_eq!(excerpt_without_request(message), message);
    }

    #[test]
    fn quotes_are_on_one_line_and_cut() {
        assert_eq!(quote(" a\n b\t\tc \u{2028}d"), "a b c d");
        assert_eq!(excerpt("äöüß", 3), "äöü…");
        assert_eq!(excerpt("äöü", 3), "äöü");
        assert_eq!(excerpt(" \n ", 3), "");
    }
}
