//! The help's content: what the keys do, by where they do it, and what the statuses' signs mean.
//!
//! It is made from the key map, so it can't tell of a key that does nothing.

use ratatui::layout::{Rect, Size};

use crate::domain::status::StatusClass;

use super::action::Context;
use super::keymap::{BINDINGS, Binding, EVERYWHERE};
use super::layout::popup;

/// The popup's width, borders included.
const COLUMNS: u16 = 74;

/// One line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing, between two groups.
    Blank,
    /// What the lines below have in common.
    Heading(&'static str),
    /// Keys, and what they do.
    Keys(String, &'static str),
    /// A status: its sign and its word.
    Status(StatusClass),
}

/// The whole help.
#[must_use]
pub fn lines() -> Vec<Line> {
    let everywhere = |binding: &Binding| binding.contexts == EVERYWHERE;
    let only =
        |binding: &Binding, context| !everywhere(binding) && binding.contexts.contains(&context);
    let mut lines = Vec::new();
    push_group(&mut lines, "Everywhere", everywhere);
    push_group(&mut lines, "In the list", |binding| {
        only(binding, Context::List)
    });
    push_group(&mut lines, "In the detail", |binding| {
        only(binding, Context::Detail)
    });
    push_group(&mut lines, "In the filter", |binding| {
        only(binding, Context::Filter)
    });
    lines.push(Line::Heading("Statuses"));
    lines.extend(StatusClass::ALL.map(Line::Status));
    lines
}

fn push_group(lines: &mut Vec<Line>, heading: &'static str, belongs: impl Fn(&Binding) -> bool) {
    lines.push(Line::Heading(heading));
    for binding in BINDINGS.iter().filter(|binding| belongs(binding)) {
        let keys: Vec<_> = binding.keys.iter().map(ToString::to_string).collect();
        lines.push(Line::Keys(keys.join(" "), binding.help));
    }
    lines.push(Line::Blank);
}

/// Where the help is on a screen.
#[must_use]
pub fn area(size: Size) -> Rect {
    let rows = u16::try_from(lines().len()).unwrap_or(u16::MAX);
    popup(size, COLUMNS, rows.saturating_add(2))
}

/// The number of lines that are shown at once.
#[must_use]
pub fn page(size: Size) -> usize {
    usize::from(area(size).height.saturating_sub(2))
}

/// The first line that is shown when the last one is.
#[must_use]
pub fn highest_top(size: Size) -> usize {
    lines().len().saturating_sub(page(size))
}
