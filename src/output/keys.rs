//! The key map as text: in the form of its file, so that a person can take lines of it over, with what each
//! action does, and where, as comments.

use std::fmt::Write;
use std::path::Path;

use crate::app::keys::action::Action;
use crate::app::keys::commands::COMMANDS;
use crate::app::keys::key::Key;
use crate::app::keys::keymap::KeyMap;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{pad, width};

/// The columns that a list of keys has at least, so that one long list does not push all comments away.
const LEAST: usize = 28;

/// Writes the key map in force. `file` is the person's own; `line` is where that file says an action's keys,
/// from 1, if it does.
pub(crate) fn keys(
    map: &KeyMap,
    file: Option<&Path>,
    line: impl Fn(Action) -> Option<usize>,
) -> String {
    let mut text = String::from("# The keys in force.");
    if let Some(file) = file {
        let file = SafeText::new(&file.to_string_lossy());
        text.push_str(" To change some, put lines like these into ");
        text.push_str(&one_line(file.as_str()));
    }
    text.push('\n');
    let names = COMMANDS.iter().map(|command| width(command.name));
    let names = names.max().unwrap_or_default();
    let mut written = Vec::new();
    for command in COMMANDS {
        if written.contains(&command.action) {
            continue;
        }
        written.push(command.action);
        let keys = map.keys(command.action).iter().copied().map(quoted);
        let keys = format!("[{}]", keys.collect::<Vec<_>>().join(", "));
        let mut entry = format!("{} = {}", pad(command.name, names), pad(&keys, LEAST));
        let columns = width(&entry);
        let meanings = COMMANDS.iter().filter(|row| row.action == command.action);
        let mut comments: Vec<_> = meanings
            .map(|row| format!("{}: {}", row.contexts_label(), row.help))
            .collect();
        if let Some(line) = line(command.action) {
            comments.push(format!("(set in line {line} of your file)"));
        }
        for comment in comments {
            let _ = writeln!(text, "{} # {comment}", pad(&entry, columns));
            entry.clear();
        }
    }
    text
}

/// A key as a TOML string.
fn quoted(key: Key) -> String {
    let key = key.to_string();
    if key.contains(['"', '\\']) {
        format!("'{key}'")
    } else {
        format!("\"{key}\"")
    }
}
