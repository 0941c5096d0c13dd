//! The schedule of the build log. Lines are read in time order by token; lines that arrive late are found by searching
//! the newest minutes again now and then, and the whole log once at the end. [`crate::poll::log::seen`] tells new lines.
//!
//! ```text
//!  stack events ─► path, first time ─┬─► tail     by token, from the first line or from the newest page on
//!                                    ├─► history  by the other token, back to the first line
//!                                    └─► search   the newest 5 minutes; at the end everything
//! ```

mod reading;
mod search;
mod secrets;
mod seen;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::backend::{LogBatch, LogError, LogPath, LogResponse};
use crate::domain::facts::IMAGE_RESOURCE;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;
use crate::domain::log_line::{LogPage, LogState};
use crate::domain::observation::{Seen, WalkStep};
use crate::domain::stack_event::{StackEvent, StackId};
use crate::poll::cadence::Cadence;
use crate::poll::log::reading::{History, Pace, Part, Reading};
use crate::poll::schedule::{ApiRequest, PollCommand, Schedule};
use crate::text::arn;
use crate::text::safe::SafeText;

/// A stream that existed before the build's image is read from so long before it.
const BEFORE_IMAGE: TimeDelta = TimeDelta::minutes(1);
/// Where a log is read from first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStart {
    /// From its first line, so that lines come in time order.
    First,
    /// From its newest lines, and then backwards.
    Newest,
}

/// What the stack's events tell of the log.
#[derive(Debug, Default)]
struct Found {
    stack: Option<StackId>,
    arn: Option<SafeText>,
    /// The oldest event of the image.
    began: Option<DateTime<Utc>>,
    /// The image was made: there is no failure to explain.
    is_made: bool,
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
    /// The events are refused: they do not name the log.
    events_refused: bool,
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
            events_refused: false,
        }
    }

    /// Whether the build has ended, and its log may explain why it failed.
    pub(super) fn may_explain(&self) -> bool {
        self.ended.is_some() && !self.found.is_made
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
        self.found.is_made |= event.status.as_str() == "CREATE_COMPLETE";
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
        self.begin_at(now, path, began);
    }

    fn begin_at(&mut self, now: Duration, path: LogPath, began: DateTime<Utc>) {
        let from = began - BEFORE_IMAGE;
        let reading = Reading::new(path, from, self.start, self.pace, now);
        self.reading = Some(Reading {
            ended: self.ended,
            ..reading
        });
    }

    /// Where the events are refused, the stack names the log: it has the image's id and the version of `ParallelCluster`,
    /// and the first build of an image is number 1.
    pub(super) fn on_image(&mut self, now: Duration, seen: &Seen) {
        let Seen::Image(ImageAnswer::Described(image)) = seen else {
            return;
        };
        if !self.events_refused {
            return;
        }
        if let (None, Some(stack), Some(version), Some(created)) = (
            &self.reading,
            &image.stack_id,
            &image.version,
            image.stack_created,
        ) && let Some(name) = arn::stack_name(stack.as_str())
        {
            let path = LogPath {
                group: format!("/aws/imagebuilder/ParallelClusterImage-{name}"),
                stream: format!("{version}/1"),
            };
            self.found.stack = Some(stack.clone());
            self.begin_at(now, path, created);
        }
        let status = image.stack_status.as_ref().map(SafeText::as_str);
        if status.is_some_and(|status| status != "CREATE_IN_PROGRESS") {
            self.end(now);
        }
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
        let restarts = std::mem::take(&mut reading.restarts);
        (is_news || restarts).then(|| {
            Seen::Log(LogPage {
                lines: lines.into_iter().map(Arc::new).collect(),
                part: place,
                state,
                has_first,
                restarts,
            })
        })
    }

    fn on_other(&mut self, now: Duration, seen: &Seen, _: Duration) {
        match seen {
            Seen::Page(page) => {
                self.events_refused = false;
                self.note(now, page);
            }
            Seen::Failed(fault) => self.events_refused |= fault.kind == FaultKind::Denied,
            Seen::StackGone => self.end(now),
            _ => {}
        }
    }

    fn command(&mut self, now: Duration, command: PollCommand) {
        if command == PollCommand::Audit {
            return;
        }
        if command == PollCommand::ReadLogAgain {
            if let Some(reading) = &mut self.reading {
                reading.begin_again(self.pace, now);
            }
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
mod tests;
