//! Prints the key map in the format of keys.toml, so that the user can copy lines, with the meaning of each action in its
//! contexts as comments.

use std::fmt::Write;
use std::path::Path;

use crate::app::keys::action::Action;
use crate::app::keys::commands::COMMANDS;
use crate::app::keys::key::Key;
use crate::app::keys::keymap::KeyMap;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{pad, width};

/// The minimum width of a list of keys, so that most comments are aligned.
const MIN_WIDTH: usize = 28;

/// The effective key map. `file` is the path of the user's file; `line` is the line (from 1) of an action in it, if any.
pub(crate) fn keys(
    map: &KeyMap,
    file: Option<&Path>,
    line: impl Fn(Action) -> Option<usize>,
) -> String {
    let mut text = String::from("# The effective keys.");
    if let Some(file) = file {
        let file = SafeText::new(&file.to_string_lossy());
        text.push_str(" To change one, copy its line to ");
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
        let mut entry = format!("{} = {}", pad(command.name, names), pad(&keys, MIN_WIDTH));
        let columns = width(&entry);
        let rows = COMMANDS.iter().filter(|row| row.action == command.action);
        let mut comments: Vec<_> = rows
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
