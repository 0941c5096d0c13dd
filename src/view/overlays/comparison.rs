//! Draws a comparison of two builds over the panes. `app::overlays::comparison` has its lines.

use ratatui::buffer::Buffer;
use ratatui::layout::{Offset, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::overlays::comparison;
use crate::app::overlays::comparison::{Comparison, LETTER, Row, Tone};
use crate::domain::status::StatusClass;
use crate::style::Theme;
use crate::view::overlays::popup;
use crate::view::text::cut_line;

pub(crate) fn draw(comparison: &Comparison, theme: &Theme, screen: Rect, buf: &mut Buffer) {
    let size = screen.as_size();
    let rows = comparison.rows(size, theme.glyphs().ellipsis);
    let area = comparison::area(size);
    let area = area.offset(Offset::new(i32::from(screen.x), i32::from(screen.y)));
    let last = (comparison.top + Comparison::page(size)).min(rows.len());
    let note = if last < rows.len() || comparison.top > 0 {
        format!(" {}-{last} of {} ", comparison.top + 1, rows.len())
    } else {
        String::new()
    };
    let title = " Two builds compared ";
    let inner = popup::draw(title, &note, theme, area.intersection(screen), buf);
    for (row, area) in rows.iter().skip(comparison.top).zip(inner.rows()) {
        let line = cut_line(line(row, theme), usize::from(area.width), theme);
        line.render(area, buf);
    }
}

fn line(row: &Row, theme: &Theme) -> Line<'static> {
    let text = format!(" {}", row.text);
    let value = |class| {
        // The first is the popup's margin. Only such a row begins with a letter of ASCII.
        let (letter, value) = text.split_at_checked(LETTER + 1).unwrap_or((&text, ""));
        vec![
            Span::raw(letter.to_owned()),
            Span::styled(value.to_owned(), theme.status(class)),
        ]
    };
    match row.tone {
        Tone::Before => Line::from(value(StatusClass::Deleting)),
        Tone::After => Line::from(value(StatusClass::Running)),
        Tone::Plain => Line::raw(text),
        Tone::Heading => Line::styled(text, theme.strong()),
    }
}
