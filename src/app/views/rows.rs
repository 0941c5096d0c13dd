//! The list of events as a sequence of rows: the events of every stack that had the image's name, gaps between
//! them, and headings between stacks. It reads the indexes of the build and never scans events.

use std::sync::Arc;

use crate::domain::build::Build;
use crate::domain::search::Selection;
use crate::domain::stack_event::{EventKey, StackEvent, StackId};
use crate::domain::status::{ClassSet, StatusClass};
use crate::domain::timeline;
use crate::domain::timeline::Timeline;

#[derive(Clone, Debug)]
pub enum ListRow<'a> {
    /// A heading: the events below belong to this stack. Only if there was more than one stack.
    Stack(&'a StackId),
    Event(&'a Arc<StackEvent>),
    /// Events may be missing here until the walk over the history is complete.
    Gap,
}

/// The end of the list that the newest event is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListOrder {
    /// The newest event comes last, in the order of occurrence.
    #[default]
    OldestFirst,
    /// The newest event comes first, in the order of the API.
    NewestFirst,
}

impl ListOrder {
    pub const fn reversed(self) -> Self {
        match self {
            Self::OldestFirst => Self::NewestFirst,
            Self::NewestFirst => Self::OldestFirst,
        }
    }
}

/// The rows of the selected events of a build.
#[derive(Clone, Copy, Debug)]
pub struct ListRows<'a> {
    build: &'a Build,
    selection: Selection,
    order: ListOrder,
}

impl<'a> ListRows<'a> {
    pub fn new(build: &'a Build, selection: Selection, order: ListOrder) -> Self {
        Self {
            build,
            selection,
            order,
        }
    }

    fn headings(self) -> usize {
        usize::from(self.build.timelines().len() > 1)
    }

    /// The stacks in the order in which they are listed.
    fn timelines(self) -> impl Iterator<Item = &'a Timeline> {
        let timelines = self.build.timelines();
        let (oldest_first, newest_first) = match self.order {
            ListOrder::OldestFirst => (Some(timelines.iter()), None),
            ListOrder::NewestFirst => (None, Some(timelines.iter().rev())),
        };
        oldest_first
            .into_iter()
            .flatten()
            .chain(newest_first.into_iter().flatten())
    }

    pub fn len(self) -> usize {
        let rows = |timeline: &Timeline| self.headings() + timeline.rows(self.selection);
        self.build.timelines().iter().map(rows).sum()
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The stack of a row, and the row's position among the stack's, oldest first; no position for its heading,
    /// which stands above them in either order.
    fn locate(self, mut index: usize) -> Option<(&'a Timeline, Option<usize>)> {
        for timeline in self.timelines() {
            let rows = timeline.rows(self.selection);
            let all = self.headings() + rows;
            if index >= all {
                index -= all;
                continue;
            }
            let position = index
                .checked_sub(self.headings())
                .map(|row| match self.order {
                    ListOrder::OldestFirst => row,
                    ListOrder::NewestFirst => rows - 1 - row,
                });
            return Some((timeline, position));
        }
        None
    }

    pub fn get(self, index: usize) -> Option<ListRow<'a>> {
        let (timeline, position) = self.locate(index)?;
        let Some(position) = position else {
            return Some(ListRow::Stack(timeline.stack_id()));
        };
        timeline.row(self.selection, position).map(|row| match row {
            timeline::Row::Event(event) => ListRow::Event(event),
            timeline::Row::Gap => ListRow::Gap,
        })
    }

    /// The event at an index, if the row is one.
    pub fn event(self, index: usize) -> Option<&'a Arc<StackEvent>> {
        match self.get(index) {
            Some(ListRow::Event(event)) => Some(event),
            _ => None,
        }
    }

    /// The event before a row's event, if the neighbouring row is one.
    pub fn event_before(self, index: usize) -> Option<&'a Arc<StackEvent>> {
        match self.order {
            ListOrder::OldestFirst => self.event(index.checked_sub(1)?),
            ListOrder::NewestFirst => self.event(index + 1),
        }
    }

    /// Whether a row belongs to the current stack.
    pub fn is_of_current(self, index: usize) -> bool {
        let of = self.locate(index).map(|(timeline, _)| timeline.stack_id());
        of.is_some() && of == self.build.stack_id()
    }

    /// The event with this key, or the event whose row would follow it if the filter hides it.
    pub fn find(self, key: &EventKey) -> Option<&'a Arc<StackEvent>> {
        self.event(self.index_of(key)?)
    }

    /// The index of an event's row, or of the row that would follow it if the filter hides it.
    pub fn index_of(self, key: &EventKey) -> Option<usize> {
        let mut before = self.headings();
        for timeline in self.timelines() {
            let rows = timeline.rows(self.selection);
            if timeline.stack_id() != &key.stack_id {
                before += self.headings() + rows;
                continue;
            }
            let position = timeline.row_of(self.selection, &key.event_id)?;
            let is_listed = match timeline.row(self.selection, position) {
                Some(timeline::Row::Event(event)) => event.event_id == key.event_id,
                _ => false,
            };
            return Some(
                before
                    + match self.order {
                        ListOrder::OldestFirst => position,
                        ListOrder::NewestFirst if is_listed => rows - 1 - position,
                        ListOrder::NewestFirst => rows - position,
                    },
            );
        }
        None
    }

    /// The newest event of all, listed or not.
    pub fn newest(self) -> Option<&'a Arc<StackEvent>> {
        self.build.current().and_then(Timeline::newest)
    }

    /// The number of listed events.
    pub fn events(self) -> usize {
        let timelines = self.build.timelines().iter();
        timelines
            .map(|timeline| timeline.count(self.selection))
            .sum()
    }

    /// The number of events from the oldest one up to a row, that row included.
    pub fn events_to(self, index: usize) -> usize {
        let Some((timeline, position)) = self.locate(index) else {
            return 0;
        };
        let all = self.build.timelines().iter();
        let older = all.take_while(|other| other.stack_id() != timeline.stack_id());
        let older: usize = older.map(|other| other.count(self.selection)).sum();
        let here = position.map_or(0, |position| {
            position + 1 - timeline.gaps_to(self.selection, position)
        });
        older + here
    }

    /// The number of failed events above a row.
    pub fn failures_above(self, index: usize) -> usize {
        let is_listed = self.selection.classes.contains(StatusClass::Failed);
        let failed = Selection {
            classes: if is_listed {
                ClassSet::only(StatusClass::Failed)
            } else {
                ClassSet::NONE
            },
            ..self.selection
        };
        let of_all = |timelines: &[Timeline]| {
            let counts = timelines.iter().map(|timeline| timeline.count(failed));
            counts.sum::<usize>()
        };
        let timelines = self.build.timelines();
        let Some((timeline, position)) = self.locate(index) else {
            return of_all(timelines);
        };
        let is_here = |other: &Timeline| std::ptr::eq(other, timeline);
        let at = timelines.iter().position(is_here).unwrap_or_default();
        let (older, newer) = timelines.split_at(at);
        match self.order {
            ListOrder::OldestFirst => {
                let here = position
                    .map(|position| timeline.count_before_row(failed, self.selection, position));
                of_all(older) + here.unwrap_or_default()
            }
            ListOrder::NewestFirst => {
                let here = position.map(|position| {
                    timeline.count_before_row(failed, self.selection, position + 1)
                });
                of_all(newer) - here.unwrap_or_else(|| timeline.count(failed))
            }
        }
    }

    /// The index of the newest listed event, which a following list selects. Rows that are not events
    /// are few.
    pub fn newest_index(self) -> usize {
        let is_event = |index: &usize| self.event(*index).is_some();
        let found = match self.order {
            ListOrder::OldestFirst => (0..self.len()).rev().find(is_event),
            ListOrder::NewestFirst => (0..self.len()).find(is_event),
        };
        found.unwrap_or(0)
    }

    /// The newest listed event.
    pub fn newest_listed(self) -> Option<&'a Arc<StackEvent>> {
        self.event(self.newest_index())
    }

    /// The event nearest to an index: there, above it, or below it. Rows that are not events are few.
    pub fn nearest_event(self, index: usize) -> Option<&'a Arc<StackEvent>> {
        let last = self.len().checked_sub(1)?;
        let index = index.min(last);
        (0..=index)
            .rev()
            .find_map(|index| self.event(index))
            .or_else(|| (index..=last).find_map(|index| self.event(index)))
    }
}
