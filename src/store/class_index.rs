//! Ordered lists of sequence numbers, one for each class: they turn a filter by class into counting.

use std::collections::VecDeque;
use std::marker::PhantomData;

use crate::store::class_set::ClassSet;
use crate::store::entry::Class;
use crate::store::{Seq, work};

/// The sequence numbers of some entries, by class.
#[derive(Debug)]
pub(crate) struct ClassIndex<C> {
    lists: Box<[VecDeque<Seq>]>,
    classes: PhantomData<C>,
}

impl<C: Class> Default for ClassIndex<C> {
    fn default() -> Self {
        Self {
            lists: C::ALL.iter().map(|_| VecDeque::new()).collect(),
            classes: PhantomData,
        }
    }
}

impl<C: Class> ClassIndex<C> {
    /// Adds an entry that is newer than all others.
    pub(crate) fn push_newest(&mut self, class: C, seq: Seq) {
        self.lists[class.index()].push_back(seq);
    }

    /// Adds an entry that is older than all others.
    pub(crate) fn push_oldest(&mut self, class: C, seq: Seq) {
        self.lists[class.index()].push_front(seq);
    }

    /// Removes the oldest entry, if it is of this class.
    pub(crate) fn pop_oldest(&mut self, class: C, seq: Seq) {
        self.lists[class.index()].pop_front_if(|first| *first == seq);
    }

    /// Adds the entries of another index, their numbers enlarged by `offset`, which makes all of them newer than these.
    pub(crate) fn append(&mut self, newer: &Self, offset: Seq) {
        for (list, newer) in self.lists.iter_mut().zip(&newer.lists) {
            list.extend(newer.iter().map(|seq| seq + offset));
        }
    }

    /// Adds an entry anywhere, in O(number of newer entries of its class).
    pub(crate) fn insert(&mut self, class: C, seq: Seq) {
        insert(&mut self.lists[class.index()], seq);
    }

    /// Makes room for an entry at `seq`: that number and all larger ones grow by one.
    pub(crate) fn shift(&mut self, seq: Seq) {
        self.lists.iter_mut().for_each(|list| shift(list, seq));
    }

    /// The number of entries whose class is in the set.
    pub(crate) fn count(&self, classes: ClassSet<C>) -> usize {
        classes
            .iter()
            .map(|class| self.lists[class.index()].len())
            .sum()
    }

    /// The number of those that are older than `seq`.
    pub(crate) fn count_before(&self, classes: ClassSet<C>, seq: Seq) -> usize {
        work::count_visit();
        let before = |class: C| self.lists[class.index()].partition_point(|other| *other < seq);
        classes.iter().map(before).sum()
    }

    /// The sequence number with `nth` older ones in the set: O(log² n), or at once for one class. `low` and `high` bound
    /// all numbers.
    pub(crate) fn nth(
        &self,
        classes: ClassSet<C>,
        nth: usize,
        mut low: Seq,
        mut high: Seq,
    ) -> Option<Seq> {
        let mut lists = classes.iter().map(|class| &self.lists[class.index()]);
        if let (Some(only), None) = (lists.next(), lists.next()) {
            work::count_visit();
            return only.get(nth).copied();
        }
        if nth >= self.count(classes) {
            return None;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.count_before(classes, middle + 1) > nth {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(low)
    }
}

/// Adds a number to an ordered list. Returns its index in the list.
pub(crate) fn insert(list: &mut VecDeque<Seq>, seq: Seq) -> usize {
    let at = list.partition_point(|other| *other < seq);
    list.insert(at, seq);
    at
}

/// Enlarges every number from `seq` on by one, in an ordered list.
pub(crate) fn shift(list: &mut VecDeque<Seq>, seq: Seq) {
    let from = list.partition_point(|other| *other < seq);
    list.iter_mut().skip(from).for_each(|other| *other += 1);
}
