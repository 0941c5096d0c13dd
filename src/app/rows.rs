//! The list as a sequence of rows: events of every stack that had the image's name, what may be missing
//! between them, and where one stack ends and the next begins. Nothing here scans events.

use std::sync::Arc;

use crate::domain::build::Build;
use crate::domain::event::{EventKey, StackEvent, StackId};
use crate::domain::lens::Sieve;
use crate::domain::timeline;

/// One row of the list.
#[derive(Clone, Debug)]
pub enum Row<'a> {
    /// From here on, events belong to this stack. Only where there was more than one.
    Stack(&'a StackId),
    /// An event.
    Event(&'a Arc<StackEvent>),
    /// Events may be missing here until the walk over the history is finished.
    Gap,
}

/// Which end of the list the newest event is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest event comes last, as it happened.
    #[default]
    OldestFirst,
    /// The newest event comes first, as the API has it.
    NewestFirst,
}

impl Order {
    /// The other one.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::OldestFirst => Self::NewestFirst,
            Self::NewestFirst => Self::OldestFirst,
        }
    }
}

/// The rows of a build that a sieve lets through.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    build: &'a Build,
    sieve: Sieve,
    order: Order,
}

impl<'a> Rows<'a> {
    /// The rows that the sieve lets through.
    #[must_use]
    pub fn new(build: &'a Build, sieve: Sieve, order: Order) -> Self {
        Self {
            build,
            sieve,
            order,
        }
    }

    /// The index from the oldest row on, of an index from the first row on; and the other way round.
    fn turn(self, index: usize) -> Option<usize> {
        match self.order {
            Order::OldestFirst => Some(index),
            Order::NewestFirst => self.len().checked_sub(index + 1),
        }
    }

    /// The index of the newest row: where a list that follows is.
    #[must_use]
    pub fn newest_index(self) -> usize {
        match self.order {
            Order::OldestFirst => self.len().saturating_sub(1),
            Order::NewestFirst => 0,
        }
    }

    /// The event before this row's, where the row before it is one.
    #[must_use]
    pub fn event_before(self, index: usize) -> Option<&'a Arc<StackEvent>> {
        match self.order {
            Order::OldestFirst => self.event(index.checked_sub(1)?),
            Order::NewestFirst => self.event(index + 1),
        }
    }

    /// Whether a row belongs to the current stack.
    #[must_use]
    pub fn is_of_current(self, index: usize) -> bool {
        let current = self.build.current();
        let rows_of_current = current.map_or(0, |timeline| timeline.rows(self.sieve));
        let from_oldest = self.turn(index);
        from_oldest.is_some_and(|index| index + rows_of_current >= self.len())
    }

    fn headings(self) -> usize {
        usize::from(self.build.timelines().len() > 1)
    }

    /// The number of rows.
    #[must_use]
    pub fn len(self) -> usize {
        let rows = |timeline: &timeline::Timeline| self.headings() + timeline.rows(self.sieve);
        self.build.timelines().iter().map(rows).sum()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The row at an index.
    #[must_use]
    pub fn get(self, index: usize) -> Option<Row<'a>> {
        let mut index = self.turn(index)?;
        for timeline in self.build.timelines() {
            let rows = self.headings() + timeline.rows(self.sieve);
            if index >= rows {
                index -= rows;
                continue;
            }
            let Some(index) = index.checked_sub(self.headings()) else {
                return Some(Row::Stack(timeline.stack_id()));
            };
            return timeline.row(self.sieve, index).map(|row| match row {
                timeline::Row::Event(event) => Row::Event(event),
                timeline::Row::Gap => Row::Gap,
            });
        }
        None
    }

    /// The event at an index, where the row is one.
    #[must_use]
    pub fn event(self, index: usize) -> Option<&'a Arc<StackEvent>> {
        match self.get(index) {
            Some(Row::Event(event)) => Some(event),
            _ => None,
        }
    }

    /// The event with this key, or the one whose row would follow it where the filter hides it.
    #[must_use]
    pub fn find(self, key: &EventKey) -> Option<&'a Arc<StackEvent>> {
        self.event(self.index_of(key)?)
    }

    /// The index of an event's row, or of the row that would follow it where the filter hides it.
    #[must_use]
    pub fn index_of(self, key: &EventKey) -> Option<usize> {
        let mut before = 0;
        for timeline in self.build.timelines() {
            if timeline.stack_id() == &key.stack_id {
                let index = timeline.row_of(self.sieve, &key.event_id)?;
                let from_oldest = before + self.headings() + index;
                return Some(self.turn(from_oldest).unwrap_or(0));
            }
            before += self.headings() + timeline.rows(self.sieve);
        }
        None
    }

    /// The newest event of all, whether the filter shows it or not.
    #[must_use]
    pub fn newest(self) -> Option<&'a Arc<StackEvent>> {
        self.build.current().and_then(timeline::Timeline::newest)
    }

    /// The number of events.
    #[must_use]
    pub fn events(self) -> usize {
        let timelines = self.build.timelines().iter();
        timelines.map(|timeline| timeline.count(self.sieve)).sum()
    }

    /// The number of events from the oldest one up to a row, that row included.
    #[must_use]
    pub fn events_to(self, index: usize) -> usize {
        let mut left = self.turn(index).map_or(0, |index| index + 1);
        let mut events = 0;
        for timeline in self.build.timelines() {
            let rows = self.headings() + timeline.rows(self.sieve);
            let here = left.min(rows);
            let in_timeline = here.saturating_sub(self.headings());
            let gap = timeline.gap(self.sieve).filter(|gap| *gap < in_timeline);
            events += in_timeline - usize::from(gap.is_some());
            left -= here;
        }
        events
    }

    /// The newest event that is listed. Rows that are no events are few.
    #[must_use]
    pub fn newest_listed(self) -> Option<&'a Arc<StackEvent>> {
        let newest_first = Self {
            order: Order::NewestFirst,
            ..self
        };
        (0..self.len()).find_map(|index| newest_first.event(index))
    }

    /// The event nearest to an index: there, above it, or below it. Rows that are no events are few.
    #[must_use]
    pub fn nearest_event(self, index: usize) -> Option<&'a Arc<StackEvent>> {
        let last = self.len().checked_sub(1)?;
        let index = index.min(last);
        (0..=index)
            .rev()
            .find_map(|index| self.event(index))
            .or_else(|| (index..=last).find_map(|index| self.event(index)))
    }
}
