//! The meaning of one complete key or sequence: the forms of xterm, rxvt, the Linux console, and of kitty's keyboard
//! protocol (CSI u). Replies of the terminal are none of these, and mean no key.

use ratatui::layout::Position;

use crate::app::keys::key::Key;
use crate::app::msg::{MouseAction, MouseKind};
use crate::runtime::tty::input::Event;

/// What a control sequence is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    Nothing,
    Event(Event),
    PasteBegins,
}

/// The bits of a modifier parameter, less one.
mod modifier {
    pub(super) const SHIFT: u32 = 1;
    pub(super) const ALT: u32 = 2;
    pub(super) const CTRL: u32 = 4;
    pub(super) const SUPER: u32 = 8;
    pub(super) const HYPER: u32 = 16;
    pub(super) const META: u32 = 32;
    pub(super) const CAPS_LOCK: u32 = 64;
    /// Caps lock and num lock.
    pub(super) const LOCKS: u32 = 64 | 128;
    /// Those that no action can have, with their names.
    pub(super) const FOREIGN: [(u32, &str); 4] = [
        (ALT, "alt"),
        (SUPER, "super"),
        (HYPER, "hyper"),
        (META, "meta"),
    ];
}

/// Whether a byte is a parameter of a sequence.
pub(super) const fn is_parameter(byte: u8) -> bool {
    matches!(byte, 0x30..=0x3f)
}

/// Whether a byte ends a control sequence.
pub(super) const fn is_final(byte: u8) -> bool {
    matches!(byte, 0x40..=0x7e)
}

/// Whether a text that `Esc` and `begin` began is that of a reply, rather than of keys after Alt and a key.
pub(super) fn is_reply(begin: u8, text: &[u8]) -> bool {
    match text {
        [] => false,
        // Every reply of this kind begins with its number.
        [first, ..] if begin == b']' => first.is_ascii_digit(),
        // Of kitty's graphics.
        [b'G', ..] if begin == b'_' => true,
        [first, ..] => !first.is_ascii_alphabetic(),
    }
}

/// The key of one ASCII byte.
pub(super) fn byte(byte: u8) -> Key {
    match byte {
        0 => Key::Ctrl(' '),
        b'\t' => Key::Tab,
        b'\r' => Key::Enter,
        0x1b => Key::Esc,
        0x7f => Key::Backspace,
        1..=0x1a => Key::Ctrl((byte + b'a' - 1).into()),
        0x1c..=0x1f => Key::Ctrl((byte - 0x1c + b'4').into()),
        _ => Key::Char(byte.into()),
    }
}

/// A function key of the Linux console.
pub(super) fn console(last: u8) -> Option<Key> {
    matches!(last, b'A'..=b'E').then(|| Key::F(last - b'A' + 1))
}

/// `Esc O`, parameters, and a last byte.
pub(super) fn function(parameters: &[u8], last: u8, alt: bool) -> Option<Event> {
    let key = match last {
        b'M' => Key::Enter,
        b'I' => Key::Tab,
        // The keypad in its application mode.
        b'j'..=b'y' => Key::Char((last - b'j' + b'*').into()),
        b'X' => Key::Char('='),
        _ => letter(last)?,
    };
    let modifiers = numbers(parameters).last().map_or(0, |field| field[0]);
    Some(modified(key, modifiers, alt))
}

/// `Esc [`, parameters, and a last byte.
pub(super) fn control(parameters: &[u8], last: u8, alt: bool) -> Decoded {
    let (prefix, parameters) = match parameters {
        [prefix @ b'<'..=b'?', rest @ ..] => (Some(*prefix), rest),
        _ => (None, parameters),
    };
    if !parameters.iter().all(|byte| is_parameter(*byte)) {
        return Decoded::Nothing;
    }
    let fields = numbers(parameters);
    let field = |index: usize| fields.get(index).map_or(0, |field| field[0]);
    let event = match (prefix, last) {
        (Some(b'<'), b'M') => mouse(field(0), field(1), field(2)).map(Event::Mouse),
        (Some(b'?'), b'c') => Some(Event::Attributes),
        (Some(_), _) => None,
        (None, b'~') if field(0) == 200 => return Decoded::PasteBegins,
        (None, b'~') if field(0) == 27 => code(field(2)).map(|key| modified(key, field(1), alt)),
        (None, b'~') => tilde(field(0)).map(|key| modified(key, field(1), alt)),
        (None, b'u') => kitty(&fields, alt),
        // With parameters, these are the position of the cursor and other replies.
        (None, b'R') if !fields.is_empty() => None,
        (None, _) => letter(last)
            .filter(|_| fields.is_empty() || field(0) <= 1)
            .filter(|_| !is_release(&fields))
            .map(|key| modified(key, field(1), alt)),
    };
    event.map_or(Decoded::Nothing, Decoded::Event)
}

/// A click or the wheel, in the form without limits (mode 1006).
pub(super) fn mouse(button: u32, column: u32, row: u32) -> Option<MouseAction> {
    // Shift, Alt and Ctrl make no difference.
    let kind = match button & !0b1_1100 {
        0 => MouseKind::Click,
        64 => MouseKind::WheelUp,
        65 => MouseKind::WheelDown,
        _ => return None,
    };
    let place = |cell: u32| u16::try_from(cell.checked_sub(1)?).ok();
    let Position { x, y } = Position::new(place(column)?, place(row)?);
    Some(MouseAction {
        kind,
        column: x,
        row: y,
    })
}

/// The same in the oldest form, of terminals that know no other.
pub(super) fn plain_mouse(bytes: [u8; 3]) -> Option<MouseAction> {
    let [button, column, row] = bytes.map(|byte| u32::from(byte).checked_sub(32));
    mouse(button?, column?, row?)
}

/// The reply that a text is.
pub(super) fn reply(begin: u8, text: &[u8]) -> Option<Event> {
    let text = std::str::from_utf8(text).ok()?;
    let colour = text.strip_prefix("11;").filter(|_| begin == b']')?;
    let (_, parts) = colour
        .split_once(':')
        .filter(|(form, _)| form.starts_with("rgb"))?;
    let mut parts = parts.split('/').map(channel);
    let mut next = || parts.next().flatten();
    Some(Event::Background([next()?, next()?, next()?]))
}

/// A part of a colour: one to four hexadecimal digits, of which the first ones matter.
fn channel(digits: &str) -> Option<u8> {
    let value = u32::from_str_radix(digits, 16).ok()?;
    let most = match digits.len() {
        1 => 0xf,
        2 => 0xff,
        3 => 0xfff,
        4 => 0xffff,
        _ => return None,
    };
    u8::try_from(value * 255 / most).ok()
}

/// The parameters: the numbers between semicolons, each with its parts between colons. Absent ones are 0.
fn numbers(parameters: &[u8]) -> Vec<[u32; 2]> {
    if parameters.is_empty() {
        return Vec::new();
    }
    let number = |digits: Option<&[u8]>| {
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    };
    let fields = parameters.split(|byte| *byte == b';');
    fields
        .map(|field| {
            let mut parts = field.split(|byte| *byte == b':');
            [number(parts.next()), number(parts.next())]
        })
        .collect()
}

/// Whether the second parameter says that a key was released.
fn is_release(fields: &[[u32; 2]]) -> bool {
    fields.get(1).is_some_and(|[_, kind]| *kind == 3)
}

fn letter(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'P'..=b'S' => Key::F(last - b'P' + 1),
        b'Z' => Key::BackTab,
        _ => return None,
    })
}

fn tilde(number: u32) -> Option<Key> {
    Some(match number {
        1 | 7 => Key::Home,
        2 => Key::Insert,
        3 => Key::Delete,
        4 | 8 => Key::End,
        5 => Key::PageUp,
        6 => Key::PageDown,
        _ => {
            // The numbers have gaps.
            let numbers = (11..=15)
                .chain(17..=21)
                .chain(23..=26)
                .chain([28, 29])
                .chain(31..=34);
            let index = numbers.into_iter().position(|known| known == number)?;
            Key::F(u8::try_from(index + 1).ok()?)
        }
    })
}

/// A key of kitty's protocol: its code and that with shift, its modifiers and what happened to it, the text that it types.
fn kitty(fields: &[[u32; 2]], alt: bool) -> Option<Event> {
    let [number, shifted] = *fields.first()?;
    let [modifiers, _] = fields.get(1).copied().unwrap_or_default();
    if is_release(fields) {
        return None;
    }
    let bits = modifiers.saturating_sub(1);
    let has_shift = bits & modifier::SHIFT != 0;
    let types_text = bits & !(modifier::SHIFT | modifier::LOCKS) == 0 && !alt;
    // A text of one character; without a key, an input method has typed it.
    let text = match fields.get(2) {
        Some([text, 0]) if *text != 0 && types_text => code(*text),
        _ => None,
    };
    match (code(number), text) {
        (Some(Key::Char(_)) | None, Some(text)) => Some(Event::Key(text)),
        (Some(Key::Char(_)), None) if has_shift && shifted != 0 => {
            Some(modified(code(shifted)?, modifiers, alt))
        }
        (key, _) => Some(modified(key?, modifiers, alt)),
    }
}

/// A key by its code: a character, or a number in Unicode's private area.
fn code(number: u32) -> Option<Key> {
    Some(match number {
        9 => Key::Tab,
        13 | 57414 => Key::Enter,
        27 => Key::Esc,
        8 | 127 => Key::Backspace,
        57399..=57408 => Key::Char(char::from_digit(number - 57399, 10)?),
        57409 => Key::Char('.'),
        57410 => Key::Char('/'),
        57411 => Key::Char('*'),
        57412 => Key::Char('-'),
        57413 => Key::Char('+'),
        57415 => Key::Char('='),
        57416 => Key::Char(','),
        57417 => Key::Left,
        57418 => Key::Right,
        57419 => Key::Up,
        57420 => Key::Down,
        57421 => Key::PageUp,
        57422 => Key::PageDown,
        57423 => Key::Home,
        57424 => Key::End,
        57425 => Key::Insert,
        57426 => Key::Delete,
        57376..=57383 => Key::F(u8::try_from(number - 57376 + 13).ok()?),
        57344..=63743 => return None,
        _ => Key::Char(char::from_u32(number).filter(|character| !character.is_control())?),
    })
}

/// A key with its modifiers, as the terminal numbers them.
fn modified(key: Key, modifiers: u32, alt: bool) -> Event {
    let bits = modifiers.saturating_sub(1) | if alt { modifier::ALT } else { 0 };
    let has = |bit| bits & bit != 0;
    let key = match key {
        Key::Char(character) if has(modifier::CTRL) => Key::Ctrl(character.to_ascii_lowercase()),
        Key::Char(character) if has(modifier::SHIFT) && has(modifier::CAPS_LOCK) => {
            Key::Char(character.to_ascii_lowercase())
        }
        Key::Char(character) if has(modifier::SHIFT) || has(modifier::CAPS_LOCK) => {
            Key::Char(character.to_ascii_uppercase())
        }
        Key::Tab if has(modifier::SHIFT) => Key::BackTab,
        key => key,
    };
    let foreign = modifier::FOREIGN.into_iter().filter(|(bit, _)| has(*bit));
    let names: Vec<_> = foreign.map(|(_, name)| name).collect();
    if names.is_empty() {
        Event::Key(key)
    } else {
        Event::ModifiedKey(format!("{}-{key}", names.join("-")))
    }
}
