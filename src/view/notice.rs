//! What must be read without a key being pressed: drawn as `app::notice` has wrapped it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::notice::{NoticeLine, Subject};
use crate::domain::status::StatusClass;
use crate::style::Theme;

/// Draws the lines.
pub(super) fn draw(lines: &[NoticeLine], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let glyphs = theme.glyphs();
    for (line, place) in lines.iter().zip(area.rows()) {
        let (glyph, style) = match line.subject {
            Subject::Fault | Subject::Attention => (glyphs.alert, theme.warn()),
            Subject::Failure => (glyphs.status(StatusClass::Failed), theme.bad()),
            Subject::Note => (glyphs.dot, theme.dim()),
        };
        let glyph = if line.first { glyph } else { " " };
        let text = Span::styled(format!("{glyph} {}", line.text), style);
        Line::from(text).render(place, buf);
    }
}
