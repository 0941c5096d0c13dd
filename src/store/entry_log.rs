//! An ordered log of unique entries that grows at both ends; only the oldest can be removed. It is indexed, so that a view
//! never scans it.
//!
//! Both ends grow in constant time: new entries are pushed at one, history is loaded at the other. Class, group
//! and filter indexes hold sequence numbers, so that filters are a matter of counting.

mod groups;
mod select;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::store::class_index::{ClassIndex, insert, shift};
use crate::store::entry::Entry;
use crate::store::filter_index::{FilterIndex, FilterSlot};
use crate::store::group_index::GroupIndex;
use crate::store::ids::SeqById;
use crate::store::work::WorkBudget;
use crate::store::{Seq, work};

/// Entries in the order of their source, without gaps and without duplicates.
#[derive(Debug)]
pub(crate) struct EntryLog<T: Entry> {
    entries: VecDeque<Arc<T>>,
    /// The oldest entry's sequence number; history is numbered downwards from it.
    first: Seq,
    seqs: T::Ids,
    by_class: ClassIndex<T::Class>,
    by_group: GroupIndex<T::Group>,
    flagged: VecDeque<Seq>,
    filter_indexes: [Option<FilterIndex<T>>; FilterSlot::ALL.len()],
}

impl<T: Entry> Default for EntryLog<T> {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            seqs: T::Ids::default(),
            by_class: ClassIndex::default(),
            by_group: GroupIndex::default(),
            flagged: VecDeque::new(),
            filter_indexes: [const { None }; FilterSlot::ALL.len()],
        }
    }
}

impl<T: Entry> EntryLog<T> {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn contains(&self, id: &T::Id) -> bool {
        self.seqs.seq(id).is_some()
    }

    /// The entry's sequence number: larger is newer.
    pub(crate) fn seq_of(&self, id: &T::Id) -> Option<Seq> {
        self.seqs.seq(id)
    }

    pub(crate) fn newest(&self) -> Option<&Arc<T>> {
        self.entries.back()
    }

    /// The entries, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<T>> {
        self.entries.iter().inspect(|_| work::count_visit())
    }

    /// Puts an entry after the newest one. False, and no change, if the log has it already.
    pub(crate) fn push_newest(&mut self, entry: Arc<T>) -> bool {
        let seq = self.end();
        if self.contains(entry.id()) {
            return false;
        }
        self.seqs.add(entry.id(), seq);
        self.by_class.push_newest(entry.class(), seq);
        if let Some(group) = entry.group() {
            self.by_group.push_newest(group, seq);
        }
        if entry.is_flagged() {
            self.flagged.push_back(seq);
        }
        self.entries.push_back(entry);
        true
    }

    /// Puts an entry before the oldest one. False, and no change, if the log has it already.
    pub(crate) fn push_oldest(&mut self, entry: Arc<T>) -> bool {
        if self.contains(entry.id()) {
            return false;
        }
        self.first -= 1;
        let seq = self.first;
        self.seqs.add(entry.id(), seq);
        self.by_class.push_oldest(entry.class(), seq);
        if let Some(group) = entry.group() {
            self.by_group.push_oldest(group, seq);
        }
        if entry.is_flagged() {
            self.flagged.push_front(seq);
        }
        self.entries.push_front(entry);
        true
    }

    /// Removes the oldest entry.
    pub(crate) fn pop_oldest(&mut self) -> Option<Arc<T>> {
        let entry = self.entries.pop_front()?;
        let seq = self.first;
        self.first += 1;
        self.seqs.remove(entry.id());
        self.by_class.pop_oldest(entry.class(), seq);
        if let Some(group) = entry.group() {
            self.by_group.pop_oldest(group);
        }
        self.flagged.pop_front_if(|first| *first == seq);
        for filter in self.filter_indexes.iter_mut().flatten() {
            filter.pop_oldest(entry.class(), seq);
        }
        Some(entry)
    }

    /// Puts a late entry directly before (older than) the entry `next`, or at the newest end where the log does not
    /// have `next`. False, and no change, if the log has it already. O(number of newer entries), and a little for each
    /// group.
    pub(crate) fn insert_before(&mut self, next: &T::Id, entry: Arc<T>) -> bool {
        if self.contains(entry.id()) {
            return false;
        }
        let Some(seq) = self.seq_of(next) else {
            return self.push_newest(entry);
        };
        let index = self.index_of(seq);
        for newer in self.entries.iter().skip(index) {
            if let Some(seq) = self.seqs.seq_mut(newer.id()) {
                *seq += 1;
            }
        }
        self.by_class.shift(seq);
        self.by_class.insert(entry.class(), seq);
        self.by_group.insert(entry.group(), seq);
        shift(&mut self.flagged, seq);
        if entry.is_flagged() {
            insert(&mut self.flagged, seq);
        }
        for filter in self.filter_indexes.iter_mut().flatten() {
            filter.insert(&entry, seq);
        }
        self.seqs.add(entry.id(), seq);
        self.entries.insert(index, entry);
        true
    }

    /// An empty log with the same predicates.
    pub(crate) fn emptied(&self) -> Self {
        let mut empty = Self::default();
        for slot in FilterSlot::ALL {
            let filter = self.filter_indexes[slot as usize].as_ref();
            empty.set_filter_index(slot, filter.map(FilterIndex::predicate));
        }
        empty
    }

    /// Puts all entries of `newer` after this log's; cheap where this one is empty. Filter indexes of `newer` are taken
    /// over where they are complete. If completing one takes more than a slice of work, the rest is left to
    /// [`Self::index_some`], so that no message waits for a long history to be indexed.
    pub(crate) fn append(&mut self, mut newer: Self) {
        if self.is_empty() {
            *self = newer;
            return;
        }
        newer.index_some(&mut WorkBudget::slice());
        let (offset, expected) = (self.end() - newer.first, self.len() + newer.len());
        for entry in newer.entries {
            self.push_newest(entry);
        }
        if self.len() == expected {
            let newer = newer.filter_indexes.iter();
            for (filter, newer) in self.filter_indexes.iter_mut().zip(newer) {
                if let (Some(filter), Some(newer)) = (filter, newer) {
                    filter.append(newer, offset);
                }
            }
        }
    }

    fn end(&self) -> Seq {
        self.first + Seq::try_from(self.entries.len()).unwrap_or(Seq::MAX)
    }

    fn index_of(&self, seq: Seq) -> usize {
        usize::try_from(seq.saturating_sub(self.first)).unwrap_or(0)
    }

    fn get(&self, seq: Seq) -> Option<&Arc<T>> {
        work::count_visit();
        self.entries.get(self.index_of(seq))
    }
}

#[cfg(test)]
mod tests;
