//! The build log of one build: its lines in time order, and what they say: where each step begins, and which lines are
//! errors. The build applies the poller's pages; the views, the output and the report read it.

mod cause;
pub(crate) mod mark;
pub(crate) mod place;
pub(crate) mod text;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::log_line::{LogLine, LogPage, LogPart, LogState};
use crate::store::entry::{Class, Entry, EntryPredicate};
use crate::store::entry_log::EntryLog;
use crate::store::filter_index::{self, FilterSlot};
use crate::store::ids::CountedIds;
use crate::store::work::WorkBudget;
use crate::text::pattern::Pattern;

pub(crate) use crate::domain::log::cause::LogCause;

/// The most bytes of lines that are kept, of all builds together: the oldest are dropped.
pub(crate) const MOST_BYTES: usize = 64 * 1024 * 1024;
/// What the indexes take for a line, about.
const INDEXES: usize = 120;

/// The kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineClass {
    Output,
    /// The beginning of a workflow, a step, a component or a phase.
    Step,
    Error,
    /// The end of a command that has not failed.
    End,
}

impl Class for LineClass {
    const ALL: &'static [Self] = &[Self::Output, Self::Step, Self::Error, Self::End];

    fn index(self) -> usize {
        self as usize
    }
}

/// The lines to count or list.
pub(crate) type LineSelection = filter_index::Selection<LineClass>;

/// A line and its place.
#[derive(Debug)]
pub(crate) struct LogRow {
    id: u64,
    pub(crate) line: Arc<LogLine>,
    class: LineClass,
}

impl LogRow {
    /// Unique among the lines of a log.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn is_error(&self) -> bool {
        self.class == LineClass::Error
    }

    pub(crate) fn is_step(&self) -> bool {
        self.class == LineClass::Step
    }
}

impl Entry for LogRow {
    type Id = u64;
    type Ids = CountedIds;
    type Class = LineClass;
    type Group = ();
    type Predicate = Pattern;

    fn id(&self) -> &u64 {
        &self.id
    }

    fn class(&self) -> LineClass {
        self.class
    }

    fn group(&self) -> Option<&()> {
        None
    }

    fn size(&self) -> usize {
        self.line.message.as_str().len()
    }
}

impl EntryPredicate<LogRow> for Pattern {
    fn holds_for(&self, row: &LogRow) -> bool {
        self.is_in(row.line.message.as_str())
    }

    fn weight(&self) -> usize {
        Self::weight(self)
    }
}

/// The lines of one build's log.
#[derive(Debug, Default)]
pub(crate) struct BuildLog {
    rows: EntryLog<LogRow>,
    bytes: usize,
    dropped: usize,
    next_id: u64,
    state: Option<LogState>,
    has_first: bool,
    cause: Option<Arc<LogCause>>,
    /// All lines were dropped: they are to be read again where they are to be shown.
    is_left: bool,
    /// They are being read again.
    is_again: bool,
    further_output: FurtherOutput,
}

/// What further output of a command can change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum FurtherOutput {
    #[default]
    Nothing,
    /// The cause: something has failed, and no line says why.
    Cause,
}

impl BuildLog {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn state(&self) -> Option<LogState> {
        self.state
    }

    /// The number of older lines that were dropped to save memory.
    pub(crate) fn dropped(&self) -> usize {
        self.dropped
    }

    /// Whether lines before the oldest one are missing.
    pub(crate) fn misses_older(&self) -> bool {
        self.dropped > 0 || !self.has_first
    }

    /// The time of the newest line.
    pub(crate) fn last_at(&self) -> Option<DateTime<Utc>> {
        Some(self.rows.newest()?.line.timestamp)
    }

    pub(crate) fn apply(&mut self, page: &LogPage) {
        if page.restarts {
            let cause = self.cause.take();
            *self = Self {
                cause,
                is_again: true,
                ..self.emptied()
            };
        }
        let was_again = self.is_again;
        self.is_again &= !page.has_first;
        self.state = Some(page.state);
        self.has_first = page.has_first;
        let mut adds_output = true;
        if page.part == LogPart::Older {
            for line in page.lines.iter().rev() {
                adds_output &= self.add(line, true);
            }
        } else {
            for line in &page.lines {
                adds_output &= self.add(line, false);
            }
        }
        self.shrink_to(MOST_BYTES);
        // Most pages of a long log are further output.
        let is_same = adds_output && !was_again && self.further_output == FurtherOutput::Nothing;
        if !page.lines.is_empty() && !is_same {
            self.find_cause();
        }
    }

    /// What its lines take in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Drops the oldest lines until the others take so many bytes.
    pub(crate) fn shrink_to(&mut self, most: usize) {
        while self.bytes > most {
            let Some(row) = self.rows.pop_oldest() else {
                break;
            };
            self.bytes -= row.line.bytes() + INDEXES;
            self.dropped += 1;
        }
    }

    /// Drops every line of a build that is not shown. Returns the bytes that they took.
    pub(crate) fn leave(&mut self) -> usize {
        self.dropped += self.rows.len();
        self.rows = self.rows.emptied();
        self.is_left = true;
        std::mem::take(&mut self.bytes)
    }

    /// Whether the lines are to be read again, which is told once.
    pub(crate) fn take_left(&mut self) -> bool {
        std::mem::take(&mut self.is_left)
    }

    /// Adds a line at its place. Whether it is a command's output behind all other lines.
    fn add(&mut self, line: &Arc<LogLine>, is_older: bool) -> bool {
        let row = Arc::new(LogRow {
            id: self.next_id,
            line: Arc::clone(line),
            class: text::classify(line.message.as_str()),
        });
        let is_output = row.class == LineClass::Output;
        self.next_id += 1;
        self.bytes += line.bytes() + INDEXES;
        let place = self.place(line.timestamp, is_older);
        if place == self.rows.len() {
            self.rows.push_newest(row);
            return is_output && !is_older;
        }
        if place == 0 {
            self.rows.push_oldest(row);
            return false;
        }
        match self.rows.nth(LineSelection::ALL, place).map(|next| next.id) {
            Some(next) => self.rows.insert_before(&next, row),
            None => self.rows.push_newest(row),
        };
        false
    }

    /// The number of lines before one of this time: a newer one follows those of the same time, an older one precedes them.
    fn place(&self, time: DateTime<Utc>, is_older: bool) -> usize {
        let is_before = |at: DateTime<Utc>| at < time || (at == time && !is_older);
        if !is_older && self.last_at().is_none_or(is_before) {
            return self.rows.len();
        }
        let (mut low, mut high) = (0, self.rows.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let at = self.row(middle).map(|row| row.line.timestamp);
            if at.is_some_and(is_before) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The line with this many older ones.
    pub(crate) fn row(&self, index: usize) -> Option<&Arc<LogRow>> {
        self.rows.nth(LineSelection::ALL, index)
    }

    /// The selected line with this many older selected ones.
    pub(crate) fn nth(&self, selection: LineSelection, index: usize) -> Option<&Arc<LogRow>> {
        self.rows.nth(selection, index)
    }

    pub(crate) fn count(&self, selection: LineSelection) -> usize {
        self.rows.count(selection)
    }

    /// The number of selected lines before a line; `None` where it was dropped.
    pub(crate) fn count_before(&self, selection: LineSelection, id: u64) -> Option<usize> {
        let seq = self.rows.seq_of(&id)?;
        Some(self.rows.count_before(selection, seq))
    }

    pub(crate) fn set_filter(&mut self, slot: FilterSlot, pattern: Option<Pattern>) {
        let pattern = pattern.map(Arc::new);
        self.rows.set_filter_index(slot, pattern.as_ref());
    }

    pub(crate) fn index_some(&mut self, budget: &mut WorkBudget) {
        self.rows.index_some(budget);
    }

    pub(crate) fn unindexed(&self, slot: FilterSlot) -> usize {
        self.rows.unindexed(slot)
    }

    /// An empty log with the same filters.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            rows: self.rows.emptied(),
            next_id: self.next_id,
            ..Self::default()
        }
    }

    /// The command that failed, its first error, and what led to it.
    pub(crate) fn cause(&self) -> Option<&Arc<LogCause>> {
        self.cause.as_ref()
    }

    /// A cause that was found is kept where its lines are not there any more.
    fn find_cause(&mut self) {
        let (found, further_output) = cause::find(self);
        self.further_output = further_output;
        let is_whole = self.dropped == 0 && !self.is_again;
        let is_better = found.is_some() && (!self.is_again || self.cause.is_none());
        if self.cause.as_deref() != found.as_ref() && (is_better || is_whole) {
            self.cause = found.map(Arc::new);
        }
    }
}

#[cfg(test)]
mod tests;
