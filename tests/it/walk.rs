//! The walk against a model of the service: random pages, arrivals, late events, faults, dead tokens and
//! stack replacements, on the very types that run in production.

use std::collections::HashSet;
use std::sync::Arc;

use bakewatch::domain::event::{StackEvent, StackId};
use bakewatch::domain::news::PageNews;
use bakewatch::domain::status::ClassSet;
use bakewatch::domain::timeline::{Row, Timeline};
use bakewatch::source::walk::{OVERLAP, Walk};
use bakewatch::source::{EventsPage, NextToken};
use proptest::prelude::*;

/// A service that keeps the events of one stack, newest last, and serves them newest first.
struct Service {
    generation: usize,
    events: Vec<Arc<StackEvent>>,
    made: usize,
    tokens: usize,
    page_size: usize,
    /// Tokens count events from the newest one, so that pages shift when one arrives.
    offset_tokens: bool,
    dead_tokens: HashSet<String>,
    issued: Vec<String>,
}

enum Answer {
    Page(EventsPage),
    Rejected,
}

impl Service {
    fn new(page_size: usize, offset_tokens: bool) -> Self {
        Self {
            generation: 0,
            events: Vec::new(),
            made: 0,
            tokens: 0,
            page_size,
            offset_tokens,
            dead_tokens: HashSet::new(),
            issued: Vec::new(),
        }
    }

    fn stack(&self) -> StackId {
        StackId::from(format!("stack-{}", self.generation).as_str())
    }

    fn make(&mut self) -> Arc<StackEvent> {
        self.made += 1;
        // Many events share a time, as many of a real stack do.
        let second = self.made / 5;
        let json = format!(
            r#"{{"stackId":"stack-{}","eventId":"e{}","logicalResourceId":"R","resourceStatus":"CREATE_COMPLETE",
               "timestamp":"2026-01-01T{:02}:{:02}:{:02}Z"}}"#,
            self.generation,
            self.made,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        );
        Arc::new(StackEvent::from_json(&json, None))
    }

    fn arrive(&mut self, count: usize) {
        for _ in 0..count {
            let event = self.make();
            self.events.push(event);
        }
    }

    /// An event that appears below `depth` newer ones.
    fn arrive_late(&mut self, depth: usize) {
        let event = self.make();
        let at = self.events.len().saturating_sub(depth);
        self.events.insert(at, event);
    }

    fn replace_stack(&mut self) {
        self.generation += 1;
        self.events.clear();
        self.dead_tokens.extend(self.issued.drain(..));
        self.arrive(1);
    }

    fn answer(&mut self, token: Option<&NextToken>) -> Answer {
        let skip = match token {
            None => 0,
            Some(token) if self.dead_tokens.contains(token.as_str()) => return Answer::Rejected,
            Some(token) => {
                let number: usize = token.as_str().rsplit('/').next().unwrap().parse().unwrap();
                if self.offset_tokens {
                    number
                } else {
                    self.events.len().saturating_sub(number)
                }
            }
        };
        let events: Vec<_> = self
            .events
            .iter()
            .rev()
            .skip(skip)
            .take(self.page_size)
            .cloned()
            .collect();
        let served = (skip + events.len()).min(self.events.len());
        let next = (served < self.events.len()).then(|| {
            let number = if self.offset_tokens {
                served
            } else {
                self.events.len() - served
            };
            self.tokens += 1;
            let token = format!("{}+{}=/{number}", self.generation, self.tokens);
            self.issued.push(token.clone());
            NextToken::new(token)
        });
        Answer::Page(EventsPage { events, next })
    }
}

/// What a watcher ends up with.
struct Watcher {
    walk: Walk,
    timelines: Vec<Timeline>,
    printed: Vec<(StackId, String)>,
}

impl Watcher {
    fn new() -> Self {
        Self {
            walk: Walk::default(),
            timelines: Vec::new(),
            printed: Vec::new(),
        }
    }

    fn take(&mut self, news: &PageNews) {
        let Some(stack) = &news.stack_id else { return };
        if self.timelines.last().map(Timeline::stack_id) != Some(stack) {
            self.timelines.push(Timeline::new(stack.clone()));
        }
        let timeline = self.timelines.last_mut().unwrap();
        for event in timeline.apply(news) {
            self.printed
                .push((event.stack_id.clone(), event.event_id.as_str().to_owned()));
        }
    }

    /// One request. True when a walk became whole with it.
    fn step(&mut self, service: &mut Service, fault: Fault) -> bool {
        let token = self.walk.token().cloned();
        match fault {
            Fault::Transient => self.walk.faulted(),
            Fault::TokenDies if token.is_some() => {
                service
                    .dead_tokens
                    .extend(token.iter().map(|token| token.as_str().to_owned()));
                self.walk.rejected();
            }
            Fault::AllTokensDie => {
                service.dead_tokens.extend(service.issued.drain(..));
            }
            Fault::TokenDies | Fault::None => match service.answer(token.as_ref()) {
                Answer::Rejected => self.walk.rejected(),
                Answer::Page(page) => {
                    if let Some(news) = self.walk.page(page) {
                        let whole = news.commit.is_some();
                        self.take(&news);
                        return whole;
                    }
                }
            },
        }
        false
    }

    /// Requests without faults until two walks are whole: the second one began after now.
    fn finish(&mut self, service: &mut Service) {
        let mut whole = 0;
        for _ in 0..10_000 {
            whole += usize::from(self.step(service, Fault::None));
            if whole >= 2 {
                return;
            }
        }
        panic!("no walk came to an end");
    }

    fn ids(&self) -> Vec<String> {
        let Some(timeline) = self.timelines.last() else {
            return Vec::new();
        };
        (0..timeline.rows(ClassSet::ALL))
            .filter_map(|index| match timeline.row(ClassSet::ALL, index) {
                Some(Row::Event(event)) => Some(event.event_id.as_str().to_owned()),
                _ => None,
            })
            .collect()
    }
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Transient,
    TokenDies,
    AllTokensDie,
}

#[derive(Clone, Debug)]
enum Step {
    Ask(Fault),
    Arrive(usize),
    ArriveLate(usize),
    Replace,
}

fn step(late: bool, replace: bool) -> impl Strategy<Value = Step> {
    let fault = prop_oneof![
        6 => Just(Fault::None),
        2 => Just(Fault::Transient),
        1 => Just(Fault::TokenDies),
        1 => Just(Fault::AllTokensDie),
    ];
    prop_oneof![
        12 => fault.prop_map(Step::Ask),
        4 => (1usize..40).prop_map(Step::Arrive),
        2 * u32::from(late) => (1usize..OVERLAP).prop_map(Step::ArriveLate),
        u32::from(replace) => Just(Step::Replace),
    ]
}

fn expected(service: &Service) -> Vec<String> {
    service
        .events
        .iter()
        .map(|event| event.event_id.as_str().to_owned())
        .collect()
}

fn play(service: &mut Service, steps: Vec<Step>) -> Watcher {
    let mut watcher = Watcher::new();
    let mut since_asked = 0;
    for step in steps {
        match step {
            Step::Ask(fault) => {
                watcher.step(service, fault);
                since_asked = 0;
            }
            Step::Arrive(count) => {
                // Tokens that count from the newest event can't tell a page that shifted by more than its
                // size from one that continues; CloudFormation's pages hold about a hundred events.
                let room = if service.offset_tokens {
                    service.page_size - 1 - since_asked
                } else {
                    count
                };
                since_asked += count.min(room);
                service.arrive(count.min(room));
            }
            Step::ArriveLate(depth) => service.arrive_late(depth),
            Step::Replace => service.replace_stack(),
        }
        // Order and uniqueness hold at every moment, not only at the end.
        let ids = watcher.ids();
        let distinct: HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "an event is shown twice");
    }
    watcher
}

fn assert_printed_once(watcher: &Watcher) {
    let distinct: HashSet<_> = watcher.printed.iter().collect();
    assert_eq!(
        distinct.len(),
        watcher.printed.len(),
        "an event is printed twice"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever fails on the way: in the end every event is there, once, in the service's order.
    #[test]
    fn nothing_is_lost_repeated_or_reordered(
        page_size in 1usize..60,
        offset_tokens: bool,
        steps in prop::collection::vec(step(false, false), 1..60),
    ) {
        let mut service = Service::new(page_size, offset_tokens);
        service.arrive(1);
        let mut watcher = play(&mut service, steps);
        watcher.finish(&mut service);
        prop_assert_eq!(watcher.ids(), expected(&service));
        prop_assert_eq!(watcher.printed.len(), service.events.len());
        assert_printed_once(&watcher);
    }

    /// A new stack of the same name begins a timeline of its own; nothing is mixed.
    #[test]
    fn a_replaced_stack_is_another_generation(
        page_size in 1usize..60,
        steps in prop::collection::vec(step(false, true), 1..80),
    ) {
        let mut service = Service::new(page_size, false);
        service.arrive(1);
        let mut watcher = play(&mut service, steps);
        watcher.finish(&mut service);
        prop_assert_eq!(watcher.timelines.last().unwrap().stack_id(), &service.stack());
        prop_assert_eq!(watcher.ids(), expected(&service));
        assert_printed_once(&watcher);
    }

    /// Events that arrive late, below fewer than `OVERLAP` newer ones, find their place at the next news.
    #[test]
    fn late_events_are_found_and_put_in_their_place(
        page_size in 1usize..60,
        steps in prop::collection::vec(step(true, false), 1..60),
    ) {
        let mut service = Service::new(page_size, false);
        service.arrive(1);
        let mut watcher = play(&mut service, steps);
        watcher.walk.audit();
        watcher.finish(&mut service);
        let mut all = watcher.ids();
        prop_assert_eq!(&all, &expected(&service));
        all.sort();
        all.dedup();
        prop_assert_eq!(all.len(), service.events.len());
        assert_printed_once(&watcher);
    }

    /// A walk that fails marks nothing as seen: what was committed before it is what is committed after it.
    #[test]
    fn a_failed_walk_commits_nothing(history in 30usize..200, fresh in 25usize..100) {
        let mut service = Service::new(10, false);
        service.arrive(history);
        let mut watcher = Watcher::new();
        watcher.finish(&mut service);
        let before = watcher.printed.len();
        service.arrive(fresh);
        watcher.step(&mut service, Fault::None);
        prop_assert!(watcher.walk.token().is_some());
        for _ in 0..6 {
            watcher.step(&mut service, Fault::Transient);
        }
        prop_assert!(watcher.walk.token().is_none(), "the token is tried three times, the one before it too");
        prop_assert_eq!(watcher.printed.len(), before);
        watcher.finish(&mut service);
        prop_assert_eq!(watcher.ids(), expected(&service));
    }
}

/// A long history completes although every second request fails, in one way or in several.
#[test]
fn a_long_history_completes_while_every_second_request_fails() {
    let mixed = [
        Fault::Transient,
        Fault::TokenDies,
        Fault::Transient,
        Fault::Transient,
        Fault::TokenDies,
    ];
    for kinds in [&mixed[..], &[Fault::Transient], &[Fault::TokenDies]] {
        for parity in [0, 1] {
            let mut service = Service::new(100, false);
            service.arrive(5_000);
            let mut watcher = Watcher::new();
            let mut requests = 0;
            while watcher
                .timelines
                .last()
                .is_none_or(|timeline| timeline.walks() == 0)
            {
                requests += 1;
                assert!(requests < 400, "no end in sight with {kinds:?}");
                let fails = requests % 2 == parity;
                let kind = kinds[requests / 2 % kinds.len()];
                watcher.step(&mut service, if fails { kind } else { Fault::None });
            }
            assert_eq!(watcher.ids(), expected(&service));
        }
    }
}

fn page(events: &[Arc<StackEvent>], next: Option<&str>) -> EventsPage {
    EventsPage {
        events: events.to_vec(),
        next: next.map(NextToken::new),
    }
}

fn event(stack: &str, id: &str) -> Arc<StackEvent> {
    Arc::new(StackEvent::from_json(
        &format!(r#"{{"stackId":"{stack}","eventId":"{id}"}}"#),
        None,
    ))
}

#[test]
fn empty_pages_with_a_token_are_walked_over() {
    let mut walk = Walk::default();
    let first = walk.page(page(&[], Some("t1"))).unwrap();
    assert!(first.commit.is_none() && walk.wants_more());
    let second = walk.page(page(&[event("a", "1")], None)).unwrap();
    assert_eq!(second.fresh.len(), 1);
    assert_eq!(second.stack_id, Some(StackId::from("a")));
    assert!(second.commit.is_some());
}

#[test]
fn a_service_that_repeats_itself_is_not_asked_in_a_hurry() {
    let mut walk = Walk::default();
    for _ in 0..20 {
        let _ = walk.page(page(&[event("a", "1")], Some("again")));
    }
    assert!(!walk.wants_more());
}

#[test]
fn an_event_of_another_stack_inside_a_page_does_not_end_the_walk() {
    let mut walk = Walk::default();
    let events = [event("a", "2"), event("b", "odd"), event("a", "1")];
    let news = walk.page(page(&events, Some("t"))).unwrap();
    assert_eq!(news.fresh.len(), 2);
    assert!(news.commit.is_none());
}

/// Found by the property above. Tokens die again and again while events arrive, so that the walk has started
/// again more than three times when an old token brings `e17`, which is newer than the walk, above events
/// that it has met. It used to give in then, and put `e17` below them.
#[test]
fn a_page_that_moved_up_does_not_put_newer_events_below_older_ones() {
    use Fault::{None as Answered, TokenDies, Transient};
    use Step::{Arrive, Ask};
    let schedule = [
        (1, vec![Answered]),
        (2, vec![Answered]),
        (2, vec![Transient]),
        (2, vec![Answered, Answered, TokenDies, Answered, Answered]),
        (2, vec![Answered, Answered, TokenDies]),
        (2, vec![Answered, TokenDies]),
        (2, vec![Answered]),
        (
            2,
            vec![Answered, TokenDies, Answered, Answered, Answered, Transient],
        ),
        (2, vec![Transient]),
        (2, vec![Transient]),
    ];
    let steps = schedule.into_iter().flat_map(|(arrivals, answers)| {
        std::iter::once(Arrive(arrivals)).chain(answers.into_iter().map(Ask))
    });
    let mut service = Service::new(3, true);
    service.arrive(1);
    let mut watcher = play(&mut service, steps.collect());
    watcher.finish(&mut service);
    assert_eq!(watcher.ids(), expected(&service));
}
