//! Finds an entry's sequence number by its id. It stores a hash for each entry and no id, so that a long log neither stores
//! nor reads its ids twice: whether an entry has the id is asked of the log.

use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use foldhash::HashMap;
use foldhash::fast::RandomState;

use crate::store::Seq;

/// Sequence numbers by id.
#[derive(Debug)]
pub(super) struct SeqIndex<I> {
    hasher: RandomState,
    /// By the hash of the id.
    seqs: std::collections::HashMap<u64, Seq, BuildHasherDefault<IsHash>>,
    /// The entries whose hash another one has in `seqs`.
    others: HashMap<I, Seq>,
}

impl<I> Default for SeqIndex<I> {
    fn default() -> Self {
        Self {
            hasher: RandomState::default(),
            seqs: std::collections::HashMap::default(),
            others: HashMap::default(),
        }
    }
}

impl<I: Clone + Eq + Hash> SeqIndex<I> {
    /// The number of an id. `is_at` tells whether the entry with a number has it.
    pub(super) fn get(&self, id: &I, is_at: impl Fn(Seq) -> bool) -> Option<Seq> {
        let first = self.seqs.get(&self.hasher.hash_one(id)).copied();
        let first = first.filter(|seq| is_at(*seq));
        first.or_else(|| self.others.get(id).copied())
    }

    /// Adds an id. False, and no change, if it is known. `is_at` as above.
    pub(super) fn insert(&mut self, id: &I, seq: Seq, is_at: impl Fn(Seq) -> bool) -> bool {
        use std::collections::hash_map::Entry;
        if self.others.contains_key(id) {
            return false;
        }
        match self.seqs.entry(self.hasher.hash_one(id)) {
            Entry::Vacant(vacant) => {
                vacant.insert(seq);
            }
            Entry::Occupied(known) if is_at(*known.get()) => return false,
            Entry::Occupied(_) => {
                self.others.insert(id.clone(), seq);
            }
        }
        true
    }

    /// Removes an id, whose number this is.
    pub(super) fn remove(&mut self, id: &I, seq: Seq) {
        let hash = self.hasher.hash_one(id);
        if self.seqs.get(&hash) == Some(&seq) {
            self.seqs.remove(&hash);
        } else {
            self.others.remove(id);
        }
    }

    /// Enlarges the number of an id by one. Of several ids, that of the largest number first: no two may have one.
    pub(super) fn shift(&mut self, id: &I, seq: Seq) {
        let first = self.seqs.get_mut(&self.hasher.hash_one(id));
        let known = first.filter(|first| **first == seq);
        if let Some(seq) = known.or_else(|| self.others.get_mut(id)) {
            *seq += 1;
        }
    }
}

/// Takes a number that is a hash.
#[derive(Debug, Default)]
struct IsHash(u64);

impl Hasher for IsHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
