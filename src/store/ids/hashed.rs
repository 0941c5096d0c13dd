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
    /// By a part of the hash of the id: two billion entries have room.
    seqs: std::collections::HashMap<u32, i32, BuildHasherDefault<IsHash>>,
    /// The entries whose hash another one has in `seqs`, and those whose number does not fit.
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
        let first = self.seqs.get(&self.hash(id));
        let first = first.map(|seq| Seq::from(*seq)).filter(|seq| is_at(*seq));
        first.or_else(|| self.others.get(id).copied())
    }

    fn insert(&mut self, id: &I, seq: Seq, is_at: impl Fn(Seq) -> bool) -> bool {
        use std::collections::hash_map::Entry;
        if self.others.contains_key(id) {
            return false;
        }
        match (self.seqs.entry(self.hash(id)), i32::try_from(seq)) {
            (Entry::Occupied(known), _) if is_at((*known.get()).into()) => return false,
            (Entry::Vacant(vacant), Ok(seq)) => drop(vacant.insert(seq)),
            _ => drop(self.others.insert(id.clone(), seq)),
        }
        true
    }

    fn remove(&mut self, id: &I, seq: Seq) {
        let hash = self.hash(id);
        let known = self.seqs.get(&hash).map(|seq| Seq::from(*seq));
        if known == Some(seq) {
            self.seqs.remove(&hash);
        } else {
            self.others.remove(id);
        }
    }

    fn shift(&mut self, id: &I, seq: Seq) {
        let hash = self.hash(id);
        match self.seqs.get_mut(&hash) {
            Some(known) if Seq::from(*known) == seq => {
                if let Some(next) = known.checked_add(1) {
                    *known = next;
                } else {
                    self.seqs.remove(&hash);
                    self.others.insert(id.clone(), seq + 1);
                }
            }
            _ => {
                if let Some(seq) = self.others.get_mut(id) {
                    *seq += 1;
                }
            }
        }
    }
}

impl<I: Hash> HashedIds<I> {
    fn hash(&self, id: &I) -> u32 {
        u32::try_from(self.hasher.hash_one(id) >> 32).unwrap_or_default()
    }
}

/// Takes a number that is a hash, and spreads it over all bits, of which a table uses the first and the last.
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

    fn write_u32(&mut self, hash: u32) {
        self.0 = u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
