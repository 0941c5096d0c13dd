//! Reads JSON of a known form in one pass over the bytes, without copies: events and the lines of recordings, nearly all of
//! which are compact objects of strings. Anything else is left to `serde_json`.

/// A place in JSON text.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The text from a place on, up to here.
    pub(super) fn since(&self, begin: usize) -> Option<&'a str> {
        self.text.get(begin..self.at)
    }

    /// Goes behind white space.
    pub(crate) fn skip_space(&mut self) {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ') => self.at += spaces(bytes, self.at),
                Some(b'\n' | b'\r' | b'\t') => self.at += 1,
                _ => return,
            }
        }
    }

    /// Goes behind these bytes, if they are next.
    pub(crate) fn skip(&mut self, token: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..);
        let is_next = rest.is_some_and(|rest| rest.starts_with(token.as_bytes()));
        self.at += if is_next { token.len() } else { 0 };
        is_next
    }

    /// The next string's content, if it has no escapes.
    pub(crate) fn plain_string(&mut self) -> Option<&'a str> {
        let (string, is_plain) = self.any_string()?;
        is_plain.then(|| string.get(1..string.len() - 1))?
    }

    /// Goes behind the next string if it has this content, which has no escapes. Returns it with its quotes.
    pub(crate) fn known_string(&mut self, content: &str) -> Option<&'a str> {
        let (string, end) = (self.rest(), content.len() + 1);
        let is_next = string.strip_prefix('"')?.starts_with(content)
            && string.as_bytes().get(end) == Some(&b'"');
        let string = string.get(..=end).filter(|_| is_next)?;
        self.at += string.len();
        Some(string)
    }

    /// The next whole number.
    pub(crate) fn integer(&mut self) -> Option<i64> {
        let bytes = self.text.as_bytes().get(self.at..)?;
        let is_negative = bytes.first() == Some(&b'-');
        let begin = usize::from(is_negative);
        let (mut number, mut length) = (0_i64, begin);
        while let Some(digit) = bytes.get(length).filter(|byte| byte.is_ascii_digit()) {
            number = number
                .checked_mul(10)?
                .checked_add(i64::from(digit - b'0'))?;
            length += 1;
        }
        if length == begin {
            return None;
        }
        self.at += length;
        Some(if is_negative { -number } else { number })
    }

    /// The next string, with its quotes, and whether it has no escapes. None if there is none, or an invalid one.
    pub(crate) fn any_string(&mut self) -> Option<(&'a str, bool)> {
        let mut is_plain = true;
        let bytes = self.text.as_bytes();
        let begin = self.at;
        if bytes.get(begin) != Some(&b'"') {
            return None;
        }
        let mut at = begin + 1;
        loop {
            at = next_special(bytes, at)?;
            match bytes.get(at)? {
                b'"' => break,
                b'\\' => {
                    is_plain = false;
                    at += escape(bytes.get(at + 1..)?)?;
                }
                _ => return None,
            }
        }
        self.at = at + 1;
        Some((self.text.get(begin..self.at)?, is_plain))
    }
}

/// How many of the next eight bytes are spaces, the first of which is one.
fn spaces(bytes: &[u8], at: usize) -> usize {
    const SPACES: u64 = u64::from_ne_bytes([b' '; 8]);
    let chunk = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>);
    let others = chunk.map(|chunk| u64::from_le_bytes(*chunk) ^ SPACES);
    others.map_or(1, |others| others.trailing_zeros() as usize / 8)
}

/// The length of the escape whose backslash is before these bytes.
fn escape(after: &[u8]) -> Option<usize> {
    match after.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' if after.get(1..5)?.iter().all(u8::is_ascii_hexdigit) => Some(6),
        _ => None,
    }
}

/// The first byte from `at` on that is a quote, a backslash or a control character.
pub(super) fn next_special(bytes: &[u8], mut at: usize) -> Option<usize> {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = EACH << 7;
    // Sets the high bit of each byte that is less than `limit`, up to the first: a borrow may set later ones.
    let below = |chunk: u64, limit: u8| chunk.wrapping_sub(EACH * u64::from(limit)) & !chunk;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let chunk = u64::from_le_bytes(*chunk);
        let equal = |byte: u8| below(chunk ^ (EACH * u64::from(byte)), 1);
        let special = (equal(b'"') | equal(b'\\') | below(chunk, 0x20)) & HIGH;
        if special != 0 {
            return Some(at + usize::try_from(special.trailing_zeros() / 8).ok()?);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    Some(at + rest.iter().position(special)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn what_is_no_string_is_left() {
        for text in [
            "",
            "x",
            "\"",
            "\"a",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"a\nb\"",
            "\"0123456\u{1}\"",
        ] {
            let mut scanner = Scanner::new(text);
            assert_eq!(scanner.any_string(), None, "{text:?}");
            assert_eq!(scanner.rest(), text);
        }
    }

    proptest! {
        /// White space ends where it ends in JSON.
        #[test]
        fn white_space_is_skipped_to_its_end(space in "[ \n\r\t]{0,20}", behind in "[x\u{a0}\u{c}]?[ x]{0,9}") {
            let text = format!("{space}{behind}");
            let mut scanner = Scanner::new(&text);
            let length = text.len() - text.trim_start_matches([' ', '\n', '\r', '\t']).len();
            scanner.skip_space();
            prop_assert_eq!(scanner.position(), length);
        }

        /// A whole number is that of the parser, where that takes the whole text.
        #[test]
        fn a_number_is_that_of_the_parser(text in "-?[0-9]{0,21}[ ,x]?") {
            let digits = text.trim_end_matches([' ', ',', 'x']);
            let mut scanner = Scanner::new(&text);
            let expected = digits.parse::<i64>().ok().filter(|number| *number != i64::MIN);
            prop_assert_eq!(scanner.integer(), expected);
            if expected.is_some() {
                prop_assert_eq!(scanner.position(), digits.len());
            }
        }

        /// A string ends where it ends for the parser, whatever is in it and behind it.
        #[test]
        fn a_string_is_that_of_the_parser(
            parts in prop::collection::vec(prop::sample::select(vec![
                "\"", "\\", "\\\"", "\\u00e9", "\\u12", "\\n", "\n", "\u{1f}", " ", "é", "日本", "abcdefgh", "x", "\u{80}", "!", "#", "[", "]",
            ]), 0..20),
        ) {
            let text = format!("\"{}", parts.concat());
            let mut values = serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>();
            let expected = values.next().and_then(Result::ok).map(RawValue::get);
            let found = Scanner::new(&text).any_string();
            let is_plain = |string: &str| !string.contains('\\');
            prop_assert_eq!(found, expected.map(|string| (string, is_plain(string))));
        }

        /// A known string is found exactly where the same string is next.
        #[test]
        fn a_known_string_is_the_next_one(text in "[a-c\"\\\\é]{0,6}", known in "[a-cé]{0,3}") {
            let text = format!("\"{text}");
            let expected = Scanner::new(&text).plain_string().filter(|next| *next == known);
            let mut scanner = Scanner::new(&text);
            let found = scanner.known_string(&known);
            let expected = expected.map(|next| format!("\"{next}\""));
            prop_assert_eq!(found, expected.as_deref());
            prop_assert_eq!(scanner.position(), found.map_or(0, str::len));
        }
    }
}
