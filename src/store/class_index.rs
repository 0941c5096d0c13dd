//! Ordered lists of places, one for each status class: what makes a filter a matter of counting.
//!
//! A place is an event's sequence number in its [`crate::store::entry_log::EntryLog`]; a larger one is newer.

use std::collections::VecDeque;

use crate::domain::status::{ClassSet, StatusClass};
use crate::store::work;

/// The places of some events, by the class of their status.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClassIndex([VecDeque<i64>; StatusClass::ALL.len()]);

impl ClassIndex {
    /// Adds a place that is newer than all others.
    pub(crate) fn push_newest(&mut self, class: StatusClass, place: i64) {
        self.0[class.index()].push_back(place);
    }

    /// Adds a place that is older than all others.
    pub(crate) fn push_oldest(&mut self, class: StatusClass, place: i64) {
        self.0[class.index()].push_front(place);
    }

    /// Adds the places of another index, each made larger by `offset`, which makes all of them newer than these.
    pub(crate) fn append(&mut self, newer: &Self, offset: i64) {
        for (list, newer) in self.0.iter_mut().zip(&newer.0) {
            list.extend(newer.iter().map(|place| place + offset));
        }
    }

    /// Adds a place anywhere. Costs as much as there are newer ones of its class.
    pub(crate) fn insert(&mut self, class: StatusClass, place: i64) {
        let list = &mut self.0[class.index()];
        let at = list.partition_point(|other| *other < place);
        list.insert(at, place);
    }

    /// Makes room for an event at a place: that place and all newer ones become one larger.
    pub(crate) fn shift(&mut self, place: i64) {
        self.0.iter_mut().for_each(|list| shift(list, place));
    }

    /// The number of events whose class is in the set.
    pub(crate) fn count(&self, classes: ClassSet) -> usize {
        classes
            .iter()
            .map(|class| self.0[class.index()].len())
            .sum()
    }

    /// The number of those that are older than a place.
    pub(crate) fn count_before(&self, classes: ClassSet, place: i64) -> usize {
        work::count();
        let before =
            |class: StatusClass| self.0[class.index()].partition_point(|other| *other < place);
        classes.iter().map(before).sum()
    }

    /// The place with that many older ones of the set: O(log² n). `low` and `high` bound all places.
    pub(crate) fn nth(
        &self,
        classes: ClassSet,
        nth: usize,
        mut low: i64,
        mut high: i64,
    ) -> Option<i64> {
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

/// Makes every number from `place` on one larger, in an ordered list.
pub(crate) fn shift(list: &mut VecDeque<i64>, place: i64) {
    let from = list.partition_point(|other| *other < place);
    list.iter_mut().skip(from).for_each(|other| *other += 1);
}
