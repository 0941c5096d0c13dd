//! The walk against a model of the service: random pages, arrivals, late events, faults, dead tokens and
//! stack replacements, on the very types that run in production.
//!
//! `BAKEWATCH_SCHEDULES=100000 cargo test --test it poll::walk` plays 100,000 schedules instead of a few thousand.

use std::sync::Arc;

use bakewatch::testing::backend::{EventsPage, NextToken};
use bakewatch::testing::domain::{FaultKind, Row, StackEvent, StackId};
use bakewatch::testing::poll::{OVERLAP, SHORT_POLLS, Walk};
use bakewatch::testing::store::Selection;
use proptest::prelude::*;

use crate::support::program::fresh_folder;
use crate::support::service::{Character, Habit, Service, any_character, any_moving_pages};
use crate::support::watcher::{Fate, Refusal, Watcher};

/// How many schedules are played by default.
const SCHEDULES: u32 = 4_000;

/// How many schedules to play in all: `BAKEWATCH_SCHEDULES`, else [`SCHEDULES`].
#[expect(
    clippy::disallowed_methods,
    reason = "the program reads the environment in config only; this is a test"
)]
pub(crate) fn schedules() -> u32 {
    std::env::var("BAKEWATCH_SCHEDULES").map_or(SCHEDULES, |number| {
        number.parse().expect("BAKEWATCH_SCHEDULES is a number")
    })
}

/// How often each of the two properties is tried.
fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(schedules().div_ceil(2))
}

#[derive(Clone, Debug)]
enum Step {
    Request(Fate),
    Arrive(usize),
    ArriveLate(usize),
    Replace,
    Audit,
    /// All tokens are refused from now on, or none.
    Refuse(Option<Refusal>),
    /// The watch ends, and another one resumes its recording.
    Resume(End),
}

#[derive(Clone, Copy, Debug)]
enum End {
    Quit,
    Killed,
}

fn any_fate() -> impl Strategy<Value = Fate> {
    use FaultKind::{Denied, Malformed, Throttled, Transient};
    prop_oneof![
        12 => Just(Fate::Response),
        2 => prop::sample::select(vec![Transient, Malformed]).prop_map(Fate::Fails),
        1 => prop::sample::select(vec![Throttled, Denied]).prop_map(Fate::Fails),
        1 => Just(Fate::Gone),
        2 => Just(Fate::TokenDies),
        1 => Just(Fate::AllTokensDie),
    ]
}

/// Any steps; events arrive late only where a strategy says how deep.
fn any_steps(late: Option<BoxedStrategy<usize>>) -> impl Strategy<Value = Vec<Step>> {
    let request = || any_fate().prop_map(Step::Request);
    let late = match late {
        Some(depth) => depth.prop_map(Step::ArriveLate).boxed(),
        None => request().boxed(),
    };
    let step = prop_oneof![
        26 => request(),
        8 => prop_oneof![1usize..4, 1usize..40].prop_map(Step::Arrive),
        4 => late,
        1 => Just(Step::Replace),
        1 => Just(Step::Audit),
        1 => any_refusal().prop_map(Step::Refuse),
    ];
    prop::collection::vec(step, 1..50)
}

fn any_refusal() -> impl Strategy<Value = Option<Refusal>> {
    use FaultKind::{Denied, Expired, Malformed, Misconfigured, Throttled, Transient};
    let kinds = vec![
        Denied,
        Expired,
        Malformed,
        Misconfigured,
        Throttled,
        Transient,
    ];
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(Refusal::Rejected)),
        3 => prop::sample::select(kinds).prop_map(|kind| Some(Refusal::Fault(kind))),
    ]
}

/// The walk that finds all late events.
#[derive(Clone, Copy, Debug)]
enum FoundAt {
    NewEvent,
    Poll,
    Audit,
}

/// Plays the steps, and checks the events that are shown at every moment.
fn play(service: &mut Service, steps: Vec<Step>) -> Watcher {
    play_on(Watcher::new(), service, steps)
}

fn play_on(mut watcher: Watcher, service: &mut Service, steps: Vec<Step>) -> Watcher {
    for step in steps {
        match step {
            Step::Request(fate) => {
                watcher.request(service, fate);
                watcher.ledger.check(service);
            }
            Step::Arrive(count) => service.arrive(count),
            Step::ArriveLate(depth) => service.arrive_late(depth),
            Step::Replace => service.replace_stack(),
            Step::Audit => watcher.audit(),
            Step::Refuse(refusal) => watcher.refuse(refusal),
            Step::Resume(end) => {
                match end {
                    End::Quit => watcher.end_and_resume(),
                    End::Killed => watcher.resume(),
                }
                watcher.ledger.check(service);
            }
        }
    }
    watcher
}

/// In the end every event of the current stack is there, once, in the service's order; each was printed once;
/// between two walks only the events' ids and fingerprints are kept; and where nothing is new, a poll is one request.
fn assert_complete(mut watcher: Watcher, mut service: Service) {
    watcher.refuse(None);
    watcher.finish(&mut service);
    if watcher.ledger.has_gaps() {
        // What is missing is below a gap, and the next audit finds it.
        watcher.ledger.check(&service);
        watcher.audit();
        watcher.finish(&mut service);
    }
    watcher.ledger.check_complete(&service);
    let shares_ids = service.character().has(Habit::SharedIds);
    let size_of_one = if shares_ids { 120 } else { 40 };
    let most = 1_700 + size_of_one * watcher.ledger.printed();
    assert!(
        watcher.schedules_size() < most,
        "the walk keeps more than ids and fingerprints"
    );
    let character = service.character();
    // A page that may be empty has nothing that a walk could end at.
    if character.has(Habit::EmptyPages) {
        return;
    }
    let is_short = character.has(Habit::PagesVary) || service.is_newest_page_short(OVERLAP);
    // Where pages are short, or after a refused page, some walks read on; the one after is one request.
    let mut is_whole = watcher.request(&mut service, Fate::Response);
    if (is_short || watcher.was_cut) && !is_whole {
        watcher.finish_walk(&mut service);
        is_whole = watcher.request(&mut service, Fate::Response);
    }
    assert!(is_whole, "a steady poll is one request");
}

proptest! {
    #![proptest_config(cases())]

    /// For every behaviour of the service and every fault.
    #[test]
    fn no_event_is_lost_repeated_or_reordered(character in any_character(), steps in any_steps(None)) {
        let mut service = Service::new(character);
        let watcher = play(&mut service, steps);
        assert_complete(watcher, service);
    }

    /// Events that arrive late find their place: those below fewer than `OVERLAP` newer ones at the next
    /// new ones or some polls later, all others at the next audit.
    #[test]
    fn late_events_are_found_and_inserted_in_order(
        character in any_character(),
        (steps, found_at) in prop_oneof![
            (any_steps(Some((1..OVERLAP).boxed())), prop_oneof![Just(FoundAt::NewEvent), Just(FoundAt::Poll)]),
            (any_steps(Some((1..300usize).boxed())), Just(FoundAt::Audit)),
        ],
    ) {
        let mut service = Service::new(character);
        let mut watcher = play(&mut service, steps);
        match found_at {
            FoundAt::NewEvent => service.arrive(1),
            FoundAt::Poll => {
                watcher.refuse(None);
                for _ in 0..SHORT_POLLS {
                    watcher.finish_walk(&mut service);
                }
            }
            FoundAt::Audit => watcher.audit(),
        }
        assert_complete(watcher, service);
    }

    /// Where pages move up, those that do not continue the walk are told from those that do, although events arrive late
    /// among them, so that their times do not follow the service's order.
    #[test]
    fn pages_that_move_up_misplace_no_event(
        character in any_moving_pages(),
        steps in steps_that_move_pages(),
    ) {
        let mut service = Service::new(character);
        let mut watcher = play(&mut service, steps);
        watcher.audit();
        assert_complete(watcher, service);
    }
}

/// Some events arrive between the pages of a walk, also late, and no request fails.
fn steps_that_move_pages() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => Just(Step::Request(Fate::Response)),
        3 => (1usize..9).prop_map(Step::Arrive),
        2 => (1usize..9).prop_map(Step::ArriveLate),
    ];
    prop::collection::vec(step, 1..30)
}

/// Steps of a watch that ends and is resumed between them. A stack that is replaced begins another recording.
fn any_steps_and_resumes() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        24 => any_fate().prop_map(Step::Request),
        8 => prop_oneof![1usize..4, 1usize..40].prop_map(Step::Arrive),
        2 => any_refusal().prop_map(Step::Refuse),
        3 => prop_oneof![Just(End::Quit), Just(End::Killed)].prop_map(Step::Resume),
    ];
    prop::collection::vec(step, 1..50)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases().cases / 8))]

    /// A watch that was ended at any time goes on from its recording: no event is lost or printed twice, and gaps stay.
    #[test]
    fn a_resumed_watch_neither_loses_nor_doubles_events(
        character in any_character(),
        steps in any_steps_and_resumes(),
    ) {
        let folder = fresh_folder();
        let mut service = Service::new(character);
        let watcher = Watcher::recording(folder.join("recording"));
        let watcher = play_on(watcher, &mut service, steps);
        assert_complete(watcher, service);
    }
}

/// The stack is replaced in the middle of a walk, so no later walk lists the events that were shown and printed.
#[test]
fn the_recording_keeps_the_events_of_an_unfinished_walk_of_a_replaced_stack() {
    let mut service = Service::new(Character::plain(10));
    service.arrive(30);
    let folder = fresh_folder();
    let mut watcher = Watcher::recording(folder.join("recording"));
    watcher.finish(&mut service);
    let stack = service.stack();
    service.arrive(45);
    watcher.request(&mut service, Fate::Response);
    let shown = watcher.ledger.ids_of(&stack).len();
    assert_eq!(shown, 31 + 10);
    service.replace_stack();
    watcher.request(&mut service, Fate::AllTokensDie);
    watcher.finish(&mut service);
    assert_eq!(watcher.ledger.printed(), shown + 1);
    watcher.resume();
    assert_eq!(watcher.ledger.ids_of(&stack).len(), shown);
    watcher.ledger.check(&service);
}

/// The same where the watch ends before the walk of the new stack does.
#[test]
fn the_recording_keeps_the_events_of_the_walks_that_the_end_interrupts() {
    let mut service = Service::new(Character::plain(10));
    service.arrive(30);
    let folder = fresh_folder();
    let mut watcher = Watcher::recording(folder.join("recording"));
    watcher.finish(&mut service);
    let replaced = service.stack();
    service.arrive(45);
    watcher.request(&mut service, Fate::Response);
    service.replace_stack();
    service.arrive(45);
    watcher.request(&mut service, Fate::AllTokensDie);
    while watcher.ledger.ids_of(&service.stack()).is_empty() {
        watcher.request(&mut service, Fate::Response);
    }
    watcher.end_and_resume();
    assert_eq!(watcher.ledger.ids_of(&replaced).len(), 31 + 10);
    assert_eq!(watcher.ledger.ids_of(&service.stack()).len(), 10);
    assert!(watcher.ledger.has_gaps());
    watcher.ledger.check(&service);
    assert_complete(watcher, service);
}

/// A failed walk marks nothing as seen: the committed events are the same before it and after it.
#[test]
fn a_failed_walk_commits_nothing() {
    let mut service = Service::new(Character::plain(10));
    service.arrive(100);
    let mut watcher = Watcher::new();
    watcher.finish(&mut service);
    let before = watcher.ledger.printed();
    service.arrive(50);
    watcher.request(&mut service, Fate::Response);
    assert!(watcher.token().is_some());
    for _ in 0..6 {
        watcher.request(&mut service, Fate::Fails(FaultKind::Transient));
    }
    assert_eq!(
        watcher.token(),
        None,
        "the token is tried three times, the one before it too"
    );
    assert_eq!(watcher.ledger.printed(), before);
    assert_complete(watcher, service);
}

/// A long history completes although every second request fails, in one way or in several.
#[test]
fn a_long_history_completes_while_every_second_request_fails() {
    let transient = Fate::Fails(FaultKind::Transient);
    let mixed = [
        transient,
        Fate::TokenDies,
        transient,
        transient,
        Fate::TokenDies,
    ];
    for kinds in [&mixed[..], &[transient], &[Fate::TokenDies]] {
        for parity in [0, 1] {
            let mut service = Service::new(Character::plain(100));
            service.arrive(5_000);
            let mut watcher = Watcher::new();
            let mut requests = 0;
            while watcher
                .ledger
                .timeline()
                .is_none_or(|timeline| timeline.walks() == 0)
            {
                requests += 1;
                assert!(requests < 400, "no end in sight with {kinds:?}");
                let fails = requests % 2 == parity;
                let fate = kinds[requests / 2 % kinds.len()];
                watcher.request(&mut service, if fails { fate } else { Fate::Response });
            }
            watcher.ledger.check_complete(&service);
        }
    }
}

/// Found by the property above. Tokens die again and again while events arrive, so that the walk has started
/// again more than three times when an old token brings `e17`, which is newer than the walk, above events
/// that it has met. It used to give in then, and put `e17` below them.
#[test]
fn a_page_that_moved_up_does_not_put_newer_events_below_older_ones() {
    use Fate::{Response, TokenDies};
    let transient = Fate::Fails(FaultKind::Transient);
    let schedule = [
        (1, vec![Response]),
        (2, vec![Response]),
        (2, vec![transient]),
        (2, vec![Response, Response, TokenDies, Response, Response]),
        (2, vec![Response, Response, TokenDies]),
        (2, vec![Response, TokenDies]),
        (2, vec![Response]),
        (
            2,
            vec![Response, TokenDies, Response, Response, Response, transient],
        ),
        (2, vec![transient]),
        (2, vec![transient]),
    ];
    let steps = schedule.into_iter().flat_map(|(arrivals, fates)| {
        std::iter::once(Step::Arrive(arrivals)).chain(fates.into_iter().map(Step::Request))
    });
    let mut service = Service::new(Character {
        habits: vec![Habit::TokensCountFromNewest],
        ..Character::plain(3)
    });
    let watcher = play(&mut service, steps.collect());
    assert_complete(watcher, service);
}

/// Found by the property above. The token of the first page, `e1`, counts from the newest event and brings `e3`, `e6`, `e5`
/// and `e2`, which have arrived above it. `e3` is as old as `e1`; only `e6` and `e5`, which arrived late below it, are later.
#[test]
fn a_page_that_moved_up_is_known_by_late_events_below_its_first() {
    let steps = vec![
        Step::Request(Fate::Response),
        Step::Arrive(3),
        Step::ArriveLate(2),
        Step::ArriveLate(2),
        Step::Request(Fate::Response),
    ];
    let mut service = Service::new(Character {
        habits: vec![Habit::TokensCountFromNewest, Habit::EmptyLastPage],
        ties: 4,
        ..Character::plain(4)
    });
    let mut watcher = play(&mut service, steps);
    service.arrive(1);
    watcher.audit();
    assert_complete(watcher, service);
}

/// Found by the property above. The newest page has enough events, but too few of its own among those of another stack.
#[test]
fn a_steady_poll_of_a_page_with_events_of_another_stack_is_one_request_most_of_the_time() {
    let mut service = Service::new(Character {
        habits: vec![Habit::ForeignEvents],
        ties: 0,
        seed: 3_558_182_832_903_667_825,
        ..Character::plain(23)
    });
    let mut steps = vec![Step::Request(Fate::Response); 6];
    steps[0] = Step::Arrive(18);
    steps[5] = Step::Request(Fate::TokenDies);
    let watcher = play(&mut service, steps);
    assert_complete(watcher, service);
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

fn dated(stack: &str, id: &str, second: usize) -> Arc<StackEvent> {
    let time = format!("2026-01-01T00:00:{second:02}Z");
    let json = format!(r#"{{"stackId":"{stack}","eventId":"{id}","timestamp":"{time}"}}"#);
    Arc::new(StackEvent::from_json(&json, None))
}

#[test]
fn empty_pages_with_a_token_are_skipped() {
    let mut walk = Walk::default();
    let first = walk.page(page(&[], Some("t1"))).unwrap();
    assert!(first.commit.is_none() && walk.wants_more());
    let second = walk.page(page(&[event("a", "1")], None)).unwrap();
    assert_eq!(second.fresh.len(), 1);
    assert_eq!(second.stack_id, Some(StackId::from("a")));
    assert!(second.commit.is_some());
}

#[test]
fn a_service_that_repeats_pages_is_polled_slowly() {
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
    let seen = walk.page(page(&events, Some("t"))).unwrap();
    assert_eq!(seen.fresh.len(), 2);
    assert!(seen.commit.is_none());
}

/// An old token may count for the stack that has replaced the walk's, and end its history with an empty page.
#[test]
fn an_empty_last_page_counts_only_when_repeated() {
    let mut walk = Walk::default();
    let two = [event("a", "2"), event("a", "1")];
    let _ = walk.page(page(&two, Some("t")));
    assert!(
        walk.page(page(&[], None)).is_none(),
        "the walk starts again"
    );
    assert_eq!(walk.token(), None);
    let _ = walk.page(page(&two, Some("t")));
    assert!(walk.page(page(&[], None)).unwrap().commit.is_some());
}

/// A time that does not follow the service's order looks like a page that moved up: once.
#[test]
fn an_out_of_order_timestamp_restarts_the_walk_once() {
    let dated = |id: usize, second: usize| dated("a", &id.to_string(), second);
    let mut history: Vec<_> = (0..50).rev().map(|id| dated(id, id)).collect();
    history[3] = dated(46, 0);
    let mut walk = Walk::default();
    let mut requests = 0;
    loop {
        requests += 1;
        let at = walk
            .token()
            .map_or(0, |token| token.as_str().parse().unwrap());
        let next = (at + 5 < history.len()).then(|| (at + 5).to_string());
        let seen = walk.page(page(&history[at..at + 5], next.as_deref()));
        if seen.is_some_and(|seen| seen.commit.is_some()) {
            break;
        }
    }
    assert_eq!(requests, 10 + 2);
}

/// An event that was committed before a walk began has not moved up above it, whatever its time: an audit of a history
/// that is known reads each page once.
#[test]
fn known_events_with_odd_times_restart_no_walk() {
    let mut service = Service::new(Character::plain(10));
    service.arrive(99);
    for depth in [15, 35, 55, 75] {
        service.arrive_late(depth);
    }
    let mut watcher = Watcher::new();
    watcher.finish(&mut service);
    watcher.audit();
    let mut requests = 1;
    while !watcher.request(&mut service, Fate::Response) {
        requests += 1;
    }
    assert_eq!(requests, service.events().len().div_ceil(10));
    watcher.ledger.check_complete(&service);
}

/// Where pages are short, only some polls read as far as a late event. One that restarts because of its time finds it
/// all the same.
#[test]
fn a_late_event_with_an_odd_time_is_found_below_short_pages() {
    for (page_size, depth) in [(5, 5), (5, 8), (5, 19), (10, 10), (10, 12), (1, 8)] {
        for second in [0, 80_000] {
            let mut service = Service::new(Character::plain(page_size));
            service.arrive(60);
            let mut watcher = Watcher::new();
            watcher.finish(&mut service);
            service.arrive_late_dated(depth, second);
            for _ in 0..=SHORT_POLLS {
                watcher.finish_walk(&mut service);
            }
            watcher.ledger.check_complete(&service);
        }
    }
}

/// Without times, only repeated events show that a page moved up, and which events above them are new.
#[test]
fn a_new_event_above_a_repeated_one_is_left_to_the_next_walk() {
    let [one, two, three, new] = ["1", "2", "3", "new"].map(|id| event("a", id));
    let mut walk = Walk::default();
    let _ = walk.page(page(&[three.clone(), two.clone()], Some("t")));
    let moved = page(
        &[new.clone(), three.clone(), two.clone(), one.clone()],
        None,
    );
    assert!(walk.page(moved).is_none());
    let whole = page(&[new, three, two, one], None);
    let fresh = walk.page(whole).unwrap().fresh;
    let ids: Vec<_> = fresh.iter().map(|event| event.event_id.as_str()).collect();
    assert_eq!(ids, ["new", "3", "2", "1"]);
}

/// The walk and a page that moved up have events of their stack of one time only. An event of another stack, on the page or
/// on the one before it, has another time.
#[test]
fn a_page_that_moved_up_is_known_by_an_event_of_another_stack() {
    let [one, two, new] = ["1", "2", "3"].map(|id| dated("a", id, 1));
    let [older, newer] = [0, 2].map(|second| dated("b", "1", second));
    let cases = [
        (vec![two.clone(), one.clone(), older], vec![new.clone()]),
        (vec![two, one], vec![newer, new]),
    ];
    for (first, moved) in cases {
        let mut walk = Walk::default();
        assert!(walk.page(page(&first, Some("t"))).is_some());
        assert!(walk.page(page(&moved, Some("u"))).is_none());
        assert_eq!(walk.token(), None, "the walk restarts");
    }
}

/// The page that moved up ends with an event of another stack, at which the walk began.
#[test]
fn a_page_that_moved_up_is_known_by_a_repeated_event_of_another_stack() {
    let [one, two, new] = ["1", "2", "3"].map(|id| dated("a", id, 1));
    let other = dated("b", "1", 1);
    let mut walk = Walk::default();
    let first = [other.clone(), two, one];
    assert!(walk.page(page(&first, Some("t"))).is_some());
    assert!(walk.page(page(&[new, other], Some("u"))).is_none());
    assert_eq!(walk.token(), None, "the walk restarts");
}

/// Events arrive between an event of another stack, which is known, and the walk's. The page that has the first of
/// them begins with an event that is known, but that the walk has met above its end.
#[test]
fn a_repeated_event_of_another_stack_has_to_be_the_end_of_the_walk() {
    let [one, two, new] = [1, 2, 3].map(|second| dated("a", &second.to_string(), second));
    let other = dated("b", "4", 4);
    let mut walk = Walk::default();
    let history = [other.clone(), two.clone(), one];
    assert!(walk.page(page(&history, None)).unwrap().commit.is_some());
    walk.audit();
    assert!(walk.page(page(&[other.clone(), two], Some("t"))).is_some());
    assert!(walk.page(page(&[other, new], Some("u"))).is_none());
}

#[test]
fn fifty_new_pages_have_a_gap_below_until_all_are_fetched() {
    let mut service = Service::new(Character::plain(100));
    service.arrive(250);
    let mut watcher = Watcher::new();
    watcher.finish(&mut service);
    let known = service.events().len();
    service.arrive(5_000);
    for page in 1.. {
        let whole = watcher.request(&mut service, Fate::Response);
        watcher.ledger.check(&service);
        let timeline = watcher.ledger.timeline().unwrap();
        let count = timeline.rows(Selection::ALL);
        let mut rows = (0..count).filter_map(|index| timeline.row(Selection::ALL, index));
        let gap = rows.position(|row| matches!(row, Row::Gap));
        if whole {
            // Fifty pages of new events, and one to see where they join.
            assert_eq!((page, gap), (51, None));
            break;
        }
        assert_eq!(gap, Some(known), "page {page}");
        assert_eq!(
            timeline.len(),
            known + 100 * page,
            "what came is shown at once"
        );
    }
    watcher.ledger.check_complete(&service);
}

/// Whatever the reason that is given for the refusal, the newest events are committed above a gap, and later ones too.
#[test]
fn a_token_that_is_refused_for_good_leaves_a_gap_and_the_tail_goes_on() {
    use FaultKind::{Denied, Expired, Malformed, Misconfigured, Throttled, Transient};
    for kind in [
        Denied,
        Misconfigured,
        Expired,
        Transient,
        Malformed,
        Throttled,
    ] {
        let mut service = Service::new(Character::plain(10));
        service.arrive(30);
        let mut watcher = Watcher::new();
        for _ in 0..5 {
            let mut requests = 0;
            let printed = watcher.ledger.printed();
            while watcher.ledger.printed() == printed {
                requests += 1;
                assert!(requests < 90, "nothing is committed with {kind:?}");
                let refused = watcher.token().is_some();
                let fate = if refused {
                    Fate::Fails(kind)
                } else {
                    Fate::Response
                };
                watcher.request(&mut service, fate);
                watcher.ledger.check(&service);
            }
            let newest = service.events().last().unwrap().event.event_id.as_str();
            assert_eq!(watcher.ledger.ids().last(), Some(&newest), "{kind:?}");
            service.arrive(2);
        }
        watcher.audit();
        watcher.finish(&mut service);
        watcher.ledger.check(&service);
        assert_eq!(watcher.ledger.ids().len(), service.events().len());
    }
}

/// An event of another stack at any place of a page neither ends the walk nor is lost.
#[test]
fn an_event_of_another_stack_is_kept_wherever_it_stands() {
    for place in 0..3 {
        let mut walk = Walk::default();
        let _ = walk.page(page(&[event("a", "0")], None));
        let mut events = vec![event("a", "2"), event("a", "1")];
        events.insert(place, event("b", "odd"));
        assert!(
            walk.page(page(&events, Some("t")))
                .unwrap()
                .commit
                .is_none()
        );
        let last = walk.page(page(&[event("a", "0")], None)).unwrap();
        assert_eq!(last.stack_id, Some(StackId::from("a")));
        assert!(last.commit.is_some());
        assert_eq!(last.others.len(), 1);
    }
}
