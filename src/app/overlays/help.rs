//! The content of the help: the keys by context, and the signs of the statuses. It is made from the key map, and lists
//! only keys that have an action. `view::overlays::help` draws it.

use ratatui::layout::{Rect, Size};

use crate::app::keys::action::Context;
use crate::app::keys::commands::{COMMANDS, Command};
use crate::app::keys::keymap::KeyMap;
use crate::app::layout::popup;
use crate::domain::status::StatusClass;

/// The contexts label of actions that are available everywhere.
const EVERYWHERE: &str = "everywhere";
/// The popup's width, borders included.
const COLUMNS: u16 = 78;

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
    /// The first line on the screen.
    pub top: usize,
    /// The context in which the help was opened: its keys come first.
    pub from: Context,
}

/// The whole help, for a user in the given context.
pub(crate) fn lines(keys: &KeyMap, from: Context) -> Vec<HelpLine> {
    let mut lines = Vec::new();
    let everywhere = |command: &Command| command.contexts_label() == EVERYWHERE;
    let here = |command: &Command| command.contexts.contains(&from) && !everywhere(command);
    push_group(
        &mut lines,
        keys,
        &format!("Here, in the {}", from.label()),
        here,
    );
    push_group(&mut lines, keys, "Everywhere", everywhere);
    lines.push(HelpLine::Heading(
        "Statuses: in lists, and in bars".to_owned(),
    ));
    lines.extend(StatusClass::ALL.map(HelpLine::Status));
    lines.push(HelpLine::Blank);
    let mut labels: Vec<String> = Vec::new();
    for command in COMMANDS
        .iter()
        .filter(|command| !everywhere(command) && !here(command))
    {
        let label = command.contexts_label();
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    for label in labels {
        let there = |command: &Command| command.contexts_label() == label && !here(command);
        push_group(&mut lines, keys, &format!("In {label}"), there);
    }
    lines.pop_if(|last| *last == HelpLine::Blank);
    lines
}

/// Adds the commands of a group that have a key.
fn push_group(
    lines: &mut Vec<HelpLine>,
    map: &KeyMap,
    heading: &str,
    belongs: impl Fn(&Command) -> bool,
) {
    let commands = COMMANDS.iter().filter(|command| belongs(command));
    let rows: Vec<_> = commands
        .filter_map(|command| {
            let keys = map.keys(command.action).iter().map(ToString::to_string);
            let keys = keys.collect::<Vec<_>>().join(" ");
            (!keys.is_empty()).then_some(HelpLine::Keys(keys, command.help))
        })
        .collect();
    if !rows.is_empty() {
        lines.push(HelpLine::Heading(heading.to_owned()));
        lines.extend(rows);
        lines.push(HelpLine::Blank);
    }
}

/// The area of the help on a screen.
pub(crate) fn area(lines: &[HelpLine], size: Size) -> Rect {
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    popup(size, COLUMNS, rows.saturating_add(2))
}

/// The number of lines on the screen.
pub(crate) fn page(lines: &[HelpLine], size: Size) -> usize {
    usize::from(area(lines, size).height.saturating_sub(2))
}

/// The first line on the screen when the last one is shown.
pub(crate) fn highest_top(lines: &[HelpLine], size: Size) -> usize {
    lines.len().saturating_sub(page(lines, size))
}
