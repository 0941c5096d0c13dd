//! The walk: from the newest event back to ones that are known, page by page, without losing any.
//!
//! A pure state machine: pages go in; what is new comes out, and the token of the next request. Nothing
//! counts as seen before a walk is whole, so a walk that fails half-way costs requests, never events.
//!
//! The service promises little: pages are newest first; a token may die at any time; events may arrive
//! late, below ones that were returned before; the stack may be replaced between two pages. Therefore whole
//! pages are read, [`OVERLAP`] known events must be met before a walk ends, and the service's order is kept:
//! nothing is ever sorted by time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::domain::event::{EventId, StackEvent, StackId};
use crate::domain::news::{LateEvent, PageNews};

use super::{EventsPage, NextToken};

/// How many known events a walk must meet before what lies below them is taken as known too: an event that
/// arrives late is found when fewer than this many newer ones had been committed before it.
pub const OVERLAP: usize = 20;

/// How often one token is tried when requests fail for reasons that may or may not lie in the token.
const TRIES: u32 = 3;

/// How often a walk starts again because a page does not continue the one before. After that the page is
/// taken as it is: a service that keeps answering so has an order that this program can't mend.
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
    restarts: u32,
    /// A token of this walk was rejected. From then on, the newest page is asked for before each token is
    /// used: where the service rejects every other request, the walk still moves on.
    wary: bool,
    audit: bool,
}

/// A walk between its first page and its last.
#[derive(Debug, Default)]
struct Underway {
    /// The next page's token.
    token: Option<NextToken>,
    /// The token that brought the newest page: a way to get a new token when the next one is rejected.
    previous: Option<NextToken>,
    tries: u32,
    /// Every event that this walk has met.
    met: HashSet<EventId>,
    fresh: Vec<EventId>,
    late: Vec<LateEvent>,
    overlap: usize,
    last: Option<Arc<StackEvent>>,
    /// How many pages in a row held nothing that the walk had not met.
    idle_pages: u32,
    /// The newest page is to be asked for before the token is used.
    detour: bool,
    audit: bool,
}

impl Walk {
    /// Takes an event as committed that an earlier watch has recorded.
    pub fn remember(&mut self, event: &StackEvent) {
        let known = self.known.entry(event.stack_id.clone()).or_default();
        known.insert(event.event_id.clone());
    }

    /// The token to send with the next request: none for the newest page.
    #[must_use]
    pub fn token(&self) -> Option<&NextToken> {
        let walk = self.underway.as_ref().filter(|walk| !walk.detour);
        walk.and_then(|walk| walk.token.as_ref())
    }

    /// Whether the next page should be asked for without a pause: a walk is underway, and its last page
    /// brought it further. A service that answers with the same page for ever is not asked in a hurry.
    #[must_use]
    pub fn wants_more(&self) -> bool {
        self.underway
            .as_ref()
            .is_some_and(|walk| walk.idle_pages < IDLE_PAGES)
    }

    /// Makes the next walk go down to the stack's first event, whatever is known: finds every late event.
    pub fn audit(&mut self) {
        self.audit = true;
    }

    /// Takes in the answer to a request with [`Walk::token`]. Nothing comes out when the page does not
    /// continue the walk; the walk then starts again at the newest page.
    pub fn page(&mut self, page: EventsPage) -> Option<PageNews> {
        let continues = self.underway.is_some();
        if self.is_detour(&page) {
            return None;
        }
        if !continues {
            self.begin();
        } else if !self.is_continuation(&page) {
            self.abandon();
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
            walk.detour = self.wary;
            self.underway = Some(walk);
            None
        };
        Some(PageNews {
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

    /// Whether the page was asked for on a detour. It says nothing but whether the stack is still the same.
    fn is_detour(&mut self, page: &EventsPage) -> bool {
        let Some(walk) = self.underway.as_mut().filter(|walk| walk.detour) else {
            return false;
        };
        walk.detour = false;
        let top = page.events.first().map(|event| &event.stack_id);
        if top.is_some() && top != self.stack.as_ref() {
            self.abandon();
        }
        true
    }

    /// Whether a page that a token brought goes on where the page before ended. Events of the walk may come
    /// again at its top (tokens that count from the newest event shift when one arrives); an event that the
    /// walk has not met must not stand above one that it has.
    fn is_continuation(&mut self, page: &EventsPage) -> bool {
        let (Some(walk), Some(top)) = (&self.underway, page.events.first()) else {
            return true;
        };
        if walk.last.is_some() && Some(&top.stack_id) != self.stack.as_ref() {
            return false;
        }
        let met = |event: &Arc<StackEvent>| walk.met.contains(&event.event_id);
        let again = page.events.iter().take_while(|event| met(event)).count();
        let shuffled = page.events.iter().skip(again).any(met);
        let above = again == 0
            && top.timestamp.is_some()
            && walk
                .last
                .as_ref()
                .is_some_and(|last| top.timestamp > last.timestamp);
        if !shuffled && !above {
            return true;
        }
        self.restarts += 1;
        self.restarts > RESTARTS
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
        self.wary = false;
        walk.late
    }

    /// The service rejected the token. It is dropped at once. The token before it is tried in its place,
    /// once: where that still works, a long history goes on; else the walk starts again at the newest page.
    pub fn rejected(&mut self) {
        self.wary = true;
        let previous = self.underway.as_mut().and_then(|walk| walk.previous.take());
        match (&mut self.underway, previous) {
            (Some(walk), Some(previous)) => {
                walk.token = Some(previous);
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
        if std::mem::take(&mut walk.detour) {
            return;
        }
        walk.tries += 1;
        if walk.tries >= TRIES {
            self.rejected();
        }
    }

    /// The stack is gone, and the walk with it. What is known stays known.
    pub fn abandon(&mut self) {
        if let Some(walk) = self.underway.take() {
            self.audit |= walk.audit;
        }
    }
}

impl Underway {
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
        let idle = self.met.len() == met_before;
        self.idle_pages = if idle { self.idle_pages + 1 } else { 0 };
        fresh
    }
}
