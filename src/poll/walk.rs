//! The walk: from the newest event back to known ones, page by page, without losing any. [`crate::poll::events`] gives it
//! each page; it returns the new events and the token of the next request.
//!
//! A pure state machine. No event counts as seen before a walk is whole, so a walk that fails half-way costs requests,
//! never events.
//!
//! The service promises little: pages are newest first; a token may die at any time; events may arrive late, below ones
//! that were returned before; a page may move up while events arrive; the stack may be replaced between two pages.
//! Therefore whole pages are read, a walk ends only after [`OVERLAP`] known events, a page counts only if it continues
//! the walk (see [`crate::poll::continuity`]), and the service's order is kept: nothing is ever sorted by time.
//!
//! Tests: `tests/it/poll/walk.rs`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::backend::{EventsPage, NextToken};
use crate::domain::observation::{LateEvent, WalkStep};
use crate::domain::stack_event::{EventId, StackEvent, StackId};
use crate::poll::continuity::{Continuity, Trail};

/// The number of known events that a walk must meet before it takes everything below them as known, too: an event that
/// arrives late is found if fewer than this many newer ones had been committed before it.
pub const OVERLAP: usize = 20;

/// How often one token is tried when requests fail for reasons that may or may not lie in the token.
const TRIES: u32 = 3;

/// How often a walk restarts at once because a page does not continue the one before. After that it restarts at the
/// usual interval.
const RESTARTS: u32 = 3;

/// The number of consecutive pages without a new event after which the walk continues at the usual interval.
const IDLE_PAGES: u32 = 5;

/// Tails the events of the stacks that have one name.
#[derive(Debug, Default)]
pub struct Walk {
    /// The committed events of every stack; only whole walks add to it.
    known: HashMap<StackId, HashSet<EventId>>,
    stack: Option<StackId>,
    in_progress: Option<WalkInProgress>,
    /// The number of restarts since the last whole walk.
    restarts: u32,
    continuity: Continuity,
    /// The next walk is an audit.
    audit: bool,
}

/// A walk between its first page and its last.
#[derive(Debug, Default)]
struct WalkInProgress {
    /// The next page's token.
    token: Option<NextToken>,
    tries: u32,
    /// The newest page has to be fetched before the token is used.
    is_probing: bool,
    trail: Trail,
    fresh: Vec<EventId>,
    late: Vec<LateEvent>,
    /// The number of known events that it has met.
    overlap: usize,
    /// The number of consecutive pages without an event that the walk had not met.
    idle_pages: u32,
    audit: bool,
}

impl Walk {
    /// Takes an event as committed that an earlier watch has recorded.
    pub fn remember(&mut self, event: &StackEvent) {
        let known = self.known.entry(event.stack_id.clone()).or_default();
        known.insert(event.event_id.clone());
    }

    /// The token to send with the next request: none for the newest page.
    pub fn token(&self) -> Option<&NextToken> {
        let walk = self.in_progress.as_ref().filter(|walk| !walk.is_probing);
        walk.and_then(|walk| walk.token.as_ref())
    }

    /// Whether to fetch the next page without a pause: the last page of the walk in progress brought it further, or the
    /// walk has to restart. A service that returns the same page for ever, or pages that never fit, is polled at the usual
    /// interval.
    pub fn wants_more(&self) -> bool {
        match &self.in_progress {
            Some(walk) => walk.idle_pages < IDLE_PAGES,
            None => (1..=RESTARTS).contains(&self.restarts),
        }
    }

    /// Makes the next walk read down to the stack's first event, even if all is known: finds every late event.
    pub fn audit(&mut self) {
        self.audit = true;
    }

    /// Reads the response to a request with [`Walk::token`]. None if the page does not continue the walk; the walk then
    /// restarts at the newest page.
    pub fn page(&mut self, mut page: EventsPage) -> Option<WalkStep> {
        let mut in_page = HashSet::new();
        page.events.retain(|event| in_page.insert(event.key()));
        let continues = self.in_progress.is_some();
        if self.is_probe(&page) {
            return None;
        }
        if !continues {
            self.begin();
        } else if !self.is_continuation(&page) {
            self.restart();
            return None;
        }
        self.adopt_stack(&page);
        let stack = self.stack.clone();
        let mut walk = self.in_progress.take()?;
        let known = stack.as_ref().and_then(|stack| self.known.get(stack));
        let fresh = walk.read(&page.events, stack.as_ref(), known);
        let audit = walk.audit;
        let is_whole = Self::is_whole(&walk, &page, stack.as_ref(), continues);
        walk.tries = 0;
        let commit = if is_whole {
            Some(self.commit(stack.as_ref(), walk))
        } else {
            walk.token = page.next;
            walk.is_probing = self.continuity.probe_first;
            self.in_progress = Some(walk);
            None
        };
        Some(WalkStep {
            stack_id: stack,
            restarted: !continues,
            fresh,
            commit,
            audit,
        })
    }

    fn begin(&mut self) {
        self.in_progress = Some(WalkInProgress {
            audit: std::mem::take(&mut self.audit),
            ..WalkInProgress::default()
        });
    }

    /// The stack of a walk is that of the first event that it meets.
    fn adopt_stack(&mut self, page: &EventsPage) {
        let walk = self.in_progress.as_ref();
        let is_new = walk.is_some_and(|walk| walk.trail.is_empty());
        if let (true, Some(event)) = (is_new, page.events.first()) {
            self.stack = Some(event.stack_id.clone());
        }
    }

    /// Whether the page was fetched as a probe: it only proves that the stack is still the same.
    fn is_probe(&mut self, page: &EventsPage) -> bool {
        let Some(walk) = self.in_progress.as_mut().filter(|walk| walk.is_probing) else {
            return false;
        };
        walk.is_probing = false;
        let top = page.events.first().map(|event| &event.stack_id);
        if top.is_some() && top != self.stack.as_ref() {
            self.restart();
        }
        true
    }

    fn is_continuation(&mut self, page: &EventsPage) -> bool {
        let Some(walk) = &mut self.in_progress else {
            return true;
        };
        self.continuity.accepts(&mut walk.trail, page)
    }

    /// Whether the walk is whole with this page.
    fn is_whole(
        walk: &WalkInProgress,
        page: &EventsPage,
        stack: Option<&StackId>,
        continues: bool,
    ) -> bool {
        let first_event = page.next.is_none()
            || page
                .events
                .last()
                .is_some_and(|event| Some(&event.stack_id) != stack);
        let nothing_new =
            !continues && !page.events.is_empty() && walk.fresh.is_empty() && walk.late.is_empty();
        first_event || (!walk.audit && (nothing_new || walk.overlap >= OVERLAP))
    }

    fn commit(&mut self, stack: Option<&StackId>, walk: WalkInProgress) -> Vec<LateEvent> {
        if let Some(stack) = stack {
            let known = self.known.entry(stack.clone()).or_default();
            known.extend(walk.fresh);
            known.extend(walk.late.iter().map(|late| late.event.event_id.clone()));
        }
        self.restarts = 0;
        self.continuity.reset();
        walk.late
    }

    /// The service rejected the token. It is dropped at once. The token before it is tried in its place, once: if that
    /// still works, a long history continues; else the walk restarts at the newest page.
    pub fn rejected(&mut self) {
        self.continuity.probe_first = true;
        let walk = self.in_progress.as_mut();
        let Some((walk, previous)) = walk.and_then(|walk| {
            let previous = walk.trail.step_back()?;
            Some((walk, previous))
        }) else {
            self.abandon();
            return;
        };
        walk.token = Some(previous);
        walk.tries = 0;
    }

    /// A request failed for a reason that may lie in the token. The same token is tried up to three times.
    pub fn faulted(&mut self) {
        let Some(walk) = &mut self.in_progress else {
            return;
        };
        if std::mem::take(&mut walk.is_probing) {
            return;
        }
        walk.tries += 1;
        if walk.tries >= TRIES {
            self.rejected();
        }
    }

    /// The next page is the newest one again.
    fn restart(&mut self) {
        self.restarts += 1;
        self.abandon();
    }

    /// The stack is gone, and the walk with it. Known events stay known.
    pub fn abandon(&mut self) {
        if let Some(walk) = self.in_progress.take() {
            self.audit |= walk.audit;
        }
    }
}

impl WalkInProgress {
    /// Reads a whole page and returns its fresh events, newest first. Events of another stack are not this walk's.
    fn read(
        &mut self,
        events: &[Arc<StackEvent>],
        stack: Option<&StackId>,
        known: Option<&HashSet<EventId>>,
    ) -> Vec<Arc<StackEvent>> {
        let mut fresh = Vec::new();
        let met_before = self.trail.len();
        for event in events.iter().filter(|event| Some(&event.stack_id) == stack) {
            if self.trail.has_met(event) {
                continue;
            }
            let newer = self.trail.push(event);
            if known.is_some_and(|known| known.contains(&event.event_id)) {
                self.overlap += 1;
            } else if let (1.., Some(newer)) = (self.overlap, newer) {
                self.late.push(LateEvent {
                    event: Arc::clone(event),
                    before: newer.event_id.clone(),
                });
            } else {
                self.fresh.push(event.event_id.clone());
                fresh.push(Arc::clone(event));
            }
        }
        self.trail.end_page(events, stack, self.token.take());
        let is_idle = self.trail.len() == met_before;
        self.idle_pages = if is_idle { self.idle_pages + 1 } else { 0 };
        fresh
    }
}
