//! A gapless stretch of events, oldest to newest, indexed so that looking never means scanning.
//!
//! It grows at both ends in constant time: new events arrive at one, history is loaded at the other. Each
//! event has a sequence number that tells its place; lists of places per status class, per resource and under
//! each lens answer filters.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::domain::stack_event::{EventId, StackEvent};
use crate::store::class_index::{ClassIndex, shift};
use crate::store::filter_index::{FilterIndex, FilterSlot, Predicate, Selection, WorkBudget};
use crate::store::group_index::GroupIndex;
use crate::store::work;
use crate::text::safe::SafeText;

/// A gapless stretch of one stack's events in the service's order.
#[derive(Debug, Default)]
pub(crate) struct EntryLog {
    events: VecDeque<Arc<StackEvent>>,
    /// The sequence number of the oldest event; history is numbered downwards from it.
    first: i64,
    places: HashMap<EventId, i64>,
    by_class: ClassIndex,
    by_group: GroupIndex,
    /// Of the failed events, those that follow from another failure.
    consequences: VecDeque<i64>,
    filter_indexes: [Option<FilterIndex>; FilterSlot::ALL.len()],
}

impl EntryLog {
    /// The number of events.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are no events.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether the event is in the stretch.
    pub(crate) fn contains(&self, id: &EventId) -> bool {
        self.places.contains_key(id)
    }

    /// The event's sequence number: larger is newer.
    pub(crate) fn place(&self, id: &EventId) -> Option<i64> {
        self.places.get(id).copied()
    }

    pub(crate) fn newest(&self) -> Option<&Arc<StackEvent>> {
        self.events.back()
    }

    /// The events, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<StackEvent>> {
        self.events.iter().inspect(|_| work::count())
    }

    /// Puts an event after the newest one. False, and no change, if it is there already.
    pub(crate) fn push_newest(&mut self, event: Arc<StackEvent>) -> bool {
        let place = self.end();
        if self.contains(&event.event_id) {
            return false;
        }
        self.places.insert(event.event_id.clone(), place);
        self.by_class.push_newest(event.status.class(), place);
        self.by_group.push_newest(&event.logical_id, place);
        if event.is_consequence() {
            self.consequences.push_back(place);
        }
        self.events.push_back(event);
        true
    }

    /// Puts an event before the oldest one. False, and no change, if it is there already.
    pub(crate) fn push_oldest(&mut self, event: Arc<StackEvent>) -> bool {
        if self.contains(&event.event_id) {
            return false;
        }
        self.first -= 1;
        let place = self.first;
        self.places.insert(event.event_id.clone(), place);
        self.by_class.push_oldest(event.status.class(), place);
        self.by_group.push_oldest(&event.logical_id, place);
        if event.is_consequence() {
            self.consequences.push_front(place);
        }
        self.events.push_front(event);
        true
    }

    /// Puts a late event directly before (older than) the event `next`, or at the newest end where `next` is
    /// not known. False, and no change, if it is there already. Costs as much as there are newer events, and a
    /// little for each resource.
    pub(crate) fn insert_before(&mut self, next: &EventId, event: Arc<StackEvent>) -> bool {
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
        self.by_class.shift(place);
        self.by_class.insert(event.status.class(), place);
        self.by_group.insert(&event.logical_id, place);
        shift(&mut self.consequences, place);
        if event.is_consequence() {
            let at = self.consequences.partition_point(|other| *other < place);
            self.consequences.insert(at, place);
        }
        for lens in self.filter_indexes.iter_mut().flatten() {
            lens.insert(&event, place);
        }
        self.places.insert(event.event_id.clone(), place);
        self.events.insert(index, event);
        true
    }

    /// The number of events that a sieve lets through, of those that its lens has been asked about.
    pub(crate) fn count(&self, sieve: Selection) -> usize {
        self.index(sieve.slot).count(sieve.classes)
    }

    /// The number of those that are older than the sequence number.
    pub(crate) fn count_before(&self, sieve: Selection, place: i64) -> usize {
        self.index(sieve.slot).count_before(sieve.classes, place)
    }

    /// The event with that many older ones that the sieve lets through: O(log² n).
    pub(crate) fn nth(&self, sieve: Selection, nth: usize) -> Option<&Arc<StackEvent>> {
        if sieve == Selection::ALL {
            work::count();
            return self.events.get(nth);
        }
        let index = self.index(sieve.slot);
        self.get(index.nth(sieve.classes, nth, self.first, self.end())?)
    }

    /// Lets a lens answer another predicate, or none.
    pub(crate) fn set_filter_index(
        &mut self,
        slot: FilterSlot,
        predicate: Option<&Arc<Predicate>>,
    ) {
        let end = self.end();
        let lens = predicate
            .cloned()
            .map(|predicate| FilterIndex::new(predicate, end));
        self.filter_indexes[slot as usize] = lens;
    }

    /// Asks the filter indexes about events that they have not been asked about, as far as the budget goes.
    pub(crate) fn index_some(&mut self, budget: &mut WorkBudget) {
        for lens in self.filter_indexes.iter_mut().flatten() {
            lens.index_some(&self.events, self.first, budget);
        }
    }

    /// How many events a lens has not been asked about yet.
    pub(crate) fn unindexed(&self, slot: FilterSlot) -> usize {
        let lens = self.filter_indexes[slot as usize].as_ref();
        lens.map_or(0, |lens| self.len() - lens.asked())
    }

    /// The resources, those whose first event is oldest first.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &SafeText> {
        self.by_group.in_order().inspect(|_| work::count())
    }

    /// How many resources there are.
    pub(crate) fn count_resources(&self) -> usize {
        self.by_group.len()
    }

    /// Whether there is an event of the resource.
    pub(crate) fn has_resource(&self, resource: &SafeText) -> bool {
        self.by_group.contains(resource)
    }

    /// The events of a resource, oldest first.
    pub(crate) fn events_of(
        &self,
        resource: &SafeText,
    ) -> impl DoubleEndedIterator<Item = &Arc<StackEvent>> {
        let places = self.by_group.places(resource);
        places.filter_map(|place| self.get(place))
    }

    /// How many events of a resource there are.
    pub(crate) fn count_of(&self, resource: &SafeText) -> usize {
        self.by_group.places(resource).len()
    }

    /// The event of the same resource before this one; the newest one where this one is not in the stretch.
    pub(crate) fn before(&self, event: &StackEvent) -> Option<&Arc<StackEvent>> {
        let place = self.place(&event.event_id).unwrap_or(i64::MAX);
        self.get(self.by_group.before(&event.logical_id, place)?)
    }

    /// An empty stretch with the same filter indexes.
    pub(crate) fn emptied(&self) -> Self {
        let mut empty = Self::default();
        for slot in FilterSlot::ALL {
            let lens = self.filter_indexes[slot as usize].as_ref();
            empty.set_filter_index(slot, lens.map(FilterIndex::predicate));
        }
        empty
    }

    /// The failed events that follow from another failure, oldest first.
    pub(crate) fn consequences(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        let places = self.consequences.iter();
        places.filter_map(|place| self.get(*place))
    }

    /// The number of those events.
    pub(crate) fn count_consequences(&self) -> usize {
        self.consequences.len()
    }

    /// Puts all events of `newer` after this stretch's; cheap where this one is empty. The answers of its filter indexes
    /// are kept where they are complete. What it would take more than a slice of work to complete is left to
    /// [`Self::look`], so that no message waits for a long history to be looked through.
    pub(crate) fn append(&mut self, mut newer: Self) {
        if self.is_empty() {
            *self = newer;
            return;
        }
        newer.index_some(&mut WorkBudget::slice());
        let (offset, expected) = (self.end() - newer.first, self.len() + newer.len());
        for event in newer.events {
            self.push_newest(event);
        }
        if self.len() == expected {
            let newer = newer.filter_indexes.iter();
            for (lens, newer) in self.filter_indexes.iter_mut().zip(newer) {
                if let (Some(lens), Some(newer)) = (lens, newer) {
                    lens.append(newer, offset);
                }
            }
        }
    }

    fn end(&self) -> i64 {
        self.first + i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }

    fn index_of(&self, place: i64) -> usize {
        usize::try_from(place - self.first).unwrap_or(0)
    }

    fn get(&self, place: i64) -> Option<&Arc<StackEvent>> {
        work::count();
        self.events.get(self.index_of(place))
    }

    /// The index of a lens; that of all events where the slot is empty.
    fn index(&self, slot: Option<FilterSlot>) -> &ClassIndex {
        let lens = slot.and_then(|slot| self.filter_indexes[slot as usize].as_ref());
        lens.map_or(&self.by_class, FilterIndex::index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    use crate::domain::status::{ClassSet, StatusClass};
    use crate::text::pattern::Pattern;

    fn event(id: u32, status: &str) -> Arc<StackEvent> {
        let reason = ["Resource creation cancelled", "it broke"][id as usize % 2];
        let json = format!(
            r#"{{"stackId":"s","eventId":"{id}","logicalResourceId":"R{}","resourceStatus":"{status}",
               "resourceStatusReason":"{reason}"}}"#,
            id % 5
        );
        Arc::new(StackEvent::from_json(&json, None))
    }

    fn ids(stretch: &EntryLog) -> Vec<String> {
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
        /// A stretch of so many events, the last of them asked about or not.
        Appended(usize, bool),
    }

    fn growth() -> impl Strategy<Value = (Growth, usize)> {
        let kind = prop_oneof![
            Just(Growth::Newest),
            Just(Growth::Oldest),
            (0usize..100).prop_map(Growth::Before),
            (0usize..8, any::<bool>()).prop_map(|(count, asked)| Growth::Appended(count, asked)),
        ];
        (kind, 0usize..3)
    }

    /// A predicate that is so much work that a slice is enough for a few events only.
    fn predicate() -> Arc<Predicate> {
        static QUESTION: LazyLock<Arc<Predicate>> = LazyLock::new(|| {
            let patterns = ["[0-4]$", "(x?){256}"].map(|text| Pattern::new(text, true).unwrap());
            Arc::new(Predicate {
                patterns: patterns.into(),
                ..Predicate::default()
            })
        });
        Arc::clone(&QUESTION)
    }

    fn look_to_the_end(stretch: &mut EntryLog) {
        while stretch.unindexed(FilterSlot::Listed) > 0 {
            stretch.index_some(&mut WorkBudget::slice());
        }
    }

    proptest! {
        /// Whatever order it grew in, every index agrees with a plain list of the same events.
        #[test]
        fn indexes_agree_with_a_plain_list(steps in prop::collection::vec(growth(), 0..60), mask in 0usize..8, asked_at in 0usize..20) {
            let words = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_FAILED"];
            let mut stretch = EntryLog::default();
            let mut plain: Vec<Arc<StackEvent>> = Vec::new();
            let predicate = predicate();
            let mut numbers = 0..;
            let count = steps.len();
            for (number, (kind, word)) in steps.into_iter().enumerate() {
                // The predicate comes in the middle: some events were there before it.
                if number == asked_at {
                    stretch.set_filter_index(FilterSlot::Listed, Some(&predicate));
                }
                if number % 3 == 0 {
                    stretch.index_some(&mut WorkBudget::slice());
                }
                let mut new = || event(numbers.next().unwrap(), words[word]);
                match kind {
                    Growth::Appended(count, asked) => {
                        let mut newer = stretch.emptied();
                        let events: Vec<_> = (0..count).map(|_| new()).collect();
                        for event in events.iter().rev() {
                            prop_assert!(newer.push_oldest(event.clone()));
                        }
                        if asked {
                            look_to_the_end(&mut newer);
                        }
                        stretch.append(newer);
                        plain.extend(events);
                    }
                    Growth::Before(at) if !plain.is_empty() => {
                        let at = at % plain.len();
                        let next = plain[at].event_id.clone();
                        let new = new();
                        prop_assert!(stretch.insert_before(&next, new.clone()));
                        plain.insert(at, new);
                    }
                    Growth::Oldest => {
                        let new = new();
                        prop_assert!(stretch.push_oldest(new.clone()));
                        plain.insert(0, new);
                    }
                    Growth::Newest | Growth::Before(_) => {
                        let new = new();
                        prop_assert!(stretch.push_newest(new.clone()));
                        plain.push(new);
                    }
                }
            }
            if asked_at >= count {
                stretch.set_filter_index(FilterSlot::Listed, Some(&predicate));
            }
            let mut classes = ClassSet::NONE;
            for (bit, class) in [StatusClass::Running, StatusClass::Complete, StatusClass::Failed].into_iter().enumerate() {
                if mask & (1 << bit) != 0 {
                    classes = classes.toggled(class);
                }
            }
            look_to_the_end(&mut stretch);
            for slot in [None, Some(FilterSlot::Listed), Some(FilterSlot::Found)] {
                let sieve = Selection { classes, slot };
                let holds = |event: &StackEvent| slot != Some(FilterSlot::Listed) || predicate.holds_for(event);
                let passes = |event: &&Arc<StackEvent>| classes.contains(event.status.class()) && holds(event);
                let matching: Vec<_> = plain.iter().filter(passes).collect();
                prop_assert_eq!(stretch.count(sieve), matching.len());
                for (nth, expected) in matching.iter().enumerate() {
                    prop_assert_eq!(&stretch.nth(sieve, nth).unwrap().event_id, &expected.event_id);
                    let place = stretch.place(&expected.event_id).unwrap();
                    prop_assert_eq!(stretch.count_before(sieve, place), nth);
                }
                prop_assert!(stretch.nth(sieve, matching.len()).is_none());
            }
            let resources: Vec<_> = stretch.resources().cloned().collect();
            let mut in_order: Vec<SafeText> = Vec::new();
            for event in &plain {
                if !in_order.contains(&event.logical_id) {
                    in_order.push(event.logical_id.clone());
                }
            }
            prop_assert_eq!(&resources, &in_order);
            for resource in &resources {
                let its: Vec<_> = plain.iter().filter(|event| event.logical_id == *resource).collect();
                prop_assert_eq!(stretch.count_of(resource), its.len());
                prop_assert!(stretch.events_of(resource).map(|event| event.key()).eq(its.iter().map(|event| event.key())));
                for pair in its.windows(2) {
                    prop_assert_eq!(stretch.before(pair[1]).map(|event| event.key()), Some(pair[0].key()));
                }
            }
            let cancelled = plain.iter().filter(|event| event.is_consequence()).map(|event| event.event_id.as_str());
            let listed = stretch.consequences().map(|event| event.event_id.as_str());
            prop_assert_eq!(listed.collect::<Vec<_>>(), cancelled.collect::<Vec<_>>());
            let all: Vec<_> = plain.iter().map(|event| event.event_id.as_str().to_owned()).collect();
            prop_assert_eq!(ids(&stretch), all);
        }
    }

    #[test]
    fn an_event_is_held_once() {
        let mut stretch = EntryLog::default();
        assert!(stretch.push_newest(event(1, "CREATE_FAILED")));
        assert!(!stretch.push_newest(event(1, "CREATE_FAILED")));
        assert!(!stretch.push_oldest(event(1, "CREATE_FAILED")));
        assert!(!stretch.insert_before(&EventId::from("1"), event(1, "CREATE_FAILED")));
        assert_eq!(stretch.len(), 1);
    }

    fn stretch_of(ids: std::ops::Range<u32>) -> EntryLog {
        let mut stretch = EntryLog::default();
        stretch.set_filter_index(FilterSlot::Listed, Some(&predicate()));
        for id in ids.rev() {
            stretch.push_oldest(event(id, "CREATE_FAILED"));
        }
        stretch
    }

    #[test]
    fn appending_much_asks_about_no_more_than_a_slice_of_it() {
        let mut stretch = stretch_of(0..3);
        look_to_the_end(&mut stretch);
        stretch.append(stretch_of(3..1000));
        assert_eq!(stretch.unindexed(FilterSlot::Listed), 997);
        // What is new and small is answered at once, and what has been answered is not asked again.
        let mut stretch = stretch_of(0..3);
        look_to_the_end(&mut stretch);
        stretch.append(stretch_of(3..5));
        assert_eq!(stretch.unindexed(FilterSlot::Listed), 0);
        let mut newer = stretch_of(5..1000);
        look_to_the_end(&mut newer);
        stretch.append(newer);
        assert_eq!(stretch.unindexed(FilterSlot::Listed), 0);
    }

    #[test]
    fn appending_keeps_the_order() {
        let (mut older, mut newer) = (EntryLog::default(), EntryLog::default());
        older.push_newest(event(1, "CREATE_FAILED"));
        newer.push_newest(event(3, "CREATE_FAILED"));
        newer.push_oldest(event(2, "CREATE_FAILED"));
        older.append(newer);
        assert_eq!(ids(&older), ["1", "2", "3"]);
    }
}
