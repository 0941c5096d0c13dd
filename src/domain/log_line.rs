//! The lines of the build log, and what one response about them adds. A backend makes the lines, the poller the pages;
//! [`crate::domain::build`] keeps them in time order.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::text::redact::redact_secrets;
use crate::text::safe::SafeText;

/// The most of a line that is kept: the service permits 1 MB.
const MAX_LINE: usize = 16 * 1024;

/// One line of the build log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written, to the millisecond.
    pub timestamp: DateTime<Utc>,
    /// When the service received it.
    pub ingested_at: Option<DateTime<Utc>>,
    /// Redacted and safe to show.
    pub message: SafeText,
    /// The log stream.
    pub stream: SafeText,
    /// It came after lines that are newer.
    pub late: bool,
}

impl LogLine {
    /// Redacts a message and makes it safe. What is beyond the limit is dropped, and said.
    pub fn text(message: &str) -> SafeText {
        let message = message.trim_end_matches(['\n', '\r']);
        let message = redact_secrets(message);
        if message.len() <= MAX_LINE {
            return SafeText::new(&message);
        }
        let end = message.floor_char_boundary(MAX_LINE);
        let head = message.get(..end).unwrap_or_default();
        let all = message.len() / 1024;
        SafeText::new(&format!("{head} … cut after 16 of {all} kB"))
    }

    /// The bytes that it takes in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.message.as_str().len()
    }
}

/// Lines that no response has brought before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// In time order; lines of one time in the service's order.
    pub lines: Vec<Arc<LogLine>>,
    pub part: LogPart,
    pub state: LogState,
    /// No older lines of this build are missing.
    pub has_first: bool,
}

/// The place of a page's lines among those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogPart {
    /// After all lines before.
    Newer,
    /// Before all lines before: history that is read backwards.
    Older,
    /// Among the lines before: they came late.
    Late,
}

/// How far the log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogState {
    /// There is no log yet, or none any more.
    Absent,
    /// The service has more lines.
    Reading,
    /// The service had no newer line.
    CaughtUp,
    /// The build has ended, and every line of the log was read.
    Complete,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_redacted_made_safe_and_cut() {
        let url = "https://b.s3.amazonaws.com/k?X-Amz-Signature=0123456789abcdef0123&X-Amz-Security-Token=secret";
        let text = LogLine::text(&format!("\u{1b}[2J get {url}\r\n"));
        assert!(!text.as_str().contains('\u{1b}') && !text.as_str().contains("0123456789abcdef"));
        let long = LogLine::text(&"ü".repeat(1024 * 1024));
        assert!(
            long.as_str().len() < MAX_LINE + 64,
            "{}",
            long.as_str().len()
        );
        assert!(long.as_str().ends_with("… cut after 16 of 2048 kB"));
    }
}
