//! One watched image: every stack that had its name, its description by DescribeImage, and the verdict. The app owns one
//! build and applies the poller's observations to it, in the order in which they come; nothing else changes it.
//!
//! Tests: `tests/it/headless/endings.rs`, `tests/it/poll/freshness.rs`, `tests/it/headless/watch.rs`.

mod ending;
mod evidence;
mod known;
mod recorded;

use std::borrow::Borrow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::change::{Change, CompletedWalk, Response};
use crate::domain::facts::{Facts, IMAGE_RESOURCE};
use crate::domain::image::ImageDescription;
use crate::domain::log::{BuildLog, LogCause};
use crate::domain::observation::{Observation, OtherEvents, Seen, WalkStep};
use crate::domain::resume::Earlier;
use crate::domain::search::Predicate;
use crate::domain::stack_event::{StackEvent, StackId};
use crate::domain::steps::{ImageEnd, ListedWorkflows, StepChange, Steps};
use crate::domain::timeline::Timeline;
use crate::domain::verdict::answers::Answers;
use crate::domain::verdict::{Verdict, decide};
use crate::store::filter_index::FilterSlot;
use crate::store::work::WorkBudget;
use crate::text::safe::SafeText;

/// The build of one image.
#[derive(Debug, Default)]
pub struct Build {
    /// One timeline for each stack, the current one last. A rebuild gives the image a new stack.
    timelines: Vec<Timeline>,
    /// The requested image; `None` for a recording's.
    image_id: Option<SafeText>,
    /// Only a later build is of interest: the watch waits for one.
    waits: bool,
    /// The time of the first response.
    watched_since: Option<DateTime<Utc>>,
    answers: Answers,
    /// The account that is asked, where that is known.
    account: Option<SafeText>,
    described: Option<Box<ImageDescription>>,
    /// When Image Builder's stage was first seen, if the stage before it was seen too.
    stage_since: Option<DateTime<Utc>>,
    /// The workflows of the current stack's image.
    steps: Steps,
    /// Whether the last response with events was that there is no stack.
    stack_gone: bool,
    has_responded: bool,
    /// The time of the last observation.
    last_at: Option<DateTime<Utc>>,
    verdict: Verdict,
    /// The current stack's.
    log: BuildLog,
    /// The build that an earlier watch has recorded, unless another one has its image id now.
    earlier: Option<Box<Earlier>>,
    /// The number of observations applied.
    revision: u64,
    /// The predicates of every timeline's filter indexes, later timelines included.
    predicates: [Option<Arc<Predicate>>; FilterSlot::ALL.len()],
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
    /// The stack is not ParallelCluster's: it stays.
    Stays,
}

impl Build {
    /// The build of a requested image. With `waits`, an AMI that is older than the watch is not awaited.
    pub fn requested(image_id: &str, waits: bool) -> Self {
        Self {
            image_id: Some(SafeText::new(image_id)),
            waits,
            ..Self::default()
        }
    }

    /// The account that was asked, where that is known.
    pub(crate) fn account(&self) -> Option<&SafeText> {
        self.account.as_ref()
    }

    /// The build after some observations.
    pub fn of(observations: impl IntoIterator<Item: Borrow<Observation>>) -> Self {
        let mut build = Self::default();
        for observation in observations {
            build.apply(observation.borrow());
        }
        build
    }

    /// Applies an observation. Its change is all that the rest of the program needs to know of it.
    pub fn apply<'a>(&mut self, observation: &'a Observation) -> Change<'a> {
        self.revision += 1;
        let mut change = Change::new(observation);
        self.compare(observation, &mut change);
        match &observation.seen {
            Seen::Page(page) => {
                self.has_responded = true;
                self.stack_gone = false;
                change.completed_walk = CompletedWalk::of(page);
                self.apply_page(page, &mut change);
                let is_deleted = |root: &Arc<StackEvent>| root.status.as_str() == "DELETE_COMPLETE";
                if self.root().is_some_and(is_deleted) {
                    self.answers.stack_is_gone(observation.elapsed);
                } else {
                    self.answers.stack_exists();
                }
            }
            Seen::Resumed(recorded) => {
                change.response = Response::Recorded;
                change.earlier = recorded.iter().map(|one| self.apply(one)).collect();
                let as_of = recorded.last().map(|one| one.at);
                self.rest(as_of.or(self.last_at));
                return change;
            }
            Seen::StackGone => {
                change.response = Response::StackGone;
                self.stack_gone = true;
                self.answers.stack_is_gone(observation.elapsed);
            }
            Seen::Image(image) => self.apply_image(image, observation),
            Seen::Steps(listed) => {
                change.response = Response::Detail;
                self.apply_steps(listed);
            }
            Seen::Log(page) => {
                change.response = Response::Detail;
                change.log = Some(page);
                self.log.apply(page);
                if !self.is_only_recorded() {
                    self.steps.read(page);
                }
            }
            Seen::Account(account) => {
                change.response = Response::Detail;
                self.account = Some(account.clone());
            }
            Seen::Failed(fault) => change.response = Response::Failed(fault),
            Seen::Refused(fault) => change.response = Response::Refused(fault),
            Seen::ClockOff(behind) => change.response = Response::ClockOff(*behind),
        }
        if matches!(change.response, Response::Data | Response::StackGone) {
            self.watched_since.get_or_insert(observation.at);
            self.answers.answered(observation.elapsed);
        }
        self.last_at = Some(observation.at);
        if !self.is_only_recorded() {
            self.verdict = decide(self.verdict, &self.evidence());
        }
        change.steps = self.settle_steps();
        change
    }

    /// Takes the workflows that Image Builder lists, unless they are another image's.
    fn apply_steps(&mut self, listed: &ListedWorkflows) {
        let own = self.current().and_then(|stack| stack.facts().image_arn());
        let is_own = own.is_none_or(|own| *own == listed.image_arn);
        if is_own && !self.is_only_recorded() {
            self.steps.list(listed);
        }
    }

    fn settle_steps(&mut self) -> Vec<StepChange> {
        if self.steps.is_empty() {
            return Vec::new();
        }
        let mut steps = std::mem::take(&mut self.steps);
        let changes = steps.settle(self.image_end());
        self.steps = steps;
        changes
    }

    /// How and when Image Builder has ended its work, as far as that is known.
    fn image_end(&self) -> Option<ImageEnd<'_>> {
        let facts = self.current().map(Timeline::facts);
        if self.is_made() {
            let made = facts
                .and_then(Facts::made)
                .and_then(|event| event.timestamp);
            return Some(ImageEnd::Made(made.or(self.answers.made_at())));
        }
        let failed = facts.and_then(Facts::failed_build);
        let failed = failed.map(|event| event.timestamp);
        let builder = || self.builder_failure().map(|failure| Some(failure.at));
        let at = failed.or_else(builder)?;
        let context = self.image().and_then(|image| image.failure.as_ref());
        let step = context.and_then(|context| context.step.as_ref());
        Some(ImageEnd::Failed(at, step.map(SafeText::as_str)))
    }

    /// The workflows of Image Builder, with their steps.
    pub fn steps(&self) -> &Steps {
        &self.steps
    }

    fn apply_page(&mut self, page: &WalkStep, change: &mut Change<'_>) {
        if let Some(stack_id) = &page.stack_id {
            if self.stack_id() != Some(stack_id) {
                let left = self.timelines.last_mut().map(Timeline::leave);
                change.left = left.unwrap_or_default();
                change.new_stack = Some(stack_id.clone());
                self.begin_stack(stack_id);
            }
            if let Some(timeline) = self.timelines.last_mut() {
                let mut gaps = page.gaps.iter().flatten();
                change.has_new_gap = gaps.any(|gap| !timeline.is_above_gap(gap));
                change.committed = timeline.apply(page);
            }
        }
        for events in &page.others {
            self.add_aside(events, change);
        }
    }

    /// Adds events of another stack to a timeline of their own, which is not the current one.
    fn add_aside(&mut self, events: &OtherEvents, change: &mut Change<'_>) {
        let known = self
            .timelines
            .iter()
            .position(|timeline| timeline.stack_id() == &events.stack_id);
        let index = known.unwrap_or_else(|| {
            let below_current = self.timelines.len().saturating_sub(1);
            let timeline = self.new_timeline(&events.stack_id);
            self.timelines.insert(below_current, timeline);
            below_current
        });
        if let Some(timeline) = self.timelines.get_mut(index) {
            change.committed.extend(timeline.add_aside(events));
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
        self.log = self.log.emptied();
        self.steps = Steps::default();
        self.described
            .take_if(|image| image.stack_id.as_ref() != Some(stack_id));
        if self.described.is_none() {
            self.stage_since = None;
            self.answers = Answers::default();
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
        self.log.index_some(budget);
    }

    /// The number of events that a filter index does not cover yet.
    pub fn unindexed(&self, slot: FilterSlot) -> usize {
        self.timelines
            .iter()
            .map(|timeline| timeline.unindexed(slot))
            .sum()
    }

    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The build log.
    pub(crate) fn log(&self) -> &BuildLog {
        &self.log
    }

    /// Why the build failed, by its log. It says nothing of another resource that failed first.
    pub(crate) fn log_cause(&self) -> Option<&Arc<LogCause>> {
        let failed = matches!(
            self.verdict,
            Verdict::Failed | Verdict::Failing | Verdict::RollingBack
        );
        let first = self.first_failure();
        let is_of_image = first.is_none_or(|event| event.logical_id.as_str() == IMAGE_RESOURCE);
        self.log.cause().filter(|_| failed && is_of_image)
    }

    pub(crate) fn log_mut(&mut self) -> &mut BuildLog {
        &mut self.log
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
        self.answers.gone().is_some()
    }

    /// Whether the API has no stack of this name (any more).
    pub fn is_gone(&self) -> bool {
        self.stack_gone
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
}
