//! Draws the detail pane: the page of the selected event or resource that `app::views::detail` has made.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use crate::app::model::Model;
use crate::app::session::Focus;
use crate::app::views::detail::{DetailMode, DetailSubject};
use crate::style::Theme;
use crate::text::safe::one_line;
use crate::view::text::cut_middle;
use crate::view::views::page::{PagePainter, scrolled};

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let focused = model.shown.focus == Focus::Detail;
    let event = model.shown.subject().and_then(DetailSubject::event);
    let mut block = Block::bordered()
        .border_set(theme.glyphs().border)
        .border_style(theme.border(focused))
        .title(Span::styled(
            title(model, theme, area),
            theme.title(focused),
        ));
    let inner = block.inner(area);
    if let Some(note) = scrolled(&model.shown.detail.page, usize::from(inner.height)) {
        block = block.title_bottom(Line::styled(note, theme.dim()).right_aligned());
    }
    block.render(area, buf);
    if event.is_none() {
        let line_area = inner.inner(Margin::new(1, 0));
        Line::styled("no event is selected", theme.dim()).render(line_area, buf);
        return;
    }
    let painter = PagePainter {
        model,
        theme,
        focused,
        pattern: model.shown.search.page.as_ref(),
    };
    painter.draw(&model.shown.detail.page, inner, buf);
}

/// The name of the subject, and the mode.
fn title(model: &Model, theme: &Theme, area: Rect) -> String {
    let event = model.shown.subject().and_then(DetailSubject::event);
    let name = event.map_or_else(
        || "Detail".to_owned(),
        |event| one_line(event.logical_id.as_str()),
    );
    let mode = match model.shown.detail.mode {
        DetailMode::Read => "",
        DetailMode::Raw => ": JSON",
        DetailMode::Changes => ": changes",
    };
    let room = usize::from(area.width.saturating_sub(4)).saturating_sub(mode.len());
    format!(" {}{mode} ", cut_middle(&name, room, theme))
}
