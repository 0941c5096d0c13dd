//! Draws the line of tabs and chips, as `app::status::bar` has laid it out.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::model::Model;
use crate::app::status::bar::{BarItem, BarTarget, bar_items};
use crate::domain::status::ClassSet;
use crate::style::Theme;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    for item in bar_items(model, usize::from(area.width)) {
        let column = u16::try_from(item.column).unwrap_or(u16::MAX);
        let width = u16::try_from(item.width()).unwrap_or(u16::MAX);
        let item_area = Rect::new(area.x.saturating_add(column), area.y, width, area.height);
        line(&item, model, theme).render(item_area.intersection(area), buf);
    }
}

fn line(item: &BarItem, model: &Model, theme: &Theme) -> Line<'static> {
    let text = item.text.clone();
    match item.target {
        BarTarget::Tab(_) => {
            let style = match (item.chosen, item.empty) {
                (true, _) => theme.chosen(),
                (false, false) if item.alarming => theme.bad(),
                (false, true) => theme.dim(),
                (false, false) => Style::new(),
            };
            Line::styled(text, style)
        }
        BarTarget::Class(class) => {
            let filtered = model.shown.filter.classes != ClassSet::ALL;
            let (sign, words) = if item.chosen {
                (theme.chosen(), theme.chosen())
            } else if filtered || item.empty {
                (theme.dim(), theme.dim())
            } else {
                (theme.status(class), Style::new())
            };
            let glyph = format!(" {}", theme.glyphs().status(class));
            Line::from(vec![Span::styled(glyph, sign), Span::styled(text, words)])
        }
    }
}
