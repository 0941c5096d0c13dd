//! Draws the menu of statuses, types and resources to list, with their numbers of events.
//! `app::overlays::filter_menu` has its lines and its cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::{Offset, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::model::Model;
use crate::app::overlays::filter_menu;
use crate::app::overlays::filter_menu::{FilterMenu, FilterMenuLine};
use crate::app::views::filter::FilterChoice;
use crate::style::Theme;
use crate::view::overlays::popup;
use crate::view::text::line_cell;

/// Columns beside the name: marker, box, count and the spaces between them.
const BESIDE: usize = 15;

pub(crate) fn draw(
    model: &Model,
    menu: &FilterMenu,
    theme: &Theme,
    screen: Rect,
    buf: &mut Buffer,
) {
    let area = filter_menu::area(menu.lines.len(), screen.as_size());
    let area = area.offset(Offset::new(i32::from(screen.x), i32::from(screen.y)));
    let height = usize::from(area.height.saturating_sub(2));
    let last = (menu.top + height).min(menu.lines.len());
    let note = if last < menu.lines.len() || menu.top > 0 {
        format!(" {}-{last} of {} ", menu.top + 1, menu.lines.len())
    } else {
        String::new()
    };
    let inner = popup::draw(" Filter ", &note, theme, area.intersection(screen), buf);
    let lines = menu.lines.iter().enumerate().skip(menu.top);
    for ((index, line), line_area) in lines.zip(inner.rows()) {
        let marked = index == menu.cursor;
        let columns = usize::from(inner.width);
        match line {
            FilterMenuLine::Heading(text) => {
                Line::styled(format!(" {text}"), theme.strong()).render(line_area, buf);
            }
            FilterMenuLine::Choice(choice, count) => {
                draw_choice(model, choice, *count, marked, columns, theme).render(line_area, buf);
            }
        }
        if marked {
            buf.set_style(line_area, theme.selected(true));
        }
    }
}

fn draw_choice(
    model: &Model,
    choice: &FilterChoice,
    count: usize,
    marked: bool,
    columns: usize,
    theme: &Theme,
) -> Line<'static> {
    let glyphs = theme.glyphs();
    let listed = if model.shown.filter.includes(choice) {
        "x"
    } else {
        " "
    };
    let (name, style) = match choice {
        FilterChoice::Class(class) => (
            format!("{} {}", glyphs.status(*class), class.label()),
            theme.status(*class),
        ),
        FilterChoice::Type(name) if name.as_str().is_empty() => {
            ("(no type)".to_owned(), theme.dim())
        }
        FilterChoice::Type(name) | FilterChoice::Resource(name) => (name.to_string(), Style::new()),
    };
    let name = line_cell(&name, columns.saturating_sub(BESIDE), theme);
    Line::from(vec![
        Span::raw(if marked { glyphs.marker } else { " " }),
        Span::raw(format!("[{listed}] ")),
        Span::styled(name, if marked { Style::new() } else { style }),
        Span::raw(format!("{count:>9} ")),
    ])
}
