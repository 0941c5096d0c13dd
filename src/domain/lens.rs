//! A lens over a stretch of events: which of them a question of a person holds for, kept up to date event by
//! event, and worked out for what was there before in slices, newest first, so that nothing ever waits for it.

use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::sync::Arc;

use super::event::StackEvent;
use super::index::ClassIndex;
use super::pattern::Pattern;
use super::status::{ClassSet, StatusClass};
use super::text::Clean;

/// A question about an event, beside that for its status. An empty set asks nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// The resource is one of these.
    pub resources: BTreeSet<Clean>,
    /// The type is one of these.
    pub types: BTreeSet<Clean>,
    /// Each of these is in some field.
    pub patterns: Vec<Pattern>,
}

impl Question {
    /// Whether the answer is yes for every event.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.resources.is_empty() && self.types.is_empty() && self.patterns.is_empty()
    }

    /// Whether the answer is yes for this event.
    #[must_use]
    pub fn holds_for(&self, event: &StackEvent) -> bool {
        (self.resources.is_empty() || self.resources.contains(&event.logical_id))
            && (self.types.is_empty() || self.types.contains(&event.resource_type))
            && self
                .patterns
                .iter()
                .all(|pattern| pattern.is_in_event(event))
    }
}

/// What a lens is for. There is one of each at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// What the list is narrowed to.
    Listed,
    /// What a search has found.
    Found,
}

impl Slot {
    /// Every slot.
    pub const ALL: [Self; 2] = [Self::Listed, Self::Found];
}

/// Which events are meant: by the class of their status, and by a lens, where one is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sieve {
    /// The classes.
    pub classes: ClassSet,
    /// The lens; an empty slot lets everything through.
    pub slot: Option<Slot>,
}

impl Sieve {
    /// Every event.
    pub const ALL: Self = Self::of(ClassSet::ALL);

    /// Every event of some classes.
    #[must_use]
    pub const fn of(classes: ClassSet) -> Self {
        Self {
            classes,
            slot: None,
        }
    }
}

/// How much may be done before somebody else has a turn: bytes of events.
#[derive(Debug)]
pub struct Budget(usize);

impl Budget {
    /// A few milliseconds of work.
    #[must_use]
    pub const fn slice() -> Self {
        Self(256 * 1024)
    }

    /// Whether there is something left of it.
    #[must_use]
    pub const fn is_left(&self) -> bool {
        self.0 > 0
    }

    fn spend(&mut self, event: &StackEvent) {
        // Looking at an event costs something even where it is short.
        self.0 = self.0.saturating_sub(event.raw().len() + 256);
    }
}

/// The answers to one question for the events of one stretch.
#[derive(Clone, Debug)]
pub(super) struct Lens {
    question: Arc<Question>,
    index: ClassIndex,
    /// How many of the newest events have been asked about.
    asked: usize,
}

impl Lens {
    pub(super) fn new(question: Arc<Question>) -> Self {
        Self {
            question,
            index: ClassIndex::default(),
            asked: 0,
        }
    }

    pub(super) fn question(&self) -> &Arc<Question> {
        &self.question
    }

    pub(super) fn index(&self) -> &ClassIndex {
        &self.index
    }

    pub(super) fn asked(&self) -> usize {
        self.asked
    }

    /// Asks about a new newest event.
    pub(super) fn push_newest(&mut self, event: &StackEvent, place: i64) {
        self.asked += 1;
        if self.question.holds_for(event) {
            self.index.push_newest(class(event), place);
        }
    }

    /// Asks about an event that was put at a place among `newer` newer ones, which have become one larger.
    pub(super) fn insert(&mut self, event: &StackEvent, place: i64, newer: usize) {
        self.index.shift(place);
        if newer < self.asked {
            self.asked += 1;
            if self.question.holds_for(event) {
                self.index.insert(class(event), place);
            }
        }
    }

    /// Asks about older events until there are none or the budget is spent. `first` is the oldest one's place.
    pub(super) fn look(
        &mut self,
        events: &VecDeque<Arc<StackEvent>>,
        first: i64,
        budget: &mut Budget,
    ) {
        while budget.is_left()
            && let Some(index) = events.len().checked_sub(self.asked + 1)
            && let Some(event) = events.get(index)
        {
            budget.spend(event);
            self.asked += 1;
            if self.question.holds_for(event) {
                let place = first + i64::try_from(index).unwrap_or(i64::MAX);
                self.index.push_oldest(class(event), place);
            }
        }
    }
}

fn class(event: &StackEvent) -> StatusClass {
    event.status.class()
}
