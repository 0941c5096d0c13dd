//! The choice of statuses: which of them the list shows, and how many events each has.

use ratatui::buffer::Buffer;
use ratatui::layout::{Offset, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::layout;
use crate::app::list::FilterMenu;
use crate::app::model::Model;
use crate::domain::status::{ClassSet, StatusClass};
use crate::style::Theme;

use super::counts::count;
use super::popup;
use super::text::cell;

/// The popup's size, borders included.
const SIZE: (u16, u16) = (34, 9);
/// The width of the column of words.
const WORD: usize = 13;

/// Draws the popup over the screen.
pub(super) fn draw(model: &Model, menu: FilterMenu, theme: &Theme, screen: Rect, buf: &mut Buffer) {
    let (width, height) = SIZE;
    let area = layout::popup(screen.as_size(), width, height);
    let area = area.offset(Offset::new(i32::from(screen.x), i32::from(screen.y)));
    let inner = popup::draw(" Statuses ", "", theme, area.intersection(screen), buf);
    let top = (menu.cursor + 1).saturating_sub(usize::from(inner.height));
    let classes = StatusClass::ALL.into_iter().enumerate().skip(top);
    for ((index, class), place) in classes.zip(inner.rows()) {
        let marked = index == menu.cursor;
        draw_class(model, class, marked, theme).render(place, buf);
        if marked {
            buf.set_style(place, theme.selected(true));
        }
    }
}

fn draw_class(model: &Model, class: StatusClass, marked: bool, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let listed = if model.filter.contains(class) {
        "x"
    } else {
        " "
    };
    let style = if marked {
        Style::new()
    } else {
        theme.status(class)
    };
    let count = count(model, ClassSet::only(class));
    Line::from(vec![
        Span::raw(if marked { glyphs.marker } else { " " }),
        Span::raw(format!("[{listed}] ")),
        Span::styled(
            format!(
                "{} {}",
                glyphs.status(class),
                cell(class.word(), WORD, theme)
            ),
            style,
        ),
        Span::raw(format!("{count:>9} ")),
    ])
}
