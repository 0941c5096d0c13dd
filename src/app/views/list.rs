//! The state of the list of events: the selected event, the scroll position, and whether it follows the newest event.
//! `events` moves it, and adapts it to new rows.
//!
//! The selection is an event, never a row number, so it stays on its event while others arrive above and
//! below. While the list is held, the selected row also stays on its line of the screen.

use crate::app::views::rows::{ListOrder, ListRows};
use crate::domain::build::Build;
use crate::domain::stack_event::EventKey;

#[derive(Clone, Debug)]
pub struct EventList {
    pub selected: Option<EventKey>,
    /// Whether the newest event is selected as it arrives.
    pub follows: bool,
    /// The first row on the screen.
    pub top: usize,
    /// The screen line of the selected row.
    line: usize,
    /// The number of rows on the screen.
    height: usize,
    pub order: ListOrder,
    /// Whether the selected row is in the middle of the screen, whatever arrives: until the user moves the selection.
    centered: bool,
    /// The newest event when the list stopped following.
    held_at: Option<EventKey>,
}

impl Default for EventList {
    fn default() -> Self {
        Self {
            selected: None,
            follows: true,
            top: 0,
            line: 0,
            height: 0,
            order: ListOrder::default(),
            centered: false,
            held_at: None,
        }
    }
}

impl EventList {
    /// Brings selection and scrolling in line with the current rows. `is_indexing`: the filter index has not seen
    /// all events yet, so an event that it does not list now may be listed in a moment.
    pub fn settle_rows(&mut self, rows: ListRows<'_>, height: usize, is_indexing: bool) {
        self.height = height;
        let last = rows.len().saturating_sub(1);
        let highest_top = (last + 1).saturating_sub(height);
        let absent = |key: &EventKey| rows.index_of(key).is_none();
        if !self.follows && self.selected.as_ref().is_some_and(absent) {
            // A walk that starts again drops its rows for a moment: the event will return. A position that the user has
            // not chosen does not depend on what was on the screen before.
            self.top = if self.centered {
                self.newest_top(highest_top)
            } else {
                self.top.min(last)
            };
            return;
        }
        let index = self.index(rows);
        let keeps = is_indexing && !self.follows;
        if let Some(event) = rows.nearest_event(index).filter(|_| !keeps) {
            self.selected = Some(event.key());
        }
        if self.follows {
            // A row beyond the newest event, such as a gap, is on the screen too.
            self.top = self.newest_top(highest_top);
        }
        let selected = self.selected.as_ref().and_then(|key| rows.index_of(key));
        let index = selected.unwrap_or(0).min(last);
        if self.centered {
            self.line = height / 2;
        }
        if !self.follows {
            self.line = self.line.min(height.saturating_sub(1));
            self.top = index.saturating_sub(self.line).min(highest_top);
        }
        if index >= self.top + height && height > 0 {
            self.top = index + 1 - height;
        }
        self.line = index - self.top.min(index);
    }

    /// The first row where the newest one is on the screen.
    fn newest_top(&self, highest_top: usize) -> usize {
        match self.order {
            ListOrder::OldestFirst => highest_top,
            ListOrder::NewestFirst => 0,
        }
    }

    /// The index of the selection: the newest row while following.
    fn index(&self, rows: ListRows<'_>) -> usize {
        let newest = rows.newest_index();
        if self.follows {
            return newest;
        }
        self.selected
            .as_ref()
            .and_then(|key| rows.index_of(key))
            .unwrap_or(newest)
    }

    /// Moves the selection by rows, over those that are not events. Moving away from the newest one stops following;
    /// reaching it follows again.
    pub fn move_by(&mut self, rows: ListRows<'_>, delta: isize) {
        let last = rows.len().saturating_sub(1);
        let index = self.index(rows);
        let mut target = index.saturating_add_signed(delta).min(last);
        while rows.event(target).is_none() && target > 0 && target < last {
            target = target.saturating_add_signed(delta.signum());
        }
        self.select(rows, target);
    }

    /// Selects the first or the last row; if that is the newest one, follows from there.
    pub fn select_edge(&mut self, rows: ListRows<'_>, first: bool) {
        if first == (self.order == ListOrder::NewestFirst) {
            self.follow();
        } else {
            self.select(rows, if first { 0 } else { usize::MAX });
        }
    }

    /// Selects the newest row, and newer ones as they arrive.
    pub fn follow(&mut self) {
        self.follows = true;
        self.centered = false;
        self.held_at = None;
    }

    /// Moves the newest event to the other end.
    pub fn reverse_order(&mut self) {
        self.order = self.order.reversed();
        self.line = self.height / 2;
    }

    fn select(&mut self, rows: ListRows<'_>, target: usize) {
        let Some(event) = rows.nearest_event(target) else {
            return;
        };
        let key = event.key();
        let before = self.top;
        let index = rows.index_of(&key).unwrap_or(target);
        if index == rows.newest_index() {
            self.follow();
            return;
        }
        self.hold(rows);
        self.centered = false;
        self.line = index.saturating_sub(before);
        self.selected = Some(key);
    }

    /// Selects an event, or the next one if it is not listed, and scrolls it to the middle unless it is on the
    /// screen.
    pub fn show(&mut self, rows: ListRows<'_>, key: &EventKey) {
        let Some(index) = rows.index_of(key) else {
            return;
        };
        let Some(event) = rows.nearest_event(index) else {
            return;
        };
        self.hold(rows);
        self.centered = false;
        let on_screen = index >= self.top && index < self.top + self.height;
        self.line = if on_screen {
            index - self.top
        } else {
            self.height / 2
        };
        self.selected = Some(event.key());
    }

    /// Selects a listed event without a key of the user. The list may not be on the screen, and is laid out when it is.
    pub(crate) fn select_unasked(&mut self, rows: ListRows<'_>, key: &EventKey) {
        self.hold(rows);
        self.centered = true;
        self.selected = Some(key.clone());
    }

    /// Whether the user has not moved the selection since [`Self::select_unasked`].
    pub(crate) fn is_where_put(&self) -> bool {
        self.centered
    }

    /// Stops following at the current row, so that opening something else keeps the event.
    pub fn hold(&mut self, rows: ListRows<'_>) {
        if self.follows {
            self.follows = false;
            self.held_at = rows.newest().map(|newest| newest.key());
        }
    }

    /// The number of events that arrived since the list stopped following, hidden ones included.
    pub fn arrived(&self, build: &Build) -> usize {
        self.held_at
            .as_ref()
            .map_or(0, |key| build.events_after(key))
    }
}
