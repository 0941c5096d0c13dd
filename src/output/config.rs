//! Prints the settings in the format of config.toml, so that the user can copy lines, with origin and help as comments.

use std::path::Path;

use crate::output::{commented, header};
use crate::text::width::width;

/// The columns for a setting, so that one long value does not push all comments away.
const MAX_WIDTH: usize = 40;

#[derive(Clone, Debug)]
pub(crate) struct ConfigLine {
    pub name: &'static str,
    /// The value as safe TOML; `None` if it is not set.
    pub value: Option<String>,
    pub origin: String,
    pub help: String,
}

/// The effective settings; `file` is the path of the user's file. A setting without a value is a comment.
pub(crate) fn config(lines: &[ConfigLine], file: Option<&Path>) -> String {
    let mut text = header("The effective settings", file);
    let entries: Vec<_> = lines.iter().map(entry).collect();
    let columns = entries.iter().map(|entry| width(entry)).max();
    let columns = columns.unwrap_or_default().min(MAX_WIDTH);
    for (line, entry) in lines.iter().zip(entries) {
        let comment = format!("{}: {}", line.origin, line.help);
        text += &commented(&entry, columns, &[comment]);
    }
    text
}

fn entry(line: &ConfigLine) -> String {
    match &line.value {
        Some(value) => format!("{} = {value}", line.name),
        None => format!("# {} = \"\"", line.name),
    }
}
