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
        self.seq_of(id).is_some()
    }

    /// The entry's sequence number: larger is newer.
    pub(crate) fn seq_of(&self, id: &T::Id) -> Option<Seq> {
        let is_at = |seq| has_id(&self.entries, self.first, seq, id);
        self.seqs.get(id, is_at)
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
        if !self.add_id(entry.id(), seq) {
            return false;
        }
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
        let seq = self.first - 1;
        if !self.add_id(entry.id(), seq) {
            return false;
        }
        self.first = seq;
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
        self.seqs.remove(entry.id(), seq);
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
        let newer = self.entries.range(index..);
        for (newer, seq) in newer.rev().zip((seq..self.end()).rev()) {
            self.seqs.shift(newer.id(), seq);
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
        // No entry has this number in the index.
        self.seqs.insert(entry.id(), seq, |_| false);
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

    /// Adds an id to the index. False if the log has it already.
    fn add_id(&mut self, id: &T::Id, seq: Seq) -> bool {
        let (entries, first) = (&self.entries, self.first);
        let is_at = |seq| has_id(entries, first, seq, id);
        self.seqs.insert(id, seq, is_at)
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

/// Whether the entry with this number has this id.
fn has_id<T: Entry>(entries: &VecDeque<Arc<T>>, first: Seq, seq: Seq, id: &T::Id) -> bool {
    let index = usize::try_from(seq - first).ok();
    let entry = index.and_then(|index| entries.get(index));
    entry.is_some_and(|entry| entry.id() == id)
}

#[cfg(test)]
mod tests;
