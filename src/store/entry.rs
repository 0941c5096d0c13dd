//! The interface of an entry, its class and a filter: the store needs no more of them. The domain implements it for stack
//! events.

use std::fmt::Debug;
use std::hash::Hash;

use crate::store::ids::SeqById;

/// One line of a log: a stack event, for example. The log indexes it by its id, class and group, so these never change.
pub(crate) trait Entry: Sized {
    /// Unique within a log: an entry that comes again is recognised by it.
    type Id: Clone + Debug + Eq + Hash;
    /// How an entry is found by its id.
    type Ids: SeqById<Self::Id>;
    /// The kind of entry that a user filters by.
    type Class: Class;
    /// Entries of one group are listed together: the events of one resource. Others have none.
    type Group: Clone + Debug + Eq + Hash;
    /// A filter beyond classes.
    type Predicate: EntryPredicate<Self>;

    fn id(&self) -> &Self::Id;

    fn class(&self) -> Self::Class;

    fn group(&self) -> Option<&Self::Group>;

    /// The bytes that a predicate has to read at most: the unit of [`crate::store::work::WorkBudget`].
    fn size(&self) -> usize;

    /// Whether the log lists the entry in [`crate::store::entry_log::EntryLog::flagged`] as well.
    fn is_flagged(&self) -> bool {
        false
    }
}

/// A small closed set of kinds, such as an enum: 1 to 16, numbered from 0.
pub trait Class: Copy + Debug + Eq + 'static {
    /// Every class, at its index.
    const ALL: &'static [Self];

    /// The class's position in [`Class::ALL`].
    fn index(self) -> usize;
}

/// A filter that has to read an entry.
pub(crate) trait EntryPredicate<T>: Debug {
    fn holds_for(&self, entry: &T) -> bool;

    /// How many times as long as reading an entry it may take to evaluate; at least 1.
    fn weight(&self) -> usize;
}
