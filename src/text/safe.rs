//! Text from outside, made safe to show: the only string type that a widget or a line printer is given.
//!
//! Event reasons, resource names and error bodies are written by others and may hold escape sequences,
//! direction overrides or invisible characters. [`SafeText`] makes each of them visible; it drops nothing, so
//! that two different names never look alike. The JSON output of an event does not use it: JSON escapes, and
//! keeps values.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use chrono::TimeDelta;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many combining marks may follow one base character before the rest is shown escaped.
const MAX_COMBINING: usize = 4;

/// Text in which nothing can move a cursor, hide itself or change the terminal.
///
/// Line breaks and tabs are kept (views split and expand them); every other control, format and
/// direction character is replaced by a visible form.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SafeText(Arc<str>);

impl SafeText {
    /// Makes any text safe to show.
    pub fn new(raw: &str) -> Self {
        if raw.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Self(raw.into());
        }
        let mut out = String::with_capacity(raw.len() + 16);
        let mut marks = 0;
        for character in raw.chars() {
            if character != '\n' && character.width() == Some(0) && !is_unsafe(character) {
                marks += 1;
            } else {
                marks = 0;
            }
            if is_unsafe(character) || marks > MAX_COMBINING {
                push_visible(&mut out, character);
            } else {
                out.push(character);
            }
        }
        Self(out.into())
    }

    /// The safe text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SafeText {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, formatter)
    }
}

/// Whether showing this character as it is could act on the terminal or mislead the reader.
fn is_unsafe(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{00ad}'
        | '\u{061c}'
        | '\u{180e}'
        | '\u{feff}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

/// Writes a hostile character in a form that can be read: `␛` for C0 controls, `\u{202e}` for the others.
fn push_visible(out: &mut String, character: char) {
    let code = u32::from(character);
    let picture = match code {
        0..=0x1f => char::from_u32(0x2400 + code),
        0x7f => Some('\u{2421}'),
        _ => None,
    };
    match picture {
        Some(picture) => out.push(picture),
        None => out.extend(character.escape_unicode()),
    }
}

/// Escapes in a line of JSON what could act on a terminal. JSON has no raw controls, so what is left stands
/// inside strings, where an escape is the same value.
pub fn escape_json(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for character in line.chars() {
        if is_unsafe(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// Text of several lines as one line, for places that have no more.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A duration as a person reads it: `0:03`, `34:12`, `1:02:03`. Never negative.
pub(crate) fn duration(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// The number of terminal columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Cuts `text` to `columns` terminal columns, on a grapheme boundary, marking the cut with `ellipsis`.
pub fn truncate(text: &str, columns: usize, ellipsis: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(ellipsis));
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = width(grapheme);
        if used + wide > room {
            break;
        }
        used += wide;
        out.push_str(grapheme);
    }
    if width(ellipsis) <= columns {
        out.push_str(ellipsis);
    }
    out
}

/// Fills `text` up with spaces to `columns` terminal columns; what is wider stays as it is.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let rest = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(rest))
}

/// Breaks `text` into lines of at most `columns` terminal columns: at its own line breaks, then at spaces,
/// then inside a word that is wider than a line.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for line in text.split('\n') {
        wrap_line(&line.replace('\t', "    "), columns, &mut lines);
    }
    lines
}

fn wrap_line(line: &str, columns: usize, lines: &mut Vec<String>) {
    let mut current = String::new();
    let mut used = 0;
    for word in line.split_inclusive(' ') {
        // The space after a word takes no room at the end of a line.
        if used + width(word.trim_end()) <= columns {
            current.push_str(word);
            used += width(word);
            continue;
        }
        if used > 0 {
            lines.push(std::mem::take(&mut current).trim_end().to_owned());
            used = 0;
            if word.trim().is_empty() {
                continue;
            }
        }
        for grapheme in word.graphemes(true) {
            let wide = width(grapheme);
            if used + width(grapheme.trim_end()) > columns && used > 0 {
                lines.push(std::mem::take(&mut current).trim_end().to_owned());
                used = 0;
            }
            current.push_str(grapheme);
            used += wide;
        }
    }
    lines.push(current.trim_end().to_owned());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_show_hours_only_where_there_are_some() {
        let cases = [
            (-5, "0:00"),
            (9, "0:09"),
            (2052, "34:12"),
            (3723, "1:02:03"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(TimeDelta::seconds(seconds)), text);
        }
    }

    #[test]
    fn escape_sequences_become_visible() {
        let clean = SafeText::new("a\u{1b}]52;c;Zm9v\u{7}b\u{9b}31m\rc");
        assert_eq!(clean.as_str(), "a␛]52;c;Zm9v␇b\\u{9b}31m␍c");
    }

    #[test]
    fn direction_overrides_and_invisible_characters_become_visible() {
        let clean = SafeText::new("x\u{202e}y\u{200b}z\u{e0041}");
        assert_eq!(clean.as_str(), "x\\u{202e}y\\u{200b}z\\u{e0041}");
    }

    #[test]
    fn ordinary_text_of_any_script_is_kept() {
        for text in [
            "plain",
            "naïve",
            "日本語",
            "line\nbreak\tand tab",
            "e\u{301}",
        ] {
            assert_eq!(SafeText::new(text).as_str(), text);
        }
    }

    #[test]
    fn piled_up_combining_marks_are_capped() {
        let zalgo = format!("a{}", "\u{301}".repeat(9));
        let clean = SafeText::new(&zalgo);
        assert!(clean.as_str().ends_with("\\u{301}"), "{clean}");
        assert_eq!(
            SafeText::new(clean.as_str()),
            clean,
            "cleaning twice changes nothing"
        );
    }

    #[test]
    fn truncation_keeps_wide_characters_whole() {
        assert_eq!(truncate("日本語", 5, "…"), "日本…");
        assert_eq!(truncate("日本語", 4, "…"), "日…");
        assert_eq!(truncate("abc", 3, "…"), "abc");
        assert_eq!(truncate("abc", 0, "…"), "");
    }

    #[test]
    fn wrapping_breaks_at_spaces_then_inside_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("resource(s) 'x'", 9), ["resource(", "s) 'x'"]);
        assert_eq!(wrap("the resource(s)", 12), ["the", "resource(s)"]);
        assert_eq!(wrap("    - name", 8), ["    -", "name"]);
        assert_eq!(
            wrap("a\u{3000}b", 1),
            ["a", "b"],
            "a space is as wide as it is"
        );
    }

    /// Text in which what is hostile comes often, alone and in sequences.
    fn any_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            prop::char::range('\0', '\u{2ff}').prop_map(String::from),
            prop::char::range('\u{200b}', '\u{206f}').prop_map(String::from),
            prop::char::range('\u{e0000}', '\u{e007f}').prop_map(String::from),
            prop::sample::select(vec![
                "\u{301}",
                "\u{1b}]0;x\u{7}",
                "\u{9b}31m",
                "日本",
                " ",
                "\n",
                "\t",
                "\u{3000}",
                "\u{ad}"
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    /// What may stand in a cell: no control, nothing that turns text around or can't be seen.
    fn is_inert(text: &str) -> bool {
        !text.contains(|character: char| {
            character.is_control() && !matches!(character, '\n' | '\t')
                || matches!(
                    u32::from(character),
                    0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff
                        | 0xfff9..=0xfffb | 0xe0000..=0xe007f
                )
        })
    }

    proptest! {
        /// Nothing hostile is left, also where two clean texts meet; cleaning again changes nothing; what is cut or
        /// wrapped fits; and no text grows without bound.
        #[test]
        fn any_text_is_made_inert_and_fits(one in any_text(), other in any_text(), columns in 1..90_usize) {
            let (clean, more) = (SafeText::new(&one), SafeText::new(&other));
            let both = format!("{clean}{more}");
            prop_assert!(is_inert(clean.as_str()) && is_inert(&both));
            prop_assert_eq!(&SafeText::new(clean.as_str()), &clean);
            prop_assert!(clean.as_str().len() <= 8 * one.len());
            let line = one_line(clean.as_str());
            prop_assert!(!line.contains(['\n', '\t']));
            prop_assert!(width(&truncate(&line, columns, "…")) <= columns);
            let cells: usize = line.graphemes(true).map(width).sum();
            prop_assert_eq!(cells, width(&line));
            for line in wrap(clean.as_str(), columns) {
                // What can't be taken apart stays whole, however wide it is.
                let wide = line.graphemes(true).filter(|part| width(part) > 0).count();
                prop_assert!(width(&line) <= columns || wide == 1, "{:?}", line);
            }
            let json = serde_json::to_string(&one).unwrap();
            let escaped = escape_json(&json);
            prop_assert!(is_inert(&escaped));
            prop_assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), one);
        }
    }
}
