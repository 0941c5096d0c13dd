//! A lens over a stretch of events: which of them a predicate of a person holds for. That is worked out in
//! slices, what is new first and then the rest, newest first, so that nothing ever waits for it.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::domain::names::Names;
use crate::domain::stack_event::StackEvent;
use crate::domain::status::{ClassSet, StatusClass};
use crate::store::class_index::ClassIndex;
use crate::store::work;
use crate::text::pattern::Pattern;

/// A predicate about an event, beside that for its status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predicate {
    /// The resource is one of these.
    pub resources: Names,
    /// The type is one of these.
    pub types: Names,
    /// Each of these is in some field.
    pub patterns: Vec<Pattern>,
}

impl Predicate {
    /// Whether the answer is yes for every event.
    pub fn is_open(&self) -> bool {
        self.resources.is_all() && self.types.is_all() && self.patterns.is_empty()
    }

    /// Whether the answer is yes for this event.
    pub fn holds_for(&self, event: &StackEvent) -> bool {
        self.resources.contains(&event.logical_id)
            && self.types.contains(&event.resource_type)
            && self
                .patterns
                .iter()
                .all(|pattern| pattern.is_in_event(event))
    }

    /// How many times as long as reading an event it may take to answer for it.
    fn weight(&self) -> usize {
        let weights = self.patterns.iter().map(Pattern::weight);
        weights.sum::<usize>().max(1)
    }
}

/// What a lens is for. There is one of each at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterSlot {
    /// What the list is narrowed to.
    Listed,
    /// What a search has found.
    Found,
}

impl FilterSlot {
    pub const ALL: [Self; 2] = [Self::Listed, Self::Found];
}

/// Which events are meant: by the class of their status, and by a lens, where one is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    pub classes: ClassSet,
    /// The lens; an empty slot lets everything through.
    pub slot: Option<FilterSlot>,
}

impl Selection {
    pub const ALL: Self = Self::of(ClassSet::ALL);

    /// Every event of some classes.
    pub const fn of(classes: ClassSet) -> Self {
        Self {
            classes,
            slot: None,
        }
    }
}

/// How much may be done before somebody else has a turn: bytes of events, each as often as the weight of what
/// is asked about it.
#[derive(Debug)]
pub struct WorkBudget(usize);

impl WorkBudget {
    /// A few milliseconds of work: about 1 ms for plain text in short events, up to 11 ms for the worst expressions
    /// on the worst texts (measured). An event is looked at as a whole, however long it is.
    pub const fn slice() -> Self {
        Self(256 * 1024)
    }

    /// Whether there is something left of it.
    pub const fn is_left(&self) -> bool {
        self.0 > 0
    }

    fn spend(&mut self, event: &StackEvent, weight: usize) {
        // Looking at an event costs something even where it is short.
        let bytes = event.raw().len() + 256;
        self.0 = self.0.saturating_sub(bytes.saturating_mul(weight));
    }
}

/// The answers to one predicate for the events of one stretch.
#[derive(Clone, Debug)]
pub(crate) struct FilterIndex {
    predicate: Arc<Predicate>,
    weight: usize,
    index: ClassIndex,
    /// The places of the events that have been asked about.
    asked: Range<i64>,
}

impl FilterIndex {
    /// A lens without answers, for a stretch whose next newer event will have the place `end`.
    pub(crate) fn new(predicate: Arc<Predicate>, end: i64) -> Self {
        Self {
            weight: predicate.weight(),
            predicate,
            index: ClassIndex::default(),
            asked: end..end,
        }
    }

    pub(crate) fn predicate(&self) -> &Arc<Predicate> {
        &self.predicate
    }

    pub(crate) fn index(&self) -> &ClassIndex {
        &self.index
    }

    /// How many events have been asked about.
    pub(crate) fn asked(&self) -> usize {
        usize::try_from(self.asked.end - self.asked.start).unwrap_or(0)
    }

    /// Takes over the answers for a stretch that was put after this one, its places made larger by `offset`,
    /// where the two leave out no event between them. Those that are left out are asked about anew.
    pub(crate) fn append(&mut self, newer: &Self, offset: i64) {
        let same = Arc::ptr_eq(&self.predicate, &newer.predicate);
        if same && newer.asked.start + offset == self.asked.end {
            self.index.append(&newer.index, offset);
            self.asked.end = newer.asked.end + offset;
        }
    }

    /// Makes room for an event at a place: that place and all newer ones have become one larger. Asks about it
    /// where its neighbours have been asked about.
    pub(crate) fn insert(&mut self, event: &StackEvent, place: i64) {
        self.index.shift(place);
        if place <= self.asked.start {
            self.asked = self.asked.start + 1..self.asked.end + 1;
        } else if place < self.asked.end {
            self.asked.end += 1;
            if self.predicate.holds_for(event) {
                self.index.insert(class(event), place);
            }
        }
    }

    /// Asks about events until there are none or the budget is spent: those that are newer than what has been
    /// asked about, then older ones. `first` is the oldest event's place.
    pub(crate) fn index_some(
        &mut self,
        events: &VecDeque<Arc<StackEvent>>,
        first: i64,
        budget: &mut WorkBudget,
    ) {
        while budget.is_left() {
            let (newer, older) = (self.asked.end, self.asked.start - 1);
            if let Some(event) = event_at(events, first, newer) {
                self.asked.end += 1;
                if self.holds_for(event, budget) {
                    self.index.push_newest(class(event), newer);
                }
            } else if let Some(event) = event_at(events, first, older) {
                self.asked.start -= 1;
                if self.holds_for(event, budget) {
                    self.index.push_oldest(class(event), older);
                }
            } else {
                return;
            }
        }
    }

    fn holds_for(&self, event: &StackEvent, budget: &mut WorkBudget) -> bool {
        work::count();
        budget.spend(event, self.weight);
        self.predicate.holds_for(event)
    }
}

fn event_at(
    events: &VecDeque<Arc<StackEvent>>,
    first: i64,
    place: i64,
) -> Option<&Arc<StackEvent>> {
    events.get(usize::try_from(place - first).ok()?)
}

fn class(event: &StackEvent) -> StatusClass {
    event.status.class()
}
