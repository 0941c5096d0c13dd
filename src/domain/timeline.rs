//! One stack's events, deduplicated, in the service's order: the events that whole walks have committed, and above them
//! those that an unfinished walk has brought so far. [`crate::domain::build`] applies the poller's pages to it; the lists
//! show its rows.
//!
//! Between the two parts events may be missing: a gap, which is always a row of its own.
//!
//! Tests: `tests/it/poll/walk.rs`, `tests/it/app/find.rs`, `tests/it/app/scale.rs`.

use std::sync::Arc;

use crate::domain::facts::{Facts, Position};
use crate::domain::observation::{Cut, WalkStep};
use crate::domain::search::{Predicate, Selection};
use crate::domain::stack_event::{EventId, StackEvent, StackId};
use crate::store::entry_log::EntryLog;
use crate::store::filter_index::FilterSlot;
use crate::store::work::WorkBudget;
use crate::text::safe::SafeText;

#[derive(Debug)]
pub struct Timeline {
    stack_id: StackId,
    committed: EntryLog<StackEvent>,
    pending: EntryLog<StackEvent>,
    facts: Facts,
    is_whole: bool,
    /// The events directly below which others may be missing, because the service refused a page for good; oldest first.
    cuts: Vec<EventId>,
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
            is_whole: true,
            cuts: Vec::new(),
            walks: 0,
        }
    }

    /// The stack that the events belong to.
    pub fn stack_id(&self) -> &StackId {
        &self.stack_id
    }

    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Applies a page. Returns the events that it committed, in the order to print them: late ones first, then the new
    /// ones, oldest first.
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
        self.is_whole = page.commit.is_some();
        let Some(late) = &page.commit else {
            return Vec::new();
        };
        let empty = self.pending.emptied();
        let pending = std::mem::replace(&mut self.pending, empty);
        let mut printed: Vec<_> = Vec::with_capacity(late.len() + pending.len());
        let fresh: Vec<_> = pending.iter().map(Arc::clone).collect();
        if page.audit && page.cut.is_none() {
            self.cuts.clear();
        }

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
        let oldest = late.last().map(|late| &late.event).or(fresh.first());
        if let (Some(Cut::Gap), Some(oldest)) = (page.cut, oldest) {
            self.cuts.push(oldest.event_id.clone());
        }
        printed.reverse();
        printed.extend(fresh);
        self.walks += 1;
        printed
    }

    fn observe(&mut self, event: &Arc<StackEvent>) {
        let (committed, pending) = (&self.committed, &self.pending);
        self.facts
            .observe(event, |id| position_in(committed, pending, id));
    }

    /// Whether the last walk was whole, so that nothing is missing between the rows.
    pub fn is_whole(&self) -> bool {
        self.is_whole
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
        let newer = |log: &EntryLog<StackEvent>| {
            let seq = log.seq_of(id)?;
            Some(log.len() - log.count_before(Selection::ALL, seq) - 1)
        };
        let in_committed = || Some(newer(&self.committed)? + self.pending.len());
        newer(&self.pending).or_else(in_committed).unwrap_or(0)
    }

    /// The number of selected events, of those that are indexed.
    pub fn count(&self, selection: Selection) -> usize {
        self.committed.count(selection) + self.pending.count(selection)
    }

    /// The failed events that follow from another failure, the stack's own failures among them, oldest first.
    pub fn consequences(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        self.committed.flagged().chain(self.pending.flagged())
    }

    pub fn count_consequences(&self) -> usize {
        self.committed.count_flagged() + self.pending.count_flagged()
    }

    /// The number of rows of a selection: its events, and the gap where there is one.
    pub fn rows(&self, selection: Selection) -> usize {
        self.count(selection) + usize::from(self.has_gap()) + self.cuts.len()
    }

    /// The number of gaps up to a row, that row included.
    pub fn gaps_to(&self, selection: Selection, row: usize) -> usize {
        let last = self
            .has_gap()
            .then(|| self.committed.count(selection) + self.cuts.len());
        let gaps = self.cut_rows(selection).chain(last);
        gaps.filter(|gap| *gap <= row).count()
    }

    /// The rows of the gaps between committed events.
    fn cut_rows(&self, selection: Selection) -> impl Iterator<Item = usize> {
        let seqs = self.cuts.iter().filter_map(|id| self.committed.seq_of(id));
        let mut seqs: Vec<_> = seqs.collect();
        seqs.sort_unstable();
        let rows = seqs.into_iter().enumerate();
        rows.map(move |(below, seq)| self.committed.count_before(selection, seq) + below)
    }

    /// The row at an index, oldest first.
    pub fn row(&self, selection: Selection, index: usize) -> Option<Row<'_>> {
        if self.cut_rows(selection).any(|cut| cut == index) {
            return Some(Row::Gap);
        }
        let cuts = self.cut_rows(selection).filter(|cut| *cut < index).count();
        let index = index - cuts;
        let older = self.committed.count(selection);
        if index < older {
            return self.committed.nth(selection, index).map(Row::Event);
        }
        if self.has_gap() && index == older {
            return Some(Row::Gap);
        }
        let index = index - older - usize::from(self.has_gap());
        self.pending.nth(selection, index).map(Row::Event)
    }

    /// The index of an event's row; for an event that is not selected, the index of the row that would follow it. None
    /// for an event that is not in the timeline.
    pub fn row_of(&self, selection: Selection, id: &EventId) -> Option<usize> {
        if let Some(seq) = self.committed.seq_of(id) {
            let cuts = self.cuts.iter().filter_map(|id| self.committed.seq_of(id));
            let cuts = cuts.filter(|cut| *cut <= seq).count();
            return Some(self.committed.count_before(selection, seq) + cuts);
        }
        let seq = self.pending.seq_of(id)?;
        let gaps = usize::from(self.has_gap()) + self.cuts.len();
        let below = self.committed.count(selection) + gaps;
        Some(below + self.pending.count_before(selection, seq))
    }

    /// Replaces a filter index by an empty one for another predicate, or for none; see [`Self::index_some`].
    pub fn set_filter_index(&mut self, slot: FilterSlot, predicate: Option<&Arc<Predicate>>) {
        self.committed.set_filter_index(slot, predicate);
        self.pending.set_filter_index(slot, predicate);
    }

    /// Extends the filter indexes to events that they do not cover yet, newest first, as far as the budget goes.
    pub fn index_some(&mut self, budget: &mut WorkBudget) {
        self.pending.index_some(budget);
        self.committed.index_some(budget);
    }

    /// The number of events that a filter index does not cover yet.
    pub fn unindexed(&self, slot: FilterSlot) -> usize {
        self.committed.unindexed(slot) + self.pending.unindexed(slot)
    }

    /// The stack itself and its resources, in the order of their first events, as far as that is known. This is an order
    /// of dependencies: CloudFormation begins a resource when everything that it depends on is complete, so no resource
    /// comes before one that it needs.
    pub fn resources(&self) -> impl Iterator<Item = &SafeText> {
        let newer = self.pending.groups();
        let newer = newer.filter(|resource| !self.committed.has_group(resource));
        self.committed.groups().chain(newer)
    }

    pub fn count_resources(&self) -> usize {
        let newer = self.pending.groups();
        let newer = newer.filter(|resource| !self.committed.has_group(resource));
        self.committed.count_groups() + newer.count()
    }

    /// The events of a resource, oldest first.
    pub fn events_of(
        &self,
        resource: &SafeText,
    ) -> impl DoubleEndedIterator<Item = &Arc<StackEvent>> {
        let newer = self.pending.entries_of(resource);
        self.committed.entries_of(resource).chain(newer)
    }

    /// The number of events of a resource.
    pub fn count_of(&self, resource: &SafeText) -> usize {
        self.committed.count_of(resource) + self.pending.count_of(resource)
    }

    /// The event of the same resource before this one, as far as that is known.
    pub fn before(&self, event: &StackEvent) -> Option<Before<'_>> {
        let in_pending = self.pending.contains(&event.event_id);
        let pending = in_pending
            .then(|| self.pending.previous_in_group(event))
            .flatten();
        let across = in_pending && pending.is_none() && self.has_gap();
        let event = pending.or_else(|| self.committed.previous_in_group(event))?;
        Some(Before { event, gap: across })
    }

    fn has_gap(&self) -> bool {
        !self.is_whole
    }
}

fn position_in(
    committed: &EntryLog<StackEvent>,
    pending: &EntryLog<StackEvent>,
    id: &EventId,
) -> Option<Position> {
    let of = |part, log: &EntryLog<StackEvent>| log.seq_of(id).map(|seq| (part, seq));
    of(0, committed).or_else(|| of(1, pending))
}
