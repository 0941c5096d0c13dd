//! What of a build's end a screen has told. A verdict is news once for each stack, and worth a bell only to
//! somebody who was waiting for it: not where the build was over before the program first saw it.

use crate::domain::build::Build;
use crate::domain::observation::Seen;
use crate::domain::stack_event::StackId;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::{OutcomeKind, Verdict};

/// What has been seen and told.
#[derive(Clone, Debug, Default)]
pub(crate) struct VerdictNotice {
    /// Whether the API has answered. Before that, all that is known is what an earlier watch has recorded.
    heard: bool,
    /// The stack that the API has shown up to its newest event. What was recorded of it may be long past.
    shown: Option<StackId>,
    /// The stack that was last seen while its build went on.
    last_running_stack: Option<StackId>,
    /// The end that was last told, and of which stack.
    told: Option<(Option<StackId>, OutcomeKind)>,
}

/// A verdict that has just fallen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VerdictReached {
    /// Whether it was waited for.
    pub awaited: bool,
}

impl VerdictNotice {
    /// Takes in what was heard, after the build has.
    pub(crate) fn apply(&mut self, news: &Seen, build: &Build) -> Option<VerdictReached> {
        let stack = build.stack_id();
        if matches!(news, Seen::Page(page) if page.commit.is_some()) {
            self.shown = stack.cloned();
        }
        self.heard |= matches!(news, Seen::Page(_) | Seen::StackGone | Seen::Image(_));
        if !self.heard {
            return None;
        }
        if stack.is_some() && self.shown.as_ref() == stack && goes_on(news, build) {
            self.last_running_stack = stack.cloned();
        }
        let verdict = build.verdict();
        // An image that does not exist may come yet.
        if !verdict.is_final() || verdict == Verdict::NotFound || !is_understood(build) {
            return None;
        }
        let end = (stack.cloned(), verdict.outcome());
        if self.told.as_ref() == Some(&end) {
            return None;
        }
        self.told = Some(end);
        Some(VerdictReached {
            awaited: stack.is_some() && self.last_running_stack.as_ref() == stack,
        })
    }
}

/// Whether what is known of an end is enough to tell it. DescribeImage can say that a build failed before the
/// events that say why have been read.
fn is_understood(build: &Build) -> bool {
    let ended = build
        .root()
        .is_some_and(|root| root.status.is_failure_of_stack());
    let whole = build.current().is_some_and(Timeline::is_whole);
    build.verdict() != Verdict::Failed || build.is_gone() || (ended && whole)
}

/// Whether this shows a build that goes on, and not one that is over but whose end has yet to be understood:
/// a stack that failed, or is being deleted, is so far "building" until DescribeImage has been heard.
fn goes_on(news: &Seen, build: &Build) -> bool {
    let root = build.root().map(|root| &root.status);
    match build.verdict() {
        Verdict::Building => {
            root.is_some_and(|status| !status.is_final() && !status.is_failure_of_stack())
        }
        Verdict::Finishing | Verdict::Deleting => matches!(news, Seen::Image(_)),
        _ => false,
    }
}
