//! Prints the key map in the format of keys.toml, so that the user can copy lines, with the meaning of each action in its
//! contexts as comments.

use std::path::Path;

use crate::app::keys::action::Action;
use crate::app::keys::commands::COMMANDS;
use crate::app::keys::key::Key;
use crate::app::keys::keymap::KeyMap;
use crate::output::{commented, header};
use crate::text::width::{pad, width};

/// The columns for the keys, so that most comments are aligned.
const KEYS: usize = 18;

/// The effective key map. `file` is the path of the user's file; `line` is the line (from 1) of an action in it, if any.
pub(crate) fn keys(
    map: &KeyMap,
    file: Option<&Path>,
    line: impl Fn(Action) -> Option<usize>,
) -> String {
    let mut text = header("The effective keys", file);
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
        let entry = format!("{} = {keys}", pad(command.name, names));
        let rows = COMMANDS.iter().filter(|row| row.action == command.action);
        let mut comments: Vec<_> = rows
            .map(|row| format!("{}: {}", row.contexts_label(), row.help))
            .collect();
        if let Some(line) = line(command.action) {
            comments.push(format!("(set in line {line} of your file)"));
        }
        text += &commented(&entry, names + KEYS, &comments);
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
