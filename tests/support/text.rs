//! Text that would do harm if it were shown as it is, and how to tell that some was not.

/// A title, a colour by one byte, text turned around, what can't be seen, and a line that is written over.
pub(crate) const HOSTILE: &str =
    "a\u{1b}]0;title\u{7}\u{9b}31m\u{202e}\u{200b}\u{e0041}\u{2028}\rb";

/// Whether a character could act on a terminal, turn text around, or hide.
pub(crate) fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            u32::from(character),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff
                | 0xfff9..=0xfffb | 0xe0000..=0xe007f
        )
}

/// Checks that lines of text do nothing when a terminal shows them.
pub(crate) fn assert_inert(what: &str, text: &str) {
    let found = text
        .chars()
        .find(|character| acts(*character) && *character != '\n');
    assert!(found.is_none(), "{found:?} is in the {what}:\n{text:?}");
}
