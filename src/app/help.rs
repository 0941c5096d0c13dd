//! The help's content: what the keys do, by where they do it, and what the statuses' signs mean.
//!
//! It is made from the key map, so it can't tell of a key that does nothing.

use std::cmp::Reverse;

use ratatui::layout::{Rect, Size};

use crate::domain::status::StatusClass;

use super::commands::{COMMANDS, Command};
use super::keymap::KeyMap;
use super::layout::popup;

/// The popup's width, borders included.
const COLUMNS: u16 = 74;

/// One line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing, between two groups.
    Blank,
    /// What the lines below have in common.
    Heading(String),
    /// Keys, and what they do.
    Keys(String, &'static str),
    /// A status: its sign and its word.
    Status(StatusClass),
}

/// The whole help.
#[must_use]
pub fn lines(keys: &KeyMap) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut places: Vec<String> = Vec::new();
    // What can be done in most places first: a person looks for where they are after that.
    let mut commands: Vec<&Command> = COMMANDS.iter().collect();
    commands.sort_by_key(|command| Reverse(command.contexts.len()));
    for command in commands {
        let place = command.place();
        if !places.contains(&place) {
            places.push(place);
        }
    }
    for place in places {
        let heading = match place.as_str() {
            "everywhere" => "Everywhere".to_owned(),
            place => format!("In {place}"),
        };
        push_group(&mut lines, keys, &heading, |command| {
            command.place() == place
        });
    }
    lines.push(Line::Heading("Statuses".to_owned()));
    lines.extend(StatusClass::ALL.map(Line::Status));
    lines
}

/// Adds the commands that belong together and have a key.
fn push_group(
    lines: &mut Vec<Line>,
    map: &KeyMap,
    heading: &str,
    belongs: impl Fn(&Command) -> bool,
) {
    let commands = COMMANDS.iter().filter(|command| belongs(command));
    let rows: Vec<_> = commands
        .filter_map(|command| {
            let keys = map.keys(command.action).iter().map(ToString::to_string);
            let keys = keys.collect::<Vec<_>>().join(" ");
            (!keys.is_empty()).then_some(Line::Keys(keys, command.help))
        })
        .collect();
    if !rows.is_empty() {
        lines.push(Line::Heading(heading.to_owned()));
        lines.extend(rows);
        lines.push(Line::Blank);
    }
}

/// Where the help is on a screen.
#[must_use]
pub fn area(lines: &[Line], size: Size) -> Rect {
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    popup(size, COLUMNS, rows.saturating_add(2))
}

/// The number of lines that are shown at once.
#[must_use]
pub fn page(lines: &[Line], size: Size) -> usize {
    usize::from(area(lines, size).height.saturating_sub(2))
}

/// The first line that is shown when the last one is.
#[must_use]
pub fn highest_top(lines: &[Line], size: Size) -> usize {
    lines.len().saturating_sub(page(lines, size))
}
