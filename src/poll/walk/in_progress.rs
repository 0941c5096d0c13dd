//! A walk between its first page and its last: what it has met so far, and what of that is new.

use std::sync::Arc;

use crate::backend::NextToken;
use crate::domain::observation::LateEvent;
use crate::domain::stack_event::{EventId, Fingerprint, StackEvent, StackId};
use crate::poll::aside::Aside;
use crate::poll::continuity::Trail;
use crate::poll::known::Known;

/// A walk between its first page and its last.
#[derive(Debug, Default)]
pub(super) struct WalkInProgress {
    /// The next page's token.
    pub(super) token: Option<NextToken>,
    pub(super) tries: u32,
    /// The newest page has to be fetched before the token is used.
    pub(super) is_probing: bool,
    /// A step of it was returned.
    pub(super) is_shown: bool,
    pub(super) trail: Trail,
    pub(super) aside: Aside,
    /// The number of new events above the first known one.
    pub(super) fresh: usize,
    pub(super) late: Vec<LateEvent>,
    /// The number of known events that it has met.
    pub(super) overlap: usize,
    /// The number of consecutive pages without an event that the walk had not met.
    pub(super) idle_pages: u32,
    pub(super) audit: bool,
}

impl WalkInProgress {
    /// The fingerprint of the event that it has met under this id.
    pub(super) fn fingerprint(&self, event: &StackEvent, id: &EventId) -> Option<Fingerprint> {
        let own = self.trail.fingerprint(event, id);
        own.or_else(|| self.aside.fingerprint(event, id))
    }

    pub(super) fn has_new(&self) -> bool {
        self.fresh > 0 || !self.late.is_empty() || self.aside.has_new()
    }

    /// Reads a whole page and returns its fresh events, newest first. Events of other stacks are set aside.
    pub(super) fn read(
        &mut self,
        events: &[Arc<StackEvent>],
        stack: Option<&StackId>,
        known: &Known,
    ) -> Vec<Arc<StackEvent>> {
        let mut fresh = Vec::new();
        let is_new = |event: &&Arc<StackEvent>| !self.trail.has_met_any(event, &self.aside);
        let end = events.iter().rfind(is_new).cloned();
        let mut is_further = self.aside.read(events, stack, known);
        for event in events.iter().filter(|event| Some(&event.stack_id) == stack) {
            if self.trail.has_met(event) {
                continue;
            }
            is_further = true;
            let newer = self.trail.push(event);
            if known.contains(event) {
                self.overlap += 1;
            } else if let (1.., Some(newer)) = (self.overlap, newer) {
                self.late.push(LateEvent {
                    event: Arc::clone(event),
                    before: newer.event_id.clone(),
                });
            } else {
                fresh.push(Arc::clone(event));
            }
        }
        self.fresh += fresh.len();
        self.trail.end_page(events, end, self.token.take());
        self.idle_pages = if is_further { 0 } else { self.idle_pages + 1 };
        self.tries = 0;
        fresh
    }
}
