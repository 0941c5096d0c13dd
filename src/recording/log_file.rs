//! The build log of a recording, in a file beside it: `NAME.jsonl.log`. A watch writes each page as a line; replays and
//! reports read them. The history and a resumed watch do not: the service still has the log.
//!
//! The service's log is read again by every watch, so the file is that of the last one.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::log_line::{LogLine, LogPage, LogPart, LogState};
use crate::domain::observation::{Observation, Seen, Stream};
use crate::file;
use crate::recording::format::{append, stamp};
use crate::recording::reader::observation;
use crate::text::safe::SafeText;

/// The first line of the file.
const BEGIN: &str = "{\"bakewatchLog\":1}\n";
/// The most bytes that wait for the recording to have a file.
const MOST_PENDING: usize = 16 * 1024 * 1024;
/// The most bytes of a file that are read.
const MOST_READ: u64 = 512 * 1024 * 1024;

/// The serialised names.
const PARTS: [(LogPart, &str); 3] = [
    (LogPart::Newer, "newer"),
    (LogPart::Older, "older"),
    (LogPart::Late, "late"),
];
const STATES: [(LogState, &str); 4] = [
    (LogState::Absent, "absent"),
    (LogState::Reading, "reading"),
    (LogState::CaughtUp, "caught-up"),
    (LogState::Complete, "complete"),
];

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    #[serde(with = "stamp")]
    at: DateTime<Utc>,
    #[serde(borrow)]
    part: Cow<'a, str>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    #[serde(default)]
    has_first: bool,
    #[serde(borrow, default)]
    lines: Vec<Line<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    /// In milliseconds since 1970, as the service has it.
    timestamp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ingestion_time: Option<i64>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    late: bool,
}

/// The name of the log of a recording.
pub(crate) fn path_of(recording: &Path) -> PathBuf {
    let mut name = OsString::from(recording);
    name.push(".log");
    name.into()
}

/// Writes the log of one watch.
#[derive(Debug, Default)]
pub(super) struct LogFile {
    pending: Vec<u8>,
    file: Option<File>,
    /// Another file has the name.
    is_taken: bool,
}

impl LogFile {
    pub(super) fn add(&mut self, observation: &Observation) {
        if let Seen::Log(page) = &observation.seen
            && self.pending.len() < MOST_PENDING
            && !self.is_taken
        {
            append(&Page::of(observation.at, page), &mut self.pending);
        }
    }

    /// Writes what has come since the last time.
    pub(super) fn flush(&mut self, recording: &Path) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        if self.file.is_none() && !self.is_taken {
            self.file = create(&path_of(recording))?;
            self.is_taken = self.file.is_none();
        }
        if let Some(file) = &mut self.file {
            file.write_all(&self.pending)?;
        }
        // The page of a long log leaves no room behind: there may be a log for each of many builds.
        self.pending = Vec::new();
        Ok(())
    }
}

/// Creates the file, in the place of an earlier log. `None` if a file of the name is something else.
fn create(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    if path.exists() {
        let mut begin = Vec::new();
        let limit = u64::try_from(BEGIN.len()).unwrap_or(u64::MAX);
        file::open(path)?.take(limit).read_to_end(&mut begin)?;
        if !begin.is_empty() && begin != BEGIN.as_bytes() {
            return Ok(None);
        }
    }
    let mut file = options.open(path)?;
    file.set_len(0)?;
    file.write_all(BEGIN.as_bytes())?;
    Ok(Some(file))
}

/// Reads the log of a recording: none if there is none, and of one that is cut or damaged what is readable.
pub(super) fn read(recording: &Path) -> Vec<Observation> {
    let Ok(file) = file::open(&path_of(recording)) else {
        return Vec::new();
    };
    let mut bytes = BufReader::new(file.take(MOST_READ));
    let mut line = Vec::new();
    let mut observations = Vec::new();
    while bytes
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        if let Ok(page) = serde_json::from_slice::<Page<'_>>(&line) {
            let at = page.at;
            let page = page.into_page();
            observations.extend(page.map(|page| observation(at, Stream::Log, Seen::Log(page))));
        }
        line.clear();
    }
    observations
}

impl<'a> Page<'a> {
    fn of(at: DateTime<Utc>, page: &'a LogPage) -> Self {
        let name_of_part = PARTS.iter().find(|(part, _)| *part == page.part);
        let name_of_state = STATES.iter().find(|(state, _)| *state == page.state);
        let new = page.lines.iter().filter(|line| !line.again);
        let lines = new.map(|line| Line {
            timestamp: line.timestamp.timestamp_millis(),
            ingestion_time: line.ingested_at.map(|at| at.timestamp_millis()),
            message: line.message.as_str().into(),
            stream: line.stream.as_str().into(),
            late: line.late,
        });
        Self {
            at,
            part: name_of_part.map_or("", |(_, name)| name).into(),
            state: name_of_state.map_or("", |(_, name)| name).into(),
            has_first: page.has_first,
            lines: lines.collect(),
        }
    }

    fn into_page(self) -> Option<LogPage> {
        let part = PARTS.iter().find(|(_, name)| *name == self.part)?.0;
        let state = STATES.iter().find(|(_, name)| *name == self.state)?.0;
        // Nearly all lines are of the stream of the line before.
        let mut last: Option<SafeText> = None;
        let lines = self.lines.into_iter().filter_map(|line| {
            let same = last.take().filter(|last| *last.as_str() == *line.stream);
            let stream = same.unwrap_or_else(|| SafeText::new(&line.stream));
            last = Some(stream.clone());
            Some(Arc::new(LogLine {
                timestamp: DateTime::from_timestamp_millis(line.timestamp)?,
                ingested_at: line
                    .ingestion_time
                    .and_then(DateTime::from_timestamp_millis),
                message: LogLine::text(&line.message),
                stream,
                late: line.late,
                again: false,
            }))
        });
        Some(LogPage {
            lines: lines.collect(),
            part,
            state,
            has_first: self.has_first,
            restarts: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str, part: LogPart) -> Observation {
        let line = LogLine {
            timestamp: DateTime::from_timestamp_millis(1_000).unwrap(),
            ingested_at: DateTime::from_timestamp_millis(2_000),
            message: LogLine::text(text),
            stream: SafeText::new("3.16.1/1"),
            late: part == LogPart::Late,
            again: false,
        };
        let page = LogPage {
            lines: vec![Arc::new(line)],
            part,
            state: LogState::CaughtUp,
            has_first: true,
            restarts: false,
        };
        observation(DateTime::UNIX_EPOCH, Stream::Log, Seen::Log(page))
    }

    fn pages(observations: &[Observation]) -> Vec<&LogPage> {
        let pages = observations.iter().filter_map(|one| match &one.seen {
            Seen::Log(page) => Some(page),
            _ => None,
        });
        pages.collect()
    }

    #[test]
    fn a_log_is_read_as_it_was_written_and_that_of_the_next_watch_takes_its_place() {
        let folder = std::env::temp_dir().join(format!("bakewatch-log-{}", fastrand::u64(..)));
        std::fs::create_dir(&folder).unwrap();
        let recording = folder.join("r.jsonl");
        for text in ["first", "second \u{1b}[31m"] {
            let mut log = LogFile::default();
            let written = [seen(text, LogPart::Newer), seen(text, LogPart::Late)];
            for one in &written {
                log.add(one);
            }
            log.flush(&recording).unwrap();
            assert_eq!(pages(&read(&recording)), pages(&written), "{text}");
        }
        std::fs::write(path_of(&recording), "my own notes").unwrap();
        let mut log = LogFile::default();
        log.add(&seen("x", LogPart::Newer));
        log.flush(&recording).unwrap();
        let kept = std::fs::read_to_string(path_of(&recording)).unwrap();
        assert_eq!(kept, "my own notes");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn damaged_lines_are_skipped() {
        let folder = std::env::temp_dir().join(format!("bakewatch-log-{}", fastrand::u64(..)));
        std::fs::create_dir(&folder).unwrap();
        let recording = folder.join("r.jsonl");
        let mut log = LogFile::default();
        log.add(&seen("whole", LogPart::Newer));
        log.flush(&recording).unwrap();
        let mut bytes = std::fs::read(path_of(&recording)).unwrap();
        bytes.extend(b"{\"at\":\n\xff\xfe\n{\"at\":\"2026-01-01T00:00:00.000Z\",\"part\":\"x\"");
        std::fs::write(path_of(&recording), bytes).unwrap();
        assert_eq!(read(&recording).len(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
