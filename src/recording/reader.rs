//! Reads a recording into observations. A truncated last line and unreadable lines are skipped and counted.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;
use crate::domain::observation::{
    LateEvent, Observation, ObservationList, OtherEvents, Seen, Stream, WalkStep,
};
use crate::domain::stack_event::{EventReader, FieldOrder, StackEvent, StackId};
use crate::file;
use crate::recording::folder::MAX_HEADER;
use crate::recording::format::{Line, kind};
use crate::recording::log_file;
use crate::recording::usual_line::{UsualLine, valid_begin};
use crate::recording::{Header, VERSION};

/// The maximum bytes of a line: several times the longest response that an event can come from.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// The bytes that are read at once: long recordings have hundreds of megabytes.
const BUFFER: usize = 128 * 1024;

/// The longest recording that is read without the user's request: several times that of 100,000 events.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// The content of a recording.
#[derive(Clone, Debug)]
pub struct Recording {
    pub header: Header,
    /// The observations of the watch, in order.
    pub observations: ObservationList,
    /// Whether the last line is truncated and was skipped: the writer was killed, or is writing now.
    pub torn: bool,
    /// The number of other lines that were skipped.
    pub unreadable: usize,
    /// The bytes up to the end of the last line that is not truncated.
    pub(crate) valid_bytes: u64,
    /// Whether that line has its line break.
    pub(crate) ends_with_newline: bool,
}

/// Why a file could not be read as a recording.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the file is empty")]
    Empty,
    #[error("not a bakewatch recording")]
    Foreign,
    #[error("it has more than {} MiB; `bakewatch report FILE` reads it", MAX_BYTES >> 20)]
    TooLong,
    #[error(
        "its format is version {0}, but this bakewatch reads versions up to {VERSION}; update bakewatch"
    )]
    Newer(u32),
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// If the file can't be read, or is not a recording.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::read(BufReader::with_capacity(BUFFER, file::open(path)?))
    }

    /// Reads a file that the user has not named, unless that takes too long.
    pub(crate) fn open_short(path: &Path) -> Result<Self, ReadError> {
        let file = file::open(path)?;
        if file.metadata()?.len() > MAX_BYTES {
            return Err(ReadError::TooLong);
        }
        Self::read(BufReader::with_capacity(BUFFER, file.take(MAX_BYTES)))
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// See [`Recording::open`].
    pub fn read(mut bytes: impl BufRead) -> Result<Self, ReadError> {
        let mut line = Vec::new();
        let mut begin = bytes.by_ref().take(MAX_HEADER);
        let mut valid_bytes = begin.read_until(b'\n', &mut line)?;
        let header = header(&line)?;
        let mut ends_with_newline = line.ends_with(b"\n");
        let mut observations = Observations::default();
        let (mut torn, mut unreadable) = (false, 0);
        loop {
            let buffer = bytes.fill_buf()?;
            let usual = observations.add_usual(buffer);
            let left = buffer.len() - usual;
            bytes.consume(usual);
            valid_bytes += usual;
            ends_with_newline |= usual > 0;
            let (length, ends) = next_line(&mut bytes, &mut line)?;
            if length == 0 {
                break;
            }
            let parsed = if length > left && observations.add_usual(&line) > 0 {
                Ok(())
            } else {
                serde_json::from_slice::<Line<'_>>(&line).map(|line| observations.add(&line))
            };
            match parsed {
                Ok(()) => {}
                Err(_) if !ends => {
                    torn = true;
                    break;
                }
                Err(_) => unreadable += usize::from(!line.trim_ascii().is_empty()),
            }
            valid_bytes += length;
            ends_with_newline = ends;
        }
        Ok(Self {
            header,
            observations: observations.finish(),
            torn,
            unreadable,
            valid_bytes: u64::try_from(valid_bytes).unwrap_or(u64::MAX),
            ends_with_newline,
        })
    }

    /// Adds the build log, which is in a file beside the recording.
    pub(crate) fn add_log(&mut self, file: &Path) {
        let log = log_file::read(file);
        if log.is_empty() {
            return;
        }
        self.observations.merge(log);
    }

    /// The times of the first and the last observation.
    pub fn span(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let begin = self.observations.at(0).unwrap_or(self.header.started_at);
        let times = (0..self.observations.len()).filter_map(|index| self.observations.at(index));
        let end = times.max().unwrap_or(begin);
        (begin, end)
    }

    /// The recorded events, with repetitions: oldest first, except for late ones.
    pub fn events(&self) -> impl Iterator<Item = &Arc<StackEvent>> {
        self.observations.events()
    }

    /// What was recorded as the observation that a resumed watch starts with.
    pub fn resume(self, now: DateTime<Utc>) -> Vec<Observation> {
        // Failed requests of an earlier watch are not those of this one.
        let recorded = self.observations.iter().filter(|one| {
            !matches!(
                one.seen,
                Seen::Failed(_) | Seen::Refused(_) | Seen::ClockOff(_)
            )
        });
        let recorded: Vec<_> = recorded.map(Cow::into_owned).collect();
        if recorded.is_empty() {
            return Vec::new();
        }
        vec![observation(now, Stream::Events, Seen::Resumed(recorded))]
    }
}

/// Reads a line. Returns its bytes, and whether it has a line break. A line that is too long is skipped.
fn next_line(bytes: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<(usize, bool)> {
    line.clear();
    let mut length = bytes.by_ref().take(MAX_LINE).read_until(b'\n', line)?;
    let ends = line.ends_with(b"\n");
    let cut = u64::try_from(length).is_ok_and(|length| length == MAX_LINE);
    if ends || !cut {
        return Ok((length, ends));
    }
    // Not a valid line.
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

/// Parses the first line.
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

/// An observation without the times that depend on the others; [`ObservationList`] sets those.
pub(super) fn observation(at: DateTime<Utc>, stream: Stream, seen: Seen) -> Observation {
    Observation {
        at,
        elapsed: Duration::ZERO,
        stream,
        next_try: at,
        seen,
    }
}

/// Builds observations from lines: events that were committed together become one page again.
#[derive(Default)]
struct Observations {
    events: EventReader,
    order: FieldOrder<false>,
    /// The last line's.
    stack: Option<StackId>,
    done: ObservationList,
    /// Where the pages of each stack begin.
    stacks: Vec<(usize, StackId)>,
    open: Option<Open>,
}

/// Events of one stack that were committed together.
struct Open {
    at: DateTime<Utc>,
    stack: StackId,
    is_aside: bool,
    /// Oldest first.
    fresh: Vec<Arc<StackEvent>>,
    late: Vec<LateEvent>,
}

impl Open {
    fn into_page(mut self) -> WalkStep {
        self.fresh.shrink_to_fit();
        self.fresh.reverse();
        if self.is_aside {
            let others = OtherEvents {
                stack_id: self.stack,
                fresh: self.fresh,
                late: self.late,
                gaps: None,
            };
            return WalkStep {
                commit: Some(Vec::new()),
                others: vec![others],
                ..WalkStep::default()
            };
        }
        WalkStep {
            stack_id: Some(self.stack),
            restarted: true,
            fresh: self.fresh,
            commit: Some(self.late),
            ..WalkStep::default()
        }
    }
}

impl Observations {
    fn add(&mut self, line: &Line<'_>) {
        if line.kind == kind::EVENT {
            if let Some(event) = line.event(&mut self.events) {
                let is_aside = line.aside == Some(true);
                self.add_event(line.at, event, line.before.as_deref(), is_aside);
            }
            return;
        }
        let fault = || line.fault.as_ref().map(Fault::from);
        let seen = match &*line.kind {
            kind::WALK if line.aside == Some(true) => line.stack().map(|stack_id| {
                let others = OtherEvents {
                    stack_id,
                    fresh: Vec::new(),
                    late: Vec::new(),
                    gaps: line.gaps(),
                };
                Seen::Page(WalkStep {
                    commit: Some(Vec::new()),
                    others: vec![others],
                    ..WalkStep::default()
                })
            }),
            kind::WALK => Some(Seen::Page(WalkStep {
                stack_id: line.stack(),
                restarted: true,
                commit: Some(Vec::new()),
                audit: line.audit == Some(true),
                gaps: line.gaps(),
                ..WalkStep::default()
            })),
            kind::GONE => Some(Seen::StackGone),
            kind::FAULT | kind::IMAGE_FAULT => fault().map(Seen::Failed),
            kind::REFUSED => fault().map(Seen::Refused),
            kind::IMAGE => line.image.as_ref().map(|image| {
                let image = Box::new(image.into());
                Seen::Image(ImageAnswer::Described(image))
            }),
            kind::STEPS => line.steps.as_ref().map(|steps| Seen::Steps(steps.into())),
            kind::NO_IMAGE => Some(Seen::Image(ImageAnswer::Absent)),
            kind::FOREIGN_IMAGE => Some(Seen::Image(ImageAnswer::Foreign)),
            kind::GONE_IMAGE => Some(Seen::Image(ImageAnswer::Gone)),
            kind::CLOCK_OFF => line.clock_off().map(Seen::ClockOff),
            kind::RESUMED => Some(Seen::Resumed(Vec::new())),
            // Notes about the recording itself, and kinds of later versions.
            _ => None,
        };
        self.close();
        if line.kind == kind::ENDED {
            self.end(line.stack().as_ref());
        }
        if let (Some(stream), Some(seen)) = (line.stream(), seen) {
            self.push(line.at, stream, seen);
        }
    }

    fn push(&mut self, at: DateTime<Utc>, stream: Stream, seen: Seen) {
        if let Seen::Page(page) = &seen
            && let Some(stack) = &page.stack_id
            && self.stacks.last().is_none_or(|(_, last)| last != stack)
        {
            self.stacks.push((self.done.len(), stack.clone()));
        }
        self.done.push(at, stream, seen);
    }

    /// A watch ended with the outcome of this stack. It is not over before an answer about the next stack of this name
    /// arrives, which is recorded before it is known that nothing follows it: that is not part of the watch.
    fn end(&mut self, stack: Option<&StackId>) {
        let own = self.stacks.iter().rposition(|(_, of)| Some(of) == stack);
        let next = own.map(|own| own + 1);
        if let Some(next) = next
            && let Some((begin, _)) = self.stacks.get(next)
        {
            self.done.truncate(*begin);
            self.stacks.truncate(next);
        }
    }

    /// Adds the first lines of these bytes, as far as they are as nearly all are and end there. Returns their bytes.
    fn add_usual(&mut self, bytes: &[u8]) -> usize {
        let mut all = 0;
        loop {
            let added = self.add_usual_of(valid_begin(bytes.get(all..).unwrap_or_default()));
            if added == 0 {
                return all;
            }
            all += added;
        }
    }

    /// The same for text.
    fn add_usual_of(&mut self, text: &str) -> usize {
        let mut added = 0;
        while let Some(rest) = text.get(added..)
            && let stack = self.stack.as_ref().map_or("", StackId::as_str)
            && let Some(line) = UsualLine::scan(rest, stack, &mut self.order)
        {
            added += line.length;
            self.add_usual_line(&line);
        }
        added
    }

    fn add_usual_line(&mut self, line: &UsualLine<'_>) {
        let same = self.stack.take().filter(|last| last.as_str() == line.stack);
        let stack = same.unwrap_or_else(|| StackId::from(line.stack));
        let event = self
            .events
            .read_scanned(line.event, &line.fields, Some(&stack));
        self.stack = Some(stack);
        self.add_event(
            line.at,
            Arc::new(event.recorded_as(None, None)),
            None,
            false,
        );
    }

    fn add_event(
        &mut self,
        at: DateTime<Utc>,
        event: Arc<StackEvent>,
        before: Option<&str>,
        is_aside: bool,
    ) {
        let is_late = before.is_some();
        let continues = self.open.as_ref().is_some_and(|open| {
            // The event's own stack ID: a damaged line must not move an event to another stack.
            (open.at, open.is_aside) == (at, is_aside)
                && open.stack == event.stack_id
                && (is_late || open.late.is_empty())
        });
        if !continues {
            self.close();
        }
        let open = self.open.get_or_insert_with(|| Open {
            at,
            stack: event.stack_id.clone(),
            is_aside,
            // Most pages of a long recording have one event.
            fresh: Vec::with_capacity(1),
            late: Vec::new(),
        });
        match before {
            Some(before) => open.late.push(LateEvent {
                event,
                before: before.into(),
            }),
            None => open.fresh.push(event),
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        let at = open.at;
        let page = Seen::Page(open.into_page());
        self.push(at, Stream::Events, page);
    }

    fn finish(mut self) -> ObservationList {
        self.close();
        self.done.set_times();
        self.done
    }
}
