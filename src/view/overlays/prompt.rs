//! Draws the line of text input: its purpose, the text with its cursor, and the number of matches so far.
//! `app::overlays::prompt` has the text; it replaces the hints while it is open.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use crate::app::model::Model;
use crate::app::overlays::prompt::{Prompt, PromptPurpose};
use crate::app::status::hints;
use crate::app::views::Tab;
use crate::app::views::filter;
use crate::domain::log::LineSelection;
use crate::domain::search::Selection;
use crate::store::class_set::ClassSet;
use crate::store::filter_index::FilterSlot;
use crate::style::Theme;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::width;
use crate::view::chrome::parts;
use crate::view::chrome::parts::LinePart;
use crate::view::text::cut;

/// Columns between two parts.
const GAP: usize = 2;
/// The minimum width for the label of the purpose.
const ROOM_FOR_LABEL: usize = 40;

pub(crate) fn draw(model: &Model, prompt: &Prompt, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let is_search = prompt.purpose != PromptPurpose::Code;
    let hints = hints::hints(model).into_iter();
    let hints = hints
        .filter(|hint| is_search || hint.word != "regex")
        .enumerate();
    let hints = hints.map(|(index, hint)| {
        let word = Span::styled(format!(" {}", hint.word), theme.dim());
        LinePart::new(
            index + 2,
            Line::from(vec![Span::styled(hint.keys, theme.key()), word]),
        )
    });
    let result = result(model, prompt, theme);
    let taken = result.as_ref().map_or(0, |result| result.width() + GAP);
    let room = usize::from(area.width).saturating_sub(taken);
    let typed = [LinePart::new(0, typed(prompt, room, theme))];
    let parts = typed.into_iter().chain(hints).collect();
    parts::draw(parts, LinePart::maybe(1, result), GAP, area, buf);
}

/// The label and the typed text: all of it, or as much of its end as fits.
fn typed(prompt: &Prompt, room: usize, theme: &Theme) -> Line<'static> {
    let label = match (prompt.purpose, prompt.is_regex) {
        (PromptPurpose::Code, _) => "MFA code: ",
        _ if room < ROOM_FOR_LABEL => "/",
        (PromptPurpose::FilterText | PromptPurpose::FilterLog, false) => "list only with: ",
        (PromptPurpose::FilterText | PromptPurpose::FilterLog, true) => "list only with (regex): ",
        (PromptPurpose::SearchList | PromptPurpose::SearchPage, false) => "search: ",
        (PromptPurpose::SearchList | PromptPurpose::SearchPage, true) => "search (regex): ",
    };
    let is_secret = prompt.purpose == PromptPurpose::Code;
    let shown = |text: &str| {
        if is_secret {
            "*".repeat(text.len())
        } else {
            shown(text)
        }
    };
    let after = shown(&prompt.after);
    let mut graphemes = after.graphemes(true);
    let under = graphemes.next().unwrap_or(" ").to_owned();
    let rest = cut(graphemes.as_str(), room / 4, theme);
    let left = room.saturating_sub(width(label) + width(&under) + width(&rest));
    let before = end_of(&shown(&prompt.before), left);
    Line::from(vec![
        Span::styled(label, theme.strong()),
        Span::raw(before),
        Span::styled(under, Style::new().add_modifier(Modifier::REVERSED)),
        Span::raw(rest),
    ])
}

/// The text as it is drawn: typed text has no line breaks, but may contain characters that reverse its direction.
fn shown(text: &str) -> String {
    SafeText::new(text).to_string()
}

/// The end of a text in at most `columns`.
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

/// The number of matches, or the error of the expression.
fn result(model: &Model, prompt: &Prompt, theme: &Theme) -> Option<Line<'static>> {
    if prompt.purpose == PromptPurpose::Code {
        let (typed, all) = (prompt.text().len(), Prompt::CODE_LENGTH);
        return Some(Line::styled(
            format!("{typed} of {all} digits"),
            theme.dim(),
        ));
    }
    let pattern = match &prompt.pattern {
        Err(error) => {
            return Some(Line::styled(
                one_line(SafeText::new(error).as_str()),
                theme.warn(),
            ));
        }
        Ok(pattern) => pattern.as_ref()?,
    };
    let slot = match prompt.purpose {
        PromptPurpose::SearchList if model.shown.tab == Tab::Log => {
            return Some(lines_of_log(model, FilterSlot::Found, theme));
        }
        PromptPurpose::SearchList => FilterSlot::Found,
        PromptPurpose::FilterText => FilterSlot::Listed,
        PromptPurpose::Code => return None,
        PromptPurpose::FilterLog => return Some(lines_of_log(model, FilterSlot::Listed, theme)),
        PromptPurpose::SearchPage => {
            let lines = model.shown.page().matching_lines(pattern).len();
            return Some(Line::styled(counted(lines, "line"), theme.dim()));
        }
    };
    let selection = Selection {
        classes: model.shown.filter.classes,
        slot: Some(slot),
    };
    let found = counted(filter::count(&model.shown.build, selection), "event");
    let left = model.shown.build.unindexed(slot);
    let so_far = if left > 0 {
        format!(" so far, {left} to go")
    } else {
        String::new()
    };
    Some(Line::styled(format!("{found}{so_far}"), theme.dim()))
}

fn lines_of_log(model: &Model, slot: FilterSlot, theme: &Theme) -> Line<'static> {
    let log = model.shown.build.log();
    let found = log.count(LineSelection {
        classes: ClassSet::ALL,
        slot: Some(slot),
    });
    Line::styled(counted(found, "line"), theme.dim())
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}
