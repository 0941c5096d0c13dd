//! The build log of a recording, in a file beside it: `NAME.jsonl.log`. A watch writes each page as a line; replays and
//! reports read them. The history and a resumed watch do not: the service still has the log.
//!
//! The service's log is read again by every watch, so the file is that of the last one.

mod page;

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::domain::log_line::{LogPage, LogState};
use crate::domain::observation::{Observation, Seen, Stream};
use crate::file;
use crate::recording::format::append;
use crate::recording::log_file::page::{LastStream, Page};
use crate::recording::reader::observation;
use crate::text::safe::SafeText;

/// The first line of the file.
const BEGIN: &str = "{\"bakewatchLog\":1}\n";
/// The most bytes that wait for the recording to have a file.
const MOST_PENDING: usize = 16 * 1024 * 1024;
/// The most bytes of a file that are read.
const MOST_READ: u64 = 512 * 1024 * 1024;
/// The bytes that are read at once.
const BUFFER: usize = 128 * 1024;
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
    known: Known,
}

/// How much of the log is in the file. Where the watch has dropped lines and reads the log again, they are.
#[derive(Debug, Default)]
struct Known {
    stream: Option<SafeText>,
    has_first: bool,
    is_complete: bool,
}

impl Known {
    /// Takes a page into account. `None` where the file has all that it says.
    fn add(&mut self, page: &LogPage) -> Option<(bool, LogState)> {
        let stream = page.lines.last().map(|line| &line.stream);
        if stream.is_some() && stream != self.stream.as_ref() {
            *self = Self {
                stream: stream.cloned(),
                ..Self::default()
            };
        }
        let is_again = page.restarts || page.lines.iter().any(|line| line.again);
        let has_new = page.lines.iter().any(|line| !line.again);
        let is_more = page.has_first && !self.has_first;
        if is_again && !has_new && !is_more {
            return None;
        }
        self.has_first |= page.has_first;
        self.is_complete |= page.state == LogState::Complete;
        let state = if self.is_complete {
            LogState::Complete
        } else {
            page.state
        };
        Some((self.has_first, state))
    }
}

impl LogFile {
    pub(super) fn add(&mut self, observation: &Observation) {
        if let Seen::Log(page) = &observation.seen
            && self.pending.len() < MOST_PENDING
            && !self.is_taken
            && let Some((has_first, state)) = self.known.add(page)
        {
            let page = Page::of(observation.at, page, has_first, state);
            append(&page, &mut self.pending);
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
    let mut bytes = BufReader::with_capacity(BUFFER, file.take(MOST_READ));
    let mut line = Vec::new();
    let mut observations = Vec::new();
    let mut streams = LastStream::default();
    while bytes
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        let text = std::str::from_utf8(&line).ok();
        let page = text.and_then(|text| page::read(text, &mut streams));
        observations.extend(page.map(|(at, page)| observation(at, Stream::Log, Seen::Log(page))));
        line.clear();
    }
    observations
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::DateTime;

    use super::*;
    use crate::domain::log_line::{LogLine, LogPart};

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

    fn read_page(texts: &[(&str, bool)], part: LogPart, state: LogState) -> Observation {
        let mut one = seen("", part);
        if let Seen::Log(page) = &mut one.seen {
            let again = |(text, again): &(&str, bool)| {
                let line = LogLine {
                    again: *again,
                    late: false,
                    message: LogLine::text(text),
                    ..(*page.lines[0]).clone()
                };
                Arc::new(line)
            };
            let lines = texts.iter().map(again).collect();
            *page = LogPage {
                lines,
                state,
                has_first: state == LogState::Complete,
                restarts: texts.first().is_some_and(|(_, again)| *again),
                ..page.clone()
            };
        }
        one
    }

    /// A watch that has dropped its lines reads them again.
    #[test]
    fn a_log_that_is_read_again_has_each_line_once_and_stays_whole() {
        let folder = std::env::temp_dir().join(format!("bakewatch-log-{}", fastrand::u64(..)));
        std::fs::create_dir(&folder).unwrap();
        let recording = folder.join("r.jsonl");
        let mut log = LogFile::default();
        for (texts, part, state) in [
            (
                &[("a", false), ("b", false)][..],
                LogPart::Newer,
                LogState::Complete,
            ),
            (&[("b", true)], LogPart::Newer, LogState::Reading),
            (&[("c", false)], LogPart::Late, LogState::Reading),
            (&[("a", true)], LogPart::Older, LogState::Reading),
        ] {
            log.add(&read_page(texts, part, state));
            log.flush(&recording).unwrap();
        }
        let read = read(&recording);
        let mut build = crate::domain::log::BuildLog::default();
        for page in pages(&read) {
            build.apply(page);
        }
        let rows = (0..build.len()).filter_map(|index| build.row(index));
        let texts: Vec<_> = rows.map(|row| row.line.message.to_string()).collect();
        assert_eq!(texts, ["a", "b", "c"]);
        assert_eq!(pages(&read).len(), 2);
        assert!(!build.misses_older() && build.state() == Some(LogState::Complete));
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
