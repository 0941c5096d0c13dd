//! The view of the build log: follows the newest line or holds a place, wraps long lines, and goes from error to error and
//! from step to step. `view::views::log` draws it.

use chrono::{DateTime, Utc};

use crate::app::layout::PaneSize;
use crate::app::views::action::{Move, ViewAction};
use crate::app::views::detail::DetailSubject;
use crate::app::views::filter::quoted;
use crate::app::views::{View, ViewData, ViewRequest};
use crate::domain::log::{BuildLog, LineClass, LineSelection, LogRow};
use crate::store::class_set::ClassSet;
use crate::store::filter_index::FilterSlot;
use crate::text::pattern::Pattern;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{width, wrap};

/// The columns of the time, and a space.
pub(crate) const TIME_COLUMNS: usize = 9;
/// The lines above the first error that are shown with it, where there is room.
const ABOVE_CAUSE: usize = 8;
/// The width of the pane from which on the outline of the steps is beside the lines, and that of the outline.
const ROOM_FOR_OUTLINE: usize = 127;
const OUTLINE_COLUMNS: usize = 40;
/// The rows that a wrapped line takes at most.
const MOST_ROWS: usize = 40;

#[derive(Clone, Debug)]
pub struct LogList {
    /// The id of the selected line.
    selected: Option<u64>,
    pub follows: bool,
    /// The index of the first line on the screen.
    pub top: usize,
    /// The number of lines between the first one and the selected one.
    offset: usize,
    pub wraps: bool,
    pub filter: Option<Pattern>,
    /// The number of lines when the view stopped following.
    held_at: usize,
    /// The text of the selected line.
    text: Option<SafeText>,
    /// The line that the view has selected by itself: the first error of a failure.
    put: Option<u64>,
}

impl Default for LogList {
    fn default() -> Self {
        Self {
            selected: None,
            follows: true,
            top: 0,
            offset: 0,
            wraps: false,
            filter: None,
            held_at: 0,
            text: None,
            put: None,
        }
    }
}

impl LogList {
    /// The listed lines.
    pub(crate) fn selection(&self) -> LineSelection {
        LineSelection {
            classes: ClassSet::ALL,
            slot: self.filter.as_ref().map(|_| FilterSlot::Listed),
        }
    }

    /// The index of the selected line among the listed ones.
    pub(crate) fn index(&self, log: &BuildLog) -> usize {
        let last = log.count(self.selection()).saturating_sub(1);
        if self.follows {
            return last;
        }
        let selected = self
            .selected
            .and_then(|id| log.count_before(self.selection(), id));
        // The line was dropped, with all before it.
        selected.unwrap_or(0).min(last)
    }

    /// The number of lines that came since the view stopped following.
    pub(crate) fn arrived(&self, log: &BuildLog) -> usize {
        (log.len() + log.dropped()).saturating_sub(self.held_at)
    }

    fn hold(&mut self, log: &BuildLog) {
        if self.follows {
            self.follows = false;
            self.held_at = log.len() + log.dropped();
        }
    }

    fn select(&mut self, log: &BuildLog, index: usize) {
        let count = log.count(self.selection());
        if index + 1 >= count {
            self.follows = true;
        } else {
            self.hold(log);
            self.offset = index.saturating_sub(self.top);
            let row = log.nth(self.selection(), index);
            self.selected = row.map(|row| row.id());
        }
    }

    fn move_by(&mut self, log: &BuildLog, delta: isize) {
        let index = self.index(log).saturating_add_signed(delta);
        self.select(log, index);
    }

    /// Selects the next or previous line of a class that is listed. Returns its number and their count.
    fn step(&mut self, log: &BuildLog, class: LineClass, forward: bool) -> Option<(usize, usize)> {
        let selection = LineSelection {
            classes: ClassSet::only(class),
            ..self.selection()
        };
        let count = log.count(selection);
        let current = log.nth(self.selection(), self.index(log))?;
        let before = log.count_before(selection, current.id())?;
        let is_there = log
            .nth(selection, before)
            .is_some_and(|row| row.id() == current.id());
        let next = if forward {
            before + usize::from(is_there)
        } else {
            before.checked_sub(1)?
        };
        let row = log.nth(selection, next)?;
        self.show(log, row);
        Some((next + 1, count))
    }

    pub(crate) fn step_to_error(&mut self, log: &BuildLog, forward: bool) -> String {
        match self.step(log, LineClass::Error, forward) {
            Some((number, count)) => format!("error {number} of {count}"),
            None if forward => "no error below".to_owned(),
            None => "no error above".to_owned(),
        }
    }

    fn show(&mut self, log: &BuildLog, row: &LogRow) {
        self.hold(log);
        self.selected = Some(row.id());
        let index = self.index(log);
        self.offset = index.saturating_sub(self.top);
    }

    /// Selects the first error once a build has failed, unless the user has selected something; without one, the view
    /// follows again.
    pub(crate) fn show_cause(&mut self, log: &BuildLog, row: Option<u64>) {
        if self.put == row {
            return;
        }
        let is_where_put = !self.follows && self.put.is_some() && self.selected == self.put;
        if self.follows || is_where_put {
            match row {
                Some(_) => {
                    self.hold(log);
                    self.selected = row;
                    self.offset = ABOVE_CAUSE;
                }
                None => self.follows = true,
            }
        }
        self.put = row;
    }

    /// The rows that a line takes.
    fn rows_of(&self, log: &BuildLog, index: usize, columns: usize) -> usize {
        let above = usize::from(index == 0 && self.missing(log).is_some());
        if !self.wraps {
            return 1 + above;
        }
        let row = log.nth(self.selection(), index);
        row.map_or(1, |row| wrapped(row, columns).len()) + above
    }

    /// Why there are no lines above the oldest one, where there should be.
    pub(crate) fn missing(&self, log: &BuildLog) -> Option<String> {
        if self.filter.is_some() || log.is_empty() || !log.misses_older() {
            return None;
        }
        Some(match log.dropped() {
            0 => "older lines are not read yet".to_owned(),
            1 => "1 older line was dropped to save memory".to_owned(),
            count => format!("{count} older lines were dropped to save memory"),
        })
    }

    /// The first line on the screen, so that the selected one is on it, too.
    fn place(&mut self, log: &BuildLog, size: PaneSize) {
        let columns = text_columns(size);
        let count = log.count(self.selection());
        let index = self.index(log);
        let mut top = if self.follows {
            index
        } else {
            index.saturating_sub(self.offset)
        };
        top = top.max(index.saturating_sub(size.rows));
        let mut rows: usize = (top..=index).map(|at| self.rows_of(log, at, columns)).sum();
        while rows > size.rows && top < index {
            rows -= self.rows_of(log, top, columns);
            top += 1;
        }
        // The screen is filled where there are lines enough.
        let mut below: usize = (index + 1..count)
            .take(size.rows)
            .map(|at| self.rows_of(log, at, columns))
            .sum();
        while top > 0 && rows + below < size.rows {
            let more = self.rows_of(log, top - 1, columns);
            if rows + below + more > size.rows {
                break;
            }
            top -= 1;
            below += more;
        }
        self.top = top;
        self.offset = index - top;
    }
}

/// The columns of the outline of a pane; zero where it has no room for one.
pub(crate) fn outline_columns(columns: usize) -> usize {
    if columns >= ROOM_FOR_OUTLINE {
        OUTLINE_COLUMNS
    } else {
        0
    }
}

fn text_columns(size: PaneSize) -> usize {
    let outline = outline_columns(size.columns);
    size.columns.saturating_sub(outline + TIME_COLUMNS)
}

/// The rows of a wrapped line.
pub(crate) fn wrapped(row: &LogRow, columns: usize) -> Vec<String> {
    let text = one_line(row.line.message.as_str());
    if width(&text) <= columns {
        return vec![text];
    }
    let mut rows = wrap(&text, columns.max(8));
    rows.truncate(MOST_ROWS);
    rows
}

impl View for LogList {
    fn count(&self, data: ViewData<'_>) -> usize {
        data.build.log().len()
    }

    fn subject<'a>(&'a self, _data: ViewData<'a>) -> Option<DetailSubject<'a>> {
        None
    }

    fn has_detail(&self) -> bool {
        false
    }

    fn copyable(&self) -> Option<(String, String)> {
        let text = self.text.as_ref()?;
        Some(("the line".to_owned(), text.as_str().to_owned()))
    }

    fn settle(&mut self, data: ViewData<'_>, size: Option<PaneSize>) {
        let log = data.build.log();
        if let Some(size) = size {
            self.place(log, size);
        }
        let row = log.nth(self.selection(), self.index(log));
        self.text = row.map(|row| row.line.message.clone());
    }

    fn go(&mut self, step: Move, data: ViewData<'_>, size: PaneSize) {
        let (log, page) = (data.build.log(), size.page_step());
        match step {
            Move::Up => self.move_by(log, -1),
            Move::Down => self.move_by(log, 1),
            Move::PageUp => self.move_by(log, -page),
            Move::PageDown => self.move_by(log, page),
            Move::Top => self.select(log, 0),
            Move::Bottom => self.follows = true,
        }
    }

    fn act(
        &mut self,
        action: ViewAction,
        data: ViewData<'_>,
        _now: DateTime<Utc>,
    ) -> Option<ViewRequest> {
        let log = data.build.log();
        let toast = match action {
            ViewAction::Wrap => {
                self.wraps = !self.wraps;
                let how = if self.wraps { "wrapped" } else { "cut" };
                format!("long lines are {how}")
            }
            ViewAction::NextStep | ViewAction::PreviousStep => {
                let forward = action == ViewAction::NextStep;
                match self.step(log, LineClass::Step, forward) {
                    Some((number, count)) => format!("step {number} of {count}"),
                    None => "no step there".to_owned(),
                }
            }
            ViewAction::Enter
            | ViewAction::Toggle
            | ViewAction::Left
            | ViewAction::Right
            | ViewAction::Zoom(_)
            | ViewAction::NewestFirst => return None,
        };
        Some(ViewRequest::Toast(toast))
    }

    fn scroll(&mut self, rows: isize, data: ViewData<'_>, _size: PaneSize) {
        self.move_by(data.build.log(), rows);
    }

    fn click(&mut self, line: usize, data: ViewData<'_>, size: PaneSize) {
        let log = data.build.log();
        let columns = text_columns(size);
        let mut left = line;
        for index in self.top..log.count(self.selection()) {
            let rows = self.rows_of(log, index, columns);
            if left < rows {
                self.select(log, index);
                return;
            }
            left -= rows;
        }
    }

    fn find(&mut self, pattern: &Pattern, forward: bool, data: ViewData<'_>) -> Option<String> {
        let log = data.build.log();
        let found = LineSelection {
            classes: ClassSet::ALL,
            slot: Some(FilterSlot::Found),
        };
        let count = log.count(found);
        let left = log.unindexed(FilterSlot::Found);
        let so_far = if left > 0 {
            format!(" so far, {left} to search")
        } else {
            String::new()
        };
        let current = log.nth(self.selection(), self.index(log))?;
        let before = log.count_before(found, current.id())?;
        let is_there = log
            .nth(found, before)
            .is_some_and(|row| row.id() == current.id());
        let is_listed = |row: &LogRow| {
            let filter = self.filter.as_ref();
            filter.is_none_or(|filter| filter.is_in(row.line.message.as_str()))
        };
        let start = if forward {
            before + usize::from(is_there)
        } else {
            before + count.max(1) - 1
        };
        let next = (0..count).map(|step| {
            let step = if forward {
                start + step
            } else {
                start + count - step
            };
            step % count
        });
        let mut next = next.filter_map(|nth| Some((nth, log.nth(found, nth)?)));
        let Some((nth, row)) = next.find(|(_, row)| is_listed(row)) else {
            return Some(format!(
                "no listed line matches {}{so_far}",
                quoted(pattern)
            ));
        };
        self.show(log, row);
        Some(format!("{} of {count}{so_far}", nth + 1))
    }
}
