//! Finds the values of secrets in a text, by the names before them or in the field beside them.

use std::cell::{Cell, OnceCell};

use regex::bytes::Captures;
use serde::de::IgnoredAny;

use crate::text::decode::Decoded;
use crate::text::redact::REDACTED;
use crate::text::redact::names::{KEY_FIELD, NAMES, QUOTE, SCHEME, SEPARATOR, WRAPPER};

/// How far a quoted value is followed to its closing quote. Session tokens have up to 4 kB.
const LONGEST_QUOTED: usize = 16 * 1024;
/// How far a URL's user and password are followed to the `@` behind them.
const LONGEST_USER: usize = 1024;
/// How much of the text around a name is searched for what belongs to it.
const NEAR: usize = 200;
/// The length from which a word without a secret's exact name is taken for one.
const OPAQUE: usize = 16;
/// The same for the field that is just named `token`, which page tokens have too.
const OPAQUE_TOKEN: usize = 40;
/// How much of a word decides whether it looks random.
const LONGEST_CHECKED: usize = 256;

/// How sure a name is to be a secret's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Strong,
    /// A strong one in the words of a sentence.
    Prose,
    Authorization,
    /// `token`
    Token,
    /// A word of sentences too.
    Weak,
    /// A query parameter alone.
    Parameter,
}

/// A value of the decoded text: where it begins and ends.
type Value = (usize, usize);

/// Finds the values of secrets in the decoded text.
pub(super) struct Finder<'a> {
    text: &'a str,
    decoded: Decoded,
    /// Whether the text is a JSON document, which redaction must not break: a bare quote begins or ends a string.
    is_json: OnceCell<bool>,
    /// The last value without quotes: names in it end where it does.
    word: Cell<Value>,
    /// The end of the last name that is the value of a field: the field beside it may have the secret.
    named: Cell<Option<usize>>,
    /// The last field named `value`: the field beside it may have the secret's name.
    unnamed: Cell<Option<Value>>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            decoded: Decoded::new(text),
            is_json: OnceCell::new(),
            word: Cell::new((0, 0)),
            named: Cell::new(None),
            unnamed: Cell::new(None),
        }
    }

    fn is_json(&self) -> bool {
        *self.is_json.get_or_init(|| {
            self.text.trim_start().starts_with(['{', '[', '"'])
                && serde_json::from_str::<IgnoredAny>(self.text).is_ok()
        })
    }

    /// Where a value is in the text.
    pub(super) fn place(&self, begin: usize, end: usize) -> (usize, usize) {
        (self.decoded.start(begin), self.decoded.start(end))
    }

    /// The next value at `from` or later, or in the field beside a name there. `from` moves to where it may hold another
    /// name, or behind it.
    pub(super) fn next(&self, from: &mut usize) -> Option<Value> {
        let names = NAMES.as_ref()?;
        while let Some(name) = names.captures_at(self.decoded.bytes(), *from) {
            let end = name.get(0)?.end();
            *from = end;
            let is_line = name.name("authorization").is_some();
            let value = self.value_of(&name);
            if let Some((begin, end)) = value.filter(|(begin, end)| begin < end) {
                *from = if is_line { end } else { begin.max(*from) };
                return Some((begin, end));
            }
        }
        None
    }

    /// The secret that a match of [`NAMES`] leads to.
    fn value_of(&self, name: &Captures<'_>) -> Option<Value> {
        let (start, end) = name.get(0).map(|name| (name.start(), name.end()))?;
        let is = |group| name.name(group).is_some();
        if let Some(bare) = name.name("bare") {
            let is_scheme = bare.as_bytes().starts_with(b"bearer");
            let begin = if is_scheme { end } else { start };
            let end = self.word_end(begin);
            return self.is_opaque(begin, end, 12).then_some((begin, end));
        }
        if is("userinfo") {
            return self.password(end);
        }
        if is("value") {
            let value = self.value(Name::Strong, end)?;
            self.unnamed.set(Some(value));
            let named = self
                .named
                .take()
                .is_some_and(|name| self.is_beside(name, start));
            return named.then_some(value);
        }
        let words = self.decoded.bytes().get(start..end);
        let is_prose = || words.is_some_and(|words| words.contains(&b' '));
        let kind = match () {
            () if is("strong") && is_prose() => Name::Prose,
            () if is("strong") => Name::Strong,
            () if is("authorization") => Name::Authorization,
            () if is("token") => Name::Token,
            () if is("sig") => Name::Parameter,
            () => Name::Weak,
        };
        if self.is_field(start) {
            self.named.set(Some(end));
            let unnamed = self.unnamed.take();
            let unnamed = unnamed.filter(|(begin, _)| !self.is_marker(*begin));
            if let Some(value) = unnamed.filter(|value| self.is_beside(value.1, start)) {
                return Some(value);
            }
        }
        self.value(kind, end)
    }

    /// Whether a name is the value of a field: `"Key": "NAME"`, `name: NAME`, `<Name>NAME`.
    fn is_field(&self, start: usize) -> bool {
        let bytes = self.decoded.bytes();
        let before = bytes.get(start.saturating_sub(NEAR / 2)..start);
        let key = KEY_FIELD.as_ref();
        key.zip(before)
            .is_some_and(|(key, before)| key.is_match(before))
    }

    /// Whether two fields are of one object: nothing between them ends it.
    fn is_beside(&self, first: usize, second: usize) -> bool {
        let between = self.decoded.bytes().get(first..second);
        between.is_some_and(|between| {
            let is_item = |pair: &[u8]| pair == b"\n\n" || pair == b"- ";
            between.len() <= NEAR
                && !between.iter().any(|byte| b"{}".contains(byte))
                && !between.windows(2).any(is_item)
        })
    }

    /// The password of a URL whose user begins here; the user where that looks like a token.
    fn password(&self, begin: usize) -> Option<Value> {
        let bytes = self.decoded.bytes();
        let rest = bytes.get(begin..bytes.len().min(begin + LONGEST_USER))?;
        let ends = |(at, byte): (usize, &u8)| match byte {
            // Encoded, it is a part of the password.
            b'/' | b'?' | b'#' => self.decoded.span(begin + at).len() == 1,
            _ => *byte <= b' ' || b"\"'<>`\\".contains(byte),
        };
        let length = rest.iter().enumerate().position(ends).unwrap_or(rest.len());
        let user = rest.get(..length)?;
        let end = begin + user.iter().rposition(|byte| *byte == b'@')?;
        let colon = user.iter().position(|byte| *byte == b':');
        let colon = colon.map(|at| begin + at).filter(|at| *at < end);
        let user_end = colon.unwrap_or(end);
        if self.is_opaque(begin, user_end, OPAQUE) {
            return Some((begin, end));
        }
        colon.map(|at| (at + 1, end))
    }

    /// The value of the name that ends here.
    fn value(&self, name: Name, name_end: usize) -> Option<Value> {
        let bytes = self.decoded.bytes();
        let window = bytes.get(name_end..bytes.len().min(name_end + NEAR))?;
        let separator = SEPARATOR.as_ref()?.captures(window)?;
        let begin = name_end + separator.get(0)?.end();
        let may_wrap = ["equals", "colon", "tag"]
            .iter()
            .any(|group| separator.name(group).is_some());
        let wrapped = || {
            let window = bytes.get(begin..bytes.len().min(begin + NEAR))?;
            let wrapper = WRAPPER.as_ref()?.find(window)?;
            let begin = begin + wrapper.end();
            self.value_at(name, name_end, &separator, begin, true)
        };
        let is_wrapped = may_wrap && !self.is_marker(begin);
        let value = is_wrapped.then(wrapped).flatten();
        value.or_else(|| self.value_at(name, name_end, &separator, begin, false))
    }

    /// The value that begins here, behind its separator and what is around it.
    fn value_at(
        &self,
        name: Name,
        name_end: usize,
        separator: &Captures<'_>,
        begin: usize,
        is_wrapped: bool,
    ) -> Option<Value> {
        let bytes = self.decoded.bytes();
        let has = |group| separator.name(group).is_some_and(|found| !found.is_empty());
        let quote = QUOTE
            .as_ref()?
            .find(bytes.get(begin..bytes.len().min(begin + 4))?);
        let quoted = quote.is_some();
        let begin = begin + quote.map_or(0, |quote| quote.end());
        let is_named_field =
            (name_end..begin - usize::from(quoted)).any(|at| self.is_bare_quote(at));
        if self.is_json() {
            let opens = quoted && self.is_bare_quote(begin - 1);
            // A bare quote after `=` ends the string that has the name; a value without quotes is a number.
            if opens != is_named_field {
                return None;
            }
        }
        let is_sure = matches!(name, Name::Strong | Name::Prose);
        let first = bytes.get(begin)?;
        if has("space") && (!is_sure || quoted)
            || has("comma") && !(quoted && has("close"))
            || name == Name::Parameter && !has("equals")
            || quoted && matches!(first, b' ' | b',' | b']' | b'}' | b')' | b':')
        {
            return None;
        }
        let closed = quoted.then(|| self.closing(begin)).flatten();
        let word_end = || closed.unwrap_or_else(|| self.word_end(begin));
        if has("comma") && self.is_header_name(begin, word_end()) {
            return None;
        }
        if name == Name::Authorization {
            let scheme = bytes.get(begin..bytes.len().min(begin + 64));
            let line = SCHEME.as_ref()?.is_match(scheme.unwrap_or_default());
            let end = match closed {
                Some(end) => end,
                None if line => self.line_end(begin),
                None => self.word_end(begin),
            };
            let is_secret =
                closed.is_some() || line || has("equals") || self.is_opaque(begin, end, OPAQUE);
            return is_secret.then_some((begin, end));
        }
        let end = word_end();
        if !quoted && is_named_field && self.is_literal(begin, end) {
            return None;
        }
        let is_doubtful = has("space")
            || has("line")
            || has("flush")
            || !quoted && (is_wrapped || name != Name::Strong && has("colon"));
        let least = match name {
            Name::Token => OPAQUE_TOKEN,
            _ if is_doubtful => OPAQUE,
            _ => 1,
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
        self.is_json() && span.into_iter().any(is_bare)
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

    /// Whether this is in a list of names, such as that of the signed headers.
    fn is_header_name(&self, begin: usize, end: usize) -> bool {
        let word = self.decoded.bytes().get(begin..end).unwrap_or_default();
        let is_name = |byte: &u8| byte.is_ascii_alphabetic() || b"-_".contains(byte);
        word.starts_with(b"x-") || word.iter().all(is_name)
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
