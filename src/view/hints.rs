//! The last line: the keys that help most here, from the key map itself.
//!
//! Where there is no room for all, the ones in the middle go first; help and quit stay.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::style::Theme;

use super::parts::{self, Part};

/// Columns between two hints.
const GAP: usize = 2;

/// Draws the line.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let hints = model.keys.hints(model.context());
    let count = hints.len();
    let parts = hints.into_iter().enumerate().map(|(index, (keys, word))| {
        let from_the_end = count - 1 - index;
        let rank = if from_the_end < 2 {
            from_the_end
        } else {
            index + 2
        };
        let word = Span::styled(format!(" {word}"), theme.dim());
        Part::new(
            rank,
            Line::from(vec![Span::styled(keys, theme.key()), word]),
        )
    });
    let area = area.inner(Margin::new(1, 0));
    parts::draw(parts.collect(), Part::none(), GAP, area, buf);
}
