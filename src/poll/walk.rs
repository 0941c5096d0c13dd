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
use crate::domain::observation::{Cut, LateEvent, WalkStep};
use crate::domain::stack_event::{EventId, EventKey, StackEvent, StackId};
use crate::poll::continuity::{Continuity, Trail};

/// The number of known events that a walk must meet before it takes everything below them as known, too: an event that
/// arrives late is found if fewer than this many newer ones had been committed before it.
pub const OVERLAP: usize = 20;

/// How often one token is tried when requests fail for reasons that may or may not lie in the token.
const TRIES: u32 = 3;

/// How often a walk restarts at once because a page does not continue the one before. After that it restarts at the
/// usual interval.
const RESTARTS: u32 = 3;

/// How often the service may refuse the page below the same events before the walk ends above it.
const REFUSALS: u32 = 6;

/// How many polls in a row may stop after a first page that holds fewer than [`OVERLAP`] known events. The next one reads
/// on, to find late events.
const SHORT_POLLS: u32 = 5;

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
    refusals: Refusals,
    /// The number of polls in a row that stopped after a short first page.
    short_polls: u32,
}

/// The refused pages since the last complete walk.
#[derive(Debug, Default)]
struct Refusals {
    /// The events that the refused walks had met.
    met: HashSet<EventId>,
    /// The number of refusals without progress.
    count: u32,
    /// The service refuses pages for good: the next refusal ends its walk at once.
    for_good: bool,
}

impl Refusals {
    /// Counts a refusal of the page below these events. A walk makes progress if it gets below all that the earlier ones
    /// have met: its last event is none of them, though others are. Where no event is, newer ones have replaced them all.
    fn add(&mut self, trail: &Trail) {
        let is_deeper = trail.is_below(&self.met);
        self.count = if is_deeper { 1 } else { self.count + 1 };
        trail.add_to(&mut self.met);
    }

    fn are_too_many(&self) -> bool {
        self.for_good || self.count >= REFUSALS
    }
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
    /// The new events of other stacks.
    others: Vec<Arc<StackEvent>>,
    /// All events of other stacks that it has met.
    others_met: HashSet<EventKey>,
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
        walk.read_others(&page.events, stack.as_ref(), &self.known);
        let is_whole = self.is_whole(&walk, &page, continues);
        walk.tries = 0;
        let mut others = Vec::new();
        let commit = if is_whole {
            others = std::mem::take(&mut walk.others);
            self.refusals.met.clear();
            self.refusals.count = 0;
            if page.next.is_none() {
                self.refusals.for_good = false;
            }
            Some(self.commit(stack.as_ref(), walk, &others))
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
            cut: None,
            others,
        })
    }

    fn begin(&mut self) {
        self.in_progress = Some(WalkInProgress {
            audit: std::mem::take(&mut self.audit),
            ..WalkInProgress::default()
        });
    }

    /// The stack of a walk is that of the first event that it meets, unless that one stands alone among events of the
    /// stack before: a new stack begins with an event of its own, and the service lists one stack.
    fn adopt_stack(&mut self, page: &EventsPage) {
        let walk = self.in_progress.as_ref();
        let is_new = walk.is_some_and(|walk| walk.trail.is_empty());
        let (true, Some(top)) = (is_new, page.events.first()) else {
            return;
        };
        let of_top = |event: &&Arc<StackEvent>| event.stack_id == top.stack_id;
        let begins = page.events.iter().filter(of_top).any(|event| event.is_root);
        let is_listed = |stack: &StackId| page.events.iter().any(|event| event.stack_id == *stack);
        if begins || !self.stack.as_ref().is_some_and(is_listed) {
            self.stack = Some(top.stack_id.clone());
        }
    }

    /// Whether the page was fetched as a probe: it only proves that the stack is still the same.
    fn is_probe(&mut self, page: &EventsPage) -> bool {
        let Some(walk) = self.in_progress.as_mut().filter(|walk| walk.is_probing) else {
            return false;
        };
        walk.is_probing = false;
        let own = |event: &Arc<StackEvent>| Some(&event.stack_id) == self.stack.as_ref();
        if !page.events.is_empty() && !page.events.iter().any(own) {
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
    fn is_whole(&mut self, walk: &WalkInProgress, page: &EventsPage, continues: bool) -> bool {
        if page.next.is_none() || (!walk.audit && walk.overlap >= OVERLAP) {
            self.short_polls = 0;
            return true;
        }
        let nothing_new = !continues
            && !page.events.is_empty()
            && walk.fresh.is_empty()
            && walk.late.is_empty()
            && walk.others.is_empty();
        if walk.audit || !nothing_new {
            return false;
        }
        self.short_polls += 1;
        if self.short_polls <= SHORT_POLLS {
            return true;
        }
        self.short_polls = 0;
        false
    }

    /// Ends the walk in progress above a page that the service refuses for good: all that it has met is committed.
    fn cut(&mut self) -> Option<WalkStep> {
        let mut walk = self.in_progress.take()?;
        self.refusals = Refusals {
            for_good: true,
            ..Refusals::default()
        };
        let stack = self.stack.clone();
        let others = std::mem::take(&mut walk.others);
        let last = walk.late.last().map(|late| &late.event);
        let ends_late = last.is_some_and(|last| walk.trail.is_last(last));
        let cut = if walk.overlap == 0 || ends_late {
            Cut::Gap
        } else {
            Cut::Joined
        };
        Some(WalkStep {
            commit: Some(self.commit(stack.as_ref(), walk, &others)),
            stack_id: stack,
            cut: Some(cut),
            others,
            ..WalkStep::default()
        })
    }

    fn commit(
        &mut self,
        stack: Option<&StackId>,
        walk: WalkInProgress,
        others: &[Arc<StackEvent>],
    ) -> Vec<LateEvent> {
        for event in others {
            self.remember(event);
        }
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
    /// still works, a long history continues; else the walk restarts at the newest page. Where the service refuses the
    /// page again and again, the walk ends above it: its last step is returned.
    pub fn rejected(&mut self) -> Option<WalkStep> {
        self.continuity.probe_first = true;
        if let Some(walk) = &self.in_progress {
            self.refusals.add(&walk.trail);
            if self.refusals.are_too_many() && !walk.trail.is_empty() {
                return self.cut();
            }
        }
        let walk = self.in_progress.as_mut();
        let Some((walk, previous)) = walk.and_then(|walk| {
            let previous = walk.trail.step_back()?;
            Some((walk, previous))
        }) else {
            self.abandon();
            return None;
        };
        walk.token = Some(previous);
        walk.tries = 0;
        None
    }

    /// A request failed for a reason that may lie in the token. The same token is tried up to three times.
    pub fn faulted(&mut self) -> Option<WalkStep> {
        let walk = self.in_progress.as_mut()?;
        if std::mem::take(&mut walk.is_probing) {
            return None;
        }
        walk.tries += 1;
        if walk.tries >= TRIES {
            return self.rejected();
        }
        None
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
    /// Notes the new events of other stacks on a page.
    fn read_others(
        &mut self,
        events: &[Arc<StackEvent>],
        stack: Option<&StackId>,
        known: &HashMap<StackId, HashSet<EventId>>,
    ) {
        for event in events.iter().filter(|event| Some(&event.stack_id) != stack) {
            let known = known.get(&event.stack_id);
            let is_known = known.is_some_and(|known| known.contains(&event.event_id));
            if self.others_met.insert(event.key()) && !is_known {
                self.others.push(Arc::clone(event));
                self.idle_pages = 0;
            }
        }
    }

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
