//! Faults on purpose, in debug builds only: with `BAKEWATCH_FAULT=panic:poller` in the environment that part of
//! the program panics, so that tests see what becomes of the terminal.

/// A panic can quote what a service has said.
#[cfg(debug_assertions)]
const HOSTILE: &str = " \u{1b}]0;title\u{7}\u{202e} X-Amz-Signature=canary";

/// Panics, where that is asked of this part of the program.
#[cfg(debug_assertions)]
#[expect(
    clippy::disallowed_methods,
    reason = "this is no setting of the program"
)]
pub(crate) fn hit(part: &str) {
    use std::env::var;
    use std::sync::LazyLock;

    static FAULT: LazyLock<Option<String>> = LazyLock::new(|| var("BAKEWATCH_FAULT").ok());
    let wanted = FAULT
        .as_deref()
        .and_then(|fault| fault.strip_prefix("panic:"));
    assert!(
        wanted != Some(part),
        "a fault on purpose in the {part}{HOSTILE}"
    );
}

/// Panics in a thread that the program knows nothing of, as crates have some.
#[cfg(debug_assertions)]
pub(crate) fn in_foreign_thread() {
    std::thread::spawn(|| hit("foreign thread"));
}

/// The same, and waits for it: for a moment at which another thread must not panic.
#[cfg(debug_assertions)]
pub(crate) fn during_enter() {
    let _ = std::thread::spawn(|| hit("thread meanwhile")).join();
}

/// Nothing: faults on purpose are not in the program that people run.
#[cfg(not(debug_assertions))]
pub(crate) const fn hit(_part: &str) {}

#[cfg(not(debug_assertions))]
pub(crate) const fn in_foreign_thread() {}

#[cfg(not(debug_assertions))]
pub(crate) const fn during_enter() {}
