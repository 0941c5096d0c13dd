//! Guards a walk against pages that do not continue it. [`crate::poll::walk`] shows it every page before reading it.
//!
//! The service's habits that it guards against:
//!
//! | habit | guard |
//! |---|---|
//! | A page moves up while events arrive, where tokens count from the newest event: it repeats events of the walk. | Repeated events at the top of a page have to lead down to the walk's last event ([`Trail::misplaced`]). |
//! | A page moves up so far that it has none of the walk's events. | All its events appeared after the walk began: none is committed, and one of them, not always the first, is dated later than the walk's earliest event. Only where all have the same time can this not be told ([`Trail::misplaced`]). |
//! | The stack is replaced between two pages: the next page shows another stack, or is empty and the last. | [`Discontinuity::OutOfPlace`], [`Discontinuity::UnexpectedEnd`]. |
//! | An odd time or order is real: it is the service's order. | The first time, the walk restarts and meets all that is newer; the same discontinuity again is accepted ([`Continuity::accepts`]). |
//! | A page lists events of other stacks. | One page of unknown events of other stacks alone restarts the walk once; others are kept apart ([`crate::poll::aside`]), but join pages as the walk's own do. |
//! | A token dies at any time. | The token before it is tried once ([`Trail::step_back`]); its page has to repeat events of the walk. |
//! | Every other request is rejected, so that no token ever works. | After a rejection, the newest page is fetched before each token is used ([`Continuity::probe_first`]). |
//!
//! Tests: `tests/it/poll/walk.rs`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::HashSet;

use crate::backend::{EventsPage, NextToken};
use crate::domain::stack_event::{EventId, Fingerprint, StackEvent, StackId};
use crate::poll::aside::Aside;
use crate::poll::known::{Ids, Known};

/// A page that does not continue the walk.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Discontinuity {
    /// The page has the event below the walk, but not directly below the walk's last one, or the event is dated as if it
    /// were newer. An event that is committed already is not newer.
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
    /// Whether the page that a token brought continues the walk; `is_odd` if it shows unknown events of other stacks alone.
    /// A discontinuity is accepted the second time, because the walk has restarted in between: it is the service's order.
    pub(super) fn accepts(
        &mut self,
        trail: &mut Trail,
        aside: &Aside,
        page: &EventsPage,
        known: &Known,
        is_odd: bool,
    ) -> bool {
        let Some(discontinuity) = trail.discontinuity(aside, page, known, is_odd) else {
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
    /// The same among the events of all stacks.
    end: Option<Arc<StackEvent>>,
    /// The earliest time on the walk's pages, as far as times follow the service's order.
    earliest: Option<DateTime<Utc>>,
    /// The next token points above the walk's end, so that its page has to repeat events of the walk.
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

    /// Whether the walk has met an event of any stack.
    pub(super) fn has_met_any(&self, event: &StackEvent, aside: &Aside) -> bool {
        let last = self.last.as_ref();
        if last.is_some_and(|last| last.stack_id == event.stack_id) {
            self.has_met(event)
        } else {
            aside.has_event(event)
        }
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
        self.last.replace(Arc::clone(event))
    }

    /// Notes the end of a page that the walk has read, the last event on it that was not met before, and the token that
    /// brought it.
    pub(super) fn end_page(
        &mut self,
        events: &[Arc<StackEvent>],
        end: Option<Arc<StackEvent>>,
        token: Option<NextToken>,
    ) {
        self.end = end.or(self.end.take());
        if let Some(last) = events.last() {
            self.is_above = !self.ends_with(last);
        }
        let times = events.iter().filter_map(|event| event.timestamp);
        self.earliest = self.earliest.into_iter().chain(times).min();
        self.previous = token;
    }

    fn ends_with(&self, event: &StackEvent) -> bool {
        let end = self.end.as_ref();
        end.is_some_and(|end| end.stack_id == event.stack_id && end.event_id == event.event_id)
    }

    /// The token before the one that was rejected, once.
    pub(super) fn step_back(&mut self) -> Option<NextToken> {
        let previous = self.previous.take();
        self.is_above |= previous.is_some();
        previous
    }

    fn discontinuity(
        &self,
        aside: &Aside,
        page: &EventsPage,
        known: &Known,
        is_odd: bool,
    ) -> Option<Discontinuity> {
        let last = self.last.as_ref()?;
        match page.events.first() {
            None => page
                .next
                .is_none()
                .then(|| Discontinuity::UnexpectedEnd(identity(last))),
            Some(top) if is_odd => Some(Discontinuity::OutOfPlace(identity(top))),
            Some(_) => self
                .misplaced(&page.events, aside, known)
                .map(|event| Discontinuity::OutOfPlace(identity(event))),
        }
    }

    /// An event that the walk has not met, of a page that does not continue the walk. A page may repeat events of the walk
    /// at its top (it moved up when others arrived), but then down to the walk's end, and not below one that is new.
    fn misplaced<'a>(
        &self,
        events: &'a [Arc<StackEvent>],
        aside: &Aside,
        known: &Known,
    ) -> Option<&'a Arc<StackEvent>> {
        let met = |event: &&Arc<StackEvent>| self.has_met_any(event, aside);
        let first = events.iter().find(|event| !met(event))?;
        let is_shuffled = events.iter().skip_while(met).any(|event| met(&event));
        if is_shuffled {
            return Some(first);
        }
        match events.iter().take_while(met).last() {
            Some(repeated) => (!self.ends_with(repeated)).then_some(first),
            // Nothing ties the page to the walk. That is normal, unless the token is known to point into the walk, or
            // the page may have moved up above the walk's end.
            None if self.is_above => Some(first),
            // An event that was committed before the walk began would have been met if it were above the walk's end.
            None if events.iter().any(|event| known.contains(event)) => None,
            // Of any stack and not only at the top: an event that arrives late is dated later than those above it.
            None => events.iter().find(|event| self.has_earlier_than(event)),
        }
    }

    /// Whether an event of the walk's pages is dated earlier than this one.
    fn has_earlier_than(&self, event: &StackEvent) -> bool {
        self.earliest
            .is_some_and(|earliest| event.timestamp > Some(earliest))
    }
}
