//! The list of events, oldest first: its frame, what the frame says about following, and which rows show.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use crate::app::action::Action;
use crate::app::model::{Focus, Model};
use crate::domain::status::{ClassSet, StatusClass};
use crate::style::Theme;

use super::columns::Columns;
use super::row::RowPainter;
use super::{empty, text};

/// Draws the pane.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let focused = model.focus == Focus::List;
    let rows = model.rows();
    let mut block = Block::bordered()
        .border_set(theme.glyphs().border)
        .border_style(theme.border(focused))
        .title(Span::styled(
            title(model, theme, area),
            theme.title(focused),
        ));
    if let Some(note) = following(model, theme) {
        block = block.title_bottom(note.right_aligned());
    }
    let inner = block.inner(area);
    block.render(area, buf);
    if rows.is_empty() {
        empty::draw(model, theme, inner, buf);
        return;
    }
    let selected = model.list.selected.as_ref();
    let selected = selected.and_then(|key| rows.index_of(key));
    let painter = RowPainter {
        model,
        theme,
        columns: Columns::of(usize::from(inner.width)),
        focused,
    };
    for (index, place) in (model.list.top..).zip(inner.rows()) {
        let Some(row) = rows.get(index) else { break };
        painter.draw(&row, index, selected == Some(index), place, buf);
    }
}

/// The pane's name and, under a filter, what is listed.
fn title(model: &Model, theme: &Theme, area: Rect) -> String {
    if model.filter == ClassSet::ALL {
        return " Events ".to_owned();
    }
    let listed: Vec<_> = model.filter.iter().map(StatusClass::word).collect();
    let title = format!(" Events: {} ", listed.join(", "));
    text::cut(&title, usize::from(area.width.saturating_sub(2)), theme)
}

/// Whether the list follows the newest event, and if not, what has come since and how to follow again.
fn following<'a>(model: &Model, theme: &Theme) -> Option<Line<'a>> {
    if model.rows().is_empty() {
        return None;
    }
    if model.list.follows {
        return Some(Line::styled(" following ", theme.dim()));
    }
    let arrived = model.list.arrived(&model.build);
    let how = match model.keys.key_for(Action::Bottom) {
        Some(key) => format!(" {} {key} follows ", theme.glyphs().dot),
        None => " ".to_owned(),
    };
    let what = if arrived == 0 {
        Span::raw(" held")
    } else {
        Span::styled(format!(" {arrived} new"), theme.strong())
    };
    Some(Line::from(vec![what, Span::styled(how, theme.dim())]))
}
