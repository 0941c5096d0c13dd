//! A line that says how far a slow command is: on a terminal's standard error alone, replaced in place, and removed at the
//! end.

use std::io::{self, IsTerminal, Write};

use crate::runtime::process::streams::Stream;

/// Back to the first column, and what is right of the cursor is removed.
const CLEAR: &str = "\r\u{1b}[K";

#[derive(Debug)]
pub(crate) struct Progress {
    is_possible: bool,
    shown: String,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            is_possible: io::stderr().is_terminal(),
            shown: String::new(),
        }
    }

    /// Shows a short text instead of the one before.
    pub(crate) fn show(&mut self, text: String) {
        if self.is_possible && text != self.shown {
            write(&format!("{CLEAR}{text}"));
            self.shown = text;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.shown.is_empty() {
            write(CLEAR);
        }
    }
}

fn write(text: &str) {
    if let Ok(mut diagnostics) = Stream::diagnostics() {
        // Nobody misses what a closed terminal does not show.
        let _ = diagnostics.write_all(text.as_bytes());
    }
}
