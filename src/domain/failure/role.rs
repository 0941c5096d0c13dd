//! What part a failed event has in a failure: whether it is the cause, or only follows from it.
//!
//! One failure makes several failed events. A list that shows them alike hides the one to read.

use super::super::build::Build;
use super::super::event::StackEvent;
use super::super::status::StatusClass;
use super::super::verdict::Verdict;

/// The part of a failed event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The first failure of a resource on its own account; the stack's where no resource's is known.
    Cause,
    /// Another resource that failed on its own account, later.
    Independent,
    /// A resource whose operation was cancelled because another one failed.
    Cancelled,
    /// The stack itself: its reason names the resources that failed.
    Stack,
    /// A resource that could not be deleted after the image had been made. The image is good.
    Cleanup,
}

impl Role {
    /// The part of one event; nothing for an event that tells of no failure (`*_FAILED`).
    #[must_use]
    pub fn of(build: &Build, event: &StackEvent) -> Option<Self> {
        if event.status.class() != StatusClass::Failed {
            return None;
        }
        let current = build.stack_id() == Some(&event.stack_id);
        let succeeded = current && build.verdict() == Verdict::Succeeded;
        let first = build
            .timeline_of(&event.stack_id)
            .and_then(|timeline| timeline.facts().first_failure())
            .is_some_and(|first| first.event_id == event.event_id);
        Some(if first && !succeeded {
            Self::Cause
        } else if event.is_root {
            Self::Stack
        } else if !event.is_own_failure {
            Self::Cancelled
        } else if succeeded && event.status.is_delete() {
            Self::Cleanup
        } else {
            Self::Independent
        })
    }
}
