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
use crate::domain::stack_event::{Scanner, parse_time};
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
/// The bytes that are read at once.
const BUFFER: usize = 128 * 1024;
/// The bytes of a line in the file, about.
const USUAL_LINE: usize = 160;

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
        let page = text.and_then(|text| {
            scan(text, &mut streams).or_else(|| {
                let page: Page<'_> = serde_json::from_str(text).ok()?;
                Some((page.at, page.into_page(&mut streams)?))
            })
        });
        observations.extend(page.map(|(at, page)| observation(at, Stream::Log, Seen::Log(page))));
        line.clear();
    }
    observations
}

/// Nearly all lines are of the stream of the line before.
#[derive(Debug, Default)]
struct LastStream(SafeText);

impl LastStream {
    fn named(&mut self, name: &str) -> SafeText {
        if self.0.as_str() != name {
            self.0 = SafeText::new(name);
        }
        self.0.clone()
    }
}

/// Reads a page as this program writes it, in one pass; none if it is another line.
fn scan(text: &str, streams: &mut LastStream) -> Option<(DateTime<Utc>, LogPage)> {
    let mut scanner = Scanner::new(text);
    let mut string_after = |token: &str| scanner.skip(token).then(|| scanner.plain_string())?;
    let at = string_after(r#"{"at":"#).and_then(parse_time)?;
    let part = part(string_after(r#","part":"#)?)?;
    let state = state(string_after(r#","state":"#)?)?;
    if !scanner.skip(r#","hasFirst":"#) {
        return None;
    }
    let has_first = scanner.skip("true");
    if !(has_first || scanner.skip("false")) || !scanner.skip(r#","lines":["#) {
        return None;
    }
    let mut lines = Vec::with_capacity(text.len() / USUAL_LINE);
    while !scanner.skip("]") {
        if !lines.is_empty() && !scanner.skip(",") {
            return None;
        }
        lines.push(Arc::new(scan_line(&mut scanner, streams)?));
    }
    let is_whole = scanner.skip("}") && matches!(scanner.rest(), "" | "\n");
    let page = LogPage {
        lines,
        part,
        state,
        has_first,
        restarts: false,
    };
    is_whole.then_some((at, page))
}

fn scan_line(scanner: &mut Scanner<'_>, streams: &mut LastStream) -> Option<LogLine> {
    let mut number_after = |token: &str| scanner.skip(token).then(|| scanner.integer())?;
    let timestamp = number_after(r#"{"timestamp":"#)?;
    let ingested_at = number_after(r#","ingestionTime":"#);
    if !scanner.skip(r#","message":"#) {
        return None;
    }
    let (message, is_plain) = scanner.any_string()?;
    let message = if is_plain {
        LogLine::text(message.get(1..message.len() - 1)?)
    } else {
        LogLine::text(&serde_json::from_str::<String>(message).ok()?)
    };
    if !scanner.skip(r#","stream":"#) {
        return None;
    }
    let stream = streams.named(scanner.plain_string()?);
    let late = scanner.skip(r#","late":true"#);
    scanner.skip("}").then_some(LogLine {
        timestamp: DateTime::from_timestamp_millis(timestamp)?,
        ingested_at: ingested_at.and_then(DateTime::from_timestamp_millis),
        message,
        stream,
        late,
        again: false,
    })
}

fn part(name: &str) -> Option<LogPart> {
    Some(PARTS.iter().find(|(_, known)| *known == name)?.0)
}

fn state(name: &str) -> Option<LogState> {
    Some(STATES.iter().find(|(_, known)| *known == name)?.0)
}

impl<'a> Page<'a> {
    fn of(at: DateTime<Utc>, page: &'a LogPage, has_first: bool, state: LogState) -> Self {
        let name_of_part = PARTS.iter().find(|(part, _)| *part == page.part);
        let name_of_state = STATES.iter().find(|(known, _)| *known == state);
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
            has_first,
            lines: lines.collect(),
        }
    }

    fn into_page(self, streams: &mut LastStream) -> Option<LogPage> {
        let part = part(&self.part)?;
        let state = state(&self.state)?;
        let lines = self.lines.into_iter().filter_map(|line| {
            Some(Arc::new(LogLine {
                timestamp: DateTime::from_timestamp_millis(line.timestamp)?,
                ingested_at: line
                    .ingestion_time
                    .and_then(DateTime::from_timestamp_millis),
                message: LogLine::text(&line.message),
                stream: streams.named(&line.stream),
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

    /// The usual lines are read in one pass, and as the parser reads them; others are left to it.
    #[test]
    fn a_page_that_is_read_in_one_pass_is_that_of_the_parser() {
        let texts = [
            "plain",
            "",
            "a \"quote\" and \\ more",
            "\u{1b}[32mgreen\u{1b}[0m",
            "naïve 日本",
            "tab\tline\nbreak\r\n",
            "\u{7}",
            "https://b.s3.amazonaws.com/k?X-Amz-Signature=0123456789abcdef0123",
            "}],\"late\":true",
            "\\u001b",
        ];
        let streams = ["3.16.1/1", "3.16.1/2", "with \"quotes\"", "ü"];
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..5_000 {
            let mut lines = Vec::new();
            for _ in 0..random.usize(..6) {
                let usual = random.u8(..8) > 0;
                let at = random.i64(-5..2_000_000_000_000);
                lines.push(Line {
                    timestamp: if usual { at } else { i64::MAX },
                    ingestion_time: random.bool().then_some(at + 800),
                    message: texts[random.usize(..texts.len())].into(),
                    stream: streams[random.usize(..if usual { 2 } else { streams.len() })].into(),
                    late: random.u8(..5) == 0,
                });
            }
            let page = Page {
                at: DateTime::from_timestamp_millis(1_000).unwrap(),
                part: PARTS[random.usize(..3)].1.into(),
                state: STATES[random.usize(..4)].1.into(),
                has_first: random.bool(),
                lines,
            };
            let is_usual = page
                .lines
                .iter()
                .all(|line| line.timestamp != i64::MAX && !line.stream.contains('"'));
            let mut bytes = Vec::new();
            append(&page, &mut bytes);
            let text = std::str::from_utf8(&bytes).unwrap();
            let parsed: Page<'_> = serde_json::from_str(text).unwrap();
            let expected = (
                parsed.at,
                parsed.into_page(&mut LastStream::default()).unwrap(),
            );
            let scanned = scan(text, &mut LastStream::default());
            assert!(scanned.is_some() || !is_usual, "{text}");
            if let Some(scanned) = scanned {
                assert_eq!(scanned, expected, "{text}");
            }
            for cut in (0..text.len() - 1).step_by(7) {
                let cut = text.get(..cut).unwrap_or_default();
                assert_eq!(scan(cut, &mut LastStream::default()), None);
            }
        }
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
