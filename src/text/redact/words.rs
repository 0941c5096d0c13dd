//! Redacts words that look random, for the text of programs that may print a key without its name.

use std::borrow::Cow;

use crate::text::redact::{REDACTED, redact_secrets};

/// The length from which a word may be a key.
const SHORTEST: usize = 20;

/// Replaces all that [`redact_secrets`] finds, and every word that looks like a key.
pub(crate) fn redact_words(text: &str) -> Cow<'_, str> {
    let redacted = redact_secrets(text);
    let mut out = String::new();
    let (mut copied, mut begin) = (0, 0);
    let ends = redacted
        .char_indices()
        .filter(|(_, character)| !is_of_key(*character));
    let ends = ends.map(|(at, character)| (at, at + character.len_utf8()));
    for (end, next) in ends.chain([(redacted.len(), redacted.len())]) {
        if redacted.get(begin..end).is_some_and(looks_random) {
            out.push_str(redacted.get(copied..begin).unwrap_or_default());
            out.push_str(REDACTED);
            copied = end;
        }
        begin = next;
    }
    if copied == 0 {
        return redacted;
    }
    out.push_str(redacted.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

const fn is_of_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=')
}

/// Whether a word is long and has digits, or its letters and digits change kind as often as in random text. A path has
/// digits too, and a name of several words has a capital letter in each.
fn looks_random(word: &str) -> bool {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => Some('a'),
        b'A'..=b'Z' => Some('A'),
        b'0'..=b'9' => Some('0'),
        _ => None,
    };
    let kinds: Vec<_> = word.bytes().map(kind).collect();
    let changes = kinds.windows(2).filter(|pair| match pair {
        [Some('A'), Some('a')] => false,
        [Some(one), Some(other)] => one != other,
        _ => false,
    });
    let has_digits = kinds.contains(&Some('0'));
    word.len() >= SHORTEST
        && (changes.count() * 5 >= word.len() || has_digits && !word.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_looks_like_a_key_is_redacted() {
        for (text, kept) in [
            (
                "got wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY.",
                "got [redacted].",
            ),
            ("0123456789abcdef0123456789abcdef", "[redacted]"),
            (
                "'AKIAIOSFODNN7EXAMPLE' is unknown",
                "'[redacted]' is unknown",
            ),
            (
                "SessionToken=FwoGZXIvYXdzEBYaDK, é wJalrXUtnFEMIxK7MDENG0",
                "SessionToken=[redacted], é [redacted]",
            ),
        ] {
            assert_eq!(redact_words(text), kept);
        }
        for text in [
            "/usr/local/bin/python3: No such file or directory",
            "arn:aws:iam::123456789012:role/ParallelClusterImageBuilderRole2",
            "request 6accc570-b080-11ec-845e-0e2dc6386985 at 2026-11-28T10:00:00Z",
            "AccessDeniedException from SecretAccessKeyProviderFactory",
            "",
        ] {
            assert!(
                matches!(redact_words(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }
}
