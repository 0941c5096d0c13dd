//! Draws the last line: the most useful keys of this context, from the key map.
//!
//! If there is no room for all, the middle ones are left out first; help and quit stay. The result of the last key
//! stands before them until the next one.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::store::filter_index::FilterSlot;
use crate::style::Theme;
use crate::text::safe::one_line;
use crate::view::chrome::parts;
use crate::view::chrome::parts::LinePart;
use crate::view::text::cut;

/// Columns between two hints.
const GAP: usize = 2;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let hints = model.keys.hints(model.context());
    let count = hints.len();
    let parts = hints.into_iter().enumerate().map(|(index, (keys, word))| {
        let from_the_end = count - 1 - index;
        let rank = if from_the_end < 2 {
            from_the_end + 1
        } else {
            index + 3
        };
        let word = Span::styled(format!(" {word}"), theme.dim());
        LinePart::new(
            rank,
            Line::from(vec![Span::styled(keys, theme.key()), word]),
        )
    });
    let area = area.inner(Margin::new(1, 0));
    let seeking = model.shown.search.awaits_first_match.then(|| {
        let left = model.shown.build.unindexed(FilterSlot::Found);
        format!("searching, {left} events to go")
    });
    let toast = seeking.as_ref().or(model.toast.as_ref()).map(|text| {
        let text = cut(&one_line(text), usize::from(area.width), theme);
        LinePart::new(0, Line::styled(text, theme.strong()))
    });
    let parts = toast.into_iter().chain(parts).collect();
    parts::draw(parts, LinePart::none(), GAP, area, buf);
}
