//! A page of text: its lines, the scroll position and the marked line. The detail pane and the explanation of a failure
//! are pages; `view::views::page` draws them.
//!
//! Lines are made when their content or the width changes, not in every frame; content that depends on the
//! time of the frame has its own kind of line.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::layout::page_step;
use crate::app::views::action::Move;
use crate::app::views::filter::quoted;
use crate::domain::properties::safe_excerpt;
use crate::domain::span::Span;
use crate::domain::stack_event::StackEvent;
use crate::text::pattern::Pattern;
use crate::text::width::{width, wrap};

#[derive(Clone, Debug)]
pub enum PageLine {
    Blank,
    /// The status of an event, and since when; drawn with the time of the frame.
    Status(Arc<StackEvent>),
    Heading(String),
    /// The program's own text.
    Text(String),
    /// The service's reason.
    Reason {
        /// The whole reason, for copying.
        whole: Arc<str>,
        /// The part on this line.
        part: String,
        /// Whether this is its first line.
        first: bool,
    },
    /// A name and its value, which may continue on more lines.
    Field {
        /// Padded to the width of the longest name beside it.
        name: String,
        /// The whole value, for copying.
        whole: Arc<str>,
        /// The part on this line.
        part: String,
        /// Whether this is its first line.
        first: bool,
    },
    /// A line of a tree.
    Node {
        /// In columns.
        indent: usize,
        /// A JSON pointer (RFC 6901) into the properties.
        path: String,
        /// Whether a branch is open; `None` for a leaf.
        open: Option<bool>,
        name: String,
        /// The value, or a summary of a folded branch; empty for an open one.
        value: String,
    },
    /// A line of a document inside the tree, or the rest of a long value.
    Continued {
        /// In columns.
        indent: usize,
        text: String,
    },
    /// An operation on a resource; drawn with the time of the frame.
    Span(Span),
    /// One of a resource's events.
    Event(Arc<StackEvent>),
    /// An event that is a consequence of another one's failure, or came after it.
    Follower(Arc<StackEvent>),
    /// A command that the user can run.
    Command {
        /// The whole command, for copying.
        whole: Arc<str>,
        /// The part on this line.
        part: String,
        /// Whether this is its first line.
        first: bool,
    },
    /// A difference from the previous event.
    Change {
        sign: ChangeKind,
        text: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Only the later event has it.
    Added,
    /// Only the earlier event has it.
    Removed,
    /// Both have it, with different values.
    Changed,
}

impl PageLine {
    /// The name and the whole text that a copy of the line takes, even if the line shows only a part of it.
    /// `None`: more than the line is needed.
    pub fn copyable(&self) -> Option<(String, String)> {
        let (name, text) = match self {
            Self::Reason { whole, .. } => ("the reason", whole.to_string()),
            Self::Field { name, whole, .. } => (name.trim(), whole.to_string()),
            Self::Command { whole, .. } => ("the command", whole.to_string()),
            Self::Status(event) => ("the status", event.status.to_string()),
            Self::Event(event) | Self::Follower(event) => ("the event as JSON", event.raw()),
            _ => return None,
        };
        Some((name.to_owned(), text))
    }

    /// Whether it continues the line above: wrapped text.
    fn continues_previous(&self) -> bool {
        matches!(
            self,
            Self::Continued { .. }
                | Self::Field { first: false, .. }
                | Self::Command { first: false, .. }
                | Self::Reason { first: false, .. }
        )
    }

    /// The text that a search matches.
    pub fn search_text(&self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Status(event) => event.status.to_string(),
            Self::Heading(text)
            | Self::Text(text)
            | Self::Reason { part: text, .. }
            | Self::Field {
                part: text,
                first: false,
                ..
            }
            | Self::Continued { text, .. }
            | Self::Change { text, .. } => text.clone(),
            Self::Field { name, part, .. } => format!("{name} {part}"),
            Self::Node { name, value, .. } => format!("{name} {value}"),
            Self::Span(span) => span.operation.clone(),
            Self::Command { part, .. } => part.clone(),
            Self::Follower(event) => format!("{} {}", event.logical_id, event.status),
            Self::Event(event) => {
                let reason = event.reason.as_ref().map_or("", |reason| reason.as_str());
                format!("{} {reason}", event.status)
            }
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Page {
    pub lines: Vec<PageLine>,
    /// The first line on the screen.
    pub top: usize,
    /// The marked line, while the pane has the focus.
    pub cursor: usize,
}

impl Page {
    /// Goes back to the first line.
    pub fn rewind(&mut self) {
        self.top = 0;
        self.cursor = 0;
    }

    /// Keeps the marked line on a screen of `height` lines.
    pub fn settle(&mut self, height: usize) {
        let last = self.lines.len().saturating_sub(1);
        self.cursor = self.cursor.min(last);
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if height > 0 && self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
        self.top = self.top.min((last + 1).saturating_sub(height.max(1)));
    }

    /// Marks another line.
    pub fn move_by(&mut self, delta: isize) {
        let last = self.lines.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(delta).min(last);
    }

    /// Scrolls by lines, and moves the marked line as far as it needs to stay on the screen.
    pub fn scroll_by(&mut self, delta: isize, height: usize) {
        let highest = self.lines.len().saturating_sub(height.max(1));
        self.top = self.top.saturating_add_signed(delta).min(highest);
        let last = (self.top + height.max(1)).saturating_sub(1);
        self.cursor = self.cursor.clamp(self.top, last.max(self.top));
    }

    /// Scrolls by lines, and keeps the marked line at its height on the screen; at an end, marks the last line there.
    pub fn page_by(&mut self, delta: isize, height: usize) {
        let highest = self.lines.len().saturating_sub(height.max(1));
        let down_the_screen = self.cursor.saturating_sub(self.top);
        let top = self.top.saturating_add_signed(delta).min(highest);
        if std::mem::replace(&mut self.top, top) == top {
            self.move_by(delta);
        } else {
            self.cursor = top + down_the_screen;
        }
    }

    /// Moves the marked line on a screen of `height` lines.
    pub(crate) fn go(&mut self, step: Move, height: usize) {
        let page = page_step(height);
        match step {
            Move::Up => self.move_by(-1),
            Move::Down => self.move_by(1),
            Move::PageUp => self.page_by(-page, height),
            Move::PageDown => self.page_by(page, height),
            Move::Top => self.move_by(isize::MIN),
            Move::Bottom => self.move_by(isize::MAX),
        }
    }

    /// Marks the next or previous match. Returns a toast if there is none.
    pub(crate) fn find(&mut self, pattern: &Pattern, forward: bool) -> Option<String> {
        let found = self.mark_next_match(pattern, forward);
        (!found).then(|| format!("no line matches {}", quoted(pattern)))
    }

    /// Marks the next or previous line that matches; wraps around at the end. Text that was wrapped over several lines
    /// is searched as a whole, and found in its first line. False if nothing
    /// matches.
    pub fn mark_next_match(&mut self, pattern: &Pattern, forward: bool) -> bool {
        let count = self.lines.len();
        let found = self.matching_lines(pattern);
        let step = |step: usize| if forward { step } else { count - step };
        let indexes = (1..=count).map(|away| (self.cursor + step(away)) % count);
        let index = { indexes }.find(|index| found.contains(index));
        self.cursor = index.unwrap_or(self.cursor);
        index.is_some()
    }

    /// The lines that match; of wrapped text with a match across lines, the first line.
    pub fn matching_lines(&self, pattern: &Pattern) -> BTreeSet<usize> {
        let has = |index: &usize| {
            self.lines
                .get(*index)
                .is_some_and(|line| pattern.is_in(&line.search_text()))
        };
        let mut found: BTreeSet<usize> = (0..self.lines.len()).filter(has).collect();
        let mut start = 0;
        for item in self.lines.chunk_by(|_, line| line.continues_previous()) {
            let range = start..start + item.len();
            start = range.end;
            if item.len() > 1 && found.range(range.clone()).next().is_none() {
                let text: String = item.iter().map(PageLine::search_text).collect();
                if pattern.is_in(&text) {
                    found.insert(range.start);
                }
            }
        }
        found
    }
}

/// Text, wrapped to lines.
pub(crate) fn text_lines(text: &str, columns: usize) -> impl Iterator<Item = PageLine> {
    wrap(text, columns).into_iter().map(PageLine::Text)
}

/// An event's reason, wrapped to lines.
pub(crate) fn reason_lines(event: &StackEvent, columns: usize) -> impl Iterator<Item = PageLine> {
    let whole = event.verbatim_reason().unwrap_or_default();
    let shown = event.reason.iter();
    shown.flat_map(move |shown| whole_lines(whole.as_str().into(), shown.as_str(), columns))
}

/// A text, wrapped to lines, each of which copies the whole.
pub(crate) fn whole_lines(
    whole: Arc<str>,
    shown: &str,
    columns: usize,
) -> impl Iterator<Item = PageLine> + use<> {
    let parts = wrap(shown, columns).into_iter().enumerate();
    parts.map(move |(index, part)| PageLine::Reason {
        whole: Arc::clone(&whole),
        part,
        first: index == 0,
    })
}

/// A command, wrapped to lines.
pub(crate) fn command_lines(whole: &str, columns: usize) -> impl Iterator<Item = PageLine> {
    let shared: Arc<str> = whole.into();
    // Two columns are for the sign.
    let parts = wrap(whole, columns.saturating_sub(2)).into_iter();
    parts
        .enumerate()
        .map(move |(index, part)| PageLine::Command {
            whole: Arc::clone(&shared),
            part,
            first: index == 0,
        })
}

/// Appends names and their values, aligned; absent values are left out.
pub(crate) fn push_fields<'a>(
    fields: impl IntoIterator<Item = (&'a str, Option<String>)>,
    columns: usize,
    lines: &mut Vec<PageLine>,
) {
    let fields: Vec<_> = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    let widest = fields.iter().map(|(name, _)| width(name)).max();
    let names = widest.unwrap_or(0) + 2;
    for (name, value) in fields {
        let whole: Arc<str> = value.as_str().into();
        let parts = wrap(safe_excerpt(&value).as_str(), columns.saturating_sub(names));
        lines.extend(
            parts
                .into_iter()
                .enumerate()
                .map(|(index, part)| PageLine::Field {
                    name: format!("{name:names$}"),
                    whole: Arc::clone(&whole),
                    part,
                    first: index == 0,
                }),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(lines: &[&str]) -> Page {
        Page {
            lines: lines
                .iter()
                .map(|line| PageLine::Text((*line).to_owned()))
                .collect(),
            ..Page::default()
        }
    }

    #[test]
    fn a_search_wraps_around() {
        let mut page = page(&["one", "two", "three", "two"]);
        let two = Pattern::new("two", false).unwrap();
        let mut seen = Vec::new();
        for forward in [true, true, true, false] {
            assert!(page.mark_next_match(&two, forward));
            seen.push(page.cursor);
        }
        assert_eq!(seen, [1, 3, 1, 3]);
        assert!(!page.mark_next_match(&Pattern::new("four", false).unwrap(), true));
        assert!(!Page::default().mark_next_match(&two, false));
    }

    #[test]
    fn the_marked_line_is_on_the_screen() {
        let mut page = page(&["a"; 100]);
        page.move_by(50);
        page.settle(10);
        assert_eq!((page.top, page.cursor), (41, 50));
        page.scroll_by(20, 10);
        page.settle(10);
        assert_eq!((page.top, page.cursor), (61, 61));
        page.scroll_by(isize::MAX, 10);
        assert_eq!((page.top, page.cursor), (90, 90));
        page.page_by(-9, 10);
        assert_eq!((page.top, page.cursor), (81, 81));
        page.page_by(9, 10);
        page.page_by(9, 10);
        assert_eq!((page.top, page.cursor), (90, 99));
    }
}
