//! Draws the frame of a popup over the panes.
//! Help and filter menu draw their lines inside.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use crate::style::Theme;
use crate::text::width::width;

/// Clears the area, draws a frame around it, and returns the inside.
pub(crate) fn draw(title: &str, note: &str, theme: &Theme, area: Rect, buf: &mut Buffer) -> Rect {
    clear_halves(area, buf);
    Clear.render(area, buf);
    buf.set_style(area, theme.screen());
    let block = Block::bordered()
        .border_set(theme.glyphs().border)
        .border_style(theme.border(true))
        .title(Span::styled(title, theme.title(true)))
        .title_bottom(Line::styled(note, theme.dim()).right_aligned());
    let inner = block.inner(area);
    block.render(area, buf);
    inner
}

/// A wide character that begins left of the popup would hide the popup's border.
fn clear_halves(area: Rect, buf: &mut Buffer) {
    let Some(x) = area.x.checked_sub(1) else {
        return;
    };
    for y in area.top()..area.bottom() {
        if let Some(cell) = buf.cell_mut(Position::new(x, y))
            && width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
}
