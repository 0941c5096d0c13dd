//! The entries of a log for which a predicate holds. A log evaluates a predicate in slices, new entries first and then
//! the older ones, newest first, so that no message ever waits for a long log.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::store::class_index::ClassIndex;
use crate::store::class_set::ClassSet;
use crate::store::entry::{Class, Entry, EntryPredicate};
use crate::store::work::WorkBudget;
use crate::store::{Seq, work};

/// The purpose of a filter index. A log has one of each at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterSlot {
    /// The filter of the list.
    Listed,
    /// The search.
    Found,
}

impl FilterSlot {
    pub const ALL: [Self; 2] = [Self::Listed, Self::Found];
}

/// The entries to count or list: those of some classes, and of a filter index where one is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection<C> {
    pub classes: ClassSet<C>,
    /// The filter index; one that has no predicate selects every entry.
    pub slot: Option<FilterSlot>,
}

impl<C: Class> Selection<C> {
    pub const ALL: Self = Self::of(ClassSet::ALL);

    /// Every entry of some classes.
    pub const fn of(classes: ClassSet<C>) -> Self {
        Self {
            classes,
            slot: None,
        }
    }
}

/// The entries of one log for which one predicate holds.
#[derive(Debug)]
pub(crate) struct FilterIndex<T: Entry> {
    predicate: Arc<T::Predicate>,
    weight: usize,
    matches: ClassIndex<T::Class>,
    /// The sequence numbers of the entries for which the predicate has been evaluated.
    indexed: Range<Seq>,
}

impl<T: Entry> FilterIndex<T> {
    /// An empty index for a log whose next newer entry will have the number `end`.
    pub(crate) fn new(predicate: Arc<T::Predicate>, end: Seq) -> Self {
        Self {
            weight: predicate.weight(),
            predicate,
            matches: ClassIndex::default(),
            indexed: end..end,
        }
    }

    pub(crate) fn predicate(&self) -> &Arc<T::Predicate> {
        &self.predicate
    }

    pub(crate) fn matches(&self) -> &ClassIndex<T::Class> {
        &self.matches
    }

    /// The number of entries for which the predicate has been evaluated.
    pub(crate) fn indexed(&self) -> usize {
        usize::try_from(self.indexed.end - self.indexed.start).unwrap_or(0)
    }

    /// Removes the oldest entry.
    pub(crate) fn pop_oldest(&mut self, class: T::Class, seq: Seq) {
        if self.indexed.start == seq && !self.indexed.is_empty() {
            self.matches.pop_oldest(class, seq);
            self.indexed.start += 1;
        }
        if self.indexed.end <= seq {
            self.indexed = seq + 1..seq + 1;
        }
    }

    /// Takes over the index of a log that was appended to this one's, its numbers enlarged by `offset`, where no entry
    /// between the two is unindexed. Otherwise the entries of the appended log are indexed again.
    pub(crate) fn append(&mut self, newer: &Self, offset: Seq) {
        let same = Arc::ptr_eq(&self.predicate, &newer.predicate);
        if same && newer.indexed.start + offset == self.indexed.end {
            self.matches.append(&newer.matches, offset);
            self.indexed.end = newer.indexed.end + offset;
        }
    }

    /// Makes room for an entry at `seq`: that number and all larger ones have grown by one. Evaluates the predicate for
    /// the entry where its neighbours are indexed.
    pub(crate) fn insert(&mut self, entry: &T, seq: Seq) {
        self.matches.shift(seq);
        if seq <= self.indexed.start {
            self.indexed = self.indexed.start + 1..self.indexed.end + 1;
        } else if seq < self.indexed.end {
            self.indexed.end += 1;
            if self.predicate.holds_for(entry) {
                self.matches.insert(entry.class(), seq);
            }
        }
    }

    /// Indexes entries until all are indexed or the budget is spent: those newer than the indexed ones, then older
    /// ones. `first` is the oldest entry's number.
    pub(crate) fn index_some(
        &mut self,
        entries: &VecDeque<Arc<T>>,
        first: Seq,
        budget: &mut WorkBudget,
    ) {
        while budget.is_left() {
            let (newer, older) = (self.indexed.end, self.indexed.start - 1);
            if let Some(entry) = entry_at(entries, first, newer) {
                self.indexed.end += 1;
                if self.holds_for(entry, budget) {
                    self.matches.push_newest(entry.class(), newer);
                }
            } else if let Some(entry) = entry_at(entries, first, older) {
                self.indexed.start -= 1;
                if self.holds_for(entry, budget) {
                    self.matches.push_oldest(entry.class(), older);
                }
            } else {
                return;
            }
        }
    }

    fn holds_for(&self, entry: &T, budget: &mut WorkBudget) -> bool {
        work::count_visit();
        budget.spend(entry.size(), self.weight);
        self.predicate.holds_for(entry)
    }
}

fn entry_at<T>(entries: &VecDeque<Arc<T>>, first: Seq, seq: Seq) -> Option<&Arc<T>> {
    entries.get(usize::try_from(seq - first).ok()?)
}
