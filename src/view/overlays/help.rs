//! Draws the help: every key and its action, and the signs of the statuses. `app::overlays::help` has the content.

use ratatui::buffer::Buffer;
use ratatui::layout::{Offset, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::keys::keymap::KeyMap;
use crate::app::overlays::help;
use crate::app::overlays::help::{Help, HelpLine};
use crate::style::Theme;
use crate::view::overlays::popup;
use crate::view::text::{cell, cut};

/// The width of the column of keys.
const KEYS: usize = 19;
/// The columns before the keys.
const INDENT: usize = 2;

pub(crate) fn draw(help: &Help, keys: &KeyMap, theme: &Theme, screen: Rect, buf: &mut Buffer) {
    let size = screen.as_size();
    let rows = help::rows(keys, help.from, size);
    let area = help::area(&rows, size);
    let area = area.offset(Offset::new(i32::from(screen.x), i32::from(screen.y)));
    let top = help.top.min(help::highest_top(&rows, size));
    let last = (top + help::page(&rows, size)).min(rows.len());
    let note = if last < rows.len() || top > 0 {
        format!(" {}-{last} of {} ", top + 1, rows.len())
    } else {
        String::new()
    };
    let inner = popup::draw(" Help ", &note, theme, area.intersection(screen), buf);
    for (row, row_area) in rows.iter().skip(top).zip(inner.rows()) {
        let columns = row_area.width / u16::try_from(row.len().max(1)).unwrap_or(1);
        for (line, column) in row.iter().zip(0..) {
            let line_area = Rect {
                x: row_area.x.saturating_add(columns.saturating_mul(column)),
                width: columns,
                ..row_area
            };
            let line = draw_line(line, usize::from(columns), theme);
            line.render(line_area.intersection(row_area), buf);
        }
    }
}

fn draw_line(line: &HelpLine, columns: usize, theme: &Theme) -> Line<'static> {
    let keys_columns = KEYS.min(columns * 2 / 5);
    match line {
        HelpLine::Blank => Line::default(),
        HelpLine::Heading(heading) => Line::styled(format!(" {heading}"), theme.strong()),
        HelpLine::Keys(keys, does) => Line::from(vec![
            Span::raw(" ".repeat(INDENT)),
            Span::styled(cell(keys, keys_columns, theme), theme.key()),
            Span::raw(cut(
                does,
                columns.saturating_sub(INDENT + keys_columns),
                theme,
            )),
        ]),
        HelpLine::Status(class) => Line::from(vec![
            Span::raw(" ".repeat(INDENT)),
            Span::styled(theme.glyphs().status(*class), theme.status(*class)),
            Span::raw(" "),
            Span::styled(theme.glyphs().bar(*class).repeat(3), theme.status(*class)),
            Span::raw(format!(" {}", class.label())),
        ]),
    }
}
