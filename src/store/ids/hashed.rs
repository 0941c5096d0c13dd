//! Finds an entry's sequence number by its id. It stores a hash for each entry and no id, so that a long log neither stores
//! nor reads its ids twice: whether an entry has the id is asked of the log.

use std::fmt::Debug;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use foldhash::HashMap;
use foldhash::fast::RandomState;

use crate::store::Seq;
use crate::store::ids::SeqById;

/// Sequence numbers by id.
#[derive(Debug)]
pub(crate) struct HashedIds<I> {
    hasher: RandomState,
    /// By the hash of the id.
    seqs: std::collections::HashMap<u64, Seq, BuildHasherDefault<IsHash>>,
    /// The entries whose hash another one has in `seqs`.
    others: HashMap<I, Seq>,
}

impl<I> Default for HashedIds<I> {
    fn default() -> Self {
        Self {
            hasher: RandomState::default(),
            seqs: std::collections::HashMap::default(),
            others: HashMap::default(),
        }
    }
}

impl<I: Clone + Debug + Eq + Hash> SeqById<I> for HashedIds<I> {
    fn get(&self, id: &I, is_at: impl Fn(Seq) -> bool) -> Option<Seq> {
        let first = self.seqs.get(&self.hasher.hash_one(id)).copied();
        let first = first.filter(|seq| is_at(*seq));
        first.or_else(|| self.others.get(id).copied())
    }

    fn insert(&mut self, id: &I, seq: Seq, is_at: impl Fn(Seq) -> bool) -> bool {
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

    fn remove(&mut self, id: &I, seq: Seq) {
        let hash = self.hasher.hash_one(id);
        if self.seqs.get(&hash) == Some(&seq) {
            self.seqs.remove(&hash);
        } else {
            self.others.remove(id);
        }
    }

    fn shift(&mut self, id: &I, seq: Seq) {
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
