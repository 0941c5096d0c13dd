//! The entries of one group, and those that are flagged: short lists beside the log.

use std::sync::Arc;

use crate::store::entry::Entry;
use crate::store::entry_log::EntryLog;
use crate::store::{Seq, work};

impl<T: Entry> EntryLog<T> {
    /// The groups, the one whose first entry is oldest first.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &T::Group> {
        self.by_group.in_order().inspect(|_| work::count_visit())
    }

    pub(crate) fn count_groups(&self) -> usize {
        self.by_group.len()
    }

    pub(crate) fn has_group(&self, group: &T::Group) -> bool {
        self.by_group.contains(group)
    }

    /// The entries of a group, oldest first.
    pub(crate) fn entries_of(&self, group: &T::Group) -> impl DoubleEndedIterator<Item = &Arc<T>> {
        let seqs = self.by_group.seqs(group);
        seqs.filter_map(|seq| self.get(seq))
    }

    /// The number of entries of a group.
    pub(crate) fn count_of(&self, group: &T::Group) -> usize {
        self.by_group.seqs(group).len()
    }

    /// The entry before this one in its group; the group's newest where the log does not have this one.
    pub(crate) fn previous_in_group(&self, entry: &T) -> Option<&Arc<T>> {
        let seq = self.seq_of(entry.id()).unwrap_or(Seq::MAX);
        self.get(self.by_group.before(entry.group()?, seq)?)
    }

    /// The flagged entries, oldest first; see [`Entry::is_flagged`].
    pub(crate) fn flagged(&self) -> impl DoubleEndedIterator<Item = &Arc<T>> {
        self.flagged.iter().filter_map(|seq| self.get(*seq))
    }

    pub(crate) fn count_flagged(&self) -> usize {
        self.flagged.len()
    }
}
