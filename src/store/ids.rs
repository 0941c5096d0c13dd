//! The sequence number of each entry by its id: hashes for ids of any kind, a plain list for ids that count up.

mod counted;
mod hashed;

use std::fmt::Debug;

pub(crate) use counted::CountedIds;
pub(crate) use hashed::HashedIds;

use crate::store::Seq;

/// Sequence numbers by id. It may keep no ids: `is_at` tells whether the entry with a number has the id.
pub(crate) trait SeqById<Id>: Debug + Default {
    fn get(&self, id: &Id, is_at: impl Fn(Seq) -> bool) -> Option<Seq>;

    /// Adds an id. False, and no change, if it is known.
    fn insert(&mut self, id: &Id, seq: Seq, is_at: impl Fn(Seq) -> bool) -> bool;

    /// Removes an id, whose number this is.
    fn remove(&mut self, id: &Id, seq: Seq);

    /// Enlarges the number of an id, which this is, by one. Of several ids, that of the largest number first: no two may
    /// have one.
    fn shift(&mut self, id: &Id, seq: Seq);
}
