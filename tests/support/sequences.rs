//! The state in which bytes leave a terminal: modes that are still set, and an incomplete sequence.

use std::collections::BTreeMap;

const ESC: u8 = 0x1b;
/// The cursor is visible: the only mode that is set in an unused terminal.
const CURSOR: &str = "25";

/// The private modes (DECSET) that the bytes have changed and not restored, by their numbers: screens, mouse, paste,
/// focus, synchronised updates, and all others.
pub(crate) fn modes_left(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut modes = BTreeMap::new();
    for sequence in text.split("\u{1b}[?").skip(1) {
        let end = sequence.find(|byte: char| !matches!(byte, '0'..='9' | ';'));
        let (numbers, rest) = sequence.split_at(end.unwrap_or(sequence.len()));
        let is_set = match rest.chars().next() {
            Some('h') => true,
            Some('l') => false,
            _ => continue,
        };
        modes.extend(numbers.split(';').map(|number| (number, is_set)));
    }
    modes.retain(|number, is_set| *is_set != (*number == CURSOR));
    modes.into_keys().map(str::to_owned).collect()
}

/// The commands to the terminal (OSC) other than the question for its background and the title of its window.
pub(crate) fn commands(written: &str) -> Vec<&str> {
    let all = written.split("\u{1b}]").skip(1);
    let ends = |character: char| matches!(character, '\u{7}' | '\u{1b}');
    let commands = all.map(|rest| rest.split(ends).next().unwrap_or_default());
    commands
        .filter(|command| *command != "11;?" && !command.starts_with("2;"))
        .collect()
}

/// Whether the bytes end outside of a sequence, so that following text is shown as text.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let last = bytes.utf8_chunks().last();
    if last.is_some_and(|chunk| !chunk.invalid().is_empty()) {
        return false;
    }
    let Some(begin) = bytes.iter().rposition(|byte| *byte == ESC) else {
        return true;
    };
    let mut rest = bytes[begin + 1..].iter();
    match rest.next() {
        Some(b'[') => rest.any(|byte| (0x40..=0x7e).contains(byte)),
        // Ended by another escape, which would be the last one, or by the bell.
        Some(b']') => rest.any(|byte| *byte == 7),
        None | Some(b'P' | b'X' | b'^' | b'_') => false,
        Some(_) => true,
    }
}

#[test]
fn remaining_modes_and_incomplete_sequences_are_detected() {
    assert_eq!(
        modes_left(b"\x1b[?1049h\x1b[?25l\x1b[?1000;1006hx\x1b[?1006l"),
        ["1000", "1049", "25"]
    );
    assert!(modes_left(b"\x1b[?25l\x1b[?1049h\x1b[?1049l\x1b[?25h").is_empty());
    for half in [
        "\u{1b}",
        "\u{1b}[",
        "\u{1b}[?10",
        "x\u{1b}]9;title",
        "\u{1b}P1",
    ] {
        assert!(!is_whole(half.as_bytes()), "{half:?}");
    }
    assert!(!is_whole(&"é".as_bytes()[..1]));
    for whole in [
        "",
        "x",
        "\u{1b}[?10h",
        "\u{1b}]9;x\u{7}",
        "\u{1b}]9;x\u{1b}\\",
        "\u{1b}7é",
    ] {
        assert!(is_whole(whole.as_bytes()), "{whole:?}");
    }
}
