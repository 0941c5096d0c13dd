//! What a panic says, wherever it happens: on the normal screen, in clean text, and once to whoever waits for it.
//! A panic's message can quote anything, a service's text too.

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
use crate::text::redact::redact;
use crate::text::safe::SafeText;

/// What the first panic said, whichever thread it was in.
static PANIC: Mutex<Option<SafeText>> = Mutex::new(None);
static PANICKED: Notify = Notify::const_new();
/// Whether there was one, from before the terminal is given back.
static COME: AtomicBool = AtomicBool::new(false);

/// From here on a panic gives the terminal back before it is told. What is done here can't panic itself.
pub(crate) fn listen() {
    panic::set_hook(Box::new(|info| {
        let text = message(info.payload_as_str());
        COME.store(true, Ordering::SeqCst);
        terminal::give_back();
        let _ = io::stderr().write_all(told(info, &text).as_bytes());
        PANIC
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(text);
        PANICKED.notify_one();
    }));
}

/// Whether any thread has panicked.
pub(crate) fn have_come() -> bool {
    COME.load(Ordering::SeqCst)
}

/// Waits until any thread has panicked, even one that is not of our making. The terminal has been given back
/// then, and nothing shows any more that the program goes on.
pub(crate) async fn any() -> Error {
    PANICKED.notified().await;
    let said = PANIC.lock().unwrap_or_else(PoisonError::into_inner).take();
    Error::Bug(first_line(&said.unwrap_or_else(|| message(None))))
}

/// What a panic's payload says, without secrets.
pub(crate) fn message(payload: Option<&str>) -> SafeText {
    SafeText::new(&redact(payload.unwrap_or("it panicked")))
}

/// The line of a message that fits an error.
pub(crate) fn first_line(message: &SafeText) -> String {
    message
        .as_str()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// All that is known, as the standard library tells it, in one piece: other threads write too.
fn told(info: &PanicHookInfo<'_>, text: &SafeText) -> String {
    let thread = thread::current();
    let thread = SafeText::new(thread.name().unwrap_or("<unnamed>"));
    let place = info
        .location()
        .map_or_else(String::new, |at| format!(" at {at}"));
    let mut told = format!("\nthread '{thread}' panicked{place}:\n{text}\n");
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        let _ = write!(told, "stack backtrace:\n{trace}");
    } else {
        told += "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
    }
    told
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
