//! Guards a walk against pages that do not continue it. [`crate::poll::walk`] shows it every page before reading it.
//!
//! The service's habits that it guards against:
//!
//! | habit | guard |
//! |---|---|
//! | A page moves up while events arrive, where tokens count from the newest event: it repeats events of the walk. | Repeated events at the top of a page have to lead down to the walk's last event ([`Trail::misplaced`]). |
//! | A page moves up so far that it stands above the whole walk. | An event dated later than the walk's earliest one is out of place. |
//! | The stack is replaced between two pages: the next page shows another stack, or is empty and the last. | [`Discontinuity::OutOfPlace`], [`Discontinuity::UnexpectedEnd`]. |
//! | An odd time or order is real: it is the service's order. | The first time, the walk restarts and meets all that is newer; the same discontinuity again is accepted ([`Continuity::accepts`]). |
//! | A page lists events of other stacks. | One page of unknown events of other stacks alone restarts the walk once; others are kept apart ([`crate::poll::aside`]). |
//! | A token dies at any time. | The token before it is tried once ([`Trail::step_back`]); its page has to repeat events of the walk. |
//! | Every other request is rejected, so that no token ever works. | After a rejection, the newest page is fetched before each token is used ([`Continuity::probe_first`]). |
//!
//! Tests: `tests/it/poll/walk.rs`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::HashSet;

use crate::backend::{EventsPage, NextToken};
use crate::domain::stack_event::{EventId, Fingerprint, StackEvent, StackId};
use crate::poll::known::Ids;

/// A page that does not continue the walk.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Discontinuity {
    /// The page has the event below the walk, but not directly below the walk's last one, or the event is dated as if it
    /// were newer.
    OutOfPlace(Identity),
    /// The history ends with this event: an empty page without a token follows. It may be the end of the history of
    /// another stack, which has replaced this one.
    UnexpectedEnd(Identity),
}

/// An event in any walk: until it is committed, its id may depend on what else a walk has met.
type Identity = (StackId, Fingerprint);

fn identity(event: &StackEvent) -> Identity {
    (event.stack_id.clone(), event.fingerprint())
}

/// The distrust that has built up since the last whole walk.
#[derive(Debug, Default)]
pub(super) struct Continuity {
    discontinuities: HashSet<Discontinuity>,
    /// A token was rejected. From then on, the newest page is fetched before each token is used: even if the service
    /// rejects every other request, the walk makes progress.
    pub(super) probe_first: bool,
}

impl Continuity {
    /// Whether the page that a token brought continues the walk; `is_odd` if it shows unknown events of other stacks alone. A discontinuity is accepted the second time, because the
    /// walk has restarted in between: it is the service's order.
    pub(super) fn accepts(&mut self, trail: &mut Trail, page: &EventsPage, is_odd: bool) -> bool {
        let Some(discontinuity) = trail.discontinuity(page, is_odd) else {
            return true;
        };
        let is_accepted = !self.discontinuities.insert(discontinuity);
        if is_accepted {
            // If a time raised it, the times above prove nothing about the events below.
            trail.earliest = None;
        }
        is_accepted
    }

    /// Forgets everything: a walk is whole.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// The events that one walk has met, and the end to which the next page has to be joined.
#[derive(Debug, Default)]
pub(super) struct Trail {
    met: Ids,
    /// It has met the stack's own first event, or another about the stack itself.
    has_root: bool,
    /// The oldest event of the walk so far.
    last: Option<Arc<StackEvent>>,
    /// The earliest time of the walk's events, as far as times follow the service's order.
    earliest: Option<DateTime<Utc>>,
    /// The next token points above the walk's last event, so that its page has to repeat events of the walk.
    is_above: bool,
    /// The token that brought the last page: a way to get a new token if the next one is rejected.
    previous: Option<NextToken>,
}

impl Trail {
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// The number of events that the walk has met.
    pub(super) fn len(&self) -> usize {
        self.met.len()
    }

    pub(super) fn has_met(&self, event: &StackEvent) -> bool {
        self.met.contains_key(&event.event_id)
    }

    /// Whether the walk has got below these events of earlier ones, of which it has met some.
    pub(super) fn is_below(&self, met: &HashSet<EventId>) -> bool {
        let is_deeper = |last: &Arc<StackEvent>| !met.contains(&last.event_id);
        self.last.as_ref().is_some_and(is_deeper)
            && (met.is_empty() || self.met.keys().any(|id| met.contains(id)))
    }

    pub(super) fn has_root(&self) -> bool {
        self.has_root
    }

    pub(super) fn last_id(&self) -> Option<&EventId> {
        self.last.as_ref().map(|last| &last.event_id)
    }

    /// The fingerprint of the event that has this id, if the walk is of this event's stack.
    pub(super) fn fingerprint(&self, event: &StackEvent, id: &EventId) -> Option<Fingerprint> {
        let last = self.last.as_ref()?;
        (last.stack_id == event.stack_id).then(|| self.met.get(id).copied())?
    }

    /// Takes the events out, at the end of the walk.
    pub(super) fn take_met(&mut self) -> Ids {
        std::mem::take(&mut self.met)
    }

    pub(super) fn add_to(&self, met: &mut HashSet<EventId>) {
        met.extend(self.met.keys().cloned());
    }

    /// Adds an event that the walk has not met. Returns the one above it.
    pub(super) fn push(&mut self, event: &Arc<StackEvent>) -> Option<Arc<StackEvent>> {
        self.met.insert(event.event_id.clone(), event.fingerprint());
        self.has_root |= event.is_root;
        self.earliest = self.earliest.into_iter().chain(event.timestamp).min();
        self.last.replace(Arc::clone(event))
    }

    /// Notes the end of a page that the walk has read, and the token that brought it.
    pub(super) fn end_page(
        &mut self,
        events: &[Arc<StackEvent>],
        stack: Option<&StackId>,
        token: Option<NextToken>,
    ) {
        let own = |event: &&Arc<StackEvent>| Some(&event.stack_id) == stack;
        if let (Some(end), Some(last)) = (events.iter().rfind(own), &self.last) {
            self.is_above = end.event_id != last.event_id;
        }
        self.previous = token;
    }

    /// The token before the one that was rejected, once.
    pub(super) fn step_back(&mut self) -> Option<NextToken> {
        let previous = self.previous.take();
        self.is_above |= previous.is_some();
        previous
    }

    fn discontinuity(&self, page: &EventsPage, is_odd: bool) -> Option<Discontinuity> {
        let last = self.last.as_ref()?;
        match page.events.first() {
            None => page
                .next
                .is_none()
                .then(|| Discontinuity::UnexpectedEnd(identity(last))),
            Some(top) if is_odd => Some(Discontinuity::OutOfPlace(identity(top))),
            Some(_) => self
                .misplaced(&page.events, last)
                .map(|event| Discontinuity::OutOfPlace(identity(event))),
        }
    }

    /// The first event that the walk has not met, if it does not follow the walk's last one directly. A page may repeat
    /// events of the walk at its top (it moved up when others arrived), but then down to the last one, and not below one
    /// that is new.
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
        let met = |event: &&Arc<StackEvent>| self.has_met(event);
        let first = own().find(|event| !met(event))?;
        let is_joined = match own().take_while(met).last() {
            Some(repeated) => repeated.event_id == last.event_id,
            // Nothing ties the page to the walk. That is normal, unless the token is known to point into the walk, or
            // the time proves that the page moved up above the whole walk.
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
}
