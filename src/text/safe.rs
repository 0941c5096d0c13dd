//! Text from outside, made safe to show: the only string type that widgets and line printers accept. It is made where
//! bytes are parsed and stays to the terminal.
//!
//! Event reasons, resource names and error bodies are written by others and may hold escape sequences, direction
//! overrides or invisible characters. [`SafeText`] makes each of them visible; it drops nothing, so that two different
//! names never look alike. The JSON output of an event does not use it: JSON escapes, and keeps values.
//!
//! Tests of whole frames: `tests/it/headless/hostile.rs`.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many combining marks may follow one base character before the rest is shown escaped.
const MAX_COMBINING: usize = 4;

/// Text in which nothing can move a cursor, hide itself or change the terminal.
///
/// Line breaks and tabs are kept (views split and expand them); every other control, format and
/// direction character is replaced by a visible form.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SafeText(Arc<str>);

impl Default for SafeText {
    fn default() -> Self {
        Self("".into())
    }
}

impl SafeText {
    /// Makes any text safe to show.
    pub fn new(raw: &str) -> Self {
        if is_printable(raw) {
            return Self(raw.into());
        }
        let mut out = String::with_capacity(raw.len() + 16);
        // A part of a text may begin with a mark.
        let (mut base, mut marks) = (Some(' '), 0);
        let mut characters = raw.chars().peekable();
        while let Some(character) = characters.next() {
            let is_shown = match character {
                '\u{fe0e}' | '\u{fe0f}' => {
                    marks == 0
                        && base.is_some_and(|base| {
                            is_emoji_base(base)
                                || is_key(base) && characters.peek() == Some(&'\u{20e3}')
                        })
                }
                _ if is_unsafe(character) => false,
                '\n' | '\t' => true,
                _ if character.width() == Some(0) => base.is_some() && marks < MAX_COMBINING,
                _ => true,
            };
            if !is_shown {
                push_visible(&mut out, character);
                // A mark on the escape would look like one on the character before it.
                (base, marks) = (None, 0);
                continue;
            }
            out.push(character);
            if matches!(character, '\n' | '\t') {
                (base, marks) = (None, 0);
            } else if character.width() == Some(0) {
                marks += 1;
            } else {
                (base, marks) = (Some(character), 0);
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

/// Whether a text consists of printable ASCII. Without branches within a part, so that the compiler makes vector
/// instructions of it.
fn is_printable(text: &str) -> bool {
    let parts = text.as_bytes().chunks(64);
    let is_other = |byte: &u8| u8::from(!(0x20..0x7f).contains(byte));
    parts
        .map(|part| part.iter().fold(0, |others, byte| others | is_other(byte)))
        .all(|others| others == 0)
}

/// Whether showing this character as it is could act on the terminal or mislead the reader.
fn is_unsafe(character: char) -> bool {
    match character {
        '\n' | '\t' | ' '..='~' => false,
        '\u{2028}' | '\u{2029}' => true,
        other => other.is_control() || is_invisible(other),
    }
}

/// The characters that Unicode 16 has as `Default_Ignorable_Code_Point`
/// (<https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt>): a terminal shows nothing for them.
const DEFAULT_IGNORABLE: [(char, char); 17] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// The characters that show nothing or a blank cell without being ignorable or white space: signs that only join
/// others, blank Braille and music, fillers, and the format characters of annotations and hieroglyphs.
const BLANK: [(char, char); 7] = [
    ('\u{2800}', '\u{2800}'),
    ('\u{2d7f}', '\u{2d7f}'),
    ('\u{fff9}', '\u{fffc}'),
    ('\u{13430}', '\u{13440}'),
    ('\u{16fe4}', '\u{16fe4}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{1107f}', '\u{1107f}'),
];

/// Whether a terminal shows nothing for this character, or a blank cell.
pub(in crate::text) fn is_invisible(character: char) -> bool {
    let mut ranges = DEFAULT_IGNORABLE.iter().chain(&BLANK);
    character > '~' && ranges.any(|(first, last)| (*first..=*last).contains(&character))
}

/// Whether a variation selector after this character chooses between its text and its emoji form. Only these have two
/// widths.
fn is_emoji_base(character: char) -> bool {
    let with = |selector: char| String::from_iter([character, selector]).width();
    match character.width() {
        Some(1) => !character.is_ascii() && with('\u{fe0f}') == 2,
        Some(2) => with('\u{fe0e}') == 1 || matches!(character, '\u{1f000}'..='\u{1faff}'),
        _ => false,
    }
}

/// Whether a key cap can follow: `1️⃣`.
fn is_key(character: char) -> bool {
    matches!(character, '0'..='9' | '#' | '*')
}

/// Writes an unsafe character in a readable form: `␛` for C0 controls, `\u{202e}` for the others.
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

/// Escapes the unsafe characters of a line of JSON. JSON has no raw controls, so the others are inside strings, where an
/// escape is the same value.
pub fn escape_json(line: &str) -> String {
    escaped_json(line).into_owned()
}

/// The same without a copy, where nothing is unsafe.
pub(crate) fn escaped_json(line: &str) -> Cow<'_, str> {
    if is_printable(line) {
        return Cow::Borrowed(line);
    }
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
    Cow::Owned(out)
}

/// Text of several lines as one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(in crate::text) mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_become_visible() {
        let safe = SafeText::new("a\u{1b}]52;c;Zm9v\u{7}b\u{9b}31m\rc");
        assert_eq!(safe.as_str(), "a␛]52;c;Zm9v␇b\\u{9b}31m␍c");
    }

    #[test]
    fn direction_overrides_and_invisible_characters_become_visible() {
        let safe = SafeText::new("x\u{202e}y\u{200b}z\u{e0041}");
        assert_eq!(safe.as_str(), "x\\u{202e}y\\u{200b}z\\u{e0041}");
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
        let safe = SafeText::new(&zalgo);
        assert!(safe.as_str().ends_with("\\u{301}"), "{safe}");
        assert_eq!(
            SafeText::new(safe.as_str()),
            safe,
            "safe text stays the same"
        );
    }

    /// Text in which unsafe characters are frequent, alone and in sequences.
    pub(in crate::text) fn any_text() -> impl Strategy<Value = String> {
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
                "\u{ad}",
                "\u{fe0f}",
                "⚠",
                "\u{3164}",
                "\u{2800}"
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    #[test]
    fn names_that_differ_in_something_invisible_look_different() {
        let invisible = (0..=0x0010_ffff_u32)
            .filter_map(char::from_u32)
            .filter(|character| is_invisible(*character));
        let mut count = 0;
        for character in invisible {
            count += 1;
            for name in [format!("a{character}b"), format!("⚠{character}{character}")] {
                let safe = SafeText::new(&name);
                assert!(safe.as_str().contains("\\u{"), "{name:?} as {safe}");
            }
        }
        assert!(count > 4_000, "{count}");
        for known in [
            "\u{115f}",
            "\u{3164}",
            "\u{ffa0}",
            "\u{2800}",
            "\u{34f}",
            "\u{e0041}",
            "\u{fe0f}",
        ] {
            let safe = SafeText::new(&format!("a{known}b"));
            assert_eq!(safe.as_str(), format!("a{}b", known.escape_unicode()));
        }
        let json = escape_json("\"a\u{3164}\u{e0100}\"");
        assert_eq!(json, r#""a\u3164\udb40\udd00""#);
    }

    #[test]
    fn a_selector_stays_only_after_its_emoji() {
        for text in [
            "⚠\u{fe0f} hot",
            "❤\u{fe0e}",
            "1\u{fe0f}\u{20e3}",
            "⌚\u{fe0e}",
        ] {
            assert_eq!(SafeText::new(text).as_str(), text);
        }
        for text in [
            "1\u{fe0f}",
            "日\u{fe0f}",
            "\u{fe0f}",
            "⚠\u{fe0f}\u{fe0f}",
            "⚠\u{301}\u{fe0f}",
        ] {
            let safe = SafeText::new(text);
            assert!(safe.as_str().ends_with("\\u{fe0f}"), "{safe}");
        }
    }

    #[test]
    fn a_mark_without_a_base_is_escaped() {
        for text in ["a\n\u{301}", "\t\u{301}", "\u{200b}\u{301}"] {
            let safe = SafeText::new(text);
            assert!(safe.as_str().ends_with("\\u{301}"), "{safe}");
        }
    }

    /// Whether a cell may show it: no control, no change of direction, nothing invisible but a selector.
    fn is_inert(text: &str) -> bool {
        !text.contains(|character: char| {
            is_unsafe(character) && !matches!(character, '\u{fe0e}' | '\u{fe0f}')
        })
    }

    /// Whether everything without a width is a mark, or a selector of an emoji, on a character that has one.
    fn stands_on_bases(text: &str) -> bool {
        let mut has_base = true;
        text.chars().all(|character| match character.width() {
            Some(0) => {
                has_base && !is_invisible(character) || matches!(character, '\u{fe0e}' | '\u{fe0f}')
            }
            width => {
                has_base = width.is_some();
                true
            }
        })
    }

    proptest! {
        /// Nothing unsafe is left, also where two safe texts meet; a safe text stays the same; and no text grows without
        /// bound.
        #[test]
        fn any_text_is_made_inert(one in any_text(), other in any_text()) {
            let (safe, more) = (SafeText::new(&one), SafeText::new(&other));
            let both = format!("{safe}{more}");
            prop_assert!(is_inert(safe.as_str()) && is_inert(&both));
            prop_assert!(stands_on_bases(safe.as_str()), "{:?}", safe);
            prop_assert_eq!(&SafeText::new(safe.as_str()), &safe);
            prop_assert!(safe.as_str().len() <= 8 * one.len());
            prop_assert!(!one_line(safe.as_str()).contains(['\n', '\t']));
            let json = serde_json::to_string(&one).unwrap();
            let escaped = escape_json(&json);
            prop_assert!(is_inert(&escaped));
            prop_assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), one);
        }
    }
}
