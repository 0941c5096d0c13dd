//! The beginning and the end of a build, and what becomes of its stack afterwards. Tests:
//! `tests/it/headless/endings.rs`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::build::{Build, Cleanup};
use crate::domain::stack_event::StackEvent;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;
use crate::domain::verdict::answers::Shown;

impl Build {
    /// Whether a stack is watched for itself, because ParallelCluster did not make it.
    fn is_any_stack(&self) -> bool {
        let has_image = self
            .current()
            .is_some_and(|stack| stack.facts().has_image());
        matches!(self.shown(has_image), Some((Shown::AnyStack, _)))
    }

    /// The state of the stack, once the build has succeeded.
    pub fn cleanup(&self) -> Cleanup {
        // Where no permitted call can show the stack, there is no clean-up to wait for.
        let hides_stack = self.image().is_some_and(|image| image.hides_stack);
        match self.root() {
            _ if self.is_any_stack() => Cleanup::Stays,
            _ if self.stack_gone || hides_stack => Cleanup::Done,
            Some(root) if root.status.as_str() == "DELETE_COMPLETE" => Cleanup::Done,
            Some(root) if !root.status.is_final() => Cleanup::Running,
            Some(root) if root.status.is_failure_of_stack() => Cleanup::Leftover,
            Some(_) => Cleanup::Pending,
            None => self.cleanup_without_events(),
        }
    }

    /// The same by the description, where events are refused.
    fn cleanup_without_events(&self) -> Cleanup {
        match self.stack_status() {
            Some("DELETE_FAILED") => Cleanup::Leftover,
            Some("CREATE_COMPLETE") => Cleanup::Pending,
            _ => Cleanup::Running,
        }
    }

    /// When the build began: the first event of the stack itself.
    pub fn started_at(&self) -> Option<DateTime<Utc>> {
        self.current()?.facts().began()?.timestamp
    }

    /// When the build ended. A success: when the image was first known to be made (by its event, Image Builder's status, or
    /// the beginning of the stack's deletion), else when the AMI was created. A failure: when the stack failed, whatever
    /// became of it later.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        if !self.verdict.is_final() {
            return None;
        }
        if let Some(known) = self.recorded_end() {
            return Some(known);
        }
        let facts = self.current().map(Timeline::facts);
        let time = |event: &Arc<StackEvent>| event.timestamp;
        let ended = match self.verdict {
            Verdict::EndNotSeen => return None,
            Verdict::Succeeded => {
                let made = facts.and_then(|facts| facts.made()).and_then(time);
                let deleted = facts.and_then(|facts| facts.root_deletion()).and_then(time);
                let ends = [made, self.answers.made_at(), deleted];
                let created = || self.image()?.creation_time;
                ends.into_iter().flatten().min().or_else(created)
            }
            Verdict::Failed => {
                let failed = facts.and_then(|facts| facts.failed_build()).and_then(time);
                let builder = || self.builder_failure().map(|failure| failure.at);
                failed.or_else(builder)
            }
            _ => None,
        };
        ended.or_else(|| self.root()?.timestamp)
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
        if self.is_only_recorded() {
            return true;
        }
        let is_final = |root: &Arc<StackEvent>| root.status.is_final();
        match self.verdict {
            Verdict::Succeeded => {
                matches!(
                    self.cleanup(),
                    Cleanup::Done | Cleanup::Leftover | Cleanup::Stays
                )
            }
            Verdict::Failed | Verdict::Ended => self.stack_gone || self.root().is_none_or(is_final),
            verdict => verdict.is_final(),
        }
    }

    /// How long the build has taken, or took. An event that is stamped in the future has age 0.
    pub fn elapsed(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let as_of = self.recorded().map(|recorded| recorded.as_of);
        let end = self.ended_at().or(as_of).unwrap_or(now);
        Some((end - self.started_at()?).max(TimeDelta::zero()))
    }
}
