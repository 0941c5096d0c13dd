//! The places of each resource's events, and the resources in the order in which their first events came.
//!
//! CloudFormation begins a resource when everything that it depends on is complete, so that order is one of
//! dependencies: nothing stands before what it needs.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::store::class_index::shift;
use crate::text::safe::SafeText;

/// Places by resource; see [`crate::store::entry_log::EntryLog`] for what a place is.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupIndex {
    places: HashMap<SafeText, VecDeque<i64>>,
    /// Each resource by the place of its first event.
    order: BTreeMap<i64, SafeText>,
}

impl GroupIndex {
    pub(crate) fn push_newest(&mut self, resource: &SafeText, place: i64) {
        if let Some(places) = self.places.get_mut(resource) {
            places.push_back(place);
            return;
        }
        self.places
            .insert(resource.clone(), VecDeque::from([place]));
        self.order.insert(place, resource.clone());
    }

    pub(crate) fn push_oldest(&mut self, resource: &SafeText, place: i64) {
        let places = self.places.entry(resource.clone()).or_default();
        if let Some(first) = places.front() {
            self.order.remove(first);
        }
        places.push_front(place);
        self.order.insert(place, resource.clone());
    }

    /// Puts an event at a place; that place and all newer ones become one larger. Costs as much as there are
    /// newer events, and a search in the places of each resource.
    pub(crate) fn insert(&mut self, resource: &SafeText, place: i64) {
        for places in self.places.values_mut() {
            shift(places, place);
        }
        let begun_later = self.order.split_off(&place).into_iter();
        self.order
            .extend(begun_later.map(|(first, resource)| (first + 1, resource)));
        let places = self.places.entry(resource.clone()).or_default();
        let at = places.partition_point(|other| *other < place);
        if at == 0 {
            if let Some(first) = places.front() {
                self.order.remove(first);
            }
            self.order.insert(place, resource.clone());
        }
        places.insert(at, place);
    }

    /// The places of a resource's events, oldest first.
    pub(crate) fn places(
        &self,
        resource: &SafeText,
    ) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator {
        static NONE: VecDeque<i64> = VecDeque::new();
        self.places.get(resource).unwrap_or(&NONE).iter().copied()
    }

    /// The place of the newest event of the resource that is older than a place.
    pub(crate) fn before(&self, resource: &SafeText, place: i64) -> Option<i64> {
        let places = self.places.get(resource)?;
        let at = places.partition_point(|other| *other < place);
        places.get(at.checked_sub(1)?).copied()
    }

    /// The resources, those whose first event is oldest first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &SafeText> {
        self.order.values()
    }

    /// How many resources there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it has an event of the resource.
    pub(crate) fn contains(&self, resource: &SafeText) -> bool {
        self.places.contains_key(resource)
    }
}
