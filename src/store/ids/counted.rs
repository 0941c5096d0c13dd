//! Ids that are counted up as entries come: a number for each place from the smallest id to the largest one.

use std::collections::VecDeque;

use crate::store::Seq;
use crate::store::ids::SeqById;

/// Sequence numbers by counted ids. There is one place for each id from the smallest to the largest one.
#[derive(Debug, Default)]
pub(crate) struct CountedIds {
    first: u64,
    places: VecDeque<Option<Seq>>,
}

impl CountedIds {
    fn index(&self, id: u64) -> Option<usize> {
        usize::try_from(id.checked_sub(self.first)?).ok()
    }

    fn seq(&self, id: u64) -> Option<Seq> {
        *self.places.get(self.index(id)?)?
    }
}

impl SeqById<u64> for CountedIds {
    fn get(&self, id: &u64, _: impl Fn(Seq) -> bool) -> Option<Seq> {
        self.seq(*id)
    }

    fn insert(&mut self, id: &u64, seq: Seq, _: impl Fn(Seq) -> bool) -> bool {
        if self.seq(*id).is_some() {
            return false;
        }
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
        true
    }

    fn remove(&mut self, id: &u64, _: Seq) {
        if let Some(place) = self.index(*id).and_then(|index| self.places.get_mut(index)) {
            *place = None;
        }
        while self.places.pop_front_if(|place| place.is_none()).is_some() {
            self.first += 1;
        }
        while self.places.pop_back_if(|place| place.is_none()).is_some() {}
    }

    fn shift(&mut self, id: &u64, _: Seq) {
        let place = self.index(*id).and_then(|index| self.places.get_mut(index));
        if let Some(Some(seq)) = place {
            *seq += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The list is a map, whatever comes and goes, and it has no places beyond its ids.
        #[test]
        fn counted_ids_are_found_like_those_of_a_map(steps in prop::collection::vec((any::<bool>(), 0u64..40), 0..80)) {
            let (mut list, mut map) = (CountedIds::default(), BTreeMap::<u64, Seq>::new());
            let any = |_: Seq| true;
            for (number, (adds, id)) in (0..).zip(steps) {
                if adds {
                    prop_assert_eq!(list.insert(&id, number, any), !map.contains_key(&id));
                    map.entry(id).or_insert(number);
                } else if let Some(seq) = map.remove(&id) {
                    list.remove(&id, seq);
                }
                if let Some(seq) = map.get_mut(&id) {
                    list.shift(&id, *seq);
                    *seq += 1;
                }
                for id in 0..41 {
                    prop_assert_eq!(list.get(&id, any), map.get(&id).copied());
                }
                let ends = map.keys().next_back().zip(map.keys().next());
                let span = ends.map_or(0, |(last, first)| last - first + 1);
                prop_assert_eq!(list.places.len() as u64, span);
            }
        }
    }
}
