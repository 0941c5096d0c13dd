//! Reads a recording as far as it goes: whatever its last line is, and whatever stands between the others.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;
use crate::domain::observation::{LateEvent, Observation, Seen, WalkStep};
use crate::domain::stack_event::{StackEvent, StackId};
use crate::recording::folder::LONGEST_HEADER;
use crate::recording::format::{Line, kind};
use crate::recording::{Header, VERSION};

/// The longest line, in bytes, that is read: several times the longest answer of which an event could come.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// A recording, read.
#[derive(Debug)]
pub struct Recording {
    /// What was watched.
    pub header: Header,
    /// What the watch heard, in order.
    pub reports: Vec<Observation>,
    /// The last line was cut short, and left out: the writer was killed, or is writing now.
    pub torn: bool,
    /// How many other lines could not be read, and were left out.
    pub unreadable: usize,
    /// The number of bytes up to the end of the last line that is not torn.
    pub(crate) whole: u64,
    /// Whether that line has its line break.
    pub(crate) closed: bool,
}

/// Why a file could not be read as a recording.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Nothing is in it.
    #[error("it is empty")]
    Empty,
    /// The first line is no header.
    #[error("its first line is not that of a recording of bakewatch")]
    Foreign,
    /// It is from the future.
    #[error(
        "its format is version {0}, and this program reads no later one than {VERSION}; update bakewatch"
    )]
    Newer(u32),
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// Where the file can't be read, or its first line is not that of a recording.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::read(BufReader::new(File::open(path)?))
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// As [`Recording::open`].
    pub fn read(mut bytes: impl BufRead) -> Result<Self, ReadError> {
        let mut line = Vec::new();
        let mut begin = bytes.by_ref().take(LONGEST_HEADER);
        let mut whole = begin.read_until(b'\n', &mut line)?;
        let header = header(&line)?;
        let mut closed = line.ends_with(b"\n");
        let mut reports = Reports::default();
        let (mut torn, mut unreadable) = (false, 0);
        loop {
            let (length, ends) = next_line(&mut bytes, &mut line)?;
            if length == 0 {
                break;
            }
            match serde_json::from_slice::<Line<'_>>(&line) {
                Ok(line) => reports.add(&line),
                Err(_) if !ends => {
                    torn = true;
                    break;
                }
                Err(_) => unreadable += usize::from(!line.trim_ascii().is_empty()),
            }
            whole += length;
            closed = ends;
        }
        Ok(Self {
            header,
            reports: reports.finish(),
            torn,
            unreadable,
            whole: u64::try_from(whole).unwrap_or(u64::MAX),
            closed,
        })
    }

    /// When the recording begins and ends.
    pub fn span(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let at = |report: &Observation| report.at;
        let begin = self.reports.first().map_or(self.header.started_at, at);
        let end = self.reports.iter().map(at).max().unwrap_or(begin);
        (begin, end)
    }

    /// The recorded events, each as often as it was seen: oldest first, but for late ones.
    pub fn events(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        let pages = self.reports.iter().filter_map(|report| match &report.news {
            Seen::Page(page) => Some(page),
            _ => None,
        });
        pages.flat_map(|page| {
            let late = page.commit.iter().flatten().map(|late| &late.event);
            page.fresh.iter().rev().chain(late)
        })
    }

    /// The recorded events as what a watch knows before it has asked for anything.
    pub fn resume(self, now: DateTime<Utc>) -> Vec<Observation> {
        let pages = self
            .reports
            .into_iter()
            .filter_map(|report| match report.news {
                Seen::Page(page) => Some(WalkStep {
                    audit: false,
                    ..page
                }),
                _ => None,
            });
        let with_events = |page: &WalkStep| {
            !page.fresh.is_empty() || page.commit.as_ref().is_some_and(|late| !late.is_empty())
        };
        pages
            .filter(with_events)
            .map(|page| Observation {
                at: now,
                elapsed: Duration::ZERO,
                next_poll: now,
                news: Seen::Resumed(page),
            })
            .collect()
    }
}

/// Reads a line: how many bytes it has, and whether it has its end. One that is longer than any is read over.
fn next_line(bytes: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<(usize, bool)> {
    line.clear();
    let mut length = bytes.by_ref().take(LONGEST_LINE).read_until(b'\n', line)?;
    let ends = line.ends_with(b"\n");
    let cut = u64::try_from(length).is_ok_and(|length| length == LONGEST_LINE);
    if ends || !cut {
        return Ok((length, ends));
    }
    // No line that says something.
    line.truncate(1);
    let mut last = None;
    loop {
        let part = bytes.fill_buf()?;
        let end = part.iter().position(|byte| *byte == b'\n');
        let read = end.map_or(part.len(), |end| end + 1);
        if read > 0 {
            last = part.get(read - 1).copied();
        }
        bytes.consume(read);
        length += read;
        if end.is_some() || read == 0 {
            return Ok((length, last == Some(b'\n')));
        }
    }
}

/// Reads the first line.
pub(crate) fn header(line: &[u8]) -> Result<Header, ReadError> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        bakewatch_recording: u32,
    }
    if line.is_empty() {
        return Err(ReadError::Empty);
    }
    let version = serde_json::from_slice::<Version>(line);
    match version.map(|version| version.bakewatch_recording) {
        Ok(version) if version > VERSION => Err(ReadError::Newer(version)),
        Ok(_) => serde_json::from_slice(line).or(Err(ReadError::Foreign)),
        Err(_) => Err(ReadError::Foreign),
    }
}

/// Makes reports of lines: events that were committed together become one page again.
#[derive(Default)]
struct Reports {
    done: Vec<Observation>,
    open: Option<(DateTime<Utc>, StackId, WalkStep)>,
}

impl Reports {
    fn add(&mut self, line: &Line<'_>) {
        if line.kind == kind::EVENT {
            self.add_event(line);
            return;
        }
        let fault = || line.fault.as_ref().map(Fault::from);
        let news = match &*line.kind {
            kind::WALK => Some(Seen::Page(WalkStep {
                stack_id: line.stack(),
                restarted: true,
                commit: Some(Vec::new()),
                audit: line.audit == Some(true),
                ..WalkStep::default()
            })),
            kind::GONE => Some(Seen::StackGone),
            kind::FAULT => fault().map(Seen::Fault),
            kind::IMAGE_FAULT => fault().map(Seen::ImageFault),
            kind::IMAGE => line.image.as_ref().map(|image| {
                let image = Box::new(image.into());
                Seen::Image(ImageAnswer::Described(image))
            }),
            kind::NO_IMAGE => Some(Seen::Image(ImageAnswer::Absent)),
            kind::FOREIGN_IMAGE => Some(Seen::Image(ImageAnswer::Foreign)),
            // Notes about the recording itself, and what a later program may add.
            _ => None,
        };
        self.close();
        self.done.extend(news.map(|news| Observation {
            at: line.at,
            elapsed: Duration::ZERO,
            next_poll: line.at,
            news,
        }));
    }

    fn add_event(&mut self, line: &Line<'_>) {
        let Some(event) = line.event() else {
            return;
        };
        // Its own word: a damaged line must not put an event among those of another stack.
        let stack = event.stack_id.clone();
        let is_late = line.before.is_some();
        let goes_on = self.open.as_ref().is_some_and(|(at, open, page)| {
            let only_late = page.commit.as_ref().is_some_and(|late| !late.is_empty());
            *at == line.at && *open == stack && (is_late || !only_late)
        });
        if !goes_on {
            self.close();
        }
        let (_, _, page) = self.open.get_or_insert_with(|| {
            let page = WalkStep {
                stack_id: Some(stack.clone()),
                restarted: true,
                commit: Some(Vec::new()),
                ..WalkStep::default()
            };
            (line.at, stack, page)
        });
        match &line.before {
            Some(before) => page.commit.get_or_insert_default().push(LateEvent {
                event,
                before: (&**before).into(),
            }),
            None => page.fresh.push(event),
        }
    }

    fn close(&mut self) {
        let Some((at, _, mut page)) = self.open.take() else {
            return;
        };
        // They are written oldest first.
        page.fresh.reverse();
        self.done.push(Observation {
            at,
            elapsed: Duration::ZERO,
            next_poll: at,
            news: Seen::Page(page),
        });
    }

    /// The reports. Each says how long after the first it came, and when the next one comes, as the poller's own
    /// do.
    fn finish(mut self) -> Vec<Observation> {
        self.close();
        let next: Vec<_> = self.done.iter().skip(1).map(|report| report.at).collect();
        for (report, next) in self.done.iter_mut().zip(next) {
            report.next_poll = next.max(report.at);
        }
        let began = self.done.first().map(|report| report.at);
        for report in &mut self.done {
            let since = began.map(|began| report.at - began);
            report.elapsed = since
                .and_then(|since| since.to_std().ok())
                .unwrap_or_default();
        }
        self.done
    }
}
