//! Draws the messages that the user must see, as `app::status::notices` has wrapped them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::status::notices::{NoticeLine, NoticeSubject};
use crate::domain::status::StatusClass;
use crate::style::Theme;

/// The emphasized beginning of a line: of a failure only the resource, since a long reason in red is hard to read.
fn head(line: &NoticeLine) -> (&str, &str) {
    let text = line.text.as_str();
    match (line.subject, line.first) {
        (NoticeSubject::Failure, true) => text.split_at(text.find(": ").unwrap_or(text.len())),
        (NoticeSubject::Failure, false) => ("", text),
        _ => (text, ""),
    }
}

pub(crate) fn draw(lines: &[NoticeLine], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let glyphs = theme.glyphs();
    for (line, line_area) in lines.iter().zip(area.rows()) {
        let (glyph, style) = match line.subject {
            NoticeSubject::Fault | NoticeSubject::Attention => (glyphs.alert, theme.warn()),
            NoticeSubject::Failure => (glyphs.status(StatusClass::Failed), theme.bad()),
            NoticeSubject::Note => (glyphs.dot, theme.dim()),
        };
        let glyph = if line.first { glyph } else { " " };
        let (head, rest) = head(line);
        let rest_style = if line.subject == NoticeSubject::Failure {
            Style::new()
        } else {
            style
        };
        let head = Span::styled(format!("{glyph} {head}"), style);
        Line::from(vec![head, Span::styled(rest, rest_style)]).render(line_area, buf);
    }
}
