//! The store of everything that a build writes line by line: an ordered log with indexes, so that showing, filtering
//! and searching never scan it. It sits between the poller's batches and the views, and knows no type of the program:
//! entries implement [`entry::Entry`], filters [`entry::EntryPredicate`].
//!
//! ```text
//!  push, append, insert ──► EntryLog ──┬─► SeqIndex      id → sequence number
//!                                      ├─► ClassIndex    class → sequence numbers      count, nth: O(log n)
//!                                      ├─► GroupIndex    group → sequence numbers      entries of one group
//!                                      └─► FilterIndex   predicate → ClassIndex        built in slices of work
//! ```
//! A sequence number ([`Seq`]) is an entry's position in its log: a larger one is newer. Numbers have no gaps, and
//! those of older entries may be negative, since a log grows at both ends.

pub(crate) mod class_index;
pub(crate) mod class_set;
pub(crate) mod entry;
pub(crate) mod entry_log;
pub(crate) mod filter_index;
pub(crate) mod group_index;
pub(crate) mod ids;
pub(crate) mod work;

/// An entry's position in its log: larger is newer.
pub(crate) type Seq = i64;
