//! The settings as text: in the form of their file, so that a person can take lines of it over, with where each
//! comes from, and what it is for, as comments.

use std::fmt::Write;
use std::path::Path;

use crate::text::safe::{SafeText, one_line};
use crate::text::width::{pad, width};

/// The columns that a setting has at most, so that one long value does not push all comments away.
const MOST: usize = 40;

#[derive(Clone, Debug)]
pub(crate) struct ConfigLine {
    /// Its name in the file.
    pub name: &'static str,
    /// Its value as TOML, clean; nothing where it is not set.
    pub value: Option<String>,
    /// Where that comes from.
    pub origin: String,
    pub help: String,
}

/// Writes the settings in force; `file` is the person's own. What is not set is written as a comment.
pub(crate) fn config(lines: &[ConfigLine], file: Option<&Path>) -> String {
    let mut text = String::from("# The settings in force.");
    if let Some(file) = file {
        let file = SafeText::new(&file.to_string_lossy());
        text.push_str(" To change some, put lines like these into ");
        text.push_str(&one_line(file.as_str()));
    }
    text.push('\n');
    let entries: Vec<_> = lines.iter().map(entry).collect();
    let columns = entries.iter().map(|entry| width(entry)).max();
    let columns = columns.unwrap_or_default().min(MOST);
    for (line, entry) in lines.iter().zip(entries) {
        let _ = writeln!(
            text,
            "{} # {}: {}",
            pad(&entry, columns),
            line.origin,
            line.help
        );
    }
    text
}

fn entry(line: &ConfigLine) -> String {
    match &line.value {
        Some(value) => format!("{} = {value}", line.name),
        None => format!("# {} = \"\"", line.name),
    }
}
