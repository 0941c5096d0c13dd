//! When a screen notifies the user of a verdict: once for each stack, and with a bell only if the user waited for it,
//! that is, if the build was not over before the program first saw it. Updated by the change that every observation makes to
//! the build.

use crate::domain::build::Build;
use crate::domain::change::{Change, Response};
use crate::domain::observation::Stream;
use crate::domain::stack_event::StackId;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::{OutcomeKind, Verdict};

/// The responses and notifications so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct VerdictNotice {
    /// Whether the API has responded. Before that, everything comes from the recording of an earlier watch.
    api_responded: bool,
    /// The stack whose events the API has returned up to the newest one. The recorded part may be long past.
    complete_stack: Option<StackId>,
    /// The stack whose build was last observed running.
    last_running_stack: Option<StackId>,
    /// The outcome of the last notification, and its stack.
    notified: Option<(Option<StackId>, OutcomeKind)>,
}

/// A verdict that the user has not been notified of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VerdictReached {
    pub user_waited: bool,
}

impl VerdictNotice {
    /// Applies a change of the build.
    pub(crate) fn apply(&mut self, change: &Change<'_>, build: &Build) -> Option<VerdictReached> {
        let stack = build.stack_id();
        if change.completed_walk.is_some() {
            self.complete_stack = stack.cloned();
        }
        self.api_responded |= matches!(change.response, Response::Data | Response::StackGone);
        if !self.api_responded || build.is_only_recorded() {
            return None;
        }
        if stack.is_some() && self.complete_stack.as_ref() == stack && is_running(change, build) {
            self.last_running_stack = stack.cloned();
        }
        let verdict = build.verdict();
        // An image that does not exist may be created later.
        if !verdict.is_final() || verdict == Verdict::NotFound || !is_explained(change, build) {
            return None;
        }
        let end = (stack.cloned(), verdict.outcome());
        if self.notified.as_ref() == Some(&end) {
            return None;
        }
        self.notified = Some(end);
        Some(VerdictReached {
            user_waited: stack.is_some() && self.last_running_stack.as_ref() == stack,
        })
    }
}

/// Whether enough is known to explain the verdict. DescribeImage can report a failure before the events that explain it
/// have been read, and the newest events tell the end before the older ones tell the beginning.
fn is_explained(change: &Change<'_>, build: &Build) -> bool {
    let ended = build
        .root()
        .is_some_and(|root| root.status.is_failure_of_stack());
    let is_whole = build.current().map(Timeline::is_whole);
    if build.is_gone() {
        return true;
    }
    match build.verdict() {
        Verdict::Failed => ended && is_whole == Some(true),
        _ => is_whole != Some(false) || change.is_failure_of(Stream::Events),
    }
}

/// Whether this change shows a running build, and not one that is over but not explained yet: a stack that failed,
/// or is being deleted, counts as "building" until DescribeImage has responded.
fn is_running(change: &Change<'_>, build: &Build) -> bool {
    let root = build.root().map(|root| &root.status);
    match build.verdict() {
        Verdict::Building => {
            root.is_some_and(|status| !status.is_final() && !status.is_failure_of_stack())
        }
        Verdict::Finishing | Verdict::Deleting => change.is_success_of(Stream::Image),
        _ => false,
    }
}
