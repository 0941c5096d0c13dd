//! Failpoints, in debug builds only: `BAKEWATCH_FAULT=panic:poller` makes that part of the program panic, so that tests
//! can check that the terminal is restored; `hang:recordings` makes it wait for ever, as a dead mount does. Tests:
//! `tests/tty/exit.rs`, `tests/it/recording/background.rs`.

/// The parts: the tasks by their names, and places in the loop of the screen.
pub const PARTS: &[&str] = &[
    "clipboard",
    "estimate",
    "foreign thread",
    "hook",
    "images",
    "input",
    "player",
    "poller",
    "printer",
    "recorder",
    "recordings",
    "report",
    "simulator",
    "thread during enter",
    "update",
    "view",
    "watchdog",
    "writer",
];

/// A panic's message can quote text of the service.
#[cfg(debug_assertions)]
const HOSTILE: &str = " \u{1b}]0;title\u{7}\u{202e} X-Amz-Signature=canary";

/// Panics or hangs if the environment names this part of the program, and panics if it names none: a test of a part that
/// was renamed would pass.
#[cfg(debug_assertions)]
#[expect(clippy::disallowed_methods, reason = "a failpoint is not a setting")]
pub(crate) fn hit(part: &str) {
    use std::env::var;
    use std::sync::LazyLock;

    static FAULT: LazyLock<String> = LazyLock::new(|| var("BAKEWATCH_FAULT").unwrap_or_default());
    let hangs = FAULT.strip_prefix("hang:");
    let panics = FAULT.strip_prefix("panic:");
    let chosen = hangs.or(panics).unwrap_or(&FAULT);
    assert!(
        chosen.is_empty() || PARTS.contains(&chosen),
        "BAKEWATCH_FAULT names no part of the program: {chosen}"
    );
    assert!(
        PARTS.contains(&part),
        "the {part} is not in the list of failpoints"
    );
    while hangs == Some(part) {
        std::thread::park();
    }
    assert!(chosen != part, "a fault on purpose in the {part}{HOSTILE}");
}

/// Panics in a thread that `Tasks` did not spawn, as crates have some.
#[cfg(debug_assertions)]
pub(crate) fn in_foreign_thread() {
    std::thread::spawn(|| hit("foreign thread"));
}

/// The same, and waits for the panic: simulates one while the terminal is being entered.
#[cfg(debug_assertions)]
pub(crate) fn during_enter() {
    let _ = std::thread::spawn(|| hit("thread during enter")).join();
}

/// Release builds have no failpoints.
#[cfg(not(debug_assertions))]
pub(crate) const fn hit(_part: &str) {}

#[cfg(not(debug_assertions))]
pub(crate) const fn in_foreign_thread() {}

#[cfg(not(debug_assertions))]
pub(crate) const fn during_enter() {}
