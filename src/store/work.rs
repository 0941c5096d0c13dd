//! How many events this thread has looked at: the promise that a frame costs what is on the screen is tested by
//! counting, since times depend on the machine. Counted with debug assertions only; else nothing is done here.

#[cfg(debug_assertions)]
thread_local! {
    static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts an event, or a step of a search for one.
pub(crate) fn count() {
    #[cfg(debug_assertions)]
    LOOKED_AT.set(LOOKED_AT.get() + 1);
}

/// How many there were since this was last asked.
#[cfg(debug_assertions)]
pub fn taken() -> usize {
    LOOKED_AT.take()
}
