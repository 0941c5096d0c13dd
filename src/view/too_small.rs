//! Draws the message on a screen that is too small for anything else.
//! `view` calls it when `app::layout` has no regions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use crate::app::layout::MIN_SIZE;
use crate::text::width::wrap;

pub(super) fn draw(area: Rect, buf: &mut Buffer) {
    let text = format!(
        "too small: {}x{} is enough",
        MIN_SIZE.width, MIN_SIZE.height
    );
    let lines = wrap(&text, usize::from(area.width));
    for (line, line_area) in lines.into_iter().zip(area.rows()) {
        Line::from(line).render(line_area, buf);
    }
}
