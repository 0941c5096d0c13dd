//! The sequence number of each entry by its id: a hash map for ids of any kind, a plain list for ids that count up.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

use foldhash::HashMap;

use crate::store::Seq;

/// Sequence numbers by id.
pub(crate) trait SeqById<Id>: Debug + Default {
    fn seq(&self, id: &Id) -> Option<Seq>;

    fn seq_mut(&mut self, id: &Id) -> Option<&mut Seq>;

    /// Adds an id that is not there yet.
    fn add(&mut self, id: &Id, seq: Seq);

    fn remove(&mut self, id: &Id);
}

impl<Id: Clone + Debug + Eq + Hash> SeqById<Id> for HashMap<Id, Seq> {
    fn seq(&self, id: &Id) -> Option<Seq> {
        self.get(id).copied()
    }

    fn seq_mut(&mut self, id: &Id) -> Option<&mut Seq> {
        self.get_mut(id)
    }

    fn add(&mut self, id: &Id, seq: Seq) {
        self.insert(id.clone(), seq);
    }

    fn remove(&mut self, id: &Id) {
        Self::remove(self, id);
    }
}

/// Sequence numbers by ids that are counted up as entries come: one place for each id from the smallest to the largest
/// one.
#[derive(Debug, Default)]
pub(crate) struct CountedIds {
    first: u64,
    places: VecDeque<Option<Seq>>,
}

impl CountedIds {
    fn index(&self, id: u64) -> Option<usize> {
        usize::try_from(id.checked_sub(self.first)?).ok()
    }
}

impl SeqById<u64> for CountedIds {
    fn seq(&self, id: &u64) -> Option<Seq> {
        *self.places.get(self.index(*id)?)?
    }

    fn seq_mut(&mut self, id: &u64) -> Option<&mut Seq> {
        let index = self.index(*id)?;
        self.places.get_mut(index)?.as_mut()
    }

    fn add(&mut self, id: &u64, seq: Seq) {
        if self.places.is_empty() {
            self.first = *id;
        }
        while *id < self.first {
            self.places.push_front(None);
            self.first -= 1;
        }
        let index = self.index(*id).unwrap_or_default();
        if index >= self.places.len() {
            self.places.resize(index + 1, None);
        }
        self.places[index] = Some(seq);
    }

    fn remove(&mut self, id: &u64) {
        if let Some(place) = self.index(*id).and_then(|index| self.places.get_mut(index)) {
            *place = None;
        }
        while self.places.pop_front_if(|place| place.is_none()).is_some() {
            self.first += 1;
        }
        while self.places.pop_back_if(|place| place.is_none()).is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The list is the map, whatever comes and goes, and it has no places beyond its ids.
        #[test]
        fn counted_ids_are_found_like_hashed_ones(steps in prop::collection::vec((any::<bool>(), 0u64..40), 0..80)) {
            let (mut list, mut map) = (CountedIds::default(), HashMap::default());
            for (number, (adds, id)) in (0..).zip(steps) {
                if !adds {
                    SeqById::remove(&mut list, &id);
                    SeqById::remove(&mut map, &id);
                } else if map.seq(&id).is_none() {
                    list.add(&id, number);
                    map.add(&id, number);
                }
                if let (Some(one), Some(other)) = (list.seq_mut(&id), map.seq_mut(&id)) {
                    *one += 100;
                    *other += 100;
                }
                for id in 0..41 {
                    prop_assert_eq!(list.seq(&id), map.seq(&id));
                }
                let span = map.keys().max().zip(map.keys().min()).map_or(0, |(last, first)| last - first + 1);
                prop_assert_eq!(list.places.len() as u64, span);
            }
        }
    }
}
