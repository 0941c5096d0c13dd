//! An ordered log of unique entries that grows at both ends; only the oldest can be removed. It is indexed, so that a view
//! never scans it.
//!
//! Both ends grow in constant time: new entries are pushed at one, history is loaded at the other. Class, group
//! and filter indexes hold sequence numbers, so that filters are a matter of counting.

use std::collections::VecDeque;
use std::sync::Arc;

use foldhash::HashMap;

use crate::store::class_index::{ClassIndex, insert, shift};
use crate::store::entry::Entry;
use crate::store::filter_index::{FilterIndex, FilterSlot, Selection};
use crate::store::group_index::GroupIndex;
use crate::store::work::WorkBudget;
use crate::store::{Seq, work};

/// Entries in the order of their source, without gaps and without duplicates.
#[derive(Debug)]
pub(crate) struct EntryLog<T: Entry> {
    entries: VecDeque<Arc<T>>,
    /// The oldest entry's sequence number; history is numbered downwards from it.
    first: Seq,
    seqs: HashMap<T::Id, Seq>,
    by_class: ClassIndex<T::Class>,
    by_group: GroupIndex<T::Group>,
    flagged: VecDeque<Seq>,
    filter_indexes: [Option<FilterIndex<T>>; FilterSlot::ALL.len()],
}

impl<T: Entry> Default for EntryLog<T> {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            seqs: HashMap::default(),
            by_class: ClassIndex::default(),
            by_group: GroupIndex::default(),
            flagged: VecDeque::new(),
            filter_indexes: [const { None }; FilterSlot::ALL.len()],
        }
    }
}

impl<T: Entry> EntryLog<T> {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn contains(&self, id: &T::Id) -> bool {
        self.seqs.contains_key(id)
    }

    /// The entry's sequence number: larger is newer.
    pub(crate) fn seq_of(&self, id: &T::Id) -> Option<Seq> {
        self.seqs.get(id).copied()
    }

    pub(crate) fn newest(&self) -> Option<&Arc<T>> {
        self.entries.back()
    }

    /// The entries, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<T>> {
        self.entries.iter().inspect(|_| work::count_visit())
    }

    /// Puts an entry after the newest one. False, and no change, if the log has it already.
    pub(crate) fn push_newest(&mut self, entry: Arc<T>) -> bool {
        let seq = self.end();
        if self.contains(entry.id()) {
            return false;
        }
        self.seqs.insert(entry.id().clone(), seq);
        self.by_class.push_newest(entry.class(), seq);
        self.by_group.push_newest(entry.group(), seq);
        if entry.is_flagged() {
            self.flagged.push_back(seq);
        }
        self.entries.push_back(entry);
        true
    }

    /// Puts an entry before the oldest one. False, and no change, if the log has it already.
    pub(crate) fn push_oldest(&mut self, entry: Arc<T>) -> bool {
        if self.contains(entry.id()) {
            return false;
        }
        self.first -= 1;
        let seq = self.first;
        self.seqs.insert(entry.id().clone(), seq);
        self.by_class.push_oldest(entry.class(), seq);
        self.by_group.push_oldest(entry.group(), seq);
        if entry.is_flagged() {
            self.flagged.push_front(seq);
        }
        self.entries.push_front(entry);
        true
    }

    /// Removes the oldest entry.
    pub(crate) fn pop_oldest(&mut self) -> Option<Arc<T>> {
        let entry = self.entries.pop_front()?;
        let seq = self.first;
        self.first += 1;
        self.seqs.remove(entry.id());
        self.by_class.pop_oldest(entry.class(), seq);
        self.by_group.pop_oldest(entry.group());
        self.flagged.pop_front_if(|first| *first == seq);
        for filter in self.filter_indexes.iter_mut().flatten() {
            filter.pop_oldest(entry.class(), seq);
        }
        Some(entry)
    }

    /// Puts a late entry directly before (older than) the entry `next`, or at the newest end where the log does not
    /// have `next`. False, and no change, if the log has it already. O(number of newer entries), and a little for each
    /// group.
    pub(crate) fn insert_before(&mut self, next: &T::Id, entry: Arc<T>) -> bool {
        if self.contains(entry.id()) {
            return false;
        }
        let Some(seq) = self.seq_of(next) else {
            return self.push_newest(entry);
        };
        let index = self.index_of(seq);
        for newer in self.entries.iter().skip(index) {
            if let Some(seq) = self.seqs.get_mut(newer.id()) {
                *seq += 1;
            }
        }
        self.by_class.shift(seq);
        self.by_class.insert(entry.class(), seq);
        self.by_group.insert(entry.group(), seq);
        shift(&mut self.flagged, seq);
        if entry.is_flagged() {
            insert(&mut self.flagged, seq);
        }
        for filter in self.filter_indexes.iter_mut().flatten() {
            filter.insert(&entry, seq);
        }
        self.seqs.insert(entry.id().clone(), seq);
        self.entries.insert(index, entry);
        true
    }

    /// The number of selected entries, of those that are indexed.
    pub(crate) fn count(&self, selection: Selection<T::Class>) -> usize {
        self.index(selection.slot).count(selection.classes)
    }

    /// The number of those that are older than `seq`.
    pub(crate) fn count_before(&self, selection: Selection<T::Class>, seq: Seq) -> usize {
        let index = self.index(selection.slot);
        index.count_before(selection.classes, seq)
    }

    /// The selected entry with `nth` older selected ones: O(log² n).
    pub(crate) fn nth(&self, selection: Selection<T::Class>, nth: usize) -> Option<&Arc<T>> {
        if selection == Selection::ALL {
            work::count_visit();
            return self.entries.get(nth);
        }
        let index = self.index(selection.slot);
        self.get(index.nth(selection.classes, nth, self.first, self.end())?)
    }

    /// Replaces a filter index by an empty one for another predicate, or for none.
    pub(crate) fn set_filter_index(
        &mut self,
        slot: FilterSlot,
        predicate: Option<&Arc<T::Predicate>>,
    ) {
        let end = self.end();
        let filter = predicate
            .cloned()
            .map(|predicate| FilterIndex::new(predicate, end));
        self.filter_indexes[slot as usize] = filter;
    }

    /// Extends the filter indexes to entries that they do not cover yet, as far as the budget goes.
    pub(crate) fn index_some(&mut self, budget: &mut WorkBudget) {
        for filter in self.filter_indexes.iter_mut().flatten() {
            filter.index_some(&self.entries, self.first, budget);
        }
    }

    /// The number of entries that a filter index does not cover yet.
    pub(crate) fn unindexed(&self, slot: FilterSlot) -> usize {
        let filter = self.filter_indexes[slot as usize].as_ref();
        filter.map_or(0, |filter| self.len() - filter.indexed())
    }

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
        self.get(self.by_group.before(entry.group(), seq)?)
    }

    /// An empty log with the same predicates.
    pub(crate) fn emptied(&self) -> Self {
        let mut empty = Self::default();
        for slot in FilterSlot::ALL {
            let filter = self.filter_indexes[slot as usize].as_ref();
            empty.set_filter_index(slot, filter.map(FilterIndex::predicate));
        }
        empty
    }

    /// The flagged entries, oldest first; see [`Entry::is_flagged`].
    pub(crate) fn flagged(&self) -> impl DoubleEndedIterator<Item = &Arc<T>> {
        self.flagged.iter().filter_map(|seq| self.get(*seq))
    }

    pub(crate) fn count_flagged(&self) -> usize {
        self.flagged.len()
    }

    /// Puts all entries of `newer` after this log's; cheap where this one is empty. Filter indexes of `newer` are taken
    /// over where they are complete. If completing one takes more than a slice of work, the rest is left to
    /// [`Self::index_some`], so that no message waits for a long history to be indexed.
    pub(crate) fn append(&mut self, mut newer: Self) {
        if self.is_empty() {
            *self = newer;
            return;
        }
        newer.index_some(&mut WorkBudget::slice());
        let (offset, expected) = (self.end() - newer.first, self.len() + newer.len());
        for entry in newer.entries {
            self.push_newest(entry);
        }
        if self.len() == expected {
            let newer = newer.filter_indexes.iter();
            for (filter, newer) in self.filter_indexes.iter_mut().zip(newer) {
                if let (Some(filter), Some(newer)) = (filter, newer) {
                    filter.append(newer, offset);
                }
            }
        }
    }

    fn end(&self) -> Seq {
        self.first + Seq::try_from(self.entries.len()).unwrap_or(Seq::MAX)
    }

    fn index_of(&self, seq: Seq) -> usize {
        usize::try_from(seq - self.first).unwrap_or(0)
    }

    fn get(&self, seq: Seq) -> Option<&Arc<T>> {
        work::count_visit();
        self.entries.get(self.index_of(seq))
    }

    /// The class index of a filter; that of all entries where the slot is empty.
    fn index(&self, slot: Option<FilterSlot>) -> &ClassIndex<T::Class> {
        let filter = slot.and_then(|slot| self.filter_indexes[slot as usize].as_ref());
        filter.map_or(&self.by_class, FilterIndex::matches)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::class_set::ClassSet;
    use crate::store::entry::{Class, EntryPredicate};

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Level {
        Debug,
        Info,
        Error,
    }

    impl Class for Level {
        const ALL: &'static [Self] = &[Self::Debug, Self::Info, Self::Error];

        fn index(self) -> usize {
            self as usize
        }
    }

    /// A log line; every second error is flagged.
    #[derive(Debug, PartialEq, Eq)]
    struct Line {
        id: u32,
        level: Level,
        component: u32,
    }

    /// Holds for every other five lines. It is so heavy that a slice of work is enough for a few lines only.
    #[derive(Debug, PartialEq)]
    struct FirstFive;

    impl EntryPredicate<Line> for FirstFive {
        fn holds_for(&self, line: &Line) -> bool {
            line.id % 10 < 5
        }

        fn weight(&self) -> usize {
            128
        }
    }

    impl Entry for Line {
        type Id = u32;
        type Class = Level;
        type Group = u32;
        type Predicate = FirstFive;

        fn id(&self) -> &u32 {
            &self.id
        }

        fn class(&self) -> Level {
            self.level
        }

        fn group(&self) -> &u32 {
            &self.component
        }

        fn size(&self) -> usize {
            150
        }

        fn is_flagged(&self) -> bool {
            self.level == Level::Error && self.id.is_multiple_of(2)
        }
    }

    fn line(id: u32, level: Level) -> Arc<Line> {
        Arc::new(Line {
            id,
            level,
            component: id % 5,
        })
    }

    fn ids(log: &EntryLog<Line>) -> Vec<u32> {
        log.iter().map(|line| line.id).collect()
    }

    #[derive(Clone, Debug)]
    enum Growth {
        Newest,
        Oldest,
        Before(usize),
        /// A log of this many lines, fully indexed or not.
        Appended(usize, bool),
    }

    fn growth() -> impl Strategy<Value = (Growth, usize)> {
        let kind = prop_oneof![
            Just(Growth::Newest),
            Just(Growth::Oldest),
            (0usize..100).prop_map(Growth::Before),
            (0usize..8, any::<bool>())
                .prop_map(|(count, indexed)| Growth::Appended(count, indexed)),
        ];
        (kind, 0usize..3)
    }

    fn index_all(log: &mut EntryLog<Line>) {
        while log.unindexed(FilterSlot::Listed) > 0 {
            log.index_some(&mut WorkBudget::slice());
        }
    }

    /// Grows a log and a plain list alike, and sets a predicate after `filtered_at` steps.
    fn grow(steps: &[(Growth, usize)], filtered_at: usize) -> (EntryLog<Line>, Vec<Arc<Line>>) {
        let mut log = EntryLog::default();
        let mut plain: Vec<Arc<Line>> = Vec::new();
        let predicate = Arc::new(FirstFive);
        let mut numbers = 0..;
        for (number, (kind, level)) in steps.iter().enumerate() {
            // The predicate comes in the middle: some lines were there before it.
            if number == filtered_at {
                log.set_filter_index(FilterSlot::Listed, Some(&predicate));
            }
            if number % 3 == 0 {
                log.index_some(&mut WorkBudget::slice());
            }
            let mut new = || line(numbers.next().unwrap(), Level::ALL[*level]);
            match *kind {
                Growth::Appended(count, indexed) => {
                    let mut newer = log.emptied();
                    let lines: Vec<_> = (0..count).map(|_| new()).collect();
                    for line in lines.iter().rev() {
                        assert!(newer.push_oldest(Arc::clone(line)));
                    }
                    if indexed {
                        index_all(&mut newer);
                    }
                    log.append(newer);
                    plain.extend(lines);
                }
                Growth::Before(at) if !plain.is_empty() => {
                    let at = at % plain.len();
                    let new = new();
                    assert!(log.insert_before(&plain[at].id, Arc::clone(&new)));
                    plain.insert(at, new);
                }
                Growth::Oldest => {
                    let new = new();
                    assert!(log.push_oldest(Arc::clone(&new)));
                    plain.insert(0, new);
                }
                Growth::Newest | Growth::Before(_) => {
                    let new = new();
                    assert!(log.push_newest(Arc::clone(&new)));
                    plain.push(new);
                }
            }
        }
        if filtered_at >= steps.len() {
            log.set_filter_index(FilterSlot::Listed, Some(&predicate));
        }
        index_all(&mut log);
        (log, plain)
    }

    proptest! {
        /// Whatever order it grew in, every index agrees with a plain list of the same lines.
        #[test]
        fn indexes_agree_with_a_plain_list(
            steps in prop::collection::vec(growth(), 0..60),
            mask in 0usize..8,
            filtered_at in 0usize..20,
        ) {
            let (log, plain) = grow(&steps, filtered_at);
            let mut classes = ClassSet::NONE;
            for (bit, level) in Level::ALL.iter().enumerate() {
                if mask & (1 << bit) != 0 {
                    classes = classes.toggled(*level);
                }
            }
            for slot in [None, Some(FilterSlot::Listed), Some(FilterSlot::Found)] {
                let selection = Selection { classes, slot };
                let holds = |line: &Line| slot != Some(FilterSlot::Listed) || FirstFive.holds_for(line);
                let selected = |line: &&Arc<Line>| classes.contains(line.level) && holds(line);
                let matching: Vec<_> = plain.iter().filter(selected).collect();
                prop_assert_eq!(log.count(selection), matching.len());
                for (nth, expected) in matching.iter().enumerate() {
                    prop_assert_eq!(log.nth(selection, nth), Some(*expected));
                    let seq = log.seq_of(&expected.id).unwrap();
                    prop_assert_eq!(log.count_before(selection, seq), nth);
                }
                prop_assert!(log.nth(selection, matching.len()).is_none());
            }
            let groups: Vec<_> = log.groups().copied().collect();
            let mut in_order: Vec<u32> = Vec::new();
            for line in &plain {
                if !in_order.contains(&line.component) {
                    in_order.push(line.component);
                }
            }
            prop_assert_eq!(&groups, &in_order);
            prop_assert_eq!(log.count_groups(), in_order.len());
            for group in &groups {
                let members: Vec<_> = plain.iter().filter(|line| line.component == *group).collect();
                prop_assert_eq!(log.count_of(group), members.len());
                prop_assert!(log.entries_of(group).eq(members.iter().copied()));
                for pair in members.windows(2) {
                    prop_assert_eq!(log.previous_in_group(pair[1]), Some(pair[0]));
                }
            }
            prop_assert!(log.flagged().eq(plain.iter().filter(|line| line.is_flagged())));
            prop_assert_eq!(log.count_flagged(), log.flagged().count());
            prop_assert!(log.iter().eq(plain.iter()));
        }
    }

    #[test]
    fn an_entry_is_stored_once() {
        let mut log = EntryLog::default();
        assert!(log.push_newest(line(1, Level::Error)));
        assert!(!log.push_newest(line(1, Level::Error)));
        assert!(!log.push_oldest(line(1, Level::Error)));
        assert!(!log.insert_before(&1, line(1, Level::Error)));
        assert_eq!(log.len(), 1);
    }

    fn log_of(ids: std::ops::Range<u32>) -> EntryLog<Line> {
        let mut log = EntryLog::default();
        log.set_filter_index(FilterSlot::Listed, Some(&Arc::new(FirstFive)));
        for id in ids.rev() {
            log.push_oldest(line(id, Level::Error));
        }
        log
    }

    /// A log with the same predicate, as a timeline makes it.
    fn log_like(other: &EntryLog<Line>, ids: std::ops::Range<u32>) -> EntryLog<Line> {
        let mut log = other.emptied();
        for id in ids.rev() {
            log.push_oldest(line(id, Level::Error));
        }
        log
    }

    #[test]
    fn appending_a_long_log_indexes_no_more_than_a_slice_of_it() {
        let mut log = log_of(0..3);
        index_all(&mut log);
        log.append(log_like(&log, 3..1000));
        assert_eq!(log.unindexed(FilterSlot::Listed), 997);
        // A short one is indexed at once, and indexed entries are not indexed again.
        let mut log = log_of(0..3);
        index_all(&mut log);
        log.append(log_like(&log, 3..5));
        assert_eq!(log.unindexed(FilterSlot::Listed), 0);
        let mut newer = log_like(&log, 5..1000);
        index_all(&mut newer);
        log.append(newer);
        assert_eq!(log.unindexed(FilterSlot::Listed), 0);
    }

    #[test]
    fn appending_keeps_the_order() {
        let (mut older, mut newer) = (EntryLog::default(), EntryLog::default());
        older.push_newest(line(1, Level::Info));
        newer.push_newest(line(3, Level::Info));
        newer.push_oldest(line(2, Level::Info));
        older.append(newer);
        assert_eq!(ids(&older), [1, 2, 3]);
    }

    #[test]
    fn a_set_toggles_each_class_alone() {
        for level in Level::ALL {
            let without = ClassSet::ALL.toggled(*level);
            assert!(!without.contains(*level));
            assert_eq!(without.iter().count(), 2);
            assert_eq!(without.toggled(*level), ClassSet::ALL);
        }
        assert_eq!(
            ClassSet::only(Level::Info).iter().collect::<Vec<_>>(),
            [Level::Info]
        );
    }
}
