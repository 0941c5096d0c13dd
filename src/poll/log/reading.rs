//! One log that is read: which request is due, and what a response adds. [`crate::poll::log`] begins it, once the stack's
//! events name the log.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::backend::{LogBatch, LogPath, LogRead, LogRequest, NextToken};
use crate::domain::log_line::{LogLine, LogPart, LogState};
use crate::poll::log::LogStart;
use crate::poll::log::search::{Pass, Search};
use crate::poll::log::secrets::Redacted;
use crate::poll::log::seen::{ReadFrom, SeenLines};
use crate::text::redact::LineSecrets;
use crate::text::safe::SafeText;

/// How far back late lines are searched for while the build runs.
const LATE: TimeDelta = TimeDelta::minutes(5);
/// Responses in a row without lines and without an end that are followed up at once.
const EMPTY: u32 = 20;
/// The wait before the next page of history: the newest lines come first.
const HISTORY: Duration = Duration::from_millis(250);

/// The intervals of the requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) moving: Duration,
    pub(super) quiet: Duration,
    pub(super) search: Duration,
    /// How long lines may come after the build has ended.
    pub(super) settle: Duration,
}

impl Pace {
    pub(super) fn new(fixed: Option<Duration>) -> Self {
        let moving = fixed.unwrap_or(Duration::from_secs(3));
        Self {
            moving,
            quiet: fixed.unwrap_or(Duration::from_secs(10)),
            search: moving * 10,
            settle: moving * 10,
        }
    }
}

/// One log that is read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) path: LogPath,
    pub(super) from: DateTime<Utc>,
    pub(super) seen: SeenLines,
    pub(super) tail: Tail,
    pub(super) history: History,
    /// The first line of the page that was read before the next one of the history.
    pub(super) after_history: Option<SafeText>,
    pub(super) search: Search,
    pub(super) state: Option<LogState>,
    pub(super) told_first: bool,
    /// The lines are read again, and none was passed on since.
    pub(super) restarts: bool,
    /// When the build was first known to have ended.
    pub(super) ended: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Tail {
    pub(super) token: Option<NextToken>,
    /// Where a read without a token begins; `None`: at the newest line.
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) due: Duration,
    pub(super) caught_up: bool,
    /// No line followed when the build had ended for a while.
    pub(super) is_over: bool,
    pub(super) empty: u32,
    /// What the lines so far say about secrets in the next one.
    pub(super) secrets: LineSecrets,
}

/// The lines before those that were read first.
#[derive(Debug)]
pub(super) enum History {
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

/// The request that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Tail,
    History,
    Search,
}

impl Reading {
    pub(super) fn new(
        path: LogPath,
        from: DateTime<Utc>,
        start: LogStart,
        pace: Pace,
        now: Duration,
    ) -> Self {
        let from_first = start == LogStart::First;
        Self {
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
                secrets: LineSecrets::default(),
            },
            history: if from_first {
                History::Done
            } else {
                History::Unknown
            },
            after_history: None,
            search: Search::new(now + pace.search),
            state: None,
            told_first: false,
            restarts: false,
            ended: None,
        }
    }

    /// Reads all lines again, the newest first: they were dropped.
    pub(super) fn begin_again(&mut self, pace: Pace, now: Duration) {
        let (path, from) = (self.path.clone(), self.from);
        let mut seen = std::mem::take(&mut self.seen);
        seen.begin_again();
        let is_denied = self.search.is_denied;
        *self = Self {
            seen,
            restarts: true,
            ended: self.ended,
            ..Self::new(path, from, LogStart::Newest, pace, now)
        };
        self.search.is_denied = is_denied;
    }

    /// The part whose request is due first, and when.
    pub(super) fn next(&self) -> Option<(Part, Duration)> {
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

    pub(super) fn request(&self, part: Part) -> LogRequest {
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
    pub(super) fn next_pass(&self) -> Pass {
        let until = self.seen.newest().unwrap_or(self.from);
        let is_last = self.is_over();
        // Since the last search more than these minutes may have passed.
        let since = self.search.searched.map_or(until, |last| last.min(until));
        let from = if is_last { self.from } else { since - LATE };
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
            has_found: false,
            secrets: LineSecrets::default(),
        }
    }

    /// Begins a part again whose token was rejected.
    pub(super) fn restart(&mut self, part: Part) {
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

    pub(super) fn on_tail(
        &mut self,
        now: Duration,
        pace: Pace,
        batch: LogBatch,
    ) -> (LogPart, Vec<LogLine>) {
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
        if is_first && previous.is_some() {
            self.tail.secrets = LineSecrets::after_a_cut();
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
        let read = if is_first {
            ReadFrom::Newest
        } else {
            ReadFrom::Older
        };
        if is_first {
            self.note_first(&batch.lines);
        }
        let redacted = Redacted::find(&mut self.tail.secrets, &batch.lines, None);
        let new = self.seen.read(batch.lines, read);
        if !new.is_empty() {
            self.search.follow(now, pace);
        }
        (LogPart::Newer, redacted.apply(new))
    }

    fn note_first(&mut self, lines: &[LogLine]) {
        if let Some(first) = lines.first() {
            self.after_history = Some(first.message.clone());
        }
    }

    pub(super) fn on_history(&mut self, now: Duration, batch: LogBatch) -> (LogPart, Vec<LogLine>) {
        let after = self.after_history.as_ref();
        let mut secrets = match batch.next {
            Some(_) => LineSecrets::after_a_cut(),
            None => LineSecrets::default(),
        };
        let redacted = Redacted::find(&mut secrets, &batch.lines, after);
        self.note_first(&batch.lines);
        let lines = redacted.apply(self.seen.read(batch.lines, ReadFrom::Newer));
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

    pub(super) fn on_search(
        &mut self,
        now: Duration,
        pace: Pace,
        batch: LogBatch,
    ) -> (LogPart, Vec<LogLine>) {
        let pass = self.search.pass.take();
        let is_first = pass.is_none();
        let mut pass = pass.unwrap_or_else(|| self.next_pass());
        if is_first {
            self.seen.begin_search();
        }
        let range = pass.from..=pass.until;
        let redacted = Redacted::find(&mut pass.secrets, &batch.lines, None);
        let lines = batch.lines.into_iter();
        let lines = lines.filter(|line| range.contains(&line.timestamp));
        let lines: Vec<_> = lines.collect();
        let reached = lines.last().map(|line| line.timestamp);
        let late = redacted.apply(self.seen.search(lines));
        pass.has_found |= !late.is_empty();
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
        self.search.due = now + self.search.interval(&pass, pace);
        if pass.is_last {
            self.state = Some(LogState::Complete);
        }
        (LogPart::Late, late)
    }

    /// Whether the build has ended, and everything but late lines was read.
    pub(super) fn is_over(&self) -> bool {
        self.tail.is_over && !matches!(self.history, History::Pending { .. })
    }

    /// The last search follows what was read last.
    pub(super) fn hasten(&mut self, now: Duration) {
        if !self.is_over() || self.search.pass.is_some() {
            return;
        }
        self.search.due = self.search.due.min(now);
        if self.seen.newest().is_none() && self.tail.token.is_some() {
            self.state = Some(LogState::Complete);
        }
    }
}
