//! A watcher of the model service: the very tail, walk, timeline and build that run in production, asked and
//! answered by hand, and what must hold of them at every moment.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bakewatch::testing::backend::{EventsError, EventsResponse, NextToken};
use bakewatch::testing::domain::{
    Build, Fault, FaultKind, ImageAnswer, Observation, Row, Seen, StackEvent, Timeline,
};
use bakewatch::testing::poll::{ApiRequest, Tail};
use bakewatch::testing::store::Selection;
use bakewatch::testing::text::SafeText;
use chrono::DateTime;

use super::service::{Kept, Rejected, Service};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The service answers.
    Answered,
    /// It fails, for a reason of this kind.
    Fails(FaultKind),
    /// The service says that there is no such stack, although there is.
    Gone,
    /// The token is rejected, from now on; without a token the service answers.
    TokenDies,
    /// All tokens that were ever given are rejected from now on, and so is this one; without a token the
    /// service answers.
    AllTokensDie,
}

/// Somebody who watches by asking and answering by hand.
#[derive(Debug)]
pub(crate) struct Watcher {
    tail: Tail,
    now: Duration,
    pub(crate) ledger: Ledger,
}

impl Watcher {
    pub(crate) fn new() -> Self {
        let seconds = Duration::from_secs(5);
        Self {
            tail: Tail::new(Some(seconds), fastrand::Rng::with_seed(1)),
            now: Duration::ZERO,
            ledger: Ledger::default(),
        }
    }

    pub(crate) fn audit(&mut self) {
        self.tail.audit(self.now);
    }

    /// The token of the next request for events; whatever is asked before it is answered.
    pub(crate) fn token(&mut self) -> Option<NextToken> {
        loop {
            let (ask, due) = self.tail.next();
            self.now = self.now.max(due);
            match ask {
                ApiRequest::Events(token) => return token,
                ApiRequest::Image => {
                    let answer = ImageAnswer::Described(Box::default());
                    let news = self.tail.image_answered(self.now, Ok(answer));
                    self.take(news);
                }
            }
        }
    }

    /// How much the tail keeps, as the length of its description.
    pub(crate) fn tail_size(&self) -> usize {
        format!("{:?}", self.tail).len()
    }

    /// One request for events. True when a walk became whole with it.
    pub(crate) fn ask(&mut self, service: &mut Service, fate: Fate) -> bool {
        let token = self.token();
        match (fate, &token) {
            (Fate::TokenDies, Some(token)) => service.kill_token(token),
            (Fate::AllTokensDie, _) => service.kill_all_tokens(),
            _ => {}
        }
        let answer = match fate {
            Fate::Fails(kind) => Err(EventsError::Fault(fault(kind))),
            Fate::Gone => Ok(EventsResponse::Gone),
            Fate::Answered | Fate::TokenDies | Fate::AllTokensDie => service
                .answer(token.as_ref())
                .map(EventsResponse::Page)
                .map_err(|Rejected| EventsError::TokenRejected(fault(FaultKind::Transient))),
        };
        let news = self.tail.events_answered(self.now, answer);
        let whole = matches!(&news, Some(Seen::Page(page)) if page.commit.is_some());
        if let Some(news) = news {
            self.take(news);
        }
        whole
    }

    fn take(&mut self, news: Seen) {
        let at = DateTime::UNIX_EPOCH + self.now;
        let next_poll = DateTime::UNIX_EPOCH + self.tail.next_poll();
        self.ledger.take(&Observation {
            at,
            elapsed: self.now,
            next_poll,
            news,
        });
    }

    /// Requests that are answered until two walks are whole: the second one began after now.
    pub(crate) fn finish(&mut self, service: &mut Service) {
        let mut whole = 0;
        for _ in 0..10_000 {
            whole += usize::from(self.ask(service, Fate::Answered));
            if whole >= 2 {
                return;
            }
        }
        panic!("no walk came to an end");
    }
}

/// What is shown and what is printed of the reports that came.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    build: Build,
    printed: Vec<Arc<StackEvent>>,
}

impl Ledger {
    pub(crate) fn take(&mut self, report: &Observation) {
        let changes = self.build.apply(report);
        self.printed.extend(changes.left);
        self.printed.extend(changes.committed);
    }

    /// The timeline of the current stack.
    pub(crate) fn timeline(&self) -> Option<&Timeline> {
        self.build.current()
    }

    /// The events of the current stack, oldest first.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let events = self.timeline().map(events);
        let ids = events.iter().flatten().map(|event| event.event_id.as_str());
        ids.collect()
    }

    /// How many events were printed.
    pub(crate) fn printed(&self) -> usize {
        self.printed.len()
    }

    /// What must hold at every moment: each stack's events are there once, in the service's order, and none is
    /// missing between two of them without a row that says so.
    pub(crate) fn check(&self, service: &Service) {
        for timeline in self.build.timelines() {
            let stack = timeline.stack_id().as_str();
            check_order(timeline, service.events_of(stack));
        }
    }

    /// What must hold when nothing is missing any more: the current stack is shown as the service has it.
    pub(crate) fn check_complete(&self, service: &Service) {
        self.check(service);
        self.check_prints(service);
        let stack = service.stack();
        let shown = self.timeline().map(|timeline| timeline.stack_id().as_str());
        assert_eq!(shown, Some(stack.as_str()));
        let kept = service.events().iter();
        let expected: Vec<_> = kept.map(|kept| kept.event.event_id.as_str()).collect();
        assert_eq!(self.ids(), expected);
        let of_stack = |event: &&Arc<StackEvent>| event.stack_id.as_str() == stack;
        let printed = self.printed.iter().filter(of_stack).count();
        assert_eq!(printed, expected.len(), "not all is printed");
    }

    /// What must hold of the prints: each event once, and where none is late, each stack's in its order.
    fn check_prints(&self, service: &Service) {
        let keys = self.printed.iter().map(|event| event.key());
        let distinct = keys.collect::<HashSet<_>>().len();
        assert_eq!(distinct, self.printed.len(), "an event is printed twice");
        for timeline in self.build.timelines() {
            let kept = service.events_of(timeline.stack_id().as_str());
            if kept.iter().any(|kept| kept.is_late) {
                continue;
            }
            let of_stack = |event: &&Arc<StackEvent>| &event.stack_id == timeline.stack_id();
            let mut kept = kept.iter();
            for event in self.printed.iter().filter(of_stack) {
                let found = kept.any(|kept| Arc::ptr_eq(&kept.event, event));
                assert!(found, "{} is printed out of order", event.event_id.as_str());
            }
        }
    }
}

fn check_order(timeline: &Timeline, kept: &[Kept]) {
    let mut kept = kept.iter();
    let mut may_miss = false;
    for row in rows(timeline) {
        let Row::Event(event) = row else {
            may_miss = true;
            continue;
        };
        loop {
            let id = event.event_id.as_str();
            let Some(next) = kept.next() else {
                panic!("{id} is shown twice or out of the service's order");
            };
            if Arc::ptr_eq(&next.event, event) {
                break;
            }
            let missing = next.event.event_id.as_str();
            assert!(
                may_miss || next.is_late,
                "{missing} is missing before {id} without a gap"
            );
        }
        may_miss = false;
    }
}

fn rows(timeline: &Timeline) -> impl Iterator<Item = Row<'_>> {
    (0..timeline.rows(Selection::ALL)).filter_map(|index| timeline.row(Selection::ALL, index))
}

fn events(timeline: &Timeline) -> Vec<&Arc<StackEvent>> {
    let events = rows(timeline).filter_map(|row| match row {
        Row::Event(event) => Some(event),
        Row::Gap => None,
    });
    events.collect()
}

/// A failure of a kind.
pub(crate) fn fault(kind: FaultKind) -> Fault {
    Fault {
        kind,
        message: SafeText::new("it failed"),
        hint: None,
        request_id: None,
    }
}
