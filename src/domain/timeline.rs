//! One stack's events, deduplicated, in the service's order: the events that whole walks have committed, and above them
//! those that an unfinished walk has brought so far. [`crate::domain::build`] applies the poller's pages to it; the lists
//! show its rows.
//!
//! Between the two parts events may be missing, and between committed ones where the service refused a page for good: a
//! gap, which is always a row of its own.
//!
//! Tests: `tests/it/poll/walk.rs`, `tests/it/app/find.rs`, `tests/it/app/scale.rs`.

use std::collections::HashSet;
use std::sync::Arc;

use crate::domain::facts::{Facts, Position};
use crate::domain::observation::{LateEvent, OtherEvents, WalkStep};
use crate::domain::search::{Predicate, Selection};
use crate::domain::stack_event::{EventId, StackEvent, StackId};
use crate::store::Seq;
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
    /// Whether the rows of an unfinished walk were dropped: the facts may have events that are in the timeline no more.
    has_dropped: bool,
    /// The committed events directly below which others may be missing, because the service refused their page.
    gaps: Vec<EventId>,
    /// The same as sequence numbers, in order.
    gap_seqs: Vec<Seq>,
    walks: usize,
    /// The events that were printed before a walk committed them, because another stack became the current one.
    printed: HashSet<EventId>,
}

/// One line of a timeline.
#[derive(Clone, Debug)]
pub enum Row<'a> {
    Event(&'a Arc<StackEvent>),
    /// Events may be missing here: a walk over the history is not finished, or the service refused their page.
    Gap,
}

/// The event of a resource before another one.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    pub event: &'a Arc<StackEvent>,
    /// Whether events may be missing between the two.
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
            has_dropped: false,
            gaps: Vec::new(),
            gap_seqs: Vec::new(),
            walks: 0,
            printed: HashSet::new(),
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
        if page.restarted && !self.pending.is_empty() {
            self.pending = self.pending.emptied();
            self.has_dropped = true;
        }
        if self.pending.is_empty()
            && let ([event], Some(late)) = (&*page.fresh, &page.commit)
        {
            let is_new = self.committed.push_newest(Arc::clone(event));
            if is_new && self.has_dropped {
                self.observe(event);
            } else if is_new {
                self.facts.observe_newest(event);
            }
            return self.commit(late, is_new.then(|| Arc::clone(event)), page);
        }
        let is_first_walk = self.committed.is_empty() && !self.has_dropped;
        for event in &page.fresh {
            if !self.committed.contains(&event.event_id)
                && self.pending.push_oldest(Arc::clone(event))
            {
                if is_first_walk {
                    self.facts.observe_oldest(event);
                } else {
                    self.observe(event);
                }
            }
        }
        let Some(late) = &page.commit else {
            self.is_whole = false;
            return Vec::new();
        };
        let mut fresh = Vec::new();
        if !self.pending.is_empty() {
            let empty = self.pending.emptied();
            let pending = std::mem::replace(&mut self.pending, empty);
            fresh.extend(pending.iter().map(Arc::clone));
            self.committed.append(pending);
        }
        self.commit(late, fresh, page)
    }

    /// Ends a walk whose fresh events are in the log. Returns what it has committed, in the order to print it.
    fn commit(
        &mut self,
        late: &[LateEvent],
        fresh: impl IntoIterator<Item = Arc<StackEvent>>,
        page: &WalkStep,
    ) -> Vec<Arc<StackEvent>> {
        self.is_whole = true;
        let mut printed = self.insert(late);
        printed.extend(fresh);
        if let Some(gaps) = &page.gaps {
            self.gaps.clone_from(gaps);
        }
        self.place_gaps();
        self.walks += 1;
        if !self.printed.is_empty() {
            printed.retain(|event| !self.printed.contains(&event.event_id));
        }
        printed
    }

    /// Adds events that the service listed among those of another stack. Returns them in the order to print them.
    pub(super) fn add_aside(&mut self, events: &OtherEvents) -> Vec<Arc<StackEvent>> {
        let empty = self.pending.emptied();
        let left = std::mem::replace(&mut self.pending, empty);
        let mut added = self.insert(&events.late);
        for event in events.fresh.iter().rev() {
            if self.committed.push_newest(Arc::clone(event)) {
                self.observe(event);
                added.push(Arc::clone(event));
            }
        }
        added.retain(|event| !self.printed.contains(&event.event_id));
        // An unfinished walk may have taken the stack for its own.
        for event in left.iter() {
            if !self.committed.contains(&event.event_id) {
                self.pending.push_newest(Arc::clone(event));
            }
        }
        self.is_whole |= self.pending.is_empty();
        if let Some(gaps) = &events.gaps {
            self.gaps.clone_from(gaps);
        }
        self.place_gaps();
        added
    }

    /// Inserts late events, newest first. Returns those that are new, oldest first.
    fn insert(&mut self, late: &[LateEvent]) -> Vec<Arc<StackEvent>> {
        let mut inserted = Vec::with_capacity(late.len());
        for LateEvent { event, before } in late {
            if self.committed.insert_before(before, Arc::clone(event)) {
                self.observe(event);
                inserted.push(Arc::clone(event));
            }
        }
        inserted.reverse();
        inserted
    }

    /// Finds the sequence numbers of the gaps again: late events have moved them.
    fn place_gaps(&mut self) {
        let seqs = self.gaps.iter().filter_map(|id| self.committed.seq_of(id));
        self.gap_seqs.clear();
        self.gap_seqs.extend(seqs);
        self.gap_seqs.sort_unstable();
        self.gap_seqs.dedup();
    }

    /// Whether events may be missing between committed ones.
    pub fn has_gaps(&self) -> bool {
        !self.gap_seqs.is_empty()
    }

    /// Whether events may be missing directly below this one.
    pub(super) fn is_above_gap(&self, id: &EventId) -> bool {
        self.gaps.contains(id)
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

    /// Gives up the unfinished walk's claim to be printed when it is whole: another stack is the current one now. Returns
    /// its events that have not been printed, oldest first.
    pub(super) fn leave(&mut self) -> Vec<Arc<StackEvent>> {
        let mut left = Vec::new();
        for event in self.pending.iter() {
            if self.printed.insert(event.event_id.clone()) {
                left.push(Arc::clone(event));
            }
        }
        left
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

    /// The number of rows of a selection: its events and the gaps.
    pub fn rows(&self, selection: Selection) -> usize {
        self.count(selection) + usize::from(self.has_gap()) + self.gap_seqs.len()
    }

    /// The number of gaps up to a row, that row included.
    pub fn gaps_to(&self, selection: Selection, row: usize) -> usize {
        let last = self.committed.count(selection) + self.gap_seqs.len();
        self.gaps_before(selection, row + 1) + usize::from(self.has_gap() && last <= row)
    }

    /// The number of gaps between committed events that are above a row.
    fn gaps_before(&self, selection: Selection, row: usize) -> usize {
        let mut gaps = 0;
        let mut end = self.gap_seqs.len();
        while gaps < end {
            let middle = gaps + (end - gaps) / 2;
            if self.gap_row(selection, middle).is_some_and(|gap| gap < row) {
                gaps = middle + 1;
            } else {
                end = middle;
            }
        }
        gaps
    }

    /// The row of the gap between committed events that has so many older ones.
    fn gap_row(&self, selection: Selection, older: usize) -> Option<usize> {
        let seq = *self.gap_seqs.get(older)?;
        Some(self.committed.count_before(selection, seq) + older)
    }

    /// The row at an index, oldest first.
    pub fn row(&self, selection: Selection, index: usize) -> Option<Row<'_>> {
        let gaps = self.gaps_before(selection, index);
        if self.gap_row(selection, gaps) == Some(index) {
            return Some(Row::Gap);
        }
        let index = index - gaps;
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

    /// The number of the events of `counted` that are older than a row of `selection`, which has all of them.
    pub fn count_before_row(&self, counted: Selection, selection: Selection, row: usize) -> usize {
        let older = self.committed.count(selection);
        let is_below_gap = self.has_gap() && row > older + self.gap_seqs.len();
        let events = row - self.gaps_before(selection, row) - usize::from(is_below_gap);
        let in_pending = events.saturating_sub(older);
        self.committed.count_before_nth(counted, selection, events)
            + self
                .pending
                .count_before_nth(counted, selection, in_pending)
    }

    /// The index of an event's row; for an event that is not selected, the index of the row that would follow it. None
    /// for an event that is not in the timeline.
    pub fn row_of(&self, selection: Selection, id: &EventId) -> Option<usize> {
        if let Some(seq) = self.committed.seq_of(id) {
            let gaps = self.gap_seqs.partition_point(|gap| *gap <= seq);
            return Some(self.committed.count_before(selection, seq) + gaps);
        }
        let seq = self.pending.seq_of(id)?;
        let gaps = usize::from(self.has_gap()) + self.gap_seqs.len();
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
        let before = pending.or_else(|| self.committed.previous_in_group(event))?;
        let from = self.committed.seq_of(&before.event_id);
        let to = self.committed.seq_of(&event.event_id).unwrap_or(Seq::MAX);
        let gaps_to = |seq: Seq| self.gap_seqs.partition_point(|gap| *gap <= seq);
        let gap = across || from.is_some_and(|from| gaps_to(from) < gaps_to(to));
        Some(Before { event: before, gap })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn page(events: &[(u32, &str)], restarted: bool, is_last: bool) -> WalkStep {
        let event = |(number, status): &(u32, &str)| {
            let json = format!(
                r#"{{"stackId":"s","physicalResourceId":"s","eventId":"{number}","resourceStatus":"{status}"}}"#
            );
            Arc::new(StackEvent::from_json(&json, None))
        };
        WalkStep {
            stack_id: Some(StackId::from("s")),
            fresh: events.iter().map(event).collect(),
            restarted,
            commit: is_last.then(Vec::new),
            ..WalkStep::default()
        }
    }

    /// The events of its first try are in the timeline no more, but its facts may be of them.
    #[test]
    fn the_status_after_a_walk_that_began_again_is_that_of_its_newest_event() {
        let mut timeline = Timeline::new(StackId::from("s"));
        timeline.apply(&page(&[(2, "CREATE_IN_PROGRESS")], true, false));
        let newer = [(4, "DELETE_IN_PROGRESS"), (3, "CREATE_FAILED")];
        timeline.apply(&page(&newer, true, false));
        let older = [(2, "CREATE_IN_PROGRESS"), (1, "CREATE_IN_PROGRESS")];
        timeline.apply(&page(&older, false, true));
        let facts = timeline.facts();
        let of =
            |event: Option<&Arc<StackEvent>>| event.map(|event| event.event_id.as_str().to_owned());
        assert_eq!(of(facts.root()), Some("4".to_owned()));
        assert_eq!(of(facts.began()), Some("1".to_owned()));
        assert_eq!(of(facts.failed_build()), Some("3".to_owned()));
        assert_eq!(of(facts.root_deletion()), Some("4".to_owned()));
    }
}
