//! The committed events of every stack and the gaps between them, for [`crate::poll::walk`]: ids and fingerprints only.
//!
//! Tests: `tests/it/poll/walk.rs`.

use foldhash::HashMap;

use crate::domain::observation::WalkStep;
use crate::domain::stack_event::{EventId, Fingerprint, StackEvent, StackId};

/// The events of one stack.
pub(super) type Ids = HashMap<EventId, Fingerprint>;

/// The committed events of every stack.
#[derive(Debug, Default)]
pub(super) struct Known {
    stacks: HashMap<StackId, KnownStack>,
}

#[derive(Debug, Default)]
struct KnownStack {
    events: Ids,
    /// The events directly below which others may be missing.
    gaps: Vec<EventId>,
}

/// The events of a walk that is to be committed.
pub(super) struct Walked<'a> {
    pub(super) met: Ids,
    pub(super) last: &'a EventId,
    /// It has met committed events of the stack, or was not ended by a refused page.
    pub(super) is_joined: bool,
    /// It has read the stack's first event.
    pub(super) to_the_end: bool,
}

impl Known {
    /// Takes the events of a recorded page as committed.
    pub(super) fn remember(&mut self, page: &WalkStep) {
        for event in page.events() {
            self.insert(event);
        }
        let of_others = page
            .others
            .iter()
            .map(|other| (&other.stack_id, &other.gaps));
        let own = page.stack_id.iter().map(|stack| (stack, &page.gaps));
        for (stack, gaps) in own.chain(of_others) {
            if let Some(gaps) = gaps {
                let known = self.stacks.entry(stack.clone()).or_default();
                known.gaps.clone_from(gaps);
            }
        }
    }

    fn insert(&mut self, event: &StackEvent) {
        let known = self.stacks.entry(event.stack_id.clone()).or_default();
        known
            .events
            .insert(event.event_id.clone(), event.fingerprint());
    }

    pub(super) fn events_of(&self, stack: &StackId) -> Option<&Ids> {
        self.stacks.get(stack).map(|known| &known.events)
    }

    pub(super) fn contains(&self, event: &StackEvent) -> bool {
        let known = self.events_of(&event.stack_id);
        known.is_some_and(|known| known.contains_key(&event.event_id))
    }

    pub(super) fn has_gaps(&self, stack: &StackId) -> bool {
        let known = self.stacks.get(stack);
        known.is_some_and(|known| !known.gaps.is_empty())
    }

    /// Commits the events of a walk. Returns the stack's gaps if they are others now: between the events of one walk
    /// nothing is missing, and below its last event nothing is if that is joined to an older one.
    pub(super) fn commit(&mut self, stack: &StackId, walked: Walked<'_>) -> Option<Vec<EventId>> {
        let known = self.stacks.entry(stack.clone()).or_default();
        let before = known.gaps.clone();
        let is_met = |gap: &EventId| walked.met.contains_key(gap);
        let crosses = before.iter().any(is_met);
        let ends_at_gap = before.contains(walked.last);
        let ends_known = known.events.contains_key(walked.last) && !ends_at_gap;
        known.gaps.retain(|gap| !is_met(gap));
        let is_joined = walked.is_joined && (!crosses || ends_known);
        if walked.to_the_end {
            known.gaps.clear();
        } else if !is_joined {
            known.gaps.push(walked.last.clone());
        }
        if known.events.is_empty() {
            known.events = walked.met;
        } else {
            known.events.extend(walked.met);
        }
        (known.gaps != before).then(|| known.gaps.clone())
    }
}
