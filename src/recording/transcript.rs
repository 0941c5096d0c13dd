//! Converts observations to the lines of a recording. What it adds does not depend on the disk.
//!
//! Every observation with something new becomes a line at once. Polls without new events become one line per minute, so
//! that an idle hour is short and still shows when the watch slept.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::image::{ImageAnswer, ImageDescription};
use crate::domain::observation::{LateEvent, Observation, Seen, Stream, WalkStep};
use crate::domain::stack_event::{EventId, StackEvent, StackId};
use crate::domain::steps::ListedWorkflows;
use crate::recording::event_lines::EventLines;
use crate::recording::format::{Line, kind};
use crate::recording::lines::Lines;

/// The interval of the lines for polls without new events.
const IDLE: TimeDelta = TimeDelta::minutes(1);

/// Converts observations to lines.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    /// The events of the current walk, newest first.
    pending: Vec<Arc<StackEvent>>,
    /// The events of unfinished walks of stacks that another one seems to have replaced, newest first.
    left: Vec<Arc<StackEvent>>,
    /// The last description of the image, if only idle polls were written since.
    described: Option<Box<ImageDescription>>,
    /// The last list of the image's workflows.
    listed: Option<ListedWorkflows>,
    /// Whether there was a stack or an image of this name.
    has_found_image: bool,
    /// The first stack.
    stack_id: Option<StackId>,
    /// The stack of the last whole walk.
    walked: Option<StackId>,
    /// The stack of the walk in progress, and whether the recording names it already.
    walking: Option<(StackId, bool)>,
    /// The events of this stack below which others may be missing.
    gaps: Vec<EventId>,
    /// Whether the last response with events ended a walk.
    is_live: bool,
    /// The time of the last line.
    last: Option<DateTime<Utc>>,
}

impl Transcript {
    /// Adds the lines of an observation, often none.
    pub(super) fn add(&mut self, observation: &Observation, lines: &mut Lines<'_>) {
        let at = observation.at;
        if !matches!(observation.seen, Seen::Page(_) | Seen::Resumed(_)) {
            self.announce(at, lines);
        }
        match &observation.seen {
            // Already in the recording.
            Seen::Resumed(_) => {
                let gaps = observation.resumed().filter_map(|page| page.gaps.as_ref());
                self.gaps = gaps.last().cloned().unwrap_or_default();
                let stacks = observation
                    .resumed()
                    .filter_map(|page| page.stack_id.as_ref());
                self.walked = stacks.last().cloned();
            }
            Seen::Page(page) => self.page(page, at, lines),
            Seen::StackGone => {
                self.is_live = false;
                self.write(&Line::of(Stream::Events, kind::GONE, at), lines);
            }
            Seen::Failed(fault) => {
                self.is_live &= observation.stream != Stream::Events;
                self.write(
                    &Line {
                        fault: Some(fault.into()),
                        ..Line::of(observation.stream, kind::FAULT, at)
                    },
                    lines,
                );
            }
            Seen::Refused(fault) => self.write(
                &Line {
                    fault: Some(fault.into()),
                    ..Line::of(observation.stream, kind::REFUSED, at)
                },
                lines,
            ),
            Seen::Image(answer) => self.image(answer, at, lines),
            Seen::Log(_) | Seen::Account(_) => {}
            Seen::Steps(listed) => {
                if self.listed.as_ref() != Some(listed) {
                    self.write(
                        &Line {
                            steps: Some(listed.into()),
                            ..Line::of(Stream::Steps, kind::STEPS, at)
                        },
                        lines,
                    );
                    self.listed = Some(listed.clone());
                }
            }
            Seen::ClockOff(behind) => {
                self.write(&Line::of_clock(observation.stream, *behind, at), lines);
            }
        }
    }

    /// Adds the lines for the events of walks that the end of the watch interrupts: the stack may be gone before another
    /// watch asks for them.
    pub(super) fn end(&mut self, at: DateTime<Utc>, lines: &mut Lines<'_>) {
        let interrupted = std::mem::take(&mut self.pending);
        self.write_left(&[], at, lines);
        // Even if it has met the stack's first event, it has not brought those of other stacks.
        self.write_below_gap(&interrupted, true, at, lines);
    }

    /// Whether the watch has found a stack or an image.
    pub(crate) fn has_found_image(&self) -> bool {
        self.has_found_image
    }

    pub(crate) fn stack_id(&self) -> Option<&StackId> {
        self.stack_id.as_ref()
    }

    fn page(&mut self, page: &WalkStep, at: DateTime<Utc>, lines: &mut Lines<'_>) {
        self.has_found_image = true;
        if self.stack_id.is_none() {
            self.stack_id.clone_from(&page.stack_id);
        }
        if page.restarted {
            let pending = std::mem::take(&mut self.pending);
            let own = |event: &Arc<StackEvent>| Some(&event.stack_id) == page.stack_id.as_ref();
            if page.stack_id.is_some() && !pending.iter().any(own) {
                self.left.extend(pending);
            }
        }
        self.pending.extend(page.fresh.iter().map(Arc::clone));
        let Some(late) = &page.commit else {
            self.walk_on(page.stack_id.as_ref());
            return;
        };
        self.walking = None;
        let others = page.others.iter().map(|others| &others.stack_id);
        let listed: Vec<_> = others.chain(&page.stack_id).collect();
        self.write_left(&listed, at, lines);
        if self.walked != page.stack_id {
            self.gaps.clear();
            self.walked.clone_from(&page.stack_id);
        }
        let fresh = std::mem::take(&mut self.pending);
        let idle = fresh.is_empty() && late.is_empty() && page.others.is_empty();
        // A file may end at any byte. New gaps precede the events above them, and filled ones stay until their events are
        // there; events of other stacks precede those that end the next walk.
        if let Some(gaps) = page.gaps.as_ref().filter(|gaps| !self.has_gaps(gaps)) {
            let both = gaps.iter().chain(&self.gaps);
            self.walk(page, Some(&both.cloned().collect()), at, lines);
        }
        for others in &page.others {
            if let Some(gaps) = &others.gaps {
                let gaps = gaps.iter().map(|id| id.as_str().into());
                self.write(
                    &Line {
                        stack_id: Some(others.stack_id.as_str().into()),
                        aside: Some(true),
                        gaps: Some(gaps.collect()),
                        ..Line::of(Stream::Events, kind::WALK, at)
                    },
                    lines,
                );
            }
            self.events(
                others.fresh.iter().rev(),
                &others.late,
                Some(true),
                at,
                lines,
            );
        }
        self.events(fresh.iter().rev(), late, None, at, lines);
        let gaps = page.gaps.clone().filter(|_| !self.gaps.is_empty());
        let is_due = idle && !(self.is_live && self.is_recent(at));
        if page.audit || gaps.is_some() || is_due {
            self.walk(page, gaps.as_ref(), at, lines);
        }
        if let Some(gaps) = &page.gaps {
            self.gaps.clone_from(gaps);
        }
        self.is_live = true;
    }

    /// The walk is not whole yet. Where another one has read the stack, the recording has named it.
    fn walk_on(&mut self, stack_id: Option<&StackId>) {
        let same = |(known, _): &(StackId, bool)| Some(known) == stack_id;
        if !self.walking.as_ref().is_some_and(same) {
            let is_named = self.walked.as_ref() == stack_id && self.walking.is_none();
            self.walking = stack_id.map(|id| (id.clone(), is_named));
        }
    }

    /// Tells of which stack the walk in progress is, before an answer that is about this stack: its events are written once
    /// the walk is whole, and an answer before the first of them would be taken for one about an earlier build.
    fn announce(&mut self, at: DateTime<Utc>, lines: &mut Lines<'_>) {
        let Some((stack_id, is_named)) = &mut self.walking else {
            return;
        };
        if std::mem::replace(is_named, true) {
            return;
        }
        let line = Line {
            stack_id: Some(stack_id.as_str().into()),
            ..Line::of(Stream::Events, kind::WALK, at)
        };
        lines.add(&line);
    }

    /// Writes the events that unfinished walks have shown, except those of the `listed` stacks, which a whole walk has
    /// brought again.
    fn write_left(&mut self, listed: &[&StackId], at: DateTime<Utc>, lines: &mut Lines<'_>) {
        let mut left = std::mem::take(&mut self.left);
        left.retain(|event| !listed.contains(&&event.stack_id));
        for events in left.chunk_by(|one, other| one.stack_id == other.stack_id) {
            let is_whole = events.last().is_some_and(|oldest| oldest.begins_stack());
            self.write_below_gap(events, !is_whole, at, lines);
        }
    }

    /// Writes events of one stack, which are newest first. With a gap, others may be missing below them.
    fn write_below_gap(
        &mut self,
        events: &[Arc<StackEvent>],
        has_gap: bool,
        at: DateTime<Utc>,
        lines: &mut Lines<'_>,
    ) {
        let Some(oldest) = events.last() else {
            return;
        };
        if self.walked.as_ref() != Some(&oldest.stack_id) {
            self.gaps.clear();
            self.walked = Some(oldest.stack_id.clone());
        }
        if has_gap {
            self.gaps.push(oldest.event_id.clone());
            let gaps = self.gaps.iter().map(|id| id.as_str().into());
            let line = Line {
                stack_id: Some(oldest.stack_id.as_str().into()),
                gaps: Some(gaps.collect()),
                ..Line::of(Stream::Events, kind::WALK, at)
            };
            lines.add(&line);
            self.last = Some(at);
        }
        self.events(events.iter().rev(), &[], None, at, lines);
    }

    fn has_gaps(&self, gaps: &[EventId]) -> bool {
        gaps.iter().all(|gap| self.gaps.contains(gap))
    }

    fn walk(
        &mut self,
        page: &WalkStep,
        gaps: Option<&Vec<EventId>>,
        at: DateTime<Utc>,
        lines: &mut Lines<'_>,
    ) {
        self.write(
            &Line {
                stack_id: page.stack_id.as_ref().map(|id| id.as_str().into()),
                audit: page.audit.then_some(true),
                gaps: gaps.map(|gaps| gaps.iter().map(|id| id.as_str().into()).collect()),
                ..Line::of(Stream::Events, kind::WALK, at)
            },
            lines,
        );
    }

    /// Writes events of one stack: the new ones, oldest first, and the late ones.
    fn events<'a>(
        &mut self,
        fresh: impl Iterator<Item = &'a Arc<StackEvent>>,
        late: &[LateEvent],
        aside: Option<bool>,
        at: DateTime<Utc>,
        lines: &mut Lines<'_>,
    ) {
        let mut of_events = EventLines::new(at, aside);
        let mut is_any = false;
        for event in fresh {
            lines.add_event(&mut of_events, event, None);
            is_any = true;
        }
        for LateEvent { event, before } in late {
            lines.add_event(&mut of_events, event, Some(before));
            is_any = true;
        }
        if is_any {
            self.last = Some(at);
            self.described = None;
        }
    }

    fn image(&mut self, answer: &ImageAnswer, at: DateTime<Utc>, lines: &mut Lines<'_>) {
        self.has_found_image |= !answer.is_absent();
        let line = |kind| Line::of(Stream::Image, kind, at);
        let image = match answer {
            ImageAnswer::Absent => return self.write(&line(kind::NO_IMAGE), lines),
            ImageAnswer::Gone => return self.write(&line(kind::GONE_IMAGE), lines),
            ImageAnswer::NotYet => return,
            ImageAnswer::Foreign => return self.write(&line(kind::FOREIGN_IMAGE), lines),
            ImageAnswer::Described(image) => image,
        };
        let same = self.described.as_ref() == Some(image);
        // The second of two equal answers may decide, and a replay ends as the watch did.
        if same && !image.may_decide() && self.is_recent(at) {
            return;
        }
        self.write(
            &Line {
                image: Some((&**image).into()),
                ..line(kind::IMAGE)
            },
            lines,
        );
        self.described = Some(image.clone());
    }

    /// Whether a line was written less than a minute ago.
    fn is_recent(&self, at: DateTime<Utc>) -> bool {
        let since = |last: DateTime<Utc>| (TimeDelta::zero()..IDLE).contains(&(at - last));
        self.last.is_some_and(since)
    }

    fn write(&mut self, line: &Line<'_>, lines: &mut Lines<'_>) {
        lines.add(line);
        self.last = Some(line.at);
        if line.kind != kind::WALK {
            self.described = None;
        }
    }
}
