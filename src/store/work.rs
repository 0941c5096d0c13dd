//! How much work the store may do and has done. [`WorkBudget`] keeps one message from waiting for a long log; the
//! visit counter lets tests prove that the cost of a frame depends on the screen only, which times can't: they
//! depend on the machine. It counts with debug assertions only, and does nothing otherwise.
//!
//! Tests: `tests/it/app/scale.rs`.

/// The work that may be done before the next message has its turn: bytes of entries, each multiplied by the weight of
/// the predicate that reads it.
#[derive(Debug)]
pub struct WorkBudget(usize);

impl WorkBudget {
    /// A few milliseconds of work: about 1 ms for plain text in short entries, up to 11 ms for the worst expressions on
    /// the worst texts (measured). An entry is read as a whole, however long it is.
    pub const fn slice() -> Self {
        Self(256 * 1024)
    }

    /// Whether some of it is left.
    pub const fn is_left(&self) -> bool {
        self.0 > 0
    }

    pub(super) fn spend(&mut self, size: usize, weight: usize) {
        // Visiting an entry costs something even where it is short.
        let bytes = size.saturating_add(256);
        self.0 = self.0.saturating_sub(bytes.saturating_mul(weight));
    }
}

#[cfg(debug_assertions)]
thread_local! {
    static VISITS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts an entry that was visited, or a step of a search for one.
#[inline]
pub(crate) fn count_visit() {
    #[cfg(debug_assertions)]
    VISITS.set(VISITS.get() + 1);
}

/// The number of visits by this thread since the last call.
#[cfg(debug_assertions)]
pub fn visits() -> usize {
    VISITS.take()
}
