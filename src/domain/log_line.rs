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
    /// It was passed on before, and is read again because it was dropped since.
    pub again: bool,
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
    /// The log is read again: these lines replace all before them.
    pub restarts: bool,
}

impl LogPage {
    /// Splits it into pages of at most `most` lines, in the order in which they are applied: the screen handles keys
    /// between two of them.
    pub(crate) fn split(self, most: usize) -> Vec<Self> {
        if self.lines.len() <= most {
            return vec![self];
        }
        let part = self.part;
        let chunks: Vec<_> = match part {
            LogPart::Older => self.lines.rchunks(most).collect(),
            LogPart::Newer | LogPart::Late => self.lines.chunks(most).collect(),
        };
        let last = chunks.len() - 1;
        let page = |(index, lines): (usize, &[Arc<LogLine>])| {
            let is_last = index == last;
            Self {
                lines: lines.to_vec(),
                part,
                state: if is_last {
                    self.state
                } else {
                    LogState::Reading
                },
                has_first: self.has_first && (is_last || part != LogPart::Older),
                restarts: self.restarts && index == 0,
            }
        };
        chunks.into_iter().enumerate().map(page).collect()
    }
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
    fn a_long_page_is_split_in_the_order_in_which_it_is_applied() {
        let lines: Vec<_> = (0..2_500)
            .map(|at| {
                Arc::new(LogLine {
                    timestamp: DateTime::from_timestamp_millis(at).unwrap(),
                    ingested_at: None,
                    message: LogLine::text("x"),
                    stream: SafeText::new("s"),
                    late: false,
                    again: false,
                })
            })
            .collect();
        for (part, first) in [(LogPart::Newer, 0), (LogPart::Older, 1_500)] {
            let page = LogPage {
                lines: lines.clone(),
                part,
                state: LogState::Complete,
                has_first: true,
                restarts: true,
            };
            let pages = page.split(1_000);
            let sizes: Vec<_> = pages.iter().map(|page| page.lines.len()).collect();
            assert_eq!(sizes, [1_000, 1_000, 500]);
            assert_eq!(pages[0].lines[0].timestamp.timestamp_millis(), first);
            assert_eq!(pages[0].state, LogState::Reading);
            assert!(pages[0].restarts && !pages[1].restarts);
            assert!(pages[2].has_first && pages[2].state == LogState::Complete);
        }
    }

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
