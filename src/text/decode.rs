//! Text decoded for a search: percent-encoding, backslash escapes and HTML entities are replaced by what they stand for, in
//! any nesting; look-alikes of ASCII and letters are plain lower case; control sequences and invisible characters are left
//! out. [`redact`](crate::text::redact) searches it for secrets.
//!
//! Each decoded byte knows which part of the text it comes from. The text is read from its end: what an escape stands for
//! may begin another one with the decoded text behind it, so one pass decodes every nesting in linear time.

use std::ops::Range;

use crate::text::safe::is_invisible;

/// Stands for any character beyond ASCII. No byte of UTF-8, so that it never looks like a part of an encoded character.
const OTHER: u8 = 0xff;
const ESC: u8 = 0x1b;
/// Ends a control sequence; left out everywhere.
const BEL: u8 = 0x07;
/// How far a control sequence is followed to its end.
const LONGEST_SEQUENCE: usize = 256;

/// A decoded text.
pub(in crate::text) struct Decoded {
    bytes: Vec<u8>,
    /// Where each byte begins in the text, and the text's end.
    starts: Vec<usize>,
    /// Where what stands for each byte ends: behind it may follow what stands for nothing.
    ends: Vec<usize>,
}

/// A decoded byte.
#[derive(Clone, Copy)]
struct Unit {
    byte: u8,
    /// Where it begins in the text, and where it ends.
    start: usize,
    end: usize,
    /// The backslash that made it; more of them before it add nothing.
    escaped_by: Mark,
    /// The backslash that made nothing of what follows it.
    nothing_by: Mark,
}

/// How a backslash is written. One that is encoded itself may stand before an escape of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    None,
    Plain,
    Encoded,
}

impl Decoded {
    pub(in crate::text) fn new(text: &str) -> Self {
        let mut reader = Reader {
            units: Vec::with_capacity(text.len()),
            nothing_by: Mark::None,
        };
        for (start, character) in text.char_indices().rev() {
            if let Some(byte) = byte_of(character) {
                reader.push(byte, start..start + character.len_utf8());
            }
        }
        let units = reader.units.iter().rev();
        let units = units.filter(|unit| unit.byte != BEL);
        let starts = units.clone().map(|unit| unit.start);
        let ends = units.clone().map(|unit| unit.end);
        Self {
            bytes: units.map(|unit| unit.byte).collect(),
            starts: starts.chain([text.len()]).collect(),
            ends: ends.collect(),
        }
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
        let start = self.start(at);
        start..self.ends.get(at).copied().unwrap_or(start)
    }
}

/// Reads a text from its end.
struct Reader {
    /// The decoded text so far, its first byte last.
    units: Vec<Unit>,
    /// The backslash that made nothing at the end of what is read; more of them before it add nothing.
    nothing_by: Mark,
}

/// What an escape stands for (nothing where that is invisible), and the number of bytes behind its first one.
type Escape = (Option<u8>, usize);

impl Reader {
    /// Puts a byte before the decoded text, and decodes the escape that it begins, and what that begins.
    fn push(&mut self, byte: u8, place: Range<usize>) {
        let Range { start, mut end } = place;
        let (mut byte, mut mark, mut escaped_by) = (byte, Mark::Plain, Mark::None);
        loop {
            if byte == b'\\' && self.absorbs(mark, start) {
                return;
            }
            let escape = match byte {
                b'%' => self.hex(0, 2).map(|code| (raw(code), 2)),
                b'\\' => self.backslash(),
                b'&' => self.entity(),
                ESC => Some(self.sequence()),
                0xc2..=0xf4 => self.character(byte),
                _ => None,
            };
            let Some((decoded, length)) = escape else {
                break;
            };
            let kept = self.units.len().saturating_sub(length);
            if let Some(last) = self.units.get(kept) {
                end = last.end;
                self.nothing_by = last.nothing_by;
            }
            self.units.truncate(kept);
            if byte == b'\\' {
                escaped_by = mark;
            }
            mark = Mark::Encoded;
            let Some(decoded) = decoded else {
                self.nothing_by = escaped_by;
                return;
            };
            byte = decoded;
        }
        let nothing_by = std::mem::replace(&mut self.nothing_by, Mark::None);
        self.units.push(Unit {
            byte,
            start,
            end,
            nothing_by,
            escaped_by: if byte == b'\\' { mark } else { escaped_by },
        });
    }

    /// Whether a backslash adds nothing, because more of its kind follow.
    fn absorbs(&mut self, mark: Mark, start: usize) -> bool {
        if self.nothing_by >= mark {
            return true;
        }
        let last = self.units.last_mut();
        let last = last.filter(|unit| unit.escaped_by >= mark);
        let absorbs = last.is_some();
        if let Some(last) = last {
            last.start = start;
        }
        absorbs
    }

    /// A byte behind the first one of an escape.
    fn peek(&self, at: usize) -> Option<u8> {
        let index = self.units.len().checked_sub(at + 1)?;
        self.units.get(index).map(|unit| unit.byte)
    }

    fn starts_with(&self, at: usize, text: &[u8]) -> bool {
        (at..)
            .zip(text)
            .all(|(at, byte)| self.peek(at) == Some(*byte))
    }

    fn digits(&self, at: usize, count: usize, radix: u32) -> Option<u32> {
        (at..at + count).try_fold(0_u32, |number, at| {
            let digit = char::from(self.peek(at)?).to_digit(radix)?;
            number.checked_mul(radix)?.checked_add(digit)
        })
    }

    fn hex(&self, at: usize, count: usize) -> Option<u32> {
        self.digits(at, count, 16)
    }

    /// What JSON, a shell or a program's debug output escapes with a backslash.
    fn backslash(&self) -> Option<Escape> {
        let is_hex = |byte: u8| byte.is_ascii_hexdigit();
        Some(match self.peek(0)? {
            b'u' if self.peek(1) == Some(b'{') => {
                let digits = (2..8).take_while(|at| self.peek(*at).is_some_and(is_hex));
                let count = digits.count();
                if self.peek(2 + count) != Some(b'}') {
                    return None;
                }
                (byte_of_code(self.hex(2, count)?), 3 + count)
            }
            // `\U0000003d`, in lower case.
            b'u' if self.starts_with(1, b"0000") && self.hex(5, 4).is_some() => {
                (byte_of_code(self.hex(5, 4)?), 9)
            }
            b'u' => (byte_of_code(self.hex(1, 4)?), 5),
            b'x' => (raw(self.hex(1, 2)?), 3),
            b'n' | b'r' => (Some(b'\n'), 1),
            b't' => (Some(b'\t'), 1),
            b'e' if self.peek(1) == Some(b'[') => (Some(ESC), 1),
            b'0'..=b'3' if self.digits(0, 3, 8).is_some() => (raw(self.digits(0, 3, 8)?), 3),
            b'0' => (None, 1),
            byte
            @ (b'"' | b'\'' | b'/' | b'=' | b'&' | b':' | b'%' | b'-' | b'_' | b'?' | b'@') => {
                (Some(byte), 1)
            }
            // A line that the next one continues.
            b'\n' | b'\r' => {
                let blank = |byte: u8| matches!(byte, b'\n' | b'\r' | b' ' | b'\t');
                let blanks = (0..).take_while(|at| self.peek(*at).is_some_and(blank));
                (None, blanks.count())
            }
            _ => return None,
        })
    }

    /// `&amp;`, `&#61;`, `&#x3d;`.
    fn entity(&self) -> Option<Escape> {
        const NAMED: [(&[u8], u8); 17] = [
            (b"amp;", b'&'),
            (b"quot;", b'"'),
            (b"apos;", b'\''),
            (b"lt;", b'<'),
            (b"gt;", b'>'),
            (b"equals;", b'='),
            (b"colon;", b':'),
            (b"nbsp;", b' '),
            (b"tab;", b'\t'),
            (b"newline;", b'\n'),
            (b"lowbar;", b'_'),
            (b"hyphen;", b'-'),
            (b"dash;", b'-'),
            (b"percnt;", b'%'),
            (b"bsol;", b'\\'),
            (b"num;", b'#'),
            (b"sol;", b'/'),
        ];
        if self.peek(0) != Some(b'#') {
            let named = NAMED.iter().find(|(name, _)| self.starts_with(0, name));
            return named.map(|(name, byte)| (Some(*byte), name.len()));
        }
        let (first, radix) = if self.peek(1) == Some(b'x') {
            (2, 16)
        } else {
            (1, 10)
        };
        let digit = |byte: u8| char::from(byte).is_digit(radix);
        let digits = (first..first + 9).take_while(|at| self.peek(*at).is_some_and(digit));
        let count = digits.count();
        let is_closed = count > 0 && self.peek(first + count) == Some(b';');
        let code = self.digits(first, count, radix).filter(|_| is_closed)?;
        Some((byte_of_code(code), first + count + 1))
    }

    /// A terminal's control sequence behind its ESC.
    fn sequence(&self) -> Escape {
        let length = match self.peek(0) {
            Some(b'[') => {
                let is_parameter = |byte: u8| (0x20..0x40).contains(&byte);
                let parameters = (1..64).take_while(|at| self.peek(*at).is_some_and(is_parameter));
                2 + parameters.count()
            }
            Some(b']' | b'p' | b'x' | b'^' | b'_') => {
                let is_end = |at: &usize| self.peek(*at) == Some(BEL);
                (1..LONGEST_SEQUENCE).find(is_end).map_or(1, |at| at + 1)
            }
            Some(b'\\') => return (Some(BEL), 1),
            Some(b'(' | b')' | b'#') => 2,
            _ => 0,
        };
        (None, length)
    }

    /// A character of several encoded bytes, of which this is the first.
    fn character(&self, first: u8) -> Option<Escape> {
        let count = match first {
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            _ => 3,
        };
        let mut bytes = vec![first];
        for at in 0..count {
            bytes.push(self.peek(at)?);
        }
        let character = str::from_utf8(&bytes).ok()?.chars().next()?;
        Some((byte_of(character), count))
    }
}

/// A byte that an escape gives as a number: it may be one of several of a character.
fn raw(code: u32) -> Option<u8> {
    match u8::try_from(code) {
        Ok(byte) if !byte.is_ascii() => Some(byte),
        _ => byte_of_code(code),
    }
}

fn byte_of_code(code: u32) -> Option<u8> {
    char::from_u32(code).map_or(Some(OTHER), byte_of)
}

/// The byte that stands for a character; none if it shows nothing.
fn byte_of(character: char) -> Option<u8> {
    Some(match character {
        '\n' | '\r' | '\t' | '\u{7}' | '\u{1b}' | ' '..='~' => {
            u8::try_from(character).ok()?.to_ascii_lowercase()
        }
        '\u{241b}' => ESC,
        '\0'..='\u{1f}' | '\u{7f}' | '\u{2400}'..='\u{2421}' => return None,
        '\u{85}' | '\u{2028}' | '\u{2029}' => b'\n',
        // The full-width forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => {
            let plain = u32::from(character) - 0xfee0;
            return byte_of_code(plain);
        }
        '\u{fe55}' | '\u{a789}' | '\u{2236}' => b':',
        '\u{fe66}' => b'=',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' => b'-',
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => b'"',
        '\u{2018}'..='\u{201b}' => b'\'',
        _ if is_invisible(character) => return None,
        _ if character.is_whitespace() => b' ',
        _ => OTHER,
    })
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
            r"a\075b",
            r"a\U0000003db",
            r"a\u005cu003db",
            r"a\u005c\u005cu003db",
            r"a\\u200b=b",
            "a\u{ff1d}b",
            "a%EF%BC%9Db",
            r"a\xef\xbc\x9db",
            "a\u{1b}[1;31m=\u{1b}[0mb",
            r"a\033[1m=\x1b[0mb",
            "a\u{1b}]8;;https://h\u{7}=\u{1b}]8;;\u{1b}\\b",
            "a\0=\0b\0",
            "a&amp;amp;amp;amp;amp;amp;amp;amp;#61;b",
            "a%25%32%35%33Db",
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
