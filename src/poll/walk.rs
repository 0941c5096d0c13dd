//! The walk: from the newest event back to ones that are known, page by page, without losing any.
//!
//! A pure state machine: pages go in; what is new comes out, and the token of the next request. Nothing
//! counts as seen before a walk is whole, so a walk that fails half-way costs requests, never events.
//!
//! The service promises little: pages are newest first; a token may die at any time; events may arrive
//! late, below ones that were returned before; a page may move up while events arrive, where tokens count
//! from the newest one; the stack may be replaced between two pages. Therefore whole pages are read,
//! [`OVERLAP`] known events must be met before a walk ends, a page counts only where it goes on at the walk's
//! last event, and the service's order is kept: nothing is ever sorted by time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::backend::{EventsPage, NextToken};
use crate::domain::observation::{LateEvent, WalkStep};
use crate::domain::stack_event::{EventId, EventKey, StackEvent, StackId};

/// How many known events a walk must meet before what lies below them is taken as known too: an event that
/// arrives late is found when fewer than this many newer ones had been committed before it.
pub const OVERLAP: usize = 20;

/// How often one token is tried when requests fail for reasons that may or may not lie in the token.
const TRIES: u32 = 3;

/// How often a walk starts again at once because a page does not continue the one before. After that it
/// starts again at the usual pace.
const RESTARTS: u32 = 3;

/// How many pages in a row may bring nothing new before the walk is no longer in a hurry.
const IDLE_PAGES: u32 = 5;

/// Tails the events of the stacks that have one name.
#[derive(Debug, Default)]
pub struct Walk {
    /// The committed events of every stack; only whole walks add to it.
    known: HashMap<StackId, HashSet<EventId>>,
    stack: Option<StackId>,
    underway: Option<Underway>,
    /// How often a walk has started again since the last one that was whole.
    restarts: u32,
    /// What was not believed since the last walk that was whole.
    discontinuityed: HashSet<Discontinuity>,
    /// A token of this walk was rejected. From then on, the newest page is asked for before each token is
    /// used: where the service rejects every other request, the walk still moves on.
    probe_first: bool,
    audit: bool,
}

/// What is not believed when it is met for the first time, since the service may have moved on under the
/// walk. The walk then starts again and meets all that is newer first; what comes once more after that is
/// the service's order.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Discontinuity {
    /// The event is said to be older than the walk, but does not stand directly below the walk's last one, or
    /// is dated as if it were newer.
    OutOfPlace(EventKey),
    /// The history ends with this event: an empty page without a token follows. It may be the end of the
    /// history of another stack, which has replaced this one.
    UnexpectedEnd(EventKey),
}

/// A walk between its first page and its last.
#[derive(Debug, Default)]
struct Underway {
    /// The next page's token.
    token: Option<NextToken>,
    /// The token that brought the newest page: a way to get a new token when the next one is rejected.
    previous: Option<NextToken>,
    tries: u32,
    /// The token stands for a place above the walk's last event, so that its page has to hold events of the
    /// walk.
    is_above: bool,
    /// Every event that this walk has met.
    met: HashSet<EventId>,
    fresh: Vec<EventId>,
    late: Vec<LateEvent>,
    overlap: usize,
    /// The oldest event that the walk has met so far.
    last: Option<Arc<StackEvent>>,
    /// The earliest time of the walk's events, as far as times follow the service's order.
    earliest: Option<DateTime<Utc>>,
    /// How many pages in a row held nothing that the walk had not met.
    idle_pages: u32,
    /// The newest page is to be asked for before the token is used.
    probing: bool,
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
        let walk = self.underway.as_ref().filter(|walk| !walk.probing);
        walk.and_then(|walk| walk.token.as_ref())
    }

    /// Whether the next page should be asked for without a pause: a walk is underway, and its last page
    /// brought it further, or it has to start again. A service that answers with the same page for ever, or
    /// with pages that never fit, is not asked in a hurry.
    pub fn wants_more(&self) -> bool {
        match &self.underway {
            Some(walk) => walk.idle_pages < IDLE_PAGES,
            None => (1..=RESTARTS).contains(&self.restarts),
        }
    }

    /// Makes the next walk go down to the stack's first event, whatever is known: finds every late event.
    pub fn audit(&mut self) {
        self.audit = true;
    }

    /// Takes in the answer to a request with [`Walk::token`]. Nothing comes out when the page does not
    /// continue the walk; the walk then starts again at the newest page.
    pub fn page(&mut self, mut page: EventsPage) -> Option<WalkStep> {
        let mut in_page = HashSet::new();
        page.events.retain(|event| in_page.insert(event.key()));
        let continues = self.underway.is_some();
        if self.is_probing(&page) {
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
        let mut walk = self.underway.take()?;
        let known = stack.as_ref().and_then(|stack| self.known.get(stack));
        let fresh = walk.read(&page.events, stack.as_ref(), known);
        let audit = walk.audit;
        let sent = walk.token.take();
        let end = Self::end(&walk, &page, stack.as_ref(), continues);
        walk.previous = sent;
        walk.tries = 0;
        let commit = if end {
            Some(self.commit(stack.as_ref(), walk))
        } else {
            walk.token = page.next;
            walk.probing = self.probe_first;
            self.underway = Some(walk);
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
        self.underway = Some(Underway {
            audit: std::mem::take(&mut self.audit),
            ..Underway::default()
        });
    }

    /// The stack of a walk is that of the first event that it meets.
    fn adopt_stack(&mut self, page: &EventsPage) {
        let is_new = self
            .underway
            .as_ref()
            .is_some_and(|walk| walk.last.is_none());
        if let (true, Some(event)) = (is_new, page.events.first()) {
            self.stack = Some(event.stack_id.clone());
        }
    }

    /// Whether the page was asked for on a probing. It says nothing but whether the stack is still the same.
    fn is_probing(&mut self, page: &EventsPage) -> bool {
        let Some(walk) = self.underway.as_mut().filter(|walk| walk.probing) else {
            return false;
        };
        walk.probing = false;
        let top = page.events.first().map(|event| &event.stack_id);
        if top.is_some() && top != self.stack.as_ref() {
            self.restart();
        }
        true
    }

    /// Whether a page that a token brought goes on where the walk is. What speaks against it is believed when
    /// it is met again.
    fn is_continuation(&mut self, page: &EventsPage) -> bool {
        let Some(walk) = &mut self.underway else {
            return true;
        };
        let Some(discontinuity) = walk.discontinuity(page) else {
            return true;
        };
        let is_believed = !self.discontinuityed.insert(discontinuity);
        if is_believed {
            // Where a time raised the discontinuity, the times above say nothing about what lies below.
            walk.earliest = None;
        }
        is_believed
    }

    /// Whether the walk is whole with this page.
    fn end(walk: &Underway, page: &EventsPage, stack: Option<&StackId>, continues: bool) -> bool {
        let first_event = page.next.is_none()
            || page
                .events
                .last()
                .is_some_and(|event| Some(&event.stack_id) != stack);
        let nothing_new =
            !continues && !page.events.is_empty() && walk.fresh.is_empty() && walk.late.is_empty();
        first_event || (!walk.audit && (nothing_new || walk.overlap >= OVERLAP))
    }

    fn commit(&mut self, stack: Option<&StackId>, walk: Underway) -> Vec<LateEvent> {
        if let Some(stack) = stack {
            let known = self.known.entry(stack.clone()).or_default();
            known.extend(walk.fresh);
            known.extend(walk.late.iter().map(|late| late.event.event_id.clone()));
        }
        self.restarts = 0;
        self.discontinuityed.clear();
        self.probe_first = false;
        walk.late
    }

    /// The service rejected the token. It is dropped at once. The token before it is tried in its place,
    /// once: where that still works, a long history goes on; else the walk starts again at the newest page.
    pub fn rejected(&mut self) {
        self.probe_first = true;
        let previous = self.underway.as_mut().and_then(|walk| walk.previous.take());
        match (&mut self.underway, previous) {
            (Some(walk), Some(previous)) => {
                walk.token = Some(previous);
                walk.is_above = true;
                walk.tries = 0;
            }
            _ => self.abandon(),
        }
    }

    /// A request failed for a reason that may lie in the token. The same token is tried up to three times.
    pub fn faulted(&mut self) {
        let Some(walk) = &mut self.underway else {
            return;
        };
        if std::mem::take(&mut walk.probing) {
            return;
        }
        walk.tries += 1;
        if walk.tries >= TRIES {
            self.rejected();
        }
    }

    /// The walk is to begin again at the newest page.
    fn restart(&mut self) {
        self.restarts += 1;
        self.abandon();
    }

    /// The stack is gone, and the walk with it. What is known stays known.
    pub fn abandon(&mut self) {
        if let Some(walk) = self.underway.take() {
            self.audit |= walk.audit;
        }
    }
}

impl Underway {
    /// What speaks against a page that is said to go on where the walk is.
    fn discontinuity(&self, page: &EventsPage) -> Option<Discontinuity> {
        let last = self.last.as_ref()?;
        match page.events.first() {
            None => page
                .next
                .is_none()
                .then(|| Discontinuity::UnexpectedEnd(last.key())),
            Some(top) if top.stack_id != last.stack_id => {
                Some(Discontinuity::OutOfPlace(top.key()))
            }
            Some(_) => self
                .misplaced(&page.events, last)
                .map(|event| Discontinuity::OutOfPlace(event.key())),
        }
    }

    /// The first event that the walk has not met, where its place is not directly below the walk's last one.
    /// Events of the walk may come again at the top of a page (it moved up when others arrived), but then
    /// down to the last one, and not below one that is new.
    fn misplaced<'a>(
        &self,
        events: &'a [Arc<StackEvent>],
        last: &StackEvent,
    ) -> Option<&'a Arc<StackEvent>> {
        let own = || {
            events
                .iter()
                .filter(|event| event.stack_id == last.stack_id)
        };
        let met = |event: &&Arc<StackEvent>| self.met.contains(&event.event_id);
        let first = own().find(|event| !met(event))?;
        let is_joined = match own().take_while(met).last() {
            Some(again) => again.event_id == last.event_id,
            // Nothing ties the page to the walk. That is as it should be, unless the token is known to stand
            // for a place inside the walk, or time tells that the page moved up above all of the walk.
            None => {
                !self.is_above
                    && self
                        .earliest
                        .is_none_or(|earliest| first.timestamp <= Some(earliest))
            }
        };
        let is_shuffled = own().skip_while(met).any(|event| met(&event));
        (!is_joined || is_shuffled).then_some(first)
    }

    /// Reads a whole page and returns its events that are fresh, newest first. Events of another stack are
    /// not this walk's.
    fn read(
        &mut self,
        events: &[Arc<StackEvent>],
        stack: Option<&StackId>,
        known: Option<&HashSet<EventId>>,
    ) -> Vec<Arc<StackEvent>> {
        let mut fresh = Vec::new();
        let met_before = self.met.len();
        for event in events.iter().filter(|event| Some(&event.stack_id) == stack) {
            if !self.met.insert(event.event_id.clone()) {
                continue;
            }
            let newer = self.last.replace(Arc::clone(event));
            self.earliest = self.earliest.into_iter().chain(event.timestamp).min();
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
        let own = |event: &&Arc<StackEvent>| Some(&event.stack_id) == stack;
        if let (Some(end), Some(last)) = (events.iter().rfind(own), &self.last) {
            self.is_above = end.event_id != last.event_id;
        }
        let idle = self.met.len() == met_before;
        self.idle_pages = if idle { self.idle_pages + 1 } else { 0 };
        fresh
    }
}
