//! Reads the user's files: all are optional, and an error is one line with the file, the line, the cause and the fix.
//!
//! Used by `layers` (config.toml), `keys` (keys.toml) and `themes`.

use std::fmt::Display;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use crate::error::Error;
use crate::text::safe::{SafeText, one_line};

/// From this similarity on (0 to 1) a name is treated as a misspelling of another.
const SIMILAR: f64 = 0.7;

/// An error in a file.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct FileError {
    /// The line, from 1.
    pub line: usize,
    /// The cause and the fix.
    pub message: String,
}

impl FileError {
    /// An error at a position of a text.
    pub(super) fn at(text: &str, place: &Range<usize>, message: impl Display) -> Self {
        Self {
            line: line_of(text, place.start),
            message: message.to_string(),
        }
    }

    /// A text that is not TOML, or does not have the structure of its file; `example` is a correct line.
    pub(super) fn syntax(text: &str, error: &toml::de::Error, example: &str) -> Self {
        let message = clean(error.message());
        let place = error.span().unwrap_or_default();
        Self::at(text, &place, format!("{message}; example: {example}"))
    }
}

/// The text of a file; `None` if there is no such file.
///
/// # Errors
/// If the file exists and can't be read. `purpose` is the file's purpose, such as `the key map`.
pub(super) fn read(purpose: &str, path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(file_error(
            purpose,
            path,
            &format!("{error}; fix or remove it"),
        )),
    }
}

/// Whether there is no such file. A home that is not a folder, as a service account's may be, has none either.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The error that ends the program because of an invalid file.
pub(super) fn file_error(purpose: &str, path: &Path, why: &dyn Display) -> Error {
    let file = clean(&path.to_string_lossy());
    Error::Usage(format!("failed to read {purpose} {file}: {why}"))
}

/// The line of a position in a text, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.matches('\n').count() + 1
}

/// Untrusted text on one line, without control characters.
pub(super) fn clean(text: &str) -> String {
    one_line(SafeText::new(text).as_str())
}

/// "did you mean …?" with the closest name, else `otherwise`.
pub(super) fn closest_name_or<'a>(
    given: &str,
    names: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    let names = names.into_iter();
    let closest = names
        .map(|name| (strsim::jaro(name, given), name))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    match closest {
        Some((_, name)) => format!("did you mean {name}?"),
        None => otherwise.to_owned(),
    }
}
