//! Draws the list of events: its frame with title and notes, and the rows on the screen.
//! `app::views::{list, rows, filter}` have the selection and the rows.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use crate::app::keys::action::Action;
use crate::app::model::Model;
use crate::app::session::Focus;
use crate::app::views::action::Move;
use crate::app::views::filter;
use crate::app::views::rows::ListOrder;
use crate::domain::search::Selection;
use crate::domain::status::ClassSet;
use crate::store::filter_index::FilterSlot;
use crate::style::Theme;
use crate::text::safe::one_line;
use crate::view::text;
use crate::view::time::rough_duration;
use crate::view::views::columns::EventColumns;
use crate::view::views::empty;
use crate::view::views::event_row::{RowPainter, RowPosition};
use crate::view::views::scrollbar;
use crate::view::views::scrollbar::Scrolled;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let focused = model.shown.focus == Focus::List;
    let rows = model.shown.rows();
    let mut block = Block::bordered()
        .border_set(theme.glyphs().border)
        .border_style(theme.border(focused))
        .title(Span::styled(
            title(model, theme, area),
            theme.title(focused),
        ));
    block = with_notes(block, model, theme, area);
    let inner = block.inner(area);
    block.render(area, buf);
    if rows.is_empty() {
        empty::draw(model, theme, inner, buf);
        return;
    }
    let selected = model.shown.views.events.selected.as_ref();
    let selected = selected.and_then(|key| rows.index_of(key));
    let painter = RowPainter {
        model,
        theme,
        columns: EventColumns::of(usize::from(inner.width)),
        focused,
    };
    for (index, line_area) in (model.shown.views.events.top..).zip(inner.rows()) {
        let Some(row) = rows.get(index) else { break };
        let before = rows.event_before(index);
        let position = RowPosition {
            index,
            before: before.and_then(|before| before.timestamp),
            selected: selected == Some(index),
        };
        painter.draw(&row, position, line_area, buf);
    }
    let list = Scrolled {
        rows: rows.len(),
        top: model.shown.views.events.top,
        height: usize::from(inner.height),
    };
    // The rows of a cell usually follow those of the cell before.
    let mut counted = (0, 0);
    let has_failure = |range: Range<usize>| {
        let above = match counted {
            (row, failures) if row == range.start => failures,
            _ => rows.failures_above(range.start),
        };
        counted = (range.end, rows.failures_above(range.end));
        above < counted.1
    };
    scrollbar::draw(list, has_failure, theme, area, buf);
}

/// The notes on the lower border, as far as they fit: following has priority.
fn with_notes<'a>(block: Block<'a>, model: &Model, theme: &Theme, area: Rect) -> Block<'a> {
    let room = usize::from(area.width.saturating_sub(2));
    let following = following(model, theme);
    let taken = following.as_ref().map_or(0, Line::width);
    let last = last_event(model, theme).filter(|last| last.width() + taken < room);
    let block = following.into_iter().fold(block, |block, note| {
        block.title_bottom(note.right_aligned())
    });
    last.into_iter().fold(block, Block::title_bottom)
}

/// The pane's name and, under a filter, the listed statuses, types and resources.
fn title(model: &Model, theme: &Theme, area: Rect) -> String {
    let times = match (model.times.utc, model.times.since_before) {
        (false, false) => "",
        (true, false) => "(UTC) ",
        (false, true) => "(since the previous event) ",
        (true, true) => "(UTC, since the previous event) ",
    };
    if model.shown.filter.is_open() {
        return format!(" Events {times}");
    }
    let classes = model.shown.filter.classes;
    let all = classes == ClassSet::ALL;
    let listed = classes.iter().map(|class| class.label().to_owned());
    let listed: Vec<_> = listed
        .filter(|_| !all)
        .chain(model.shown.filter.descriptions())
        .collect();
    let left = match model.shown.build.unindexed(FilterSlot::Listed) {
        0 => String::new(),
        left => format!(", {left} to search"),
    };
    let title =
        format!(" Events {times}: {}{left} ", one_line(&listed.join(", "))).replace(" : ", ": ");
    let count = model.shown.rows().events();
    let all = filter::count(&model.shown.build, Selection::ALL);
    let count = format!("{count} of {all} ");
    let room = usize::from(area.width.saturating_sub(2)).saturating_sub(count.len());
    text::cut(&title, room, theme) + &count
}

/// Whether the list follows the newest event; otherwise the number of new events and the key that follows again. Before
/// that, the number of newer events that the filter hides.
fn following<'a>(model: &Model, theme: &Theme) -> Option<Line<'a>> {
    if model.shown.rows().is_empty() {
        return None;
    }
    let hidden = match model.shown.hidden_newer_events() {
        0 => None,
        count => Some(Span::styled(
            format!(" {count} newer hidden by the filter {}", theme.glyphs().dot),
            theme.warn(),
        )),
    };
    let mut spans: Vec<_> = hidden.into_iter().collect();
    let dot = theme.glyphs().dot;
    spans.extend(position(model).map(|text| Span::styled(format!("{text} {dot}"), theme.dim())));
    if model.shown.views.events.follows {
        spans.push(Span::styled(" following ", theme.dim()));
        return Some(Line::from(spans));
    }
    let arrived = model.shown.views.events.arrived(&model.shown.build);
    spans.push(if arrived == 0 {
        Span::raw(" held")
    } else {
        Span::styled(format!(" {arrived} new"), theme.strong())
    });
    let edge = match model.shown.views.events.order {
        ListOrder::OldestFirst => Action::Move(Move::Bottom),
        ListOrder::NewestFirst => Action::Move(Move::Top),
    };
    let how = model.keys.key_for(edge).map_or_else(
        || " ".to_owned(),
        |key| format!(" {} {key} follows ", theme.glyphs().dot),
    );
    spans.push(Span::styled(how, theme.dim()));
    Some(Line::from(spans))
}

/// The number of the selected event among the listed ones.
fn position(model: &Model) -> Option<String> {
    let rows = model.shown.rows();
    let key = model.shown.views.events.selected.as_ref()?;
    let number = rows.events_to(rows.index_of(key)?);
    Some(format!(" {number}/{}", rows.events()))
}

/// The time since the last event, while the build is running.
pub(crate) fn last_event<'a>(model: &Model, theme: &Theme) -> Option<Line<'a>> {
    if model.shown.build.is_over() {
        return None;
    }
    let newest = model.shown.build.current()?.newest()?.timestamp?;
    let text = format!(" last event {} ago ", rough_duration(model.now - newest));
    Some(Line::styled(text, theme.dim()))
}
