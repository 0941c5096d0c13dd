//! One watched image: every stack that had its name, what DescribeImage said, and the verdict.
//!
//! It takes in the poller's reports in the order in which they come; nothing else changes it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::image::{Ami, ImageAnswer, ImageDescription};
use crate::domain::observation::{Observation, Seen, WalkStep};
use crate::domain::search::Predicate;
use crate::domain::stack_event::{EventId, EventKey, StackEvent, StackId};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::{Evidence, Verdict, decide};
use crate::store::filter_index::FilterSlot;
use crate::store::work::WorkBudget;

/// How often DescribeImage may fail in a row before a verdict no longer waits for it: about a minute.
const IMAGE_TRIES: u32 = 5;

/// Everything that is known about the build of one image.
#[derive(Debug, Default)]
pub struct Build {
    /// One timeline a stack, the current one last. A rebuild gives the image a new stack.
    timelines: Vec<Timeline>,
    image: Option<ImageAnswer>,
    /// The root event that was the newest when DescribeImage last answered.
    image_seen_at: Option<EventId>,
    /// How often DescribeImage has failed in a row; a refusal counts as often enough.
    image_failures: u32,
    described: Option<Box<ImageDescription>>,
    /// When Image Builder's stage was first heard of, where the one before it was heard of too.
    stage_since: Option<DateTime<Utc>>,
    presence: Presence,
    /// When both calls first and last said, one after the other, that there is nothing: by the clock's running
    /// time, so that these are never taken for further apart than they were.
    absent: Option<(Duration, Duration)>,
    answered: bool,
    verdict: Verdict,
    /// How many reports have been taken in.
    revision: u64,
    /// What the filter indexes of every timeline are asked, those to come included.
    questions: [Option<Arc<Predicate>>; FilterSlot::ALL.len()],
}

/// Whether the stack is there, as the events' side of the API last said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Presence {
    #[default]
    There,
    /// It is not, and DescribeImage has yet to say what that means.
    Gone,
    /// It is not, and DescribeImage has been asked since.
    GoneAndAsked,
}

/// What a report changed, for whoever prints events as they come.
#[derive(Debug, Default)]
pub struct Changes {
    /// Events of the stack before that no whole walk has brought, and none will: it was replaced meanwhile.
    pub left: Vec<Arc<StackEvent>>,
    /// The stack that the events from here on belong to, where it is not the one before.
    pub new_stack: Option<StackId>,
    /// Events that are now committed, in the order to print them.
    pub committed: Vec<Arc<StackEvent>>,
}

/// What became of the stack of a build that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// The stack is still deleting itself.
    Running,
    /// The stack deleted itself, as it should.
    Done,
    /// The stack could not delete itself; the AMI is good all the same.
    Leftover,
    /// The stack is complete and has not begun to delete itself.
    Pending,
}

impl Build {
    /// What is known after some reports.
    pub fn of(reports: &[Observation]) -> Self {
        let mut build = Self::default();
        for report in reports {
            build.apply(report);
        }
        build
    }

    /// Takes in what the poller reports.
    pub fn apply(&mut self, report: &Observation) -> Changes {
        self.revision += 1;
        let changes = match &report.news {
            Seen::Page(page) => {
                self.answered = true;
                self.presence = Presence::There;
                self.absent = None;
                self.apply_page(page)
            }
            // They say nothing about what the API has now.
            Seen::Resumed(page) => self.apply_page(page),
            Seen::StackGone => {
                self.presence = Presence::Gone;
                Changes::default()
            }
            Seen::Image(answer) => {
                self.apply_image(answer, report);
                Changes::default()
            }
            Seen::ImageFault(fault) => {
                self.image_failures = if fault.kind.may_pass() {
                    self.image_failures.saturating_add(1)
                } else {
                    IMAGE_TRIES
                };
                Changes::default()
            }
            Seen::Fault(_) => Changes::default(),
        };
        self.verdict = decide(self.verdict, &self.evidence());
        changes
    }

    fn apply_page(&mut self, page: &WalkStep) -> Changes {
        let Some(stack_id) = &page.stack_id else {
            return Changes::default();
        };
        let new_stack = self.stack_id() != Some(stack_id);
        let mut left = Vec::new();
        if new_stack {
            left.extend(
                self.current()
                    .into_iter()
                    .flat_map(Timeline::pending)
                    .cloned(),
            );
            self.begin_stack(stack_id);
        }
        let committed = self
            .timelines
            .last_mut()
            .map(|timeline| timeline.apply(page))
            .unwrap_or_default();
        Changes {
            left,
            new_stack: new_stack.then(|| stack_id.clone()),
            committed,
        }
    }

    /// Makes a stack the current one. What was decided about another stack says nothing about it.
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
            timeline.set_filter_index(slot, self.questions[slot as usize].as_ref());
        }
        timeline
    }

    /// Lets a lens answer another predicate; one that asks nothing takes the lens away. The answers come with
    /// [`Self::look`].
    pub fn set_filter_index(&mut self, slot: FilterSlot, predicate: Predicate) {
        let predicate = Some(predicate).filter(|predicate| !predicate.is_open());
        let slot_of = &mut self.questions[slot as usize];
        if slot_of.as_deref() == predicate.as_ref() {
            return;
        }
        *slot_of = predicate.map(Arc::new);
        for timeline in &mut self.timelines {
            timeline.set_filter_index(slot, slot_of.as_ref());
        }
    }

    /// Asks the filter indexes about events that they have not been asked about, newest first, as far as the budget
    /// goes.
    pub fn index_some(&mut self, budget: &mut WorkBudget) {
        for timeline in self.timelines.iter_mut().rev() {
            timeline.index_some(budget);
        }
    }

    /// How many events a lens has not been asked about yet.
    pub fn unindexed(&self, slot: FilterSlot) -> usize {
        self.timelines
            .iter()
            .map(|timeline| timeline.unindexed(slot))
            .sum()
    }

    fn apply_image(&mut self, answer: &ImageAnswer, report: &Observation) {
        self.image_failures = 0;
        match answer {
            ImageAnswer::Absent => {
                if self.presence == Presence::Gone {
                    self.presence = Presence::GoneAndAsked;
                    let (first, _) = self.absent.unwrap_or((report.elapsed, report.elapsed));
                    self.absent = Some((first, report.elapsed));
                }
            }
            ImageAnswer::Described(image) => {
                self.answered = true;
                self.absent = None;
                if self.is_of_another_stack(image) {
                    return;
                }
                let stage_before = self
                    .described
                    .as_ref()
                    .and_then(|image| image.builder_status.as_ref());
                if stage_before != image.builder_status.as_ref() {
                    self.stage_since = stage_before.map(|_| report.at);
                }
                self.described = Some(image.clone());
            }
            ImageAnswer::Foreign => self.answered = true,
        }
        self.image = Some(answer.clone());
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

    /// A number that is larger after every report: where it is the same, so is everything here.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether the API has ever answered with something about this image.
    pub fn answered(&self) -> bool {
        self.answered
    }

    /// Whether the API says that there is nothing of this name.
    pub fn is_absent(&self) -> bool {
        self.absent.is_some()
    }

    /// Whether the API says that there is no stack of this name (any more).
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

    /// What DescribeImage last said that describes the image. It is kept when a later answer says less.
    pub fn image(&self) -> Option<&ImageDescription> {
        self.described.as_deref()
    }

    /// When Image Builder's stage began, to within the time between two DescribeImage requests; nothing where
    /// its beginning was not seen.
    pub fn stage_since(&self) -> Option<DateTime<Utc>> {
        self.stage_since
    }

    /// The AMI of a build that succeeded.
    pub fn ami(&self) -> Option<&Ami> {
        self.image().and_then(ImageDescription::finished_ami)
    }

    /// The first failure of the current stack, where the verdict is that it failed, or none has fallen yet.
    pub fn first_failure(&self) -> Option<&Arc<StackEvent>> {
        if self.verdict == Verdict::Succeeded {
            return None;
        }
        self.current()
            .and_then(|timeline| timeline.facts().first_failure())
    }

    /// How many events are newer than one of them.
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

    /// What became of the stack, once the build has succeeded.
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

    /// The time up to which what goes on has gone on: now, or the end of a build that is over.
    pub fn until(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let newest = || self.current()?.newest()?.timestamp;
        if self.is_over() {
            let ends = [self.ended_at(), newest()];
            ends.into_iter().flatten().max().unwrap_or(now)
        } else {
            now
        }
    }

    /// The time up to which an operation whose end no event tells of goes on: now. Nothing where the build is
    /// over, since such an operation may have ended at any time: the stack went away with its events.
    pub fn open_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (!self.is_over()).then_some(now)
    }

    /// Whether nothing goes on any more: the verdict has fallen, and the stack is gone, stuck, or at an end that
    /// it stays at. After a success it goes on until it has deleted itself or could not.
    pub fn is_over(&self) -> bool {
        let is_at_an_end = |root: &Arc<StackEvent>| root.status.is_final();
        match self.verdict {
            Verdict::Succeeded => matches!(self.cleanup(), Cleanup::Done | Cleanup::Leftover),
            Verdict::Failed | Verdict::Ended => {
                self.presence != Presence::There || self.root().is_none_or(is_at_an_end)
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
