use std::hash::{Hash, Hasher};

use proptest::prelude::*;

use super::*;
use crate::store::class_set::ClassSet;
use crate::store::entry::{Class, EntryPredicate};
use crate::store::filter_index::Selection;
use crate::store::ids::HashedIds;

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

/// An id whose hash many others have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Id(u32);

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0 % 3).hash(state);
    }
}

/// A log line; every second error is flagged.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    id: Id,
    level: Level,
    component: u32,
}

/// Holds for every other five lines. It is so heavy that a slice of work is enough for a few lines only.
#[derive(Debug, PartialEq)]
struct FirstFive;

impl EntryPredicate<Line> for FirstFive {
    fn holds_for(&self, line: &Line) -> bool {
        line.id.0 % 10 < 5
    }

    fn weight(&self) -> usize {
        128
    }
}

impl Entry for Line {
    type Id = Id;
    type Ids = HashedIds<Id>;
    type Class = Level;
    type Group = u32;
    type Predicate = FirstFive;

    fn id(&self) -> &Id {
        &self.id
    }

    fn class(&self) -> Level {
        self.level
    }

    fn group(&self) -> Option<&u32> {
        Some(&self.component)
    }

    fn size(&self) -> usize {
        150
    }

    fn is_flagged(&self) -> bool {
        self.level == Level::Error && self.id.0.is_multiple_of(2)
    }
}

fn line(id: u32, level: Level) -> Arc<Line> {
    Arc::new(Line {
        id: Id(id),
        level,
        component: id % 5,
    })
}

fn ids(log: &EntryLog<Line>) -> Vec<u32> {
    log.iter().map(|line| line.id.0).collect()
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
        (0usize..8, any::<bool>()).prop_map(|(count, indexed)| Growth::Appended(count, indexed)),
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
    assert!(!log.insert_before(&Id(1), line(1, Level::Error)));
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
