//! The walk: from the newest event back to known ones, page by page, without losing any. [`crate::poll::events`] gives it
//! each page; it returns the new events and the token of the next request.
//!
//! A pure state machine. No event counts as seen before a walk is whole, so a walk that fails half-way costs requests,
//! never events. Where the service refuses a page again and again, the walk ends above it, and a gap is noted below.
//!
//! The service promises little: pages are newest first; a token may die at any time; events may arrive late, below ones
//! that were returned before; a page may move up while events arrive; the stack may be replaced between two pages; a page
//! may list events of other stacks, and different events of one id ([`StackEvent::identified`]). Therefore whole pages
//! are read, a walk ends only after [`OVERLAP`] known events, a page counts only if it continues the walk (see
//! [`crate::poll::continuity`]), and the service's order is kept: nothing is ever sorted by time.
//!
//! Tests: `tests/it/poll/walk.rs`.

mod in_progress;

use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use crate::backend::{EventsPage, NextToken};
use crate::domain::observation::WalkStep;
use crate::domain::stack_event::{EventId, StackEvent, StackId};
use crate::poll::aside::Aside;
use crate::poll::continuity::{Continuity, Trail};
use crate::poll::known::{Known, Walked};
use crate::poll::walk::in_progress::WalkInProgress;

/// The number of known events that a walk must meet before it takes everything below them as known, too: an event that
/// arrives late is found if fewer than this many newer ones had been committed before it.
pub const OVERLAP: usize = 20;

/// How often one token is tried when requests fail for reasons that may or may not lie in the token.
const TRIES: u32 = 3;
/// How often a token is tried while the service throttles.
const THROTTLED_TRIES: u32 = 10;

/// How often a walk restarts at once because a page does not continue the one before. After that it restarts at the
/// usual interval.
const RESTARTS: u32 = 3;

/// How often the service may refuse the page below the same events before the walk ends above it.
const REFUSALS: u32 = 6;

/// How many polls in a row may stop after a first page that holds fewer than [`OVERLAP`] known events. The next one reads
/// on, to find late events; if it has to restart or is abandoned, so does the one after it.
pub const SHORT_POLLS: u32 = 5;

/// A walk over the whole history, which may fill a gap, is tried after twice as many usual ones each time, but at most this
/// number.
const GAP_WALKS: u32 = 60;

/// The number of consecutive pages without a new event after which the walk continues at the usual interval.
const IDLE_PAGES: u32 = 5;

/// Tails the events of the stacks that have one name.
#[derive(Debug, Default)]
pub struct Walk {
    /// Only whole walks, and those that end above a refused page, add to it.
    known: Known,
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
    /// The number of walks until the next one that tries to fill a gap, and the number after that.
    gap_walks: (u32, u32),
    /// How many known events the next walk must meet besides [`OVERLAP`], because walks before it ended at a refused page.
    owed: usize,
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

/// An event of a page. Nearly all are of one stack, and only the end of its long id is hashed.
#[derive(PartialEq, Eq)]
struct Key<'a>(EventId, &'a StackId);

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        let stack = self.1.as_str().as_bytes();
        let end = stack.last_chunk::<8>().map_or(stack, |end| end);
        state.write(end);
    }
}

/// Where a walk ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// At known events.
    AtKnown,
    /// At the stack's first event.
    OfHistory,
    /// Above a page that the service refuses.
    Refused,
}

impl Walk {
    /// Takes the events of a page as committed that an earlier watch has recorded.
    pub(super) fn remember(&mut self, page: &WalkStep) {
        self.known.remember(page);
        if page.stack_id.is_some() {
            self.stack.clone_from(&page.stack_id);
        }
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

    /// Reads the response to a request with [`Walk::token`]. None if the page does not continue the walk, which then
    /// restarts at the newest page, or if it is open which stack the walk is of.
    pub fn page(&mut self, page: EventsPage) -> Option<WalkStep> {
        let events = self.identified(&page.events);
        let page = EventsPage { events, ..page };
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
        let mut walk = self.in_progress.take()?;
        if walk.trail.is_empty() && walk.aside.main().is_none() {
            self.adopt_stack(&page);
        }
        let is_first = walk.trail.is_empty();
        let fresh = walk.read(&page.events, self.stack.as_ref(), &self.known);
        let decides =
            page.next.is_none() || (self.stack.is_none() && walk.aside.clear_main().is_some());
        if decides && self.belongs_to_another_stack(&walk) {
            self.in_progress = Some(walk);
            self.restart();
            return None;
        }
        let step = WalkStep {
            stack_id: self.stack.clone(),
            restarted: !walk.is_shown,
            fresh,
            audit: walk.audit,
            ..WalkStep::default()
        };
        if self.is_whole(&walk, page.next.is_none(), is_first) {
            if page.next.is_none() || continues {
                self.refusals.for_good = false;
            }
            let end = if page.next.is_none() {
                End::OfHistory
            } else {
                End::AtKnown
            };
            return Some(self.commit(walk, step, end));
        }
        walk.token = page.next;
        walk.is_probing = self.continuity.probe_first;
        // A page of other stacks alone may be the first of a stack that has replaced this one.
        let is_open = walk.trail.is_empty() && walk.aside.main().is_some();
        walk.is_shown |= !is_open;
        self.in_progress = Some(walk);
        (!is_open).then_some(step)
    }

    /// The events of a page under ids that are unique in their stacks, each one once.
    fn identified(&self, events: &[Arc<StackEvent>]) -> Vec<Arc<StackEvent>> {
        let mut in_page: HashMap<Key<'_>, usize> = HashMap::default();
        let mut unique: Vec<Arc<StackEvent>> = Vec::with_capacity(events.len());
        for event in events {
            let known = self.known.events_of(&event.stack_id);
            let stack = &event.stack_id;
            let event = event.identified(|id| {
                let known = known.and_then(|known| known.get(id).copied());
                let walk = self.in_progress.as_ref();
                let met = || walk.and_then(|walk| walk.fingerprint(event, id));
                let above = || {
                    let place = in_page.get(&Key(id.clone(), stack))?;
                    unique.get(*place).map(|above| above.fingerprint())
                };
                known.or_else(met).or_else(above)
            });
            let key = Key(event.event_id.clone(), stack);
            if let Entry::Vacant(vacant) = in_page.entry(key) {
                vacant.insert(unique.len());
                unique.push(event);
            }
        }
        unique
    }

    fn begin(&mut self) {
        if self.has_gaps() {
            let (left, wait) = self.gap_walks;
            self.gap_walks = (left.saturating_sub(1), wait);
            if left == 0 {
                self.audit = true;
                self.gap_walks = (wait, (2 * wait + 1).min(GAP_WALKS));
            }
        } else {
            self.gap_walks = (1, 2);
        }
        self.in_progress = Some(WalkInProgress {
            audit: std::mem::take(&mut self.audit),
            ..WalkInProgress::default()
        });
    }

    fn has_gaps(&self) -> bool {
        let stack = self.stack.as_ref();
        stack.is_some_and(|stack| self.known.has_gaps(stack))
    }

    /// The service lists one stack, so the one before has been replaced if none of its events is listed any more. A page
    /// of other stacks alone proves that only if it is the only one.
    fn adopt_stack(&mut self, page: &EventsPage) {
        let own = |event: &Arc<StackEvent>| Some(&event.stack_id) == self.stack.as_ref();
        if page.events.iter().any(own) {
            return;
        }
        let mut listed = Aside::default();
        listed.read(&page.events, None, &self.known);
        let is_clear = self.stack.is_none() && listed.clear_main().is_some();
        if is_clear || page.next.is_none() {
            self.adopt_main(&listed);
        }
    }

    /// Makes the stack that most events belong to that of the walks.
    fn adopt_main(&mut self, aside: &Aside) {
        if let Some((stack, _)) = aside.main() {
            self.stack = Some(stack.clone());
            self.owed = 0;
        }
    }

    /// Whether a walk has met more of another stack, at its end, than of its own, whose events are then the odd ones. The
    /// next walk is of that stack.
    fn belongs_to_another_stack(&mut self, walk: &WalkInProgress) -> bool {
        let own = (walk.trail.has_root(), walk.trail.len());
        let is_another = walk.aside.main().is_some_and(|(_, rank)| rank > own);
        if is_another {
            self.adopt_main(&walk.aside);
        }
        is_another
    }

    /// Whether the page was fetched as a probe: it only proves that the stack is still the same.
    fn is_probe(&mut self, page: &EventsPage) -> bool {
        let Some(walk) = self.in_progress.as_mut().filter(|walk| walk.is_probing) else {
            return false;
        };
        walk.is_probing = false;
        if !is_odd(page, self.stack.as_ref(), &walk.aside, &self.known) {
            return true;
        }
        self.restart();
        true
    }

    fn is_continuation(&mut self, page: &EventsPage) -> bool {
        let Some(walk) = &mut self.in_progress else {
            return true;
        };
        let is_odd = is_odd(page, self.stack.as_ref(), &walk.aside, &self.known);
        self.continuity
            .accepts(&mut walk.trail, &walk.aside, page, &self.known, is_odd)
    }

    /// Whether the walk is whole with a page, which may be the last one or the first with events of the walk's stack.
    fn is_whole(&mut self, walk: &WalkInProgress, to_the_end: bool, is_first: bool) -> bool {
        if to_the_end || (!walk.audit && walk.overlap >= OVERLAP + self.owed) {
            self.short_polls = 0;
            self.owed = 0;
            return true;
        }
        let reads_on = walk.audit || walk.has_new() || self.short_polls >= SHORT_POLLS;
        if reads_on || !is_first || walk.trail.is_empty() {
            return false;
        }
        self.short_polls += 1;
        true
    }

    /// Ends the walk in progress above a page that the service refuses for good: all that it has met is committed.
    fn cut(&mut self) -> Option<WalkStep> {
        self.refusals = Refusals {
            for_good: true,
            ..Refusals::default()
        };
        let walk = self.in_progress.take()?;
        if self.belongs_to_another_stack(&walk) || walk.trail.is_empty() {
            self.audit |= walk.audit;
            return None;
        }
        self.owed += walk.fresh + walk.late.len();
        self.short_polls = 0;
        let step = WalkStep {
            stack_id: self.stack.clone(),
            audit: walk.audit,
            ..WalkStep::default()
        };
        Some(self.commit(walk, step, End::Refused))
    }

    /// Commits all that a walk has met. The step is its last one.
    fn commit(&mut self, mut walk: WalkInProgress, step: WalkStep, end: End) -> WalkStep {
        let (is_whole, to_the_end) = (end != End::Refused, end == End::OfHistory);
        let met = walk.trail.take_met();
        let gaps = match (&step.stack_id, walk.trail.last_id()) {
            (Some(stack), Some(last)) => {
                let walked = Walked {
                    met,
                    last,
                    is_joined: walk.overlap > 0 || is_whole,
                    to_the_end,
                };
                self.known.commit(stack, walked)
            }
            _ => None,
        };
        self.restarts = 0;
        self.refusals.met.clear();
        self.refusals.count = 0;
        self.continuity.reset();
        WalkStep {
            commit: Some(walk.late),
            gaps,
            others: walk.aside.commit(&mut self.known, is_whole, to_the_end),
            ..step
        }
    }

    /// The service rejected the token. It is dropped at once. The token before it is tried in its place, once: if that
    /// still works, a long history continues; else the walk restarts at the newest page. Where the service refuses the
    /// page again and again, the walk ends above it: its last step is returned.
    pub fn rejected(&mut self) -> Option<WalkStep> {
        self.continuity.probe_first = true;
        if let Some(walk) = &self.in_progress {
            self.refusals.add(&walk.trail);
            if self.refusals.are_too_many() {
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
        self.tried(TRIES)
    }

    /// A request was throttled. That says little of its token, but one page may take the service too long each time.
    pub fn throttled(&mut self) -> Option<WalkStep> {
        self.tried(THROTTLED_TRIES)
    }

    fn tried(&mut self, most: u32) -> Option<WalkStep> {
        let walk = self.in_progress.as_mut()?;
        if std::mem::take(&mut walk.is_probing) {
            return None;
        }
        walk.tries += 1;
        if walk.tries >= most {
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

/// Whether a page lists events of other stacks alone, and one of these stacks is not known to be listed among the walk's
/// own events: it may have replaced the walk's stack.
fn is_odd(page: &EventsPage, stack: Option<&StackId>, aside: &Aside, known: &Known) -> bool {
    let own = |event: &Arc<StackEvent>| Some(&event.stack_id) == stack;
    let is_new =
        |event: &Arc<StackEvent>| !aside.has_met(&event.stack_id) && !known.contains(event);
    !page.events.iter().any(own) && page.events.iter().any(is_new)
}
