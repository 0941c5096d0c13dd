//! Draws the last line: on the left the keys that do something now (`app::status::hints`), on the right the result of the
//! last key, for a while.
//!
//! If there is no room for all hints, the least useful ones are left out; help and quit stay. A result leaves room for
//! the most useful ones.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::status::hints;
use crate::app::status::hints::Hint;
use crate::store::filter_index::FilterSlot;
use crate::style::Theme;
use crate::text::safe::one_line;
use crate::view::chrome::parts;
use crate::view::chrome::parts::LinePart;
use crate::view::text::cut;

/// Columns between two hints.
const GAP: usize = 2;
/// The columns that a result leaves for hints: `c copy command  ? help`. Below twice as many it takes the line.
const FOR_HINTS: usize = 24;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let columns = usize::from(area.width);
    let result = result(model).map(|text| {
        let room = match columns.checked_sub(FOR_HINTS) {
            Some(room) if room >= FOR_HINTS => room,
            _ => columns,
        };
        Line::from(Span::styled(
            cut(&one_line(&text), room, theme),
            theme.strong(),
        ))
    });
    let parts = hints::hints(model).into_iter().enumerate();
    let parts = parts
        .map(|(index, hint)| part(index, hint, theme))
        .collect();
    parts::draw(parts, LinePart::maybe(0, result), GAP, area, buf);
}

/// The first hint gets its room first, then those that stay.
fn part(index: usize, hint: Hint, theme: &Theme) -> LinePart<'static> {
    let rank = if index == 0 || hint.stays {
        index.min(1) + 1
    } else {
        index + 3
    };
    let word = Span::styled(format!(" {}", hint.word), theme.dim());
    LinePart::new(
        rank,
        Line::from(vec![Span::styled(hint.keys, theme.key()), word]),
    )
}

/// The result of the last key, or the progress of the search that it started.
fn result(model: &Model) -> Option<String> {
    let seeking = model.shown.search.awaits_first_match.then(|| {
        let left = model.shown.build.unindexed(FilterSlot::Found);
        format!("searching, {left} events to go")
    });
    seeking.or_else(|| model.toast.clone())
}
