//! Draws the messages that the user must see, as `app::status::notices` has wrapped them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::status::notices::{NoticeLine, NoticeSubject};
use crate::domain::status::StatusClass;
use crate::style::Theme;

/// The beginning of a line and the rest, which have styles of their own: of a failure only the resource is red, since a
/// long reason in red is hard to read; of the result the configuration stands out, which the user copies.
fn parts<'a>(line: &'a NoticeLine, theme: &Theme) -> [(&'a str, Style); 2] {
    let text = line.text.as_str();
    let (head, rest) = text.split_at(text.find(": ").unwrap_or(text.len()));
    match (line.subject, line.first) {
        (NoticeSubject::Failure, true) => [(head, theme.bad()), (rest, Style::new())],
        (NoticeSubject::Failure, false) | (NoticeSubject::Advice, _) => {
            [("", Style::new()), (text, Style::new())]
        }
        (NoticeSubject::Log, _) => [("", theme.dim()), (text, theme.dim())],
        (NoticeSubject::Result, true) if head.contains(' ') => {
            [(head, theme.dim()), (rest, theme.strong())]
        }
        (NoticeSubject::Result | NoticeSubject::Command, _) => {
            [("", theme.dim()), (text, theme.strong())]
        }
        (NoticeSubject::Fault | NoticeSubject::Attention, _) => {
            [(text, theme.warn()), ("", Style::new())]
        }
    }
}

pub(crate) fn draw(lines: &[NoticeLine], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let glyphs = theme.glyphs();
    for (line, line_area) in lines.iter().zip(area.rows()) {
        let glyph = match line.subject {
            _ if !line.first && line.subject != NoticeSubject::Log => " ",
            NoticeSubject::Advice => " ",
            NoticeSubject::Fault | NoticeSubject::Attention => glyphs.alert,
            NoticeSubject::Failure => glyphs.status(StatusClass::Failed),
            NoticeSubject::Result => glyphs.folded,
            NoticeSubject::Log => glyphs.border.vertical_left,
            NoticeSubject::Command => "$",
        };
        let glyph = match line.subject {
            NoticeSubject::Command => format!("{glyph:>3} "),
            NoticeSubject::Log => format!("{glyph} "),
            _ => format!("{glyph} "),
        };
        let [(head, style), (rest, rest_style)] = parts(line, theme);
        let spans = vec![
            Span::styled(glyph, style),
            Span::styled(head, style),
            Span::styled(rest, rest_style),
        ];
        Line::from(spans).render(line_area, buf);
    }
}
