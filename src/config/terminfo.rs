//! The number of colours that the system's terminfo database gives for a terminal, by its `TERM`.
//!
//! Only this number is read (format: term(5)). A system without the database, or without this terminal, says nothing.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where systems keep the database.
const FOLDERS: [&str; 4] = [
    "/etc/terminfo",
    "/lib/terminfo",
    "/usr/share/terminfo",
    "/usr/lib/terminfo",
];
/// No entry is larger.
const LARGEST: u64 = 32 * 1024;
/// The place of `max_colors` among the numbers.
const MAX_COLORS: usize = 13;

/// The number of colours of a terminal: 0 if its entry names none, `None` without an entry. `own` are the user's
/// folders, which come first.
pub(super) fn colours(term: &str, own: impl IntoIterator<Item = PathBuf>) -> Option<u32> {
    let initial = term.chars().next()?;
    if term.contains('/') || term.starts_with('.') {
        return None;
    }
    let folders = own.into_iter().chain(FOLDERS.map(PathBuf::from));
    let files = folders
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| {
            // macOS names the folders by the number of the letter.
            let number = format!("{:x}", u32::from(initial));
            [initial.to_string(), number].map(|letter| folder.join(letter).join(term))
        });
    files.into_iter().find_map(|file| parse(&read(&file)?))
}

fn read(file: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(file).ok()?;
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The number of colours in a compiled entry.
fn parse(entry: &[u8]) -> Option<u32> {
    let short = |index: usize| {
        let bytes = entry.get(index..index + 2)?;
        Some(usize::from(u16::from_le_bytes(bytes.try_into().ok()?)))
    };
    let size = match short(0)? {
        0o432 => 2,
        0o1036 => 4,
        _ => return None,
    };
    let (names, switches, numbers) = (short(2)?, short(4)?, short(6)?);
    if numbers <= MAX_COLORS {
        return Some(0);
    }
    let begin = (12 + names + switches).next_multiple_of(2) + MAX_COLORS * size;
    let bytes = entry.get(begin..begin + size)?;
    // A negative number says that the terminal has none.
    let value = match *bytes {
        [low, high] => i32::from(i16::from_le_bytes([low, high])),
        _ => i32::from_le_bytes(bytes.try_into().ok()?),
    };
    Some(u32::try_from(value).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry with a name of three bytes, one switch and that many colours.
    fn entry(magic: u16, size: usize, colours: i32) -> Vec<u8> {
        let header = [magic, 3, 1, 14, 0, 0].map(u16::to_le_bytes).concat();
        let mut bytes = [&header[..], b"xy\0\x01"].concat();
        bytes.extend(std::iter::repeat_n(0xff, MAX_COLORS * size));
        bytes.extend(&colours.to_le_bytes()[..size]);
        bytes
    }

    #[test]
    fn the_colours_of_both_formats_are_read() {
        for (magic, size, colours, expected) in [
            (0o432, 2, 8, 8),
            (0o432, 2, 256, 256),
            (0o432, 2, -1, 0),
            (0o1036, 4, 1 << 24, 1 << 24),
            (0o1036, 4, -1, 0),
        ] {
            assert_eq!(parse(&entry(magic, size, colours)), Some(expected));
        }
    }

    #[test]
    fn an_entry_that_is_none_says_nothing() {
        let whole = entry(0o432, 2, 8);
        for end in 0..whole.len() {
            assert_eq!(parse(&whole[..end]), None, "{end} bytes");
        }
        assert_eq!(parse(b"#!/bin/sh and more"), None);
        assert_eq!(colours("../xterm", []), None);
        assert_eq!(colours("", []), None);
    }
}
