//! The lines of a log that were read, as a multiset over time and text: the service gives lines no id, and many may have
//! the same time and text. A line is new where a read has returned it more often than it was passed on.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use chrono::{DateTime, Utc};

use crate::domain::log_line::LogLine;

/// The most distinct lines that are remembered: the oldest are forgotten.
const MOST: usize = 400_000;

type Key = (DateTime<Utc>, u64);

/// How often a line was passed on, and how often each kind of read returned it.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    passed_on: u32,
    /// How often it was passed on since the log was read again.
    shown: u32,
    /// By the reads towards newer lines, and by those towards older ones: both may return the lines of one millisecond.
    ahead: u32,
    behind: u32,
    found: u32,
    search: u32,
}

impl Count {
    /// A read has returned the line this often. Whether it had been passed on as often before.
    fn show(&mut self, times: u32) -> bool {
        let again = times <= self.passed_on;
        self.shown = times;
        self.passed_on = self.passed_on.max(times);
        again
    }
}

/// Where a read by token comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadFrom {
    /// From older lines, towards the newest.
    Older,
    /// From newer lines, towards the first.
    Newer,
    /// The newest page, from which both go on.
    Newest,
}

#[derive(Debug, Default)]
pub(super) struct SeenLines {
    counts: BTreeMap<Key, Count>,
    /// The number of the search in progress.
    search: u32,
    newest: Option<DateTime<Utc>>,
    oldest: Option<DateTime<Utc>>,
    forgot: bool,
}

impl SeenLines {
    pub(super) fn newest(&self) -> Option<DateTime<Utc>> {
        self.newest
    }

    /// The oldest line that was read.
    pub(super) fn oldest(&self) -> Option<DateTime<Utc>> {
        self.oldest
    }

    pub(super) fn is_full(&self) -> bool {
        self.forgot || self.counts.len() >= MOST
    }

    /// The time from which on every line is remembered, if some were forgotten.
    pub(super) fn known_from(&self) -> Option<DateTime<Utc>> {
        let (oldest, _) = self.counts.keys().next().filter(|_| self.forgot)?;
        oldest.checked_add_signed(chrono::TimeDelta::milliseconds(1))
    }

    /// The new ones of lines that were read by token: in order, each once, unless a read begins again.
    pub(super) fn read(&mut self, lines: Vec<LogLine>, read: ReadFrom) -> Vec<LogLine> {
        let forward = read != ReadFrom::Newer;
        let mut new = Vec::with_capacity(lines.len());
        let newest = self.newest;
        for mut line in lines {
            let count = self.count(&line);
            count.ahead += u32::from(read != ReadFrom::Newer);
            count.behind += u32::from(read != ReadFrom::Older);
            let times = match read {
                ReadFrom::Newer => count.behind,
                ReadFrom::Older | ReadFrom::Newest => count.ahead,
            };
            if times > count.shown {
                line.again = count.show(times);
                line.late = !line.again && forward && Some(line.timestamp) < newest;
                new.push(line);
            }
        }
        let times = new.iter().map(|line| line.timestamp);
        self.newest = newest.max(times.clone().max());
        self.oldest = self.oldest.into_iter().chain(times).min();
        self.forget();
        new
    }

    pub(super) fn begin_search(&mut self) {
        self.search = self.search.wrapping_add(1);
    }

    /// The new ones of lines that a search has found.
    pub(super) fn search(&mut self, lines: Vec<LogLine>) -> Vec<LogLine> {
        let mut new = Vec::new();
        let (search, newest) = (self.search, self.newest);
        for mut line in lines {
            let count = self.count(&line);
            if count.search != search {
                (count.search, count.found) = (search, 0);
            }
            count.found += 1;
            if count.found > count.shown {
                line.again = count.show(count.found);
                line.late = !line.again && Some(line.timestamp) < newest;
                new.push(line);
            }
        }
        self.forget();
        new
    }

    /// All lines will be read and passed on again.
    pub(super) fn begin_again(&mut self) {
        for count in self.counts.values_mut() {
            count.shown = 0;
            (count.ahead, count.behind, count.found) = (0, 0, 0);
        }
        (self.newest, self.oldest) = (None, None);
    }

    /// The search in progress will find the lines from this time on again.
    pub(super) fn search_again_from(&mut self, time: DateTime<Utc>) {
        for (_, count) in self.counts.range_mut((time, 0)..) {
            count.found = 0;
        }
    }

    /// Lines from this time on will be read again.
    pub(super) fn reread_from(&mut self, time: DateTime<Utc>) {
        for (_, count) in self.counts.range_mut((time, 0)..) {
            count.ahead = 0;
        }
    }

    /// Lines up to this time will be read again.
    pub(super) fn reread_until(&mut self, time: DateTime<Utc>) {
        for (_, count) in self.counts.range_mut(..=(time, u64::MAX)) {
            count.behind = 0;
        }
    }

    fn count(&mut self, line: &LogLine) -> &mut Count {
        let mut hasher = DefaultHasher::new();
        line.message.hash(&mut hasher);
        let key = (line.timestamp, hasher.finish());
        self.counts.entry(key).or_default()
    }

    fn forget(&mut self) {
        while self.counts.len() > MOST {
            self.counts.pop_first();
            self.forgot = true;
        }
    }
}
