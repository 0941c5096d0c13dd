//! The content of the help: the keys that act where it was opened, by group; the signs of the statuses; the keys of other
//! contexts. It is made from the key map, and lists only actions that have a key. `view::overlays::help` draws it.

use ratatui::layout::{Rect, Size};

use crate::app::keys::action::Context;
use crate::app::keys::commands::{COMMANDS, Command, Group};
use crate::app::keys::keymap::KeyMap;
use crate::app::layout::popup;
use crate::domain::status::StatusClass;

/// The contexts label of actions that are available everywhere.
const EVERYWHERE: &str = "everywhere";
/// The width of a column: keys, and the longest help.
pub(crate) const COLUMN: u16 = 59;
/// Borders of the popup, both together.
const BORDERS: u16 = 2;
/// A screen that is this much wider than the popup shows the panes beside it; a strip of them would only distract.
const STRIP: u16 = 8;
/// The same for a popup that is narrower than this.
const LEAST_BESIDE: u16 = 90;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HelpLine {
    Blank,
    Heading(String),
    /// Keys, and the help of their action.
    Keys(String, &'static str),
    /// A status: its sign and its word.
    Status(StatusClass),
}

#[derive(Clone, Debug)]
pub struct Help {
    /// The first row on the screen.
    pub top: usize,
    /// The context in which the help was opened: its keys come first.
    pub from: Context,
}

/// The parts of the help, for a user in the given context: each has a heading and at least one line.
fn parts(keys: &KeyMap, from: Context) -> Vec<Vec<HelpLine>> {
    let here = |command: &&Command| command.contexts.contains(&from);
    let mut parts = Vec::new();
    for group in Group::ALL {
        let of_group = COMMANDS
            .iter()
            .filter(|command| command.group == group)
            .filter(here);
        let heading = if parts.is_empty() {
            format!("Here, in the {}: {}", from.label(), group.label())
        } else {
            group.label().to_owned()
        };
        parts.extend(part(keys, heading, of_group));
    }
    let mut statuses = vec![HelpLine::Heading(
        "Statuses: in lists, and in bars".to_owned(),
    )];
    statuses.extend(StatusClass::ALL.map(HelpLine::Status));
    parts.push(statuses);
    let elsewhere = |command: &&Command| !here(command) && command.contexts_label() != EVERYWHERE;
    let mut labels: Vec<String> = Vec::new();
    for command in COMMANDS.iter().filter(elsewhere) {
        let label = command.contexts_label();
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    for label in labels {
        let there = |command: &&Command| command.contexts_label() == label;
        let there = COMMANDS.iter().filter(elsewhere).filter(there);
        parts.extend(part(keys, format!("In {label}"), there));
    }
    parts
}

/// A heading, and the commands below it that have a key.
fn part<'a>(
    map: &KeyMap,
    heading: String,
    commands: impl Iterator<Item = &'a Command>,
) -> Option<Vec<HelpLine>> {
    let mut lines = vec![HelpLine::Heading(heading)];
    lines.extend(commands.filter_map(|command| {
        let keys = map.keys(command.action).iter().map(ToString::to_string);
        let keys = keys.collect::<Vec<_>>().join(" ");
        (!keys.is_empty()).then_some(HelpLine::Keys(keys, command.help))
    }));
    (lines.len() > 1).then_some(lines)
}

/// The rows of the help on a screen: a line each, or two side by side where there is room.
pub(crate) fn rows(keys: &KeyMap, from: Context, size: Size) -> Vec<Vec<HelpLine>> {
    let parts = parts(keys, from);
    let columns = if size.width >= 2 * COLUMN + BORDERS {
        2
    } else {
        1
    };
    let height = |part: &Vec<HelpLine>| part.len() + 1;
    let all: usize = parts.iter().map(height).sum();
    let mut filled: Vec<Vec<HelpLine>> = vec![Vec::new(); columns];
    let mut column = 0;
    for part in parts {
        // A part goes to the next column if most of it would stand below the middle.
        let used = filled.get(column).map_or(0, Vec::len);
        if used + height(&part) / 2 > all.div_ceil(columns) && column + 1 < columns {
            column += 1;
        }
        if let Some(lines) = filled.get_mut(column) {
            if !lines.is_empty() {
                lines.push(HelpLine::Blank);
            }
            lines.extend(part);
        }
    }
    let rows = filled.iter().map(Vec::len).max().unwrap_or(0);
    let line = |lines: &Vec<HelpLine>, row| lines.get(row).cloned().unwrap_or(HelpLine::Blank);
    (0..rows)
        .map(|row| filled.iter().map(|lines| line(lines, row)).collect())
        .collect()
}

/// The area of the help on a screen.
pub(crate) fn area(rows: &[Vec<HelpLine>], size: Size) -> Rect {
    let columns = u16::try_from(rows.first().map_or(1, Vec::len)).unwrap_or(1);
    let wanted = COLUMN.saturating_mul(columns).saturating_add(BORDERS);
    let width = if size.width < wanted.max(LEAST_BESIDE).saturating_add(STRIP) {
        size.width
    } else {
        wanted
    };
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    popup(size, width, height.saturating_add(BORDERS))
}

/// The number of rows on the screen.
pub(crate) fn page(rows: &[Vec<HelpLine>], size: Size) -> usize {
    usize::from(area(rows, size).height.saturating_sub(BORDERS))
}

/// The first row on the screen when the last one is shown.
pub(crate) fn highest_top(rows: &[Vec<HelpLine>], size: Size) -> usize {
    rows.len().saturating_sub(page(rows, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keys::commands::CONTEXTS;

    #[test]
    fn every_help_fits_its_column() {
        for command in COMMANDS {
            assert!(command.help.len() <= 37, "{}", command.help);
        }
    }

    #[test]
    fn two_columns_have_the_lines_of_one() {
        let mut keys = KeyMap::default();
        for command in COMMANDS {
            keys.bind(command.action, vec![crate::app::keys::key::Key::F(1)]);
        }
        for context in CONTEXTS {
            let lines = |width| {
                let rows = rows(&keys, *context, Size { width, height: 24 });
                let mut lines: Vec<_> = rows.into_iter().flatten().collect();
                lines.retain(|line| *line != HelpLine::Blank);
                lines.sort_by_key(|line| format!("{line:?}"));
                lines
            };
            assert_eq!(lines(80), lines(200));
        }
    }
}
