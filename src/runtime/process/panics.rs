//! The panic hook: cleans up, prints the panic as safe text, and wakes the loop so that the program exits.
//!
//! A panic's message can quote untrusted text. What to clean up is registered: this module knows no terminal. Tests:
//! `tests/tty/exit.rs`.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write as _;
use std::io::Write;
use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::Notify;

use crate::error::Error;
use crate::runtime::process::streams::Stream;
use crate::text::redact::redact_secrets;
use crate::text::safe::SafeText;

/// The panics of all threads. A static, because the hook of the standard library is one too.
static PANICS: Panics = Panics::new();

/// What to do before a panic is printed, in the thread that panics.
type Cleanup = Arc<dyn Fn() + Send + Sync>;

struct Panics {
    registered: Mutex<Registered>,
    reported: Notify,
}

struct Registered {
    /// The message of the first panic in any thread.
    first: Option<SafeText>,
    cleanup: Option<Cleanup>,
}

impl Panics {
    const fn new() -> Self {
        Self {
            registered: Mutex::new(Registered {
                first: None,
                cleanup: None,
            }),
            reported: Notify::const_new(),
        }
    }

    /// Registers a panic. The caller runs the cleanup, outside of the lock: a terminal that stalls delays it.
    fn register(&self, text: &SafeText) -> Option<Cleanup> {
        let mut registered = self.lock();
        registered.first.get_or_insert_with(|| text.clone());
        registered.cleanup.clone()
    }

    /// Runs the cleanup at once if a thread has panicked before: every panic is followed by it.
    fn on_panic(&self, cleanup: &Cleanup) {
        let mut registered = self.lock();
        registered.cleanup = Some(Arc::clone(cleanup));
        let has_panicked = registered.first.is_some();
        drop(registered);
        if has_panicked {
            cleanup();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Registered> {
        self.registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Installs the hook. The hook itself can't panic.
pub(crate) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let text = message(info.payload_as_str());
        if let Some(cleanup) = PANICS.register(&text) {
            cleanup();
        }
        if let Ok(mut diagnostics) = Stream::diagnostics() {
            let _ = diagnostics.write_all(full_text(info, &text).as_bytes());
        }
        PANICS.reported.notify_one();
    }));
}

/// Sets what the hook does before it prints a panic of any thread; it must not panic. If one has panicked before, does
/// it now.
pub(crate) fn on_panic(cleanup: impl Fn() + Send + Sync + 'static) {
    let cleanup: Cleanup = Arc::new(cleanup);
    PANICS.on_panic(&cleanup);
}

/// Waits until any thread has panicked, even one of a crate. By then the hook has cleaned up, so the program has to
/// exit.
pub(crate) async fn wait() -> Error {
    PANICS.reported.notified().await;
    let first = PANICS.lock().first.clone();
    Error::Bug(first_line(&first.unwrap_or_else(|| message(None))))
}

/// The message of a panic, redacted.
pub(crate) fn message(payload: Option<&str>) -> SafeText {
    SafeText::new(&redact_secrets(payload.unwrap_or("it panicked")))
}

/// The first line of a message, for an error.
pub(crate) fn first_line(message: &SafeText) -> String {
    message
        .as_str()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The text that the standard library would print, in one piece, because other threads write too.
fn full_text(info: &PanicHookInfo<'_>, text: &SafeText) -> String {
    let thread = thread::current();
    let thread = SafeText::new(thread.name().unwrap_or("<unnamed>"));
    let location = info
        .location()
        .map_or_else(String::new, |at| format!(" at {at}"));
    let mut full = format!("\nthread '{thread}' panicked{location}:\n{text}\n");
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        let _ = write!(full, "stack backtrace:\n{trace}");
    } else {
        full += "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
    }
    full
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_panic_is_cleaned_up_even_one_before_the_registration() {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let cleanup: Cleanup = Arc::new(move || _ = counter.fetch_add(1, Ordering::SeqCst));
        let panics = Panics::new();
        panics.on_panic(&cleanup);
        assert_eq!(count.load(Ordering::SeqCst), 0);
        for text in ["one", "two"] {
            panics.register(&SafeText::new(text)).unwrap()();
        }
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert_eq!(panics.lock().first, Some(SafeText::new("one")));
        let late = Panics::new();
        assert!(late.register(&SafeText::new("early")).is_none());
        late.on_panic(&cleanup);
        assert_eq!(count.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn a_message_is_inert_and_has_no_secrets() {
        let hostile = "\u{1b}]0;x\u{7}\u{202e}\nX-Amz-Signature=abc&more";
        let text = message(Some(hostile));
        assert_eq!(
            text.as_str(),
            "␛]0;x␇\\u{202e}\nX-Amz-Signature=[redacted]&more"
        );
        assert_eq!(first_line(&text), "␛]0;x␇\\u{202e}");
        assert_eq!(first_line(&message(None)), "it panicked");
    }
}
