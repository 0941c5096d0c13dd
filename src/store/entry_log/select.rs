//! The selected entries of a log: those of some classes, in a filter or not. Each question is a matter of counting sequence
//! numbers.

use std::sync::Arc;

use crate::store::class_index::ClassIndex;
use crate::store::entry::Entry;
use crate::store::entry_log::EntryLog;
use crate::store::filter_index::{FilterIndex, FilterSlot, Selection};
use crate::store::work::WorkBudget;
use crate::store::{Seq, work};

impl<T: Entry> EntryLog<T> {
    /// The number of selected entries, of those that are indexed.
    pub(crate) fn count(&self, selection: Selection<T::Class>) -> usize {
        self.index(selection.slot).count(selection.classes)
    }

    /// The number of those that are older than `seq`.
    pub(crate) fn count_before(&self, selection: Selection<T::Class>, seq: Seq) -> usize {
        if selection == Selection::ALL {
            work::count_visit();
            return self.index_of(seq).min(self.len());
        }
        let index = self.index(selection.slot);
        index.count_before(selection.classes, seq)
    }

    /// The selected entry with `nth` older selected ones: O(log² n).
    pub(crate) fn nth(&self, selection: Selection<T::Class>, nth: usize) -> Option<&Arc<T>> {
        self.get(self.nth_seq(selection, nth)?)
    }

    /// The number of the entries of `counted` that are older than the one at `nth` of `selection`; all of them if that has
    /// fewer.
    pub(crate) fn count_before_nth(
        &self,
        counted: Selection<T::Class>,
        selection: Selection<T::Class>,
        nth: usize,
    ) -> usize {
        match self.nth_seq(selection, nth) {
            Some(seq) => self.count_before(counted, seq),
            None => self.count(counted),
        }
    }

    fn nth_seq(&self, selection: Selection<T::Class>, nth: usize) -> Option<Seq> {
        if selection == Selection::ALL {
            work::count_visit();
            let seq = self.first + Seq::try_from(nth).ok()?;
            return (nth < self.len()).then_some(seq);
        }
        let index = self.index(selection.slot);
        index.nth(selection.classes, nth, self.first, self.end())
    }

    /// Replaces a filter index by an empty one for another predicate, or for none.
    pub(crate) fn set_filter_index(
        &mut self,
        slot: FilterSlot,
        predicate: Option<&Arc<T::Predicate>>,
    ) {
        let end = self.end();
        let filter = predicate
            .cloned()
            .map(|predicate| FilterIndex::new(predicate, end));
        self.filter_indexes[slot as usize] = filter;
    }

    /// Extends the filter indexes to entries that they do not cover yet, as far as the budget goes.
    pub(crate) fn index_some(&mut self, budget: &mut WorkBudget) {
        for filter in self.filter_indexes.iter_mut().flatten() {
            filter.index_some(&self.entries, self.first, budget);
        }
    }

    /// The number of entries that a filter index does not cover yet.
    pub(crate) fn unindexed(&self, slot: FilterSlot) -> usize {
        let filter = self.filter_indexes[slot as usize].as_ref();
        filter.map_or(0, |filter| self.len() - filter.indexed())
    }

    /// The class index of a filter; that of all entries where the slot is empty.
    fn index(&self, slot: Option<FilterSlot>) -> &ClassIndex<T::Class> {
        let filter = slot.and_then(|slot| self.filter_indexes[slot as usize].as_ref());
        filter.map_or(&self.by_class, FilterIndex::matches)
    }
}
