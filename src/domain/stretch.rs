//! A gapless stretch of events, oldest to newest, indexed so that looking never means scanning.
//!
//! It grows at both ends in constant time: new events arrive at one, history is loaded at the other. Each
//! event has a sequence number that tells its place; lists of numbers per status class answer filters.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::event::{EventId, StackEvent};
use super::status::{ClassSet, StatusClass};

/// A gapless stretch of one stack's events in the service's order.
#[derive(Debug, Default)]
pub struct Stretch {
    events: VecDeque<Arc<StackEvent>>,
    /// The sequence number of the oldest event; history is numbered downwards from it.
    first: i64,
    places: HashMap<EventId, i64>,
    by_class: [VecDeque<i64>; StatusClass::ALL.len()],
    /// Of the failed events, those that follow from another failure.
    consequences: VecDeque<i64>,
}

impl Stretch {
    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether the event is in the stretch.
    #[must_use]
    pub fn contains(&self, id: &EventId) -> bool {
        self.places.contains_key(id)
    }

    /// The event's sequence number: larger is newer.
    #[must_use]
    pub fn place(&self, id: &EventId) -> Option<i64> {
        self.places.get(id).copied()
    }

    /// The newest event.
    #[must_use]
    pub fn newest(&self) -> Option<&Arc<StackEvent>> {
        self.events.back()
    }

    /// The events, oldest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<StackEvent>> {
        self.events.iter()
    }

    /// Puts an event after the newest one. False, and no change, if it is there already.
    pub fn push_newest(&mut self, event: Arc<StackEvent>) -> bool {
        let place = self.end();
        if self.contains(&event.event_id) {
            return false;
        }
        self.places.insert(event.event_id.clone(), place);
        for list in self.lists_of(&event) {
            list.push_back(place);
        }
        self.events.push_back(event);
        true
    }

    /// Puts an event before the oldest one. False, and no change, if it is there already.
    pub fn push_oldest(&mut self, event: Arc<StackEvent>) -> bool {
        if self.contains(&event.event_id) {
            return false;
        }
        self.first -= 1;
        self.places.insert(event.event_id.clone(), self.first);
        let place = self.first;
        for list in self.lists_of(&event) {
            list.push_front(place);
        }
        self.events.push_front(event);
        true
    }

    /// Puts a late event directly before (older than) the event `next`, or at the newest end where `next` is
    /// not known. False, and no change, if it is there already. Costs as much as there are newer events.
    pub fn insert_before(&mut self, next: &EventId, event: Arc<StackEvent>) -> bool {
        if self.contains(&event.event_id) {
            return false;
        }
        let Some(place) = self.place(next) else {
            return self.push_newest(event);
        };
        let index = self.index_of(place);
        for newer in self.events.iter().skip(index) {
            if let Some(place) = self.places.get_mut(&newer.event_id) {
                *place += 1;
            }
        }
        for list in self.by_class.iter_mut().chain([&mut self.consequences]) {
            let from = list.partition_point(|other| *other < place);
            list.iter_mut().skip(from).for_each(|other| *other += 1);
        }
        self.places.insert(event.event_id.clone(), place);
        for list in self.lists_of(&event) {
            let at = list.partition_point(|other| *other < place);
            list.insert(at, place);
        }
        self.events.insert(index, event);
        true
    }

    /// The number of events whose class is in the set.
    #[must_use]
    pub fn count(&self, classes: ClassSet) -> usize {
        classes
            .iter()
            .map(|class| self.by_class[class.index()].len())
            .sum()
    }

    /// The number of matching events that are older than the sequence number.
    #[must_use]
    pub fn count_before(&self, classes: ClassSet, place: i64) -> usize {
        classes
            .iter()
            .map(|class| self.by_class[class.index()].partition_point(|other| *other < place))
            .sum()
    }

    /// The matching event with that many older matching ones: O(log² n).
    #[must_use]
    pub fn nth(&self, classes: ClassSet, nth: usize) -> Option<&Arc<StackEvent>> {
        if classes == ClassSet::ALL {
            return self.events.get(nth);
        }
        if nth >= self.count(classes) {
            return None;
        }
        let (mut low, mut high) = (self.first, self.end());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.count_before(classes, middle + 1) > nth {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        self.events.get(self.index_of(low))
    }

    /// The failed events that follow from another failure, oldest first.
    pub fn consequences(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        let places = self.consequences.iter();
        places.filter_map(|place| self.events.get(self.index_of(*place)))
    }

    /// The number of those events.
    #[must_use]
    pub fn count_consequences(&self) -> usize {
        self.consequences.len()
    }

    /// Puts all events of `newer` after this stretch's; cheap where this one is empty.
    pub fn append(&mut self, newer: Self) {
        if self.is_empty() {
            *self = newer;
            return;
        }
        for event in newer.events {
            self.push_newest(event);
        }
    }

    fn end(&self) -> i64 {
        self.first + i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }

    fn index_of(&self, place: i64) -> usize {
        usize::try_from(place - self.first).unwrap_or(0)
    }

    /// The lists that an event's place belongs in.
    fn lists_of(&mut self, event: &StackEvent) -> impl Iterator<Item = &mut VecDeque<i64>> {
        let consequences = event.is_consequence().then_some(&mut self.consequences);
        [&mut self.by_class[event.status.class().index()]]
            .into_iter()
            .chain(consequences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(id: u32, status: &str) -> Arc<StackEvent> {
        let reason = ["Resource creation cancelled", "it broke"][id as usize % 2];
        let json = format!(
            r#"{{"stackId":"s","eventId":"{id}","resourceStatus":"{status}","resourceStatusReason":"{reason}"}}"#
        );
        Arc::new(StackEvent::from_json(&json, None))
    }

    fn ids(stretch: &Stretch) -> Vec<String> {
        stretch
            .iter()
            .map(|event| event.event_id.as_str().to_owned())
            .collect()
    }

    #[derive(Clone, Debug)]
    enum Growth {
        Newest,
        Oldest,
        Before(usize),
    }

    fn growth() -> impl Strategy<Value = (Growth, usize)> {
        let kind = prop_oneof![
            Just(Growth::Newest),
            Just(Growth::Oldest),
            (0usize..100).prop_map(Growth::Before)
        ];
        (kind, 0usize..3)
    }

    proptest! {
        /// Whatever order it grew in, every index agrees with a plain list of the same events.
        #[test]
        fn indexes_agree_with_a_plain_list(steps in prop::collection::vec(growth(), 0..60), mask in 0usize..8) {
            let words = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_FAILED"];
            let mut stretch = Stretch::default();
            let mut plain: Vec<Arc<StackEvent>> = Vec::new();
            for (number, (kind, word)) in steps.into_iter().enumerate() {
                let new = event(u32::try_from(number).unwrap(), words[word]);
                match kind {
                    Growth::Before(at) if !plain.is_empty() => {
                        let at = at % plain.len();
                        let next = plain[at].event_id.clone();
                        prop_assert!(stretch.insert_before(&next, new.clone()));
                        plain.insert(at, new);
                    }
                    Growth::Oldest => {
                        prop_assert!(stretch.push_oldest(new.clone()));
                        plain.insert(0, new);
                    }
                    Growth::Newest | Growth::Before(_) => {
                        prop_assert!(stretch.push_newest(new.clone()));
                        plain.push(new);
                    }
                }
            }
            let mut classes = ClassSet::NONE;
            for (bit, class) in [StatusClass::Running, StatusClass::Complete, StatusClass::Failed].into_iter().enumerate() {
                if mask & (1 << bit) != 0 {
                    classes = classes.toggled(class);
                }
            }
            let matching: Vec<_> = plain.iter().filter(|event| classes.contains(event.status.class())).collect();
            prop_assert_eq!(stretch.count(classes), matching.len());
            for (nth, expected) in matching.iter().enumerate() {
                prop_assert_eq!(&stretch.nth(classes, nth).unwrap().event_id, &expected.event_id);
                let place = stretch.place(&expected.event_id).unwrap();
                prop_assert_eq!(stretch.count_before(classes, place), nth);
            }
            prop_assert!(stretch.nth(classes, matching.len()).is_none());
            let cancelled = plain.iter().filter(|event| event.is_consequence()).map(|event| event.event_id.as_str());
            let listed = stretch.consequences().map(|event| event.event_id.as_str());
            prop_assert_eq!(listed.collect::<Vec<_>>(), cancelled.collect::<Vec<_>>());
            let all: Vec<_> = plain.iter().map(|event| event.event_id.as_str().to_owned()).collect();
            prop_assert_eq!(ids(&stretch), all);
        }
    }

    #[test]
    fn an_event_is_held_once() {
        let mut stretch = Stretch::default();
        assert!(stretch.push_newest(event(1, "CREATE_FAILED")));
        assert!(!stretch.push_newest(event(1, "CREATE_FAILED")));
        assert!(!stretch.push_oldest(event(1, "CREATE_FAILED")));
        assert!(!stretch.insert_before(&EventId::from("1"), event(1, "CREATE_FAILED")));
        assert_eq!(stretch.len(), 1);
    }

    #[test]
    fn appending_keeps_the_order() {
        let (mut older, mut newer) = (Stretch::default(), Stretch::default());
        older.push_newest(event(1, "CREATE_FAILED"));
        newer.push_newest(event(3, "CREATE_FAILED"));
        newer.push_oldest(event(2, "CREATE_FAILED"));
        older.append(newer);
        assert_eq!(ids(&older), ["1", "2", "3"]);
    }
}
