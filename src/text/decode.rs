//! Text decoded for a search: percent-encoding, backslash escapes and HTML entities are replaced by what they stand for, any
//! number of times, and letters are lower case. [`redact`](crate::text::redact) searches it for secrets.
//!
//! Each decoded byte knows which part of the text it comes from.

use std::ops::Range;

use crate::text::safe::is_invisible;

/// How often a text is decoded again: encodings may be mixed.
const ROUNDS: usize = 5;
/// Stands for any character beyond ASCII.
const OTHER: u8 = 0x80;

/// A decoded text.
pub(in crate::text) struct Decoded {
    bytes: Vec<u8>,
    /// Where each byte begins in the text, and the text's end.
    starts: Vec<usize>,
}

impl Decoded {
    pub(in crate::text) fn new(text: &str) -> Self {
        let mut decoded = Self::characters(text);
        for _ in 0..ROUNDS {
            if !decoded.decode() {
                break;
            }
        }
        decoded
    }

    pub(in crate::text) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where a byte begins in the text.
    pub(in crate::text) fn start(&self, at: usize) -> usize {
        self.starts
            .get(at)
            .or(self.starts.last())
            .copied()
            .unwrap_or_default()
    }

    /// The part of the text that a byte stands for.
    pub(in crate::text) fn span(&self, at: usize) -> Range<usize> {
        self.start(at)..self.start(at + 1)
    }

    /// The text in lower case, a byte for each character, without what is invisible.
    fn characters(text: &str) -> Self {
        let (mut bytes, mut starts) = (
            Vec::with_capacity(text.len()),
            Vec::with_capacity(text.len() + 1),
        );
        for (start, character) in text.char_indices() {
            if let Some(byte) = byte_of(character) {
                bytes.push(byte);
                starts.push(start);
            }
        }
        starts.push(text.len());
        Self { bytes, starts }
    }

    /// Decodes once; false if there was nothing to decode.
    fn decode(&mut self) -> bool {
        if !self
            .bytes
            .iter()
            .any(|byte| matches!(byte, b'%' | b'\\' | b'&'))
        {
            return false;
        }
        let (mut read, mut written) = (0, 0);
        let before = self.bytes.len();
        while let Some(rest) = self.bytes.get(read..).filter(|rest| !rest.is_empty()) {
            let (byte, length) = escape(rest).unwrap_or_else(|| (rest.first().copied(), 1));
            let start = self.start(read);
            if let (Some(byte), Some(to), Some(at)) = (
                byte,
                self.bytes.get_mut(written),
                self.starts.get_mut(written),
            ) {
                (*to, *at) = (byte, start);
                written += 1;
            }
            read += length;
        }
        let end = self.start(before);
        self.bytes.truncate(written);
        self.starts.truncate(written);
        self.starts.push(end);
        written < before
    }
}

fn byte_of(character: char) -> Option<u8> {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => Some(byte.to_ascii_lowercase()),
        _ if is_invisible(character) => None,
        _ if character.is_whitespace() => Some(b' '),
        _ => Some(OTHER),
    }
}

/// What the escape that a text begins with stands for (nothing where that is invisible), and its length.
fn escape(text: &[u8]) -> Option<(Option<u8>, usize)> {
    match text.first()? {
        b'%' => percent(text),
        b'\\' => backslash(text),
        b'&' => entity(text),
        _ => None,
    }
}

/// `%3d`, `%253d`, `%25253d` and so on.
fn percent(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let mut at = 1;
    while text.get(at..).is_some_and(|rest| rest.starts_with(b"25")) {
        at += 2;
    }
    match text.get(at..at + 2).and_then(|digits| number(digits, 16)) {
        Some(code) => Some((byte_of_code(code.min(0x80)), at + 2)),
        None if at > 1 => Some((Some(b'%'), at)),
        None => None,
    }
}

/// Any number of backslashes before what JSON, a shell or a program's debug output escapes with them.
fn backslash(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let marks = text.iter().take_while(|byte| **byte == b'\\').count();
    let rest = text.get(marks..)?;
    let (byte, length) = match rest.first().copied() {
        Some(b'u') if rest.get(1) == Some(&b'{') => {
            let digits = rest
                .get(2..)?
                .iter()
                .take(6)
                .take_while(|byte| byte.is_ascii_hexdigit())
                .count();
            if rest.get(2 + digits) == Some(&b'}') {
                (
                    byte_of_code(number(rest.get(2..2 + digits)?, 16)?),
                    3 + digits,
                )
            } else {
                (Some(b'\\'), 0)
            }
        }
        Some(kind @ (b'u' | b'x')) => {
            let digits = if kind == b'u' { 4 } else { 2 };
            match rest.get(1..=digits).and_then(|digits| number(digits, 16)) {
                Some(code) => (byte_of_code(code), 1 + digits),
                None => (Some(b'\\'), 0),
            }
        }
        Some(b'n' | b'r') => (Some(b'\n'), 1),
        Some(b't') => (Some(b'\t'), 1),
        Some(byte @ (b'"' | b'\'' | b'/' | b'=' | b'&' | b':' | b'%' | b'-' | b'_')) => {
            (Some(byte), 1)
        }
        // A line that the next one continues.
        Some(b'\n' | b'\r') => {
            let blank = |byte: &u8| matches!(byte, b'\n' | b'\r' | b' ' | b'\t');
            (None, rest.iter().take_while(|byte| blank(byte)).count())
        }
        _ => (Some(b'\\'), 0),
    };
    Some((byte, marks + length))
}

/// `&amp;`, `&#61;`, `&#x3d;`.
fn entity(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let end = text.iter().take(12).position(|byte| *byte == b';')?;
    let byte = match text.get(1..end)? {
        b"amp" => Some(b'&'),
        b"quot" => Some(b'"'),
        b"apos" => Some(b'\''),
        b"lt" => Some(b'<'),
        b"gt" => Some(b'>'),
        b"equals" => Some(b'='),
        b"colon" => Some(b':'),
        [b'#', b'x', digits @ ..] => byte_of_code(number(digits, 16)?),
        [b'#', digits @ ..] => byte_of_code(number(digits, 10)?),
        _ => return None,
    };
    Some((byte, end + 1))
}

fn byte_of_code(code: u32) -> Option<u8> {
    char::from_u32(code).map_or(Some(OTHER), byte_of)
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = str::from_utf8(digits).ok()?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, radix).ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_decoded_in_any_mixture() {
        for text in [
            "A=b",
            "%41%3D%62",
            "a%3db",
            "a%2525253Db",
            r"a\u003db",
            r"\\\u0041=b",
            r"a\\=b",
            "a&#61;b",
            "a&#x3D;b",
            "a&equals;b",
            "a&amp;equals;b",
            "a%26%2361%3Bb",
            "a%5Cu003db",
            "a\u{200b}=b",
            "a\\u{200b}=b",
            "a\\\n  =b",
        ] {
            let decoded = Decoded::new(text);
            assert_eq!(decoded.bytes(), b"a=b", "{text}");
            assert_eq!(decoded.start(3), text.len());
        }
        for text in [
            "100%",
            "%zz",
            r"C:\x",
            r"\",
            "a&b;c",
            "&#;",
            "&#xffffffff1;",
            "%25",
        ] {
            let decoded = Decoded::new(text);
            assert_eq!(decoded.start(decoded.bytes().len()), text.len(), "{text}");
        }
    }
}
