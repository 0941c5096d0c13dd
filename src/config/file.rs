//! What a person's files have in common: where one may be absent, and how its faults are told, in one line
//! that names the file, the place in it, what is wrong and what to do.

use std::fmt::Display;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use crate::error::Error;
use crate::text::safe::{SafeText, one_line};

/// From this likeness on (0 to 1) a name is taken for a slip of another one.
const LIKE: f64 = 0.7;

/// What is wrong with a file's text.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct FileError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl FileError {
    /// Something wrong at a place of a text.
    pub(super) fn at(text: &str, place: &Range<usize>, message: impl Display) -> Self {
        Self {
            line: line_of(text, place.start),
            message: message.to_string(),
        }
    }

    /// A text that is not TOML, or not of the form of its file; `example` is a line of that form.
    pub(super) fn syntax(text: &str, error: &toml::de::Error, example: &str) -> Self {
        let message = clean(error.message());
        let place = error.span().unwrap_or_default();
        Self::at(
            text,
            &place,
            format!("{message}; a line reads like {example}"),
        )
    }
}

/// The text of a file; nothing where there is no such file.
///
/// # Errors
/// Where there is one that can't be read. `what` is the file's purpose, such as `the key map`.
pub(super) fn read(what: &str, path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => {
            let why = format!("which is there: {error}; mend it or move it away");
            Err(refused(what, path, &why))
        }
    }
}

/// Whether there is no such file; a home that is no folder, as a service account's may be, has none either.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Wrong configuration: a file that says what can't be.
pub(super) fn refused(what: &str, path: &Path, why: &dyn Display) -> Error {
    let file = clean(&path.to_string_lossy());
    Error::Usage(format!("failed to read {what} {file}, {why}"))
}

/// The line of a place in a text, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.matches('\n').count() + 1
}

/// A text from outside, on one line and without control characters.
pub(super) fn clean(text: &str) -> String {
    one_line(SafeText::new(text).as_str())
}

/// The name that was probably meant, to be asked for; else `otherwise`.
pub(super) fn meant<'a>(
    given: &str,
    names: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    let names = names.into_iter();
    let nearest = names
        .map(|name| (strsim::jaro(name, given), name))
        .filter(|(likeness, _)| *likeness >= LIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    match nearest {
        Some((_, name)) => format!("did you mean {name}?"),
        None => otherwise.to_owned(),
    }
}
