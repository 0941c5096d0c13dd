//! A key without the terminal's details, and its spelling in the key map file, in hints and in the help. `runtime::tty`
//! makes them from terminal events; the key map finds their actions.

use std::fmt;
use std::str::FromStr;

use crate::text::safe::SafeText;
use crate::text::width::width;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A character as typed, shift included.
    Char(char),
    /// A character with the control key. Terminals do not report its case; letters are lower-case here.
    Ctrl(char),
    /// A function key, by its number.
    F(u8),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Tab,
    /// Tab with shift.
    BackTab,
    Enter,
    Esc,
    Backspace,
    Delete,
    Insert,
}

const NAMED: [(Key, &str); 17] = [
    (Key::Char(' '), "space"),
    (Key::Ctrl(' '), "ctrl-space"),
    (Key::Up, "up"),
    (Key::Down, "down"),
    (Key::Left, "left"),
    (Key::Right, "right"),
    (Key::PageUp, "pgup"),
    (Key::PageDown, "pgdn"),
    (Key::Home, "home"),
    (Key::End, "end"),
    (Key::Tab, "tab"),
    (Key::BackTab, "shift-tab"),
    (Key::Enter, "enter"),
    (Key::Esc, "esc"),
    (Key::Backspace, "backspace"),
    (Key::Delete, "delete"),
    (Key::Insert, "insert"),
];

/// The function keys that terminals have sequences for in practice.
const FUNCTION_KEYS: std::ops::RangeInclusive<u8> = 1..=20;

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name)) = NAMED.iter().find(|(key, _)| key == self) {
            return formatter.pad(name);
        }
        match self {
            Self::Char(character) => write!(formatter, "{character}"),
            Self::Ctrl(character) => write!(formatter, "ctrl-{character}"),
            Self::F(number) => write!(formatter, "f{number}"),
            // Every other key has a name; a test checks that.
            other => write!(formatter, "{other:?}"),
        }
    }
}

/// The reason why a text is not a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error(
        "unknown key {0}; a key is one character such as j or G, ctrl- and a letter, f1 to f20, or one \
         of {names}",
        names = NAMED.map(|(_, name)| name).join(", ")
    )]
    Unknown(SafeText),
    /// A terminal sends the same for another key.
    #[error("a terminal sends {1} for {0}; write {1}")]
    SameAs(Key, Key),
}

impl FromStr for Key {
    type Err = KeyError;

    /// Parses a key as [`Display`](fmt::Display) writes it.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        if let Some((key, _)) = NAMED.iter().find(|(_, name)| *name == text) {
            return Ok(*key);
        }
        let unknown = || KeyError::Unknown(SafeText::new(text));
        if let Some(letter) = text.strip_prefix("ctrl-") {
            return match single(letter).map(|letter| letter.to_ascii_lowercase()) {
                Some('i') => Err(KeyError::SameAs(Self::Ctrl('i'), Self::Tab)),
                Some('m') => Err(KeyError::SameAs(Self::Ctrl('m'), Self::Enter)),
                Some(letter) if letter.is_ascii_lowercase() => Ok(Self::Ctrl(letter)),
                _ => Err(unknown()),
            };
        }
        if let Some(character) = single(text) {
            let can_be_shown = !character.is_whitespace()
                && width(text) > 0
                && SafeText::new(text).as_str() == text;
            return can_be_shown
                .then_some(Self::Char(character))
                .ok_or_else(unknown);
        }
        let number = text
            .strip_prefix('f')
            .and_then(|number| number.parse().ok());
        number
            .filter(|number| FUNCTION_KEYS.contains(number))
            .map(Self::F)
            .filter(|key| key.to_string() == text)
            .ok_or_else(unknown)
    }
}

/// The only character of a text.
fn single(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_key_is_parsed_as_it_is_written() {
        let characters = ('!'..='~').chain(['é', '日']).map(Key::Char);
        let controls = ('a'..='z')
            .filter(|letter| !matches!(letter, 'i' | 'm'))
            .map(Key::Ctrl);
        let keys = characters
            .chain(controls)
            .chain(FUNCTION_KEYS.map(Key::F))
            .chain(NAMED.map(|(key, _)| key));
        for key in keys {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
    }

    #[test]
    fn keys_that_terminals_confuse_are_rejected() {
        assert_eq!("ctrl-F".parse(), Ok(Key::Ctrl('f')));
        assert_eq!(
            "ctrl-i".parse::<Key>(),
            Err(KeyError::SameAs(Key::Ctrl('i'), Key::Tab))
        );
    }

    #[test]
    fn a_text_that_is_not_a_key_is_rejected() {
        for text in [
            "", " ", "gg", "f0", "f01", "f21", "f+1", "ctrl-", "ctrl-1", "\u{1b}", "\u{202e}",
            "\u{301}",
        ] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_parsed_key_is_written_the_same(text in "\\PC{1,2}|f[0-9]{1,3}|ctrl-[a-z ]") {
            if let Ok(key) = text.parse::<Key>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }
}
