//! One stack's events, deduplicated, in the service's order: what whole walks have committed, and above it
//! what an unfinished walk has shown so far.
//!
//! Between the two there may be events that nobody has seen yet: a gap, which is always a row of its own.

use std::sync::Arc;

use crate::domain::facts::{Facts, Place};
use crate::domain::observation::WalkStep;
use crate::domain::stack_event::{EventId, StackEvent, StackId};
use crate::store::entry_log::EntryLog;
use crate::store::filter_index::{FilterSlot, Predicate, Selection, WorkBudget};
use crate::text::safe::SafeText;

/// The events of one stack.
#[derive(Debug)]
pub struct Timeline {
    stack_id: StackId,
    committed: EntryLog,
    pending: EntryLog,
    facts: Facts,
    whole: bool,
    walks: usize,
}

/// One line of a timeline.
#[derive(Clone, Debug)]
pub enum Row<'a> {
    Event(&'a Arc<StackEvent>),
    /// Events may be missing here: a walk over the history is not finished.
    Gap,
}

/// The event of a resource before another one.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    pub event: &'a Arc<StackEvent>,
    /// Whether events may be missing between the two: a walk over the history is not finished.
    pub gap: bool,
}

impl Timeline {
    pub fn new(stack_id: StackId) -> Self {
        Self {
            stack_id,
            committed: EntryLog::default(),
            pending: EntryLog::default(),
            facts: Facts::default(),
            whole: true,
            walks: 0,
        }
    }

    /// The stack that the events belong to.
    pub fn stack_id(&self) -> &StackId {
        &self.stack_id
    }

    /// What the events say as a whole.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Takes in a page. Returns the events that it committed, in the order to print them: late ones first,
    /// then the new ones, oldest first.
    pub fn apply(&mut self, page: &WalkStep) -> Vec<Arc<StackEvent>> {
        if page.restarted {
            self.pending = self.pending.emptied();
        }
        for event in &page.fresh {
            if !self.committed.contains(&event.event_id)
                && self.pending.push_oldest(Arc::clone(event))
            {
                self.observe(event);
            }
        }
        self.whole = page.commit.is_some();
        let Some(late) = &page.commit else {
            return Vec::new();
        };
        let empty = self.pending.emptied();
        let pending = std::mem::replace(&mut self.pending, empty);
        let mut printed: Vec<_> = Vec::with_capacity(late.len() + pending.len());
        let fresh: Vec<_> = pending.iter().map(Arc::clone).collect();
        self.committed.append(pending);
        for late in late {
            if self
                .committed
                .insert_before(&late.before, Arc::clone(&late.event))
            {
                self.observe(&late.event);
                printed.push(Arc::clone(&late.event));
            }
        }
        printed.reverse();
        printed.extend(fresh);
        self.walks += 1;
        printed
    }

    fn observe(&mut self, event: &Arc<StackEvent>) {
        let (committed, pending) = (&self.committed, &self.pending);
        self.facts
            .observe(event, |id| place_in(committed, pending, id));
    }

    /// Whether the last walk was whole, so that nothing is missing between the rows.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The number of whole walks.
    pub fn walks(&self) -> usize {
        self.walks
    }

    /// The number of events, those of an unfinished walk included.
    pub fn len(&self) -> usize {
        self.committed.len() + self.pending.len()
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The events of an unfinished walk, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        self.pending.iter()
    }

    pub fn newest(&self) -> Option<&Arc<StackEvent>> {
        self.pending.newest().or_else(|| self.committed.newest())
    }

    /// How many events are newer than one of them; none where it is not in the timeline.
    pub fn events_after(&self, id: &EventId) -> usize {
        let newer = |log: &EntryLog| {
            let place = log.place(id)?;
            Some(log.len() - log.count_before(Selection::ALL, place) - 1)
        };
        let in_committed = || Some(newer(&self.committed)? + self.pending.len());
        newer(&self.pending).or_else(in_committed).unwrap_or(0)
    }

    /// The number of events that a sieve lets through.
    pub fn count(&self, sieve: Selection) -> usize {
        self.committed.count(sieve) + self.pending.count(sieve)
    }

    /// The failed events that follow from another failure, the stack's own failures among them, oldest first.
    pub fn consequences(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        let committed = self.committed.consequences();
        committed.chain(self.pending.consequences())
    }

    /// The number of those events.
    pub fn count_consequences(&self) -> usize {
        self.committed.count_consequences() + self.pending.count_consequences()
    }

    /// The number of rows under a filter: matching events, and the gap where there is one.
    pub fn rows(&self, sieve: Selection) -> usize {
        self.count(sieve) + usize::from(self.has_gap())
    }

    /// The index of the gap's row under a filter, where there is one.
    pub fn gap(&self, sieve: Selection) -> Option<usize> {
        self.has_gap().then(|| self.committed.count(sieve))
    }

    /// The row at an index, oldest first.
    pub fn row(&self, sieve: Selection, index: usize) -> Option<Row<'_>> {
        let older = self.committed.count(sieve);
        if index < older {
            return self.committed.nth(sieve, index).map(Row::Event);
        }
        if self.has_gap() && index == older {
            return Some(Row::Gap);
        }
        let index = index - older - usize::from(self.has_gap());
        self.pending.nth(sieve, index).map(Row::Event)
    }

    /// The index of an event's row under a filter; where the filter hides the event, the index of the row
    /// that would follow it. Nothing for an event that is not in the timeline.
    pub fn row_of(&self, sieve: Selection, id: &EventId) -> Option<usize> {
        if let Some(place) = self.committed.place(id) {
            return Some(self.committed.count_before(sieve, place));
        }
        let place = self.pending.place(id)?;
        let below = self.committed.count(sieve) + usize::from(self.has_gap());
        Some(below + self.pending.count_before(sieve, place))
    }

    /// Lets a index answer another predicate, or none; see [`Self::look`].
    pub fn set_filter_index(&mut self, slot: FilterSlot, predicate: Option<&Arc<Predicate>>) {
        self.committed.set_filter_index(slot, predicate);
        self.pending.set_filter_index(slot, predicate);
    }

    /// Asks the filter indexes about events that they have not been asked about, newest first, as far as the budget goes.
    pub fn index_some(&mut self, budget: &mut WorkBudget) {
        self.pending.index_some(budget);
        self.committed.index_some(budget);
    }

    /// How many events a index has not been asked about yet.
    pub fn unindexed(&self, slot: FilterSlot) -> usize {
        self.committed.unindexed(slot) + self.pending.unindexed(slot)
    }

    /// The stack itself and its resources, in the order in which CloudFormation began them, as far as that is
    /// known: nothing stands before what it depends on.
    pub fn resources(&self) -> impl Iterator<Item = &SafeText> {
        let newer = self.pending.resources();
        let newer = newer.filter(|resource| !self.committed.has_resource(resource));
        self.committed.resources().chain(newer)
    }

    /// How many of these there are.
    pub fn count_resources(&self) -> usize {
        let newer = self.pending.resources();
        let newer = newer.filter(|resource| !self.committed.has_resource(resource));
        self.committed.count_resources() + newer.count()
    }

    /// The events of a resource, oldest first.
    pub fn events_of(
        &self,
        resource: &SafeText,
    ) -> impl DoubleEndedIterator<Item = &Arc<StackEvent>> {
        let newer = self.pending.events_of(resource);
        self.committed.events_of(resource).chain(newer)
    }

    /// How many events of a resource there are.
    pub fn count_of(&self, resource: &SafeText) -> usize {
        self.committed.count_of(resource) + self.pending.count_of(resource)
    }

    /// The event of the same resource before this one, as far as that is known.
    pub fn before(&self, event: &StackEvent) -> Option<Before<'_>> {
        let in_pending = self.pending.contains(&event.event_id);
        let pending = in_pending.then(|| self.pending.before(event)).flatten();
        let across = in_pending && pending.is_none() && self.has_gap();
        let event = pending.or_else(|| self.committed.before(event))?;
        Some(Before { event, gap: across })
    }

    fn has_gap(&self) -> bool {
        !self.whole
    }
}

fn place_in(committed: &EntryLog, pending: &EntryLog, id: &EventId) -> Option<Place> {
    let of = |part, log: &EntryLog| log.place(id).map(|place| (part, place));
    of(0, committed).or_else(|| of(1, pending))
}
