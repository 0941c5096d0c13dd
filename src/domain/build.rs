//! One watched image: every stack that had its name, its description by DescribeImage, and the verdict. The app owns one
//! build and applies the poller's observations to it, in the order in which they come; nothing else changes it.
//!
//! Tests: `tests/it/headless/endings.rs`, `tests/it/poll/freshness.rs`, `tests/it/headless/watch.rs`.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::change::{Change, CompletedWalk, Response};
use crate::domain::image::{Ami, ImageAnswer, ImageDescription};
use crate::domain::observation::{Observation, Seen, Stream, WalkStep};
use crate::domain::search::Predicate;
use crate::domain::stack_event::{EventId, EventKey, StackEvent, StackId};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::{Evidence, Verdict, decide};
use crate::store::filter_index::FilterSlot;
use crate::store::work::WorkBudget;

/// The number of consecutive DescribeImage failures after which a verdict no longer waits for it: about a minute.
const IMAGE_TRIES: u32 = 5;

/// The build of one image.
#[derive(Debug, Default)]
pub struct Build {
    /// One timeline for each stack, the current one last. A rebuild gives the image a new stack.
    timelines: Vec<Timeline>,
    image: Option<ImageAnswer>,
    /// The root event that was the newest at DescribeImage's last response.
    image_seen_at: Option<EventId>,
    /// The number of consecutive DescribeImage failures; a failure that can't pass counts as enough of them.
    image_failures: u32,
    described: Option<Box<ImageDescription>>,
    /// When Image Builder's stage was first seen, if the stage before it was seen too.
    stage_since: Option<DateTime<Utc>>,
    presence: Presence,
    /// The first and the last time at which both calls, one after the other, found nothing: by the clock's running time,
    /// so that the two never seem further apart than they were.
    absent: Option<(Duration, Duration)>,
    has_responded: bool,
    verdict: Verdict,
    /// The number of observations applied.
    revision: u64,
    /// The predicates of every timeline's filter indexes, later timelines included.
    predicates: [Option<Arc<Predicate>>; FilterSlot::ALL.len()],
}

/// Whether the stack exists, by the last response with events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Presence {
    #[default]
    There,
    /// It does not, and DescribeImage has not responded since.
    Gone,
    /// It does not, and DescribeImage has found nothing since.
    GoneAndAbsent,
}

/// The state of the stack of a build that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// The stack is still deleting itself.
    Running,
    /// The stack deleted itself, as it is supposed to.
    Done,
    /// The stack could not delete itself; the AMI is good all the same.
    Leftover,
    /// The stack is complete and has not begun to delete itself.
    Pending,
}

impl Build {
    /// The build after some observations.
    pub fn of(observations: &[Observation]) -> Self {
        let mut build = Self::default();
        for observation in observations {
            build.apply(observation);
        }
        build
    }

    /// Applies an observation. Its change is all that the rest of the program needs to know of it.
    pub fn apply<'a>(&mut self, observation: &'a Observation) -> Change<'a> {
        self.revision += 1;
        let mut change = Change::new(observation);
        match &observation.seen {
            Seen::Page(page) => {
                self.has_responded = true;
                self.presence = Presence::There;
                self.absent = None;
                change.completed_walk = CompletedWalk::of(page);
                self.apply_page(page, &mut change);
            }
            // A recording proves nothing about the API's present state.
            Seen::Resumed(page) => {
                change.response = Response::Recorded;
                self.apply_page(page, &mut change);
            }
            Seen::StackGone => {
                change.response = Response::StackGone;
                self.presence = Presence::Gone;
            }
            Seen::Image(image) => self.apply_image(image, observation),
            Seen::Failed(fault) => {
                change.response = Response::Failed(fault);
                if observation.stream == Stream::Image {
                    self.image_failures = if fault.kind.may_pass() {
                        self.image_failures.saturating_add(1)
                    } else {
                        IMAGE_TRIES
                    };
                }
            }
            Seen::ClockOff(behind) => change.response = Response::ClockOff(*behind),
        }
        self.verdict = decide(self.verdict, &self.evidence());
        change
    }

    fn apply_page(&mut self, page: &WalkStep, change: &mut Change<'_>) {
        let Some(stack_id) = &page.stack_id else {
            return;
        };
        if self.stack_id() != Some(stack_id) {
            let pending = self.current().into_iter().flat_map(Timeline::pending);
            change.left.extend(pending.cloned());
            change.new_stack = Some(stack_id.clone());
            self.begin_stack(stack_id);
        }
        if let Some(timeline) = self.timelines.last_mut() {
            change.committed = timeline.apply(page);
        }
    }

    /// Makes a stack the current one. A verdict about another stack does not hold for it.
    fn begin_stack(&mut self, stack_id: &StackId) {
        let known = self
            .timelines
            .iter()
            .position(|timeline| timeline.stack_id() == stack_id);
        let timeline = match known {
            Some(index) => self.timelines.remove(index),
            None => self.new_timeline(stack_id),
        };
        self.timelines.push(timeline);
        self.verdict = Verdict::Waiting;
        self.image_seen_at = None;
        self.described
            .take_if(|image| image.stack_id.as_ref() != Some(stack_id));
        if self.described.is_none() {
            self.stage_since = None;
            self.image = None;
        }
    }

    fn new_timeline(&self, stack_id: &StackId) -> Timeline {
        let mut timeline = Timeline::new(stack_id.clone());
        for slot in FilterSlot::ALL {
            timeline.set_filter_index(slot, self.predicates[slot as usize].as_ref());
        }
        timeline
    }

    /// Replaces a filter index by an empty one for another predicate; an open predicate removes the index.
    /// [`Self::index_some`] fills it.
    pub fn set_filter_index(&mut self, slot: FilterSlot, predicate: Predicate) {
        let predicate = Some(predicate).filter(|predicate| !predicate.is_open());
        let current = &mut self.predicates[slot as usize];
        if current.as_deref() == predicate.as_ref() {
            return;
        }
        *current = predicate.map(Arc::new);
        for timeline in &mut self.timelines {
            timeline.set_filter_index(slot, current.as_ref());
        }
    }

    /// Extends the filter indexes to events that they do not cover yet, newest first, as far as the budget goes.
    pub fn index_some(&mut self, budget: &mut WorkBudget) {
        for timeline in self.timelines.iter_mut().rev() {
            timeline.index_some(budget);
        }
    }

    /// The number of events that a filter index does not cover yet.
    pub fn unindexed(&self, slot: FilterSlot) -> usize {
        self.timelines
            .iter()
            .map(|timeline| timeline.unindexed(slot))
            .sum()
    }

    fn apply_image(&mut self, response: &ImageAnswer, observation: &Observation) {
        self.image_failures = 0;
        match response {
            ImageAnswer::Absent => {
                if self.presence == Presence::Gone {
                    self.presence = Presence::GoneAndAbsent;
                    let (first, _) = self
                        .absent
                        .unwrap_or((observation.elapsed, observation.elapsed));
                    self.absent = Some((first, observation.elapsed));
                }
            }
            ImageAnswer::Described(image) => {
                self.has_responded = true;
                self.absent = None;
                if self.is_of_another_stack(image) {
                    return;
                }
                let stage_before = self
                    .described
                    .as_ref()
                    .and_then(|image| image.builder_status.as_ref());
                if stage_before != image.builder_status.as_ref() {
                    self.stage_since = stage_before.map(|_| observation.at);
                }
                self.described = Some(image.clone());
            }
            ImageAnswer::Foreign => self.has_responded = true,
        }
        self.image = Some(response.clone());
        self.image_seen_at = self.root().map(|root| root.event_id.clone());
    }

    fn is_of_another_stack(&self, image: &ImageDescription) -> bool {
        image.stack_id.is_some()
            && self.stack_id().is_some()
            && image.stack_id.as_ref() != self.stack_id()
    }

    fn evidence(&self) -> Evidence<'_> {
        let root = self.root();
        Evidence {
            root: root.map(|root| &**root),
            events_seen: self.timelines.iter().any(|timeline| !timeline.is_empty()),
            image: self.image.as_ref(),
            image_is_current: self.image.is_some()
                && self.image_seen_at.as_ref() == root.map(|root| &root.event_id),
            image_unavailable: self.image_failures >= IMAGE_TRIES,
            absent_for: self.absent.map(|(first, last)| last.saturating_sub(first)),
        }
    }

    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// A number that grows with every observation: while it is the same, so is everything here.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether the API has ever returned something about this image.
    pub fn has_responded(&self) -> bool {
        self.has_responded
    }

    /// Whether the API has nothing of this name.
    pub fn is_absent(&self) -> bool {
        self.absent.is_some()
    }

    /// Whether the API has no stack of this name (any more).
    pub fn is_gone(&self) -> bool {
        self.presence != Presence::There
    }

    /// The stacks that had this image's name, oldest first; the last one is the current one.
    pub fn timelines(&self) -> &[Timeline] {
        &self.timelines
    }

    /// The current stack's events.
    pub fn current(&self) -> Option<&Timeline> {
        self.timelines.last()
    }

    /// The events of one of the stacks that had this image's name.
    pub fn timeline_of(&self, stack_id: &StackId) -> Option<&Timeline> {
        let mut newest_first = self.timelines.iter().rev();
        newest_first.find(|timeline| timeline.stack_id() == stack_id)
    }

    /// The current stack.
    pub fn stack_id(&self) -> Option<&StackId> {
        self.current().map(Timeline::stack_id)
    }

    /// The newest event of the current stack itself.
    pub fn root(&self) -> Option<&Arc<StackEvent>> {
        self.current().and_then(|timeline| timeline.facts().root())
    }

    /// DescribeImage's last description of the image. It is kept when a later response has none.
    pub fn image(&self) -> Option<&ImageDescription> {
        self.described.as_deref()
    }

    /// When Image Builder's stage began, to within the time between two DescribeImage requests; none if its beginning was
    /// not seen.
    pub fn stage_since(&self) -> Option<DateTime<Utc>> {
        self.stage_since
    }

    /// The AMI of a build that succeeded.
    pub fn ami(&self) -> Option<&Ami> {
        self.image().and_then(ImageDescription::finished_ami)
    }

    /// The first failure of the current stack, unless the build succeeded.
    pub fn first_failure(&self) -> Option<&Arc<StackEvent>> {
        if self.verdict == Verdict::Succeeded {
            return None;
        }
        self.current()
            .and_then(|timeline| timeline.facts().first_failure())
    }

    /// The number of events that are newer than one of them.
    pub fn events_after(&self, key: &EventKey) -> usize {
        let mut after = 0;
        for timeline in self.timelines.iter().rev() {
            if timeline.stack_id() == &key.stack_id {
                return after + timeline.events_after(&key.event_id);
            }
            after += timeline.len();
        }
        0
    }

    /// The state of the stack, once the build has succeeded.
    pub fn cleanup(&self) -> Cleanup {
        match self.root() {
            _ if self.presence != Presence::There => Cleanup::Done,
            Some(root) if root.status.as_str() == "DELETE_COMPLETE" => Cleanup::Done,
            Some(root) if !root.status.is_final() => Cleanup::Running,
            Some(root) if root.status.is_failure_of_stack() => Cleanup::Leftover,
            Some(_) => Cleanup::Pending,
            None => Cleanup::Running,
        }
    }

    /// When the build began: the first event of the stack itself.
    pub fn started_at(&self) -> Option<DateTime<Utc>> {
        self.current()?.facts().began()?.timestamp
    }

    /// When the build ended: when the AMI was made, else the last event of the stack itself.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        if !self.verdict.is_final() {
            return None;
        }
        let made = self
            .ami()
            .and(self.image())
            .and_then(|image| image.creation_time);
        made.or_else(|| self.root()?.timestamp)
    }

    /// The end of the time axis: now, or the end of a build that is over.
    pub fn until(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let newest = || self.current()?.newest()?.timestamp;
        if self.is_over() {
            let ends = [self.ended_at(), newest()];
            ends.into_iter().flatten().max().unwrap_or(now)
        } else {
            now
        }
    }

    /// The time up to which an operation without an end in the events has lasted: now. None if the build is over, since
    /// such an operation may have ended at any time: the stack disappeared with its events.
    pub fn open_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (!self.is_over()).then_some(now)
    }

    /// Whether nothing happens any more: the verdict is reached, and the stack is gone, stuck, or in a status in which it
    /// stays. After a success the build lasts until the stack has deleted itself or failed to.
    pub fn is_over(&self) -> bool {
        let is_final = |root: &Arc<StackEvent>| root.status.is_final();
        match self.verdict {
            Verdict::Succeeded => matches!(self.cleanup(), Cleanup::Done | Cleanup::Leftover),
            Verdict::Failed | Verdict::Ended => {
                self.presence != Presence::There || self.root().is_none_or(is_final)
            }
            verdict => verdict.is_final(),
        }
    }

    /// How long the build has taken, or took. An event that is stamped in the future has age 0.
    pub fn elapsed(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let end = self.ended_at().unwrap_or(now);
        Some((end - self.started_at()?).max(TimeDelta::zero()))
    }
}
