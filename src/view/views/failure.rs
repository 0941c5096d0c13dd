//! Draws the explanation of a failure, or the result: the page that `app::views::failure` has made.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use crate::app::model::Model;
use crate::style::Theme;
use crate::view::views::empty;
use crate::view::views::page::{PagePainter, scrolled};

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let name = model.shown.view_name();
    let mut block = Block::bordered()
        .border_set(theme.glyphs().border)
        .border_style(theme.border(true))
        .title(Span::styled(format!(" {name} "), theme.title(true)));
    let inner = block.inner(area);
    let page = &model.shown.views.failure.page;
    if let Some(note) = scrolled(page, usize::from(inner.height)) {
        block = block.title_bottom(Line::styled(note, theme.dim()).right_aligned());
    }
    block.render(area, buf);
    if page.lines.is_empty() {
        empty::nothing_failed(model, theme, inner, buf);
        return;
    }
    let painter = PagePainter {
        model,
        theme,
        focused: true,
        pattern: model.shown.search.page.as_ref(),
    };
    painter.draw(page, inner, buf);
}
