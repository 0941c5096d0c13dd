//! The entries of each group, and the groups in the order of their first entries.

use std::collections::{BTreeMap, VecDeque};
use std::hash::Hash;

use foldhash::HashMap;

use crate::store::Seq;
use crate::store::class_index::{insert, shift};

/// Sequence numbers by group.
#[derive(Debug)]
pub(crate) struct GroupIndex<G> {
    seqs: HashMap<G, VecDeque<Seq>>,
    /// Each group by the number of its first entry.
    order: BTreeMap<Seq, G>,
}

impl<G> Default for GroupIndex<G> {
    fn default() -> Self {
        Self {
            seqs: HashMap::default(),
            order: BTreeMap::new(),
        }
    }
}

impl<G: Clone + Eq + Hash> GroupIndex<G> {
    pub(crate) fn push_newest(&mut self, group: &G, seq: Seq) {
        if let Some(seqs) = self.seqs.get_mut(group) {
            seqs.push_back(seq);
            return;
        }
        self.seqs.insert(group.clone(), VecDeque::from([seq]));
        self.order.insert(seq, group.clone());
    }

    pub(crate) fn push_oldest(&mut self, group: &G, seq: Seq) {
        let seqs = self.seqs.entry(group.clone()).or_default();
        if let Some(first) = seqs.front() {
            self.order.remove(first);
        }
        seqs.push_front(seq);
        self.order.insert(seq, group.clone());
    }

    /// Removes the oldest entry, which is of this group.
    pub(crate) fn pop_oldest(&mut self, group: &G) {
        let Some(seqs) = self.seqs.get_mut(group) else {
            return;
        };
        if let Some(first) = seqs.pop_front() {
            self.order.remove(&first);
        }
        match seqs.front() {
            Some(next) => drop(self.order.insert(*next, group.clone())),
            None => drop(self.seqs.remove(group)),
        }
    }

    /// Puts an entry at `seq`; that number and all larger ones grow by one. O(number of newer entries), and a search in
    /// the numbers of each group.
    pub(crate) fn insert(&mut self, group: Option<&G>, seq: Seq) {
        for seqs in self.seqs.values_mut() {
            shift(seqs, seq);
        }
        let begun_later = self.order.split_off(&seq).into_iter();
        self.order
            .extend(begun_later.map(|(first, group)| (first + 1, group)));
        let Some(group) = group else {
            return;
        };
        let seqs = self.seqs.entry(group.clone()).or_default();
        let second = seqs.front().copied();
        if insert(seqs, seq) == 0 {
            if let Some(second) = second {
                self.order.remove(&second);
            }
            self.order.insert(seq, group.clone());
        }
    }

    /// The sequence numbers of a group's entries, oldest first.
    pub(crate) fn seqs(
        &self,
        group: &G,
    ) -> impl DoubleEndedIterator<Item = Seq> + ExactSizeIterator {
        static NONE: VecDeque<Seq> = VecDeque::new();
        self.seqs.get(group).unwrap_or(&NONE).iter().copied()
    }

    /// The newest entry of the group that is older than `seq`.
    pub(crate) fn before(&self, group: &G, seq: Seq) -> Option<Seq> {
        let seqs = self.seqs.get(group)?;
        let at = seqs.partition_point(|other| *other < seq);
        seqs.get(at.checked_sub(1)?).copied()
    }

    /// The groups, the one whose first entry is oldest first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &G> {
        self.order.values()
    }

    /// The number of groups.
    pub(crate) fn len(&self) -> usize {
        self.seqs.len()
    }

    pub(crate) fn contains(&self, group: &G) -> bool {
        self.seqs.contains_key(group)
    }
}
