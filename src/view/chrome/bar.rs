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
    let mut items = bar_items(model, usize::from(area.width));
    // Neighbours may share a space, which belongs to the one that is marked.
    items.sort_by_key(|item| item.chosen);
    for item in items {
        let column = u16::try_from(item.column).unwrap_or(u16::MAX);
        let width = u16::try_from(item.width()).unwrap_or(u16::MAX);
        let item_area = Rect::new(area.x.saturating_add(column), area.y, width, area.height);
        let item_area = item_area.intersection(area);
        // Nothing of a neighbour's style stays in the space that it shares.
        for place in item_area.positions() {
            buf[place].reset();
        }
        buf.set_style(item_area, theme.screen());
        line(&item, model, theme).render(item_area, buf);
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
