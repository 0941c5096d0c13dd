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

/// Tails the events of the stacks that have one name.
#[derive(Debug, Default)]
pub struct Walk {
    /// The committed events of every stack; only whole walks add to it.
    known: HashMap<StackId, HashSet<EventId>>,
    stack: Option<StackId>,
    underway: Option<Underway>,
    restarts: u32,
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
    /// The newest page held nothing that the walk had not met.
    stalled: bool,
    audit: bool,
}

impl Walk {
    /// The token to send with the next request: none for the newest page.
    #[must_use]
    pub fn token(&self) -> Option<&NextToken> {
        self.underway.as_ref().and_then(|walk| walk.token.as_ref())
    }

    /// Whether a walk has begun and is not whole.
    #[must_use]
    pub fn is_underway(&self) -> bool {
        self.underway.is_some()
    }

    /// Whether the next page should be asked for without a pause: a walk is underway, and its last page
    /// brought it further. A service that answers with the same page for ever is not asked in a hurry.
    #[must_use]
    pub fn wants_more(&self) -> bool {
        self.underway.as_ref().is_some_and(|walk| !walk.stalled)
    }

    /// Makes the next walk go down to the stack's first event, whatever is known: finds every late event.
    pub fn audit(&mut self) {
        self.audit = true;
    }

    /// Takes in the answer to a request with [`Walk::token`]. Nothing comes out when the page does not
    /// continue the walk; the walk then starts again at the newest page.
    pub fn page(&mut self, page: EventsPage) -> Option<PageNews> {
        let continues = self.underway.is_some();
        let page_stack = page.events.first().map(|event| event.stack_id.clone());
        if !continues {
            self.begin(page_stack);
        } else if !self.is_continuation(&page) {
            self.abandon();
            return None;
        }
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

    fn begin(&mut self, page_stack: Option<StackId>) {
        if page_stack.is_some() {
            self.stack = page_stack;
        }
        self.underway = Some(Underway {
            audit: std::mem::take(&mut self.audit),
            ..Underway::default()
        });
    }

    /// Whether a page that a token brought goes on where the page before ended. Events of the walk may come
    /// again at its top (tokens that count from the newest event shift when one arrives); an event that the
    /// walk has not met must not stand above one that it has.
    fn is_continuation(&mut self, page: &EventsPage) -> bool {
        let (Some(walk), Some(top)) = (&self.underway, page.events.first()) else {
            return true;
        };
        if Some(&top.stack_id) != self.stack.as_ref() {
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
                .iter()
                .any(|event| Some(&event.stack_id) != stack);
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
        walk.late
    }

    /// The service rejected the token. It is dropped at once. The token before it is tried in its place,
    /// once: where that still works, a long history goes on; else the walk starts again at the newest page.
    pub fn rejected(&mut self) {
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
    /// Reads a whole page and returns its events that are fresh, newest first. Events of another stack end
    /// the page: they are older than this stack.
    fn read(
        &mut self,
        events: &[Arc<StackEvent>],
        stack: Option<&StackId>,
        known: Option<&HashSet<EventId>>,
    ) -> Vec<Arc<StackEvent>> {
        let mut fresh = Vec::new();
        let met_before = self.met.len();
        for event in events
            .iter()
            .take_while(|event| Some(&event.stack_id) == stack)
        {
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
        self.stalled = self.met.len() == met_before;
        fresh
    }
}
