//! The view of all watched builds: a row for each, over the panes. `update::builds` acts in it, `view::overlays::builds`
//! draws it.

use ratatui::layout::{Rect, Size};

use crate::app::layout::popup;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildsMenu {
    pub cursor: usize,
    /// The first row on the screen.
    pub top: usize,
}

/// The area of the menu on a screen.
pub(crate) fn area(rows: usize, size: Size) -> Rect {
    let rows = u16::try_from(rows).unwrap_or(u16::MAX);
    popup(size, size.width, rows.saturating_add(2))
}

impl BuildsMenu {
    /// Keeps the marked row on the screen.
    pub(crate) fn settle(&mut self, rows: usize, size: Size) {
        let height = usize::from(area(rows, size).height.saturating_sub(2));
        (self.cursor, self.top) = scrolled(self.cursor, self.top, rows, height);
    }
}

/// The marked row and the first row on the screen, so that the marked one is on it.
pub(super) fn scrolled(cursor: usize, top: usize, rows: usize, height: usize) -> (usize, usize) {
    let cursor = cursor.min(rows.saturating_sub(1));
    let lowest = (cursor + 1).saturating_sub(height.max(1));
    let top = top.clamp(lowest, cursor.max(lowest));
    (cursor, top.min(rows.saturating_sub(height)))
}
