//! The line that is typed into: what it is for, the text with its cursor, and what came of it so far.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use crate::app::action::Context;
use crate::app::bar;
use crate::app::model::Model;
use crate::app::prompt::{Prompt, Purpose};
use crate::domain::lens::{Sieve, Slot};
use crate::domain::text::{one_line, width};
use crate::style::Theme;

use super::parts::{self, Part};

/// Columns between two parts.
const GAP: usize = 2;

/// Draws the line in the place of the hints.
pub(super) fn draw(model: &Model, prompt: &Prompt, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let hints = model.keys.hints(Context::Prompt).into_iter().enumerate();
    let hints = hints.map(|(index, (keys, word))| {
        let word = Span::styled(format!(" {word}"), theme.dim());
        Part::new(
            index + 2,
            Line::from(vec![Span::styled(keys, theme.key()), word]),
        )
    });
    let room = usize::from(area.width);
    let parts = [Part::of(0, forms(prompt, room, theme))]
        .into_iter()
        .chain(hints)
        .collect();
    let result = Part::maybe(1, result(model, prompt, theme));
    parts::draw(parts, result, GAP, area, buf);
}

/// The line in several lengths: all of it, or as much of its end as there is room for.
fn forms(prompt: &Prompt, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let label = match (prompt.purpose, prompt.is_regex) {
        (Purpose::Narrow, false) => "list only with: ",
        (Purpose::Narrow, true) => "list only with (regex): ",
        (Purpose::Search | Purpose::SearchText, false) => "search: ",
        (Purpose::Search | Purpose::SearchText, true) => "search (regex): ",
    };
    let before = one_line_kept(&prompt.before);
    let after = one_line_kept(&prompt.after);
    let mut graphemes = after.graphemes(true);
    let under = graphemes.next().unwrap_or(" ").to_owned();
    let rest = graphemes.as_str().to_owned();
    let line = |label: &str, before: String, rest: String| {
        Line::from(vec![
            Span::styled(label.to_owned(), theme.strong()),
            Span::raw(before),
            Span::styled(under.clone(), Style::new().add_modifier(Modifier::REVERSED)),
            Span::raw(rest),
        ])
    };
    let short = end_of(&before, room.saturating_sub(3 + width(&under)));
    vec![line(label, before, rest), line("/", short, String::new())]
}

/// The text as it is drawn: what was typed has no control characters, but may have wide spaces.
fn one_line_kept(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// The end of a text in at most so many columns.
fn end_of(text: &str, columns: usize) -> String {
    let mut kept = String::new();
    let mut room = columns;
    let mut pieces = Vec::new();
    for piece in text.graphemes(true).rev() {
        let Some(left) = room.checked_sub(width(piece)) else {
            break;
        };
        room = left;
        pieces.push(piece);
    }
    kept.extend(pieces.into_iter().rev());
    kept
}

/// How much has what is typed, or what is wrong with it.
fn result(model: &Model, prompt: &Prompt, theme: &Theme) -> Option<Line<'static>> {
    let pattern = match &prompt.pattern {
        Err(error) => return Some(Line::styled(one_line(error), theme.warn())),
        Ok(pattern) => pattern.as_ref()?,
    };
    let slot = match prompt.purpose {
        Purpose::Search => Slot::Found,
        Purpose::Narrow => Slot::Listed,
        Purpose::SearchText => {
            let page = model.page();
            let lines = page
                .lines
                .iter()
                .filter(|line| pattern.is_in(&line.text()))
                .count();
            return Some(Line::styled(counted(lines, "line"), theme.dim()));
        }
    };
    let sieve = Sieve {
        classes: model.filter.classes,
        slot: Some(slot),
    };
    let found = counted(bar::count(model, sieve), "event");
    let left = model.build.unasked(slot);
    let so_far = if left > 0 {
        format!(" so far, {left} to go")
    } else {
        String::new()
    };
    Some(Line::styled(format!("{found}{so_far}"), theme.dim()))
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}
