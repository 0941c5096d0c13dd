//! Draws the scrollbar of a list on its right border: the part that is on the screen, and where failures are.
//! `events` and `resources` call it; a list that fits its pane has none.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::domain::status::StatusClass;
use crate::style::Theme;

/// The rows of a list, and the pane that shows some of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scrolled {
    /// The number of all rows.
    pub(crate) rows: usize,
    /// The first row on the screen.
    pub(crate) top: usize,
    /// The number of rows on the screen.
    pub(crate) height: usize,
}

/// Draws the scrollbar on the right border of a pane. `has_failure` tells whether one of these rows has failed.
pub(crate) fn draw(
    list: Scrolled,
    mut has_failure: impl FnMut(Range<usize>) -> bool,
    theme: &Theme,
    pane: Rect,
    buf: &mut Buffer,
) {
    let track = Rect {
        x: pane.right().saturating_sub(1),
        y: pane.y.saturating_add(1),
        width: 1,
        height: pane.height.saturating_sub(2),
    };
    let cells = usize::from(track.height);
    if list.rows <= list.height || cells == 0 {
        return;
    }
    let (thumb, glyphs) = (thumb(list, cells), theme.glyphs());
    for (cell, y) in (0..cells).zip(track.y..) {
        let Some(drawn) = buf.cell_mut(Position::new(track.x, y)) else {
            continue;
        };
        if has_failure(rows_of(cell, cells, list.rows)) {
            let sign = glyphs.status(StatusClass::Failed);
            drawn.set_symbol(sign).set_style(theme.bad());
        } else if thumb.contains(&cell) {
            drawn.set_symbol(glyphs.bar_done).set_style(theme.dim());
        }
    }
}

/// The rows that a cell of the track stands for: at least one.
fn rows_of(cell: usize, cells: usize, rows: usize) -> Range<usize> {
    let start = cell.saturating_mul(rows) / cells;
    let end = (cell + 1).saturating_mul(rows) / cells;
    start..end.max(start + 1)
}

/// The cells for the rows on the screen: at least one, and at an end only if the list is there.
fn thumb(list: Scrolled, cells: usize) -> Range<usize> {
    let length = (list.height.saturating_mul(cells) / list.rows).clamp(1, cells);
    let hidden = list.rows - list.height;
    let top = list.top.min(hidden);
    let free = cells - length;
    let start = match top {
        0 => 0,
        top if top == hidden => free,
        top => (top.saturating_mul(free) / hidden)
            .clamp(1.min(free), free.saturating_sub(1).max(1.min(free))),
    };
    start..start + length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::{Depth, Glyphs, Scheme};

    fn drawn(rows: usize, top: usize, height: u16, failed: &[usize]) -> String {
        let pane = Rect::new(0, 0, 1, height + 2);
        let mut buffer = Buffer::empty(pane);
        let theme = Theme::new(&Scheme::default(), Depth::None, Glyphs::Ascii);
        let has_failure = |rows: Range<usize>| failed.iter().any(|row| rows.contains(row));
        let list = Scrolled {
            rows,
            top,
            height: usize::from(height),
        };
        draw(list, has_failure, &theme, pane, &mut buffer);
        let cells = buffer.content.iter().map(ratatui::buffer::Cell::symbol);
        cells.collect()
    }

    #[test]
    fn the_bar_shows_the_part_on_the_screen_and_the_failures() {
        assert_eq!(drawn(40, 0, 10, &[]), " ##         ");
        assert_eq!(drawn(40, 1, 10, &[]), "  ##        ");
        assert_eq!(drawn(40, 29, 10, &[]), "        ##  ");
        assert_eq!(drawn(40, 30, 10, &[]), "         ## ");
        assert_eq!(drawn(40, 30, 10, &[0, 39]), " x       #x ");
        assert_eq!(drawn(10, 0, 10, &[3]), "            ", "it fits");
        assert_eq!(drawn(11, 1, 1, &[3]), " x ");
    }

    #[test]
    fn every_row_has_a_cell() {
        for (rows, cells) in [(11, 10), (1_000_003, 17), (44, 44), (45, 7)] {
            let mut next = 0;
            for cell in 0..cells {
                let of_cell = rows_of(cell, cells, rows);
                assert!(of_cell.start <= next && of_cell.end >= of_cell.start);
                next = of_cell.end;
            }
            assert_eq!(next, rows);
        }
    }
}
