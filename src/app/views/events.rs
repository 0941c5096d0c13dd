//! The view of the events: moves and searches the list, and counts what is listed. `view::views::events` draws it.
//! Tests: tests/it/app/find.rs.

use chrono::{DateTime, Utc};

use crate::app::layout::PaneSize;
use crate::app::views::action::{Move, ViewAction};
use crate::app::views::detail::DetailSubject;
use crate::app::views::filter;
use crate::app::views::filter::quoted;
use crate::app::views::list::EventList;
use crate::app::views::rows::{ListOrder, ListRows};
use crate::app::views::search::around;
use crate::app::views::{View, ViewData, ViewRequest};
use crate::domain::search::{Selection, matching_field};
use crate::domain::stack_event::EventKey;
use crate::store::filter_index::FilterSlot;
use crate::text::pattern::Pattern;

/// The place of an event among the selected ones.
pub(crate) struct FoundEvent {
    key: EventKey,
    /// The number of the match, from 1.
    pub number: usize,
    pub count: usize,
    /// Whether the search wrapped around.
    wrapped: bool,
}

impl EventList {
    fn rows<'a>(&self, data: ViewData<'a>) -> ListRows<'a> {
        ListRows::new(data.build, data.filter.selection(), self.order)
    }

    /// Selects the next or previous event of a selection after the event of the cursor.
    pub(crate) fn step(
        &mut self,
        selection: Selection,
        forward: bool,
        data: ViewData<'_>,
    ) -> Option<FoundEvent> {
        let found = self.neighbour(selection, forward, data)?;
        self.show(self.rows(data), &found.key);
        Some(found)
    }

    /// Selects the next or previous match. Returns a toast either way.
    pub(crate) fn find_event(
        &mut self,
        pattern: &Pattern,
        forward: bool,
        data: ViewData<'_>,
    ) -> Result<String, String> {
        let selection = Selection {
            classes: data.filter.classes,
            slot: Some(FilterSlot::Found),
        };
        let Some(found) = self.step(selection, forward, data) else {
            return Err(format!("no listed event matches {}", quoted(pattern)));
        };
        let left = data.build.unindexed(FilterSlot::Found);
        let so_far = if left > 0 {
            format!(" so far, {left} to search")
        } else {
            String::new()
        };
        let wrapped = if found.wrapped {
            ", wrapped around"
        } else {
            ""
        };
        // If the match is in a field that the row does not show, the toast names the field.
        let field = self
            .event(data)
            .and_then(|event| matching_field(pattern, event));
        let field = field.filter(|field| !matches!(*field, "name" | "status"));
        let field = field.map_or_else(String::new, |field| format!(", in its {field}"));
        let (number, count) = (found.number, found.count);
        Ok(format!("{number} of {count}{so_far}{field}{wrapped}"))
    }

    fn neighbour(
        &self,
        selection: Selection,
        forward: bool,
        data: ViewData<'_>,
    ) -> Option<FoundEvent> {
        let rows = ListRows::new(data.build, selection, self.order);
        let selected = self.selected.as_ref();
        let at = selected.and_then(|key| rows.index_of(key)).unwrap_or(0);
        let is_there = rows
            .event(at)
            .is_some_and(|event| Some(&event.key()) == selected);
        let count = rows.len();
        // If the event of the cursor is not selected, its index is that of the next one.
        let start = if is_there || !forward {
            at
        } else {
            (at + count).checked_sub(1)?
        };
        let mut indexes = around(start % count.max(1), count, forward);
        let (index, event) = indexes.find_map(|index| Some((index, rows.event(index)?)))?;
        let wrapped = if forward {
            index < at || (is_there && index == at)
        } else {
            index >= at
        };
        Some(FoundEvent {
            key: event.key(),
            number: rows.events_to(index),
            count: rows.events(),
            wrapped,
        })
    }
}

impl View for EventList {
    fn count(&self, data: ViewData<'_>) -> usize {
        filter::count(data.build, Selection::ALL)
    }

    fn subject<'a>(&'a self, data: ViewData<'a>) -> Option<DetailSubject<'a>> {
        let event = self.rows(data).find(self.selected.as_ref()?)?;
        let timeline = data.build.timeline_of(&event.stack_id)?;
        Some(DetailSubject::Event(timeline, event))
    }

    fn lists_events(&self) -> bool {
        true
    }

    fn settle(&mut self, data: ViewData<'_>, size: Option<PaneSize>) {
        if let Some(size) = size {
            let is_indexing = data.build.unindexed(FilterSlot::Listed) > 0;
            self.settle_rows(self.rows(data), size.rows, is_indexing);
        }
    }

    fn go(&mut self, step: Move, data: ViewData<'_>, size: PaneSize) {
        let (rows, page) = (self.rows(data), size.page_step());
        match step {
            Move::Up => self.move_by(rows, -1),
            Move::Down => self.move_by(rows, 1),
            Move::PageUp => self.move_by(rows, -page),
            Move::PageDown => self.move_by(rows, page),
            Move::Top => self.select_edge(rows, true),
            Move::Bottom => self.select_edge(rows, false),
        }
    }

    fn act(
        &mut self,
        action: ViewAction,
        data: ViewData<'_>,
        _now: DateTime<Utc>,
    ) -> Option<ViewRequest> {
        match action {
            ViewAction::Enter => {
                let rows = self.rows(data);
                if rows.is_empty() {
                    return None;
                }
                self.hold(rows);
                Some(ViewRequest::OpenDetail)
            }
            ViewAction::NewestFirst => {
                self.reverse_order();
                let first = match self.order {
                    ListOrder::OldestFirst => "oldest",
                    ListOrder::NewestFirst => "newest",
                };
                let toast = format!("the {first} event comes first");
                Some(ViewRequest::Toast(toast))
            }
            ViewAction::Toggle
            | ViewAction::Left
            | ViewAction::Right
            | ViewAction::Zoom(_)
            | ViewAction::Wrap
            | ViewAction::NextStep
            | ViewAction::PreviousStep => None,
        }
    }

    fn scroll(&mut self, rows: isize, data: ViewData<'_>, _size: PaneSize) {
        self.move_by(self.rows(data), rows);
    }

    fn click(&mut self, line: usize, data: ViewData<'_>, _size: PaneSize) {
        let rows = self.rows(data);
        if let Some(event) = rows.event(self.top + line) {
            self.show(rows, &event.key());
        }
    }

    fn find(&mut self, pattern: &Pattern, forward: bool, data: ViewData<'_>) -> Option<String> {
        let (Ok(toast) | Err(toast)) = self.find_event(pattern, forward, data);
        Some(toast)
    }
}
