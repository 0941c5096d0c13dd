//! Text from outside, made safe to show: the only string type that widgets and line printers accept. It is made where
//! bytes are parsed and stays to the terminal.
//!
//! Event reasons, resource names and error bodies are written by others and may hold escape sequences, direction
//! overrides or invisible characters. [`SafeText`] makes each of them visible; it drops nothing, so that two different
//! names never look alike. The JSON output of an event does not use it: JSON escapes, and keeps values.
//!
//! Tests of whole frames: `tests/it/headless/hostile.rs`.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use unicode_width::UnicodeWidthChar;

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
                "\u{ad}"
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    /// Whether a cell may show it: no control, no change of direction, nothing invisible.
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
        /// Nothing unsafe is left, also where two safe texts meet; a safe text stays the same; and no text grows without
        /// bound.
        #[test]
        fn any_text_is_made_inert(one in any_text(), other in any_text()) {
            let (safe, more) = (SafeText::new(&one), SafeText::new(&other));
            let both = format!("{safe}{more}");
            prop_assert!(is_inert(safe.as_str()) && is_inert(&both));
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
