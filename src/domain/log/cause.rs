//! Why a build failed, by its log: the command that failed, its first error, and what led to it. Found by walking through
//! the lines that begin a step, end a command or are errors; [`crate::domain::log`] does it again when a page adds lines.

use crate::domain::log::mark::{Mark, mark};
use crate::domain::log::place::LinePlace;
use crate::domain::log::text::{self, asks_for_restart};
use crate::domain::log::{BuildLog, FurtherOutput, LineClass, LineSelection, LogRow};
use crate::domain::reason::known_line;
use crate::store::class_set::ClassSet;
use crate::text::safe::SafeText;

/// The most lines that explain a failure.
const MOST_LINES: usize = 50;
/// Those of them that follow the first error.
const AFTER_ERROR: usize = 20;
/// The most steps, ends and errors that are walked through: the newest ones.
const MOST_MARKS: usize = 4096;
/// How far before its exit the last words of a command are looked for.
const NEAR: usize = 60;
/// The same for its standard error, which other output may follow.
const FAR: usize = 2000;
/// The last words of a command that are kept.
const SAID: usize = 3;
/// So many restarts by one step are a loop.
const RESTARTS: usize = 3;

/// Why the build failed, by its log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogCause {
    pub(crate) component: Option<SafeText>,
    pub(crate) phase: Option<SafeText>,
    /// The step of the component.
    pub(crate) step: Option<SafeText>,
    /// The step of the workflow.
    pub(crate) workflow_step: Option<SafeText>,
    pub(crate) exit_code: Option<i32>,
    /// The line that says most: the first error.
    pub(crate) error: SafeText,
    /// The id of its row.
    pub(crate) row: u64,
    /// The last lines of the command before it failed, without their prefix: of its standard error where it has some.
    pub(crate) said: Vec<SafeText>,
    /// The line that a remedy is known for.
    pub(crate) known: Option<SafeText>,
    /// What led to the error, and what followed: at most 50 lines.
    pub(crate) tail: Vec<SafeText>,
}

impl LogCause {
    /// The last lines up to the error, for where there is little room.
    pub(crate) fn before_error(&self, count: usize) -> impl Iterator<Item = &SafeText> {
        let at = self.tail.iter().position(|line| *line == self.error);
        let end = at.map_or(self.tail.len(), |at| at + 1);
        self.tail.iter().take(end).skip(end.saturating_sub(count))
    }
}

/// The command that runs, and its errors so far.
#[derive(Clone, Debug, Default)]
struct Scope {
    place: LinePlace,
    /// The index of its first line.
    begin: usize,
    first_error: Option<usize>,
}

/// A command that failed.
#[derive(Clone, Debug)]
struct Failure {
    scope: Scope,
    first_error: usize,
    last_error: usize,
    exit_code: Option<i32>,
}

/// The step that has asked for a restart, and how often in a row.
#[derive(Clone, Debug, Default)]
struct Restarts {
    place: LinePlace,
    count: usize,
}

#[derive(Default)]
struct Walk {
    scope: Scope,
    failure: Option<Failure>,
    restarts: Restarts,
    /// The image has failed.
    has_failed: bool,
}

impl Walk {
    fn take(&mut self, index: usize, row: &LogRow) {
        let message = row.line.message.as_str();
        let mark = mark(message);
        match mark {
            Some(Mark::ExitCode(0)) => self.command_succeeded(),
            Some(Mark::ExitCode(code)) if asks_for_restart(code) => self.restart(index, code),
            Some(Mark::ExitCode(code)) => self.fail(index, Some(code)),
            Some(Mark::Stage("FAILED" | "CANCELLED")) => self.has_failed = true,
            Some(Mark::Stage(_)) => {
                // The stage before is over, and nothing of it has failed.
                self.failure = None;
                self.scope = Scope::begin(LinePlace::default(), index);
            }
            Some(mark) => {
                if mark == Mark::Succeeded {
                    // All components have been run, and nothing of them has failed.
                    self.failure = None;
                }
                let mut place = self.scope.place.clone();
                if place.enter(mark) {
                    self.scope = Scope::begin(place, index);
                } else if row.is_error() {
                    self.summarize(index);
                }
            }
            None if text::is_summary(message) => self.summarize(index),
            None if row.is_error() => self.fail(index, None),
            None => {}
        }
    }

    /// The errors so far were handled.
    fn command_succeeded(&mut self) {
        self.scope.first_error = None;
        let begin = self.scope.begin;
        // An error without an exit code is one of this command's.
        self.failure
            .take_if(|failure| failure.scope.begin == begin && failure.exit_code.is_none());
    }

    fn fail(&mut self, index: usize, exit_code: Option<i32>) {
        let first_error = *self.scope.first_error.get_or_insert(index);
        self.failure = Some(Failure {
            scope: self.scope.clone(),
            first_error,
            last_error: index,
            exit_code,
        });
        if exit_code.is_some() {
            // What follows is another command's.
            self.scope.first_error = None;
        }
    }

    fn restart(&mut self, index: usize, code: i32) {
        let is_again = self.restarts.place == self.scope.place;
        let count = if is_again { self.restarts.count + 1 } else { 1 };
        self.restarts = Restarts {
            place: self.scope.place.clone(),
            count,
        };
        if count >= RESTARTS {
            self.fail(index, Some(code));
        }
    }

    /// A line that says that something before it has failed.
    fn summarize(&mut self, index: usize) {
        if self.failure.is_none() {
            self.fail(index, None);
        }
    }
}

impl Scope {
    fn begin(place: LinePlace, begin: usize) -> Self {
        Self {
            place,
            begin,
            first_error: None,
        }
    }
}

/// Why the build failed, by its log; `None` while nothing has failed that was not handled. Also whether further output may
/// say it.
pub(super) fn find(log: &BuildLog) -> (Option<LogCause>, FurtherOutput) {
    let marks = LineSelection::of(ClassSet::ALL.toggled(LineClass::Output));
    let count = log.count(marks);
    let mut walk = Walk::default();
    for nth in count.saturating_sub(MOST_MARKS)..count {
        if let Some(row) = log.nth(marks, nth)
            && let Some(index) = log.count_before(LineSelection::ALL, row.id())
        {
            walk.take(index, row);
        }
    }
    let further_output = if walk.has_failed && walk.failure.is_none() {
        FurtherOutput::Cause
    } else {
        FurtherOutput::Nothing
    };
    (found(log, walk), further_output)
}

fn found(log: &BuildLog, walk: Walk) -> Option<LogCause> {
    let Walk {
        failure,
        scope,
        has_failed,
        ..
    } = walk;
    let failure = failure.or_else(|| {
        let unmarked = unmarked(log, &scope).filter(|_| has_failed)?;
        Some(Failure {
            scope,
            first_error: unmarked,
            last_error: unmarked,
            exit_code: None,
        })
    })?;
    explain(log, failure)
}

/// The first line of the last step that sounds like a failure: where the image has failed, and no line is known to be one.
fn unmarked(log: &BuildLog, scope: &Scope) -> Option<usize> {
    let begin = scope.begin.max(log.len().saturating_sub(NEAR));
    let mut lines = (begin..log.len()).filter_map(|index| Some((index, log.row(index)?)));
    let sounds = |row: &LogRow| {
        let message = row.line.message.as_str();
        mark(message).is_none() && text::may_explain(message)
    };
    lines.find(|(_, row)| sounds(row)).map(|(index, _)| index)
}

fn explain(log: &BuildLog, failure: Failure) -> Option<LogCause> {
    let Failure {
        scope,
        first_error,
        last_error,
        exit_code,
    } = failure;
    let said = said(log, scope.begin, last_error);
    let is_exit =
        exit_code.is_some_and(|code| !asks_for_restart(code)) && first_error == last_error;
    // A bare exit code says less than the last words before it.
    let first_error = if is_exit {
        telling(log, &said).unwrap_or(first_error)
    } else {
        first_error
    };
    let row = log.row(first_error)?;
    let end = last_error.min(first_error + AFTER_ERROR);
    let start = scope.begin.max((end + 1).saturating_sub(MOST_LINES));
    let text = |index: usize| Some(log.row(index)?.line.message.clone());
    let tail: Vec<_> = (start..=end).filter_map(text).collect();
    let words = |index: &usize| {
        let message = text(*index)?;
        let (_, words) = text::output(message.as_str())?;
        Some(SafeText::new(words))
    };
    let said: Vec<_> = said.iter().filter_map(words).collect();
    let error = row.line.message.clone();
    let near = first_error.saturating_sub(NEAR / 4).max(start)..=end;
    let near = near.filter_map(text);
    let known = known_line([error.clone()].into_iter().chain(said.clone()).chain(near));
    Some(LogCause {
        component: scope.place.component,
        phase: scope.place.phase,
        step: scope.place.component_step,
        workflow_step: scope.place.step,
        exit_code,
        error,
        row: row.id(),
        said,
        known,
        tail,
    })
}

/// The indexes of the last lines that a command has written, those of its standard error where it has some. What its
/// standard error says of a failure may be far behind other output.
fn said(log: &BuildLog, begin: usize, end: usize) -> Vec<usize> {
    let written = |index: usize| {
        let row = log.row(index)?;
        let (is_error, text) = text::output(row.line.message.as_str())?;
        (!text.is_empty()).then_some((index, is_error))
    };
    let back = |far: usize| {
        let lines = begin.max(end.saturating_sub(far))..=end;
        lines.rev().filter_map(written)
    };
    let last = |indexes: &mut dyn Iterator<Item = usize>| {
        let mut last: Vec<_> = indexes.take(SAID).collect();
        last.reverse();
        last
    };
    let index = |(index, _)| index;
    let errors = |far: usize| back(far).filter(|(_, is_error)| *is_error).map(index);
    let near = last(&mut errors(NEAR));
    if !near.is_empty() {
        return near;
    }
    let output = last(&mut back(NEAR).map(index));
    if output.iter().any(|index| sounds(log, *index)) {
        return output;
    }
    let far = last(&mut errors(FAR));
    if far.iter().any(|index| sounds(log, *index)) {
        far
    } else {
        output
    }
}

/// Whether a line sounds like a failure.
fn sounds(log: &BuildLog, index: usize) -> bool {
    let row = log.row(index);
    row.is_some_and(|row| text::may_explain(row.line.message.as_str()))
}

/// The last of a command's last words that sounds like a failure, else the very last of its standard error.
fn telling(log: &BuildLog, said: &[usize]) -> Option<usize> {
    let last = said.last().filter(|index| {
        let row = log.row(**index);
        let output = row.and_then(|row| text::output(row.line.message.as_str()));
        output.is_some_and(|(is_error, _)| is_error)
    });
    let telling = said.iter().rfind(|index| sounds(log, **index));
    telling.or(last).copied()
}
