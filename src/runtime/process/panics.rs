//! The panic hook: restores the terminal, prints the panic as safe text, and wakes the loop so that the program exits.
//!
//! A panic's message can quote untrusted text. Tests: `tests/it/leaving.rs`.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::sync::Notify;

use crate::error::Error;
use crate::runtime::tty::terminal;
use crate::text::redact::redact_urls;
use crate::text::safe::SafeText;

/// The message of the first panic in any thread.
static FIRST_MESSAGE: Mutex<Option<SafeText>> = Mutex::new(None);
static PANIC_REPORTED: Notify = Notify::const_new();
/// Set before the hook restores the terminal.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

/// Installs the hook: a panic restores the terminal before it is printed. The hook itself can't panic.
pub(crate) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let text = message(info.payload_as_str());
        HAS_PANICKED.store(true, Ordering::SeqCst);
        terminal::restore();
        let _ = io::stderr().write_all(full_text(info, &text).as_bytes());
        FIRST_MESSAGE
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(text);
        PANIC_REPORTED.notify_one();
    }));
}

/// Whether any thread has panicked.
pub(crate) fn any() -> bool {
    HAS_PANICKED.load(Ordering::SeqCst)
}

/// Waits until any thread has panicked, even one of a crate. By then the terminal is restored, so the program has to
/// exit.
pub(crate) async fn wait() -> Error {
    PANIC_REPORTED.notified().await;
    let message_text = FIRST_MESSAGE
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    Error::Bug(first_line(&message_text.unwrap_or_else(|| message(None))))
}

/// The message of a panic, redacted.
pub(crate) fn message(payload: Option<&str>) -> SafeText {
    SafeText::new(&redact_urls(payload.unwrap_or("it panicked")))
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
    use super::*;

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
