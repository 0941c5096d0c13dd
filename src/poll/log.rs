//! The schedule of the build log. Lines are read in time order by token; lines that arrive late are found by searching
//! the newest minutes again now and then, and the whole log once at the end. [`crate::poll::log_seen`] tells new lines.
//!
//! ```text
//!  stack events ─► path, first time ─┬─► tail     by token, from the first line or from the newest page on
//!                                    ├─► history  by the other token, back to the first line
//!                                    └─► search   the newest 5 minutes; at the end everything
//! ```

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::backend::{LogBatch, LogError, LogPath, LogRead, LogRequest, LogResponse, NextToken};
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::log_line::{LogLine, LogPage, LogPart, LogState};
use crate::domain::observation::{Seen, WalkStep};
use crate::domain::stack_event::{StackEvent, StackId};
use crate::poll::cadence::Cadence;
use crate::poll::log_seen::SeenLines;
use crate::poll::schedule::{ApiRequest, PollCommand, Schedule};
use crate::text::arn;
use crate::text::safe::SafeText;

/// How far back late lines are searched for while the build runs.
const LATE: TimeDelta = TimeDelta::minutes(5);
/// A stream that existed before the build's image is read from so long before it.
const BEFORE_IMAGE: TimeDelta = TimeDelta::minutes(1);
/// Responses in a row without lines and without an end that are followed up at once.
const EMPTY: u32 = 20;
/// The wait before the next page of history: the newest lines come first.
const HISTORY: Duration = Duration::from_millis(250);

/// Where a log is read from first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStart {
    /// From its first line, so that lines come in time order.
    First,
    /// From its newest lines, and then backwards.
    Newest,
}

/// The intervals of the requests.
#[derive(Clone, Copy, Debug)]
struct Pace {
    moving: Duration,
    quiet: Duration,
    search: Duration,
    /// How long lines may come after the build has ended.
    settle: Duration,
}

impl Pace {
    fn new(fixed: Option<Duration>) -> Self {
        let moving = fixed.unwrap_or(Duration::from_secs(3));
        Self {
            moving,
            quiet: fixed.unwrap_or(Duration::from_secs(10)),
            search: moving * 10,
            settle: moving * 10,
        }
    }
}

/// What the stack's events tell of the log.
#[derive(Debug, Default)]
struct Found {
    stack: Option<StackId>,
    arn: Option<SafeText>,
    /// The oldest event of the image.
    began: Option<DateTime<Utc>>,
}

/// One log that is read.
#[derive(Debug)]
struct Reading {
    path: LogPath,
    from: DateTime<Utc>,
    seen: SeenLines,
    tail: Tail,
    history: History,
    search: Search,
    state: Option<LogState>,
    told_first: bool,
    /// When the build was first known to have ended.
    ended: Option<Duration>,
}

#[derive(Debug)]
struct Tail {
    token: Option<NextToken>,
    /// Where a read without a token begins; `None`: at the newest line.
    from: Option<DateTime<Utc>>,
    due: Duration,
    caught_up: bool,
    /// No line followed when the build had ended for a while.
    is_over: bool,
    empty: u32,
}

/// The lines before those that were read first.
#[derive(Debug)]
enum History {
    Unknown,
    Pending {
        token: Option<NextToken>,
        due: Duration,
    },
    /// The first line is known.
    Done,
    /// Older lines are not read: there are too many.
    Left,
}

#[derive(Debug)]
struct Search {
    due: Duration,
    pass: Option<Pass>,
    is_denied: bool,
}

/// One search, over several pages.
#[derive(Clone, Debug)]
struct Pass {
    /// It moves on with the pages, so that a token that is rejected costs one page.
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    token: Option<NextToken>,
    is_last: bool,
}

/// The request that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Tail,
    History,
    Search,
}

#[derive(Debug)]
pub(crate) struct LogSchedule {
    start: LogStart,
    pace: Pace,
    /// The back-off.
    cadence: Cadence,
    not_before: Duration,
    found: Found,
    reading: Option<Reading>,
    /// The log is refused until the user retries.
    refused: bool,
    /// The build had ended when it was first seen.
    ended: Option<Duration>,
}

impl LogSchedule {
    pub(super) fn new(start: LogStart, fixed: Option<Duration>, random: fastrand::Rng) -> Self {
        Self {
            start,
            pace: Pace::new(fixed),
            cadence: Cadence::new(fixed, random),
            not_before: Duration::ZERO,
            found: Found::default(),
            reading: None,
            refused: false,
            ended: None,
        }
    }

    /// Takes events as known that an earlier watch has recorded.
    pub(super) fn remember(&mut self, page: &WalkStep) {
        self.note(Duration::ZERO, page);
    }

    fn note(&mut self, now: Duration, page: &WalkStep) {
        if page.stack_id.is_some() && page.stack_id != self.found.stack {
            self.found = Found {
                stack: page.stack_id.clone(),
                ..Found::default()
            };
            self.reading = None;
            self.ended = None;
        }
        for event in &page.fresh {
            self.note_event(now, event);
        }
        if page.commit.is_some() && self.reading.is_none() {
            self.begin(now);
        }
    }

    fn note_event(&mut self, now: Duration, event: &StackEvent) {
        if Some(&event.stack_id) != self.found.stack.as_ref() {
            return;
        }
        let is_image = event.logical_id.as_str() == IMAGE_RESOURCE;
        let is_end = event.is_root && (event.status.is_final() || event.status.is_delete())
            || is_image && event.status.as_str() != "CREATE_IN_PROGRESS";
        if is_end {
            self.end(now);
        }
        if !is_image {
            return;
        }
        let times = [self.found.began, event.timestamp];
        self.found.began = times.into_iter().flatten().min();
        let arn = event.physical_id.as_ref();
        if let Some(arn) = arn.filter(|arn| arn.as_str().contains(":imagebuilder:")) {
            self.found.arn = Some(arn.clone());
        }
    }

    /// The build has ended. Where its log is being read, lines may still come for a while.
    fn end(&mut self, now: Duration) {
        self.ended.get_or_insert(now);
        if let Some(reading) = &mut self.reading {
            reading.ended.get_or_insert(now + self.pace.settle);
        }
    }

    fn begin(&mut self, now: Duration) {
        let (Some(stack), Some(arn), Some(began)) =
            (&self.found.stack, &self.found.arn, self.found.began)
        else {
            return;
        };
        let Some(path) = path(stack, arn.as_str()) else {
            return;
        };
        let from = began - BEFORE_IMAGE;
        let from_first = self.start == LogStart::First;
        let history = if from_first {
            History::Done
        } else {
            History::Unknown
        };
        self.reading = Some(Reading {
            path,
            from,
            seen: SeenLines::default(),
            tail: Tail {
                token: None,
                from: from_first.then_some(from),
                due: now,
                caught_up: false,
                is_over: false,
                empty: 0,
            },
            history,
            search: Search {
                due: now + self.pace.search,
                pass: None,
                is_denied: false,
            },
            state: None,
            told_first: false,
            ended: self.ended,
        });
    }

    fn failed(&mut self, now: Duration, part: Part, error: LogError) -> Option<Seen> {
        let fault = match error {
            LogError::TokenRejected(fault) => {
                if let Some(reading) = &mut self.reading {
                    reading.restart(part);
                }
                fault
            }
            LogError::Fault(fault) if fault.kind == FaultKind::Denied => {
                return self.denied(now, part, fault);
            }
            LogError::Fault(fault) => fault,
        };
        self.cadence.failed();
        self.not_before = now + self.cadence.wait(now);
        Some(Seen::Failed(fault))
    }

    /// A search that is refused is made by reading the minutes again; without the log itself there is nothing to show.
    fn denied(&mut self, now: Duration, part: Part, fault: Fault) -> Option<Seen> {
        let reading = self.reading.as_mut()?;
        if part == Part::Search && !reading.search.is_denied {
            reading.search.is_denied = true;
            reading.search.pass = None;
            reading.search.due = now;
        } else {
            self.refused = true;
        }
        Some(Seen::Refused(fault))
    }
}

/// `…:image/parallelclusterimage-<id>/3.16.1/1` → the group, which keeps the case of the id, and the stream.
fn path(stack: &StackId, image_arn: &str) -> Option<LogPath> {
    let (_, resource) = image_arn.split_once(":image/")?;
    let (image, stream) = resource.split_once('/')?;
    if !stream.contains('/') {
        return None;
    }
    let name = arn::stack_name(stack.as_str()).map(|name| format!("ParallelClusterImage-{name}"));
    let name = name.filter(|name| name.eq_ignore_ascii_case(image));
    let name = name.unwrap_or_else(|| image.to_owned());
    Some(LogPath {
        group: format!("/aws/imagebuilder/{name}"),
        stream: stream.to_owned(),
    })
}

impl Reading {
    /// The part whose request is due first, and when.
    fn next(&self) -> Option<(Part, Duration)> {
        if self.state == Some(LogState::Complete) {
            return None;
        }
        let search = match &self.search.pass {
            Some(_) => Some(self.search.due),
            None => self.seen.newest().map(|_| self.search.due),
        };
        let history = match &self.history {
            History::Pending { due, .. } => Some(*due),
            _ => None,
        };
        let parts = [
            (Part::Tail, Some(self.tail.due)),
            (Part::Search, search),
            (Part::History, history),
        ];
        let due = parts
            .into_iter()
            .filter_map(|(part, due)| Some((part, due?)));
        // The first of those that are due at the same time.
        due.min_by_key(|(_, due)| *due)
    }

    fn request(&self, part: Part) -> LogRequest {
        let request = LogRequest {
            path: self.path.clone(),
            read: LogRead::Forward,
            from: self.from,
            until: None,
            token: None,
        };
        match (part, &self.history) {
            (Part::Tail, _) => match self.tail.from {
                Some(from) => LogRequest {
                    from,
                    token: self.tail.token.clone(),
                    ..request
                },
                None => LogRequest {
                    read: if self.tail.token.is_some() {
                        LogRead::Forward
                    } else {
                        LogRead::Backward
                    },
                    token: self.tail.token.clone(),
                    ..request
                },
            },
            (Part::History, History::Pending { token, .. }) => LogRequest {
                read: LogRead::Backward,
                until: self.seen.oldest(),
                token: token.clone(),
                ..request
            },
            (Part::History, _) => request,
            (Part::Search, _) => {
                let pass = self.search.pass.clone();
                let pass = pass.unwrap_or_else(|| self.next_pass());
                LogRequest {
                    read: if self.search.is_denied {
                        LogRead::Forward
                    } else {
                        LogRead::Search
                    },
                    from: pass.from,
                    until: Some(pass.until),
                    token: pass.token,
                    ..request
                }
            }
        }
    }

    /// A search over the newest minutes, or at the end over everything. Lines newer than the tail's are left to it.
    fn next_pass(&self) -> Pass {
        let until = self.seen.newest().unwrap_or(self.from);
        let is_last = self.is_over();
        let from = if is_last { self.from } else { until - LATE };
        // What was not read yet is not late.
        let read_from = match &self.history {
            History::Done => Some(self.from),
            _ => self.seen.oldest(),
        };
        let known = self.seen.known_from();
        let bounds = [Some(self.from), read_from, known];
        let lowest = bounds.into_iter().flatten().max().unwrap_or(self.from);
        Pass {
            from: from.max(lowest),
            until,
            token: None,
            is_last,
        }
    }

    /// Begins a part again whose token was rejected.
    fn restart(&mut self, part: Part) {
        match part {
            Part::Tail => {
                self.tail.token = None;
                if let Some(newest) = self.seen.newest() {
                    self.tail.from = Some(newest);
                    self.seen.reread_from(newest);
                }
            }
            Part::History => {
                if let History::Pending { token, .. } = &mut self.history {
                    *token = None;
                }
                if let Some(oldest) = self.seen.oldest() {
                    self.seen.reread_until(oldest);
                }
            }
            Part::Search => {
                if let Some(pass) = &mut self.search.pass {
                    pass.token = None;
                    self.seen.search_again_from(pass.from);
                }
            }
        }
    }

    fn on_tail(&mut self, now: Duration, pace: Pace, batch: LogBatch) -> (LogPart, Vec<LogLine>) {
        let is_first = self.tail.token.is_none() && self.tail.from.is_none();
        let (next, previous) = if is_first {
            (batch.opposite, batch.next)
        } else {
            (batch.next, batch.opposite)
        };
        if is_first && previous.is_some() && batch.lines.is_empty() {
            // No place to read both ways from: the log is read from its first line.
            self.tail.from = Some(self.from);
            self.tail.due = now;
            self.history = History::Done;
            return (LogPart::Newer, Vec::new());
        }
        if is_first && previous.is_some() && matches!(self.history, History::Unknown) {
            self.history = History::Pending {
                token: previous,
                due: now + HISTORY,
            };
        }
        let is_same = next.is_none() || next == self.tail.token;
        self.tail.caught_up = is_same;
        self.tail.is_over = is_same && self.ended.is_some_and(|settled| now >= settled);
        if next.is_some() {
            self.tail.token = next;
        }
        self.tail.empty = if batch.lines.is_empty() {
            self.tail.empty.saturating_add(1)
        } else {
            0
        };
        let wait = if !is_same && self.tail.empty < EMPTY {
            Duration::ZERO
        } else if batch.lines.is_empty() {
            pace.quiet
        } else {
            pace.moving
        };
        self.tail.due = now + wait;
        (LogPart::Newer, self.seen.read(batch.lines, true))
    }

    fn on_history(&mut self, now: Duration, batch: LogBatch) -> (LogPart, Vec<LogLine>) {
        let lines = self.seen.read(batch.lines, false);
        let asked = match &self.history {
            History::Pending { token, .. } => token.clone(),
            _ => None,
        };
        self.history = match batch.next {
            _ if self.seen.is_full() => History::Left,
            next if next.is_none() || next == asked => History::Done,
            token => History::Pending {
                token,
                due: now + HISTORY,
            },
        };
        (LogPart::Older, lines)
    }

    fn on_search(&mut self, now: Duration, pace: Pace, batch: LogBatch) -> (LogPart, Vec<LogLine>) {
        let pass = self.search.pass.take();
        let is_first = pass.is_none();
        let mut pass = pass.unwrap_or_else(|| self.next_pass());
        if is_first {
            self.seen.begin_search();
        }
        let range = pass.from..=pass.until;
        let lines = batch.lines.into_iter();
        let lines = lines.filter(|line| range.contains(&line.timestamp));
        let lines: Vec<_> = lines.collect();
        let reached = lines.last().map(|line| line.timestamp);
        let late = self.seen.search(lines);
        if let Some(reached) = reached {
            pass.from = reached;
        }
        let has_more = batch.next.is_some() && batch.next != pass.token;
        if has_more {
            pass.token = batch.next;
            self.search.pass = Some(pass);
            self.search.due = now;
            return (LogPart::Late, late);
        }
        self.search.due = now + pace.search;
        if pass.is_last {
            self.state = Some(LogState::Complete);
        }
        (LogPart::Late, late)
    }

    /// Whether the build has ended, and everything but late lines was read.
    fn is_over(&self) -> bool {
        self.tail.is_over && !matches!(self.history, History::Pending { .. })
    }

    /// The last search follows what was read last.
    fn hasten(&mut self, now: Duration) {
        if !self.is_over() || self.search.pass.is_some() {
            return;
        }
        self.search.due = self.search.due.min(now);
        if self.seen.newest().is_none() && self.tail.token.is_some() {
            self.state = Some(LogState::Complete);
        }
    }
}

impl Schedule for LogSchedule {
    type Response = Result<LogResponse, LogError>;

    fn next(&self) -> Option<(ApiRequest, Duration)> {
        let reading = self.reading.as_ref().filter(|_| !self.refused)?;
        let (part, due) = reading.next()?;
        let request = reading.request(part);
        Some((ApiRequest::Log(Box::new(request)), due.max(self.not_before)))
    }

    fn on_response(&mut self, now: Duration, response: Self::Response) -> Option<Seen> {
        let part = self.reading.as_ref()?.next()?.0;
        let batch = match response {
            Err(error) => return self.failed(now, part, error),
            Ok(LogResponse::Absent) if part == Part::Tail => LogBatch::default(),
            Ok(LogResponse::Absent) => {
                self.not_before = now + self.pace.quiet;
                return None;
            }
            Ok(LogResponse::Page(batch)) => batch,
        };
        let was_failing = self.cadence.is_failing();
        self.cadence.succeeded();
        self.not_before = Duration::ZERO;
        let reading = self.reading.as_mut()?;
        let before = reading.state;
        let (place, lines) = match part {
            Part::Tail => reading.on_tail(now, self.pace, batch),
            Part::History => reading.on_history(now, batch),
            Part::Search => reading.on_search(now, self.pace, batch),
        };
        reading.hasten(now);
        let is_absent = reading.seen.newest().is_none() && reading.tail.token.is_none();
        if reading.state != Some(LogState::Complete) {
            reading.state = Some(if is_absent {
                LogState::Absent
            } else if reading.tail.caught_up {
                LogState::CaughtUp
            } else {
                LogState::Reading
            });
        }
        let state = reading.state?;
        let has_first = matches!(reading.history, History::Done) && !reading.seen.is_full();
        let is_news = !lines.is_empty()
            || reading.state != before
            || reading.told_first != has_first
            || was_failing;
        reading.told_first = has_first;
        is_news.then(|| {
            Seen::Log(LogPage {
                lines: lines.into_iter().map(Arc::new).collect(),
                part: place,
                state,
                has_first,
            })
        })
    }

    fn on_other(&mut self, now: Duration, seen: &Seen, _: Duration) {
        match seen {
            Seen::Page(page) => self.note(now, page),
            Seen::StackGone => self.end(now),
            _ => {}
        }
    }

    fn command(&mut self, now: Duration, command: PollCommand) {
        if command == PollCommand::Audit {
            return;
        }
        self.not_before = Duration::ZERO;
        if command == PollCommand::PollNow {
            self.refused = false;
        }
        if let Some(reading) = &mut self.reading {
            reading.tail.due = reading.tail.due.min(now);
        }
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
