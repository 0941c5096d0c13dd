//! Converts observations to the lines of a recording: pure, so that the content does not depend on the disk.
//!
//! Every observation with something new becomes a line at once. Polls without new events become one line per minute, so that an
//! idle hour is short and still shows when the watch slept.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::image::{ImageAnswer, ImageDescription};
use crate::domain::observation::{LateEvent, Observation, Seen, Stream, WalkStep};
use crate::domain::stack_event::StackEvent;
use crate::recording::format::{Line, kind};

/// The interval of the lines for polls without new events.
const IDLE: TimeDelta = TimeDelta::minutes(1);

/// Converts observations to lines.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    /// The events of the current walk, newest first.
    pending: Vec<Arc<StackEvent>>,
    /// The last description of the image, if only idle polls were written since.
    described: Option<Box<ImageDescription>>,
    /// Whether there was a stack or an image of this name.
    has_found_image: bool,
    /// Whether the last response with events ended a walk.
    is_live: bool,
    /// The time of the last line.
    last: Option<DateTime<Utc>>,
    lines: Vec<u8>,
}

impl Transcript {
    /// The lines of an observation, often none.
    pub(crate) fn add(&mut self, observation: &Observation) -> Vec<u8> {
        let at = observation.at;
        match &observation.seen {
            // Already in the recording.
            Seen::Resumed(_) => {}
            Seen::Page(page) => self.page(page, at),
            Seen::StackGone => {
                self.is_live = false;
                self.write(&Line::new(kind::GONE, at));
            }
            Seen::Failed(fault) => {
                self.is_live &= observation.stream != Stream::Events;
                let kind = match observation.stream {
                    Stream::Image => kind::IMAGE_FAULT,
                    _ => kind::FAULT,
                };
                self.write(&Line {
                    fault: Some(fault.into()),
                    ..Line::new(kind, at)
                });
            }
            Seen::Image(answer) => self.image(answer, at),
            Seen::ClockOff(behind) => self.write(&Line {
                behind: Some(behind.num_milliseconds()),
                ..Line::new(kind::CLOCK_OFF, at)
            }),
        }
        std::mem::take(&mut self.lines)
    }

    /// Whether the watch has found a stack or an image.
    pub(crate) fn has_found_image(&self) -> bool {
        self.has_found_image
    }

    fn page(&mut self, page: &WalkStep, at: DateTime<Utc>) {
        self.has_found_image = true;
        if page.restarted {
            self.pending.clear();
        }
        self.pending.extend(page.fresh.iter().map(Arc::clone));
        let Some(late) = &page.commit else {
            return;
        };
        let fresh = std::mem::take(&mut self.pending);
        let idle = fresh.is_empty() && late.is_empty();
        for event in fresh.iter().rev() {
            self.write(&Line::of_event(event, at));
        }
        for LateEvent { event, before } in late {
            self.write(&Line {
                before: Some(before.as_str().into()),
                ..Line::of_event(event, at)
            });
        }
        if page.audit || (idle && !(self.is_live && self.is_recent(at))) {
            self.write(&Line {
                stack_id: page.stack_id.as_ref().map(|id| id.as_str().into()),
                audit: page.audit.then_some(true),
                ..Line::new(kind::WALK, at)
            });
        }
        self.is_live = true;
    }

    fn image(&mut self, answer: &ImageAnswer, at: DateTime<Utc>) {
        self.has_found_image |= *answer != ImageAnswer::Absent;
        let image = match answer {
            ImageAnswer::Absent => return self.write(&Line::new(kind::NO_IMAGE, at)),
            ImageAnswer::Foreign => return self.write(&Line::new(kind::FOREIGN_IMAGE, at)),
            ImageAnswer::Described(image) => image,
        };
        let same = self.described.as_ref() == Some(image);
        if same && self.is_recent(at) {
            return;
        }
        self.write(&Line {
            image: Some((&**image).into()),
            ..Line::new(kind::IMAGE, at)
        });
        self.described = Some(image.clone());
    }

    /// Whether a line was written less than a minute ago.
    fn is_recent(&self, at: DateTime<Utc>) -> bool {
        let since = |last: DateTime<Utc>| (TimeDelta::zero()..IDLE).contains(&(at - last));
        self.last.is_some_and(since)
    }

    fn write(&mut self, line: &Line<'_>) {
        line.write(&mut self.lines);
        self.last = Some(line.at);
        if line.kind != kind::WALK {
            self.described = None;
        }
    }
}
