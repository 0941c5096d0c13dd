//! The entries of each group, and the groups in the order of their first entries.

use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::OnceLock;

use foldhash::HashMap;

use crate::store::Seq;
use crate::store::class_index::{insert, shift};

/// Sequence numbers by group.
#[derive(Debug)]
pub(crate) struct GroupIndex<G> {
    seqs: HashMap<G, VecDeque<Seq>>,
    /// Sorted when it is first needed: each older entry that is loaded may change it.
    order: OnceLock<Vec<G>>,
}

impl<G> Default for GroupIndex<G> {
    fn default() -> Self {
        Self {
            seqs: HashMap::default(),
            order: OnceLock::new(),
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
        if let Some(order) = self.order.get_mut() {
            order.push(group.clone());
        }
    }

    pub(crate) fn push_oldest(&mut self, group: &G, seq: Seq) {
        self.order.take();
        if let Some(seqs) = self.seqs.get_mut(group) {
            seqs.push_front(seq);
        } else {
            self.seqs.insert(group.clone(), VecDeque::from([seq]));
        }
    }

    /// Removes the oldest entry, which is of this group.
    pub(crate) fn pop_oldest(&mut self, group: &G) {
        let Some(seqs) = self.seqs.get_mut(group) else {
            return;
        };
        self.order.take();
        seqs.pop_front();
        if seqs.is_empty() {
            self.seqs.remove(group);
        }
    }

    /// Puts an entry at `seq`; that number and all larger ones grow by one. O(number of newer entries), and a search in
    /// the numbers of each group.
    pub(crate) fn insert(&mut self, group: Option<&G>, seq: Seq) {
        for seqs in self.seqs.values_mut() {
            shift(seqs, seq);
        }
        let Some(group) = group else {
            return;
        };
        let seqs = self.seqs.entry(group.clone()).or_default();
        if insert(seqs, seq) == 0 {
            self.order.take();
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
        self.order.get_or_init(|| self.sorted()).iter()
    }

    fn sorted(&self) -> Vec<G> {
        let firsts = self.seqs.iter();
        let firsts = firsts.filter_map(|(group, seqs)| Some((seqs.front()?, group)));
        let mut firsts: Vec<_> = firsts.collect();
        firsts.sort_unstable_by_key(|(first, _)| **first);
        firsts.into_iter().map(|(_, group)| group.clone()).collect()
    }

    /// The number of groups.
    pub(crate) fn len(&self) -> usize {
        self.seqs.len()
    }

    pub(crate) fn contains(&self, group: &G) -> bool {
        self.seqs.contains_key(group)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Wherever entries are added or removed, and whenever the order is asked for.
        #[test]
        fn groups_are_in_the_order_of_their_first_entries(
            steps in prop::collection::vec((0..4_u8, 0..4_u8, any::<prop::sample::Index>(), any::<bool>()), 0..30),
        ) {
            let mut index = GroupIndex::default();
            // The groups of the entries, oldest first, and the number of the first.
            let (mut entries, mut first) = (VecDeque::new(), 0);
            for (step, group, at, asks) in steps {
                let end = first + Seq::try_from(entries.len()).unwrap();
                match step {
                    0 => {
                        index.push_newest(&group, end);
                        entries.push_back(group);
                    }
                    1 => {
                        first -= 1;
                        index.push_oldest(&group, first);
                        entries.push_front(group);
                    }
                    2 => {
                        if let Some(oldest) = entries.pop_front() {
                            index.pop_oldest(&oldest);
                            first += 1;
                        }
                    }
                    _ => {
                        let at = at.index(entries.len() + 1);
                        index.insert(Some(&group), first + Seq::try_from(at).unwrap());
                        entries.insert(at, group);
                    }
                }
                let mut expected = Vec::new();
                for group in &entries {
                    if !expected.contains(group) {
                        expected.push(*group);
                    }
                }
                prop_assert!(!asks || index.in_order().eq(&expected));
            }
        }
    }
}
