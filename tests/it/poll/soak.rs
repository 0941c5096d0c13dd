//! A day of watching in virtual time, through the real poller: outages, rejected tokens, late events and replaced
//! stacks lose no events, and requests, memory and work stay within bounds.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bakewatch::testing::Clock;
use bakewatch::testing::backend::{
    EventSource, EventsError, EventsResponse, ImageSource, NextToken, NoLog, Source,
};
use bakewatch::testing::domain::{Fault, FaultKind, ImageAnswer, Observation, Seen};
use bakewatch::testing::poll::{Permits, PollCommand, Poller, Schedules};
use chrono::DateTime;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::support::api::fault;
use crate::support::service::{Character, Habit, Rejected, Service};
use crate::support::watcher::Ledger;

const DAY: Duration = Duration::from_hours(24);
/// The time without arrivals after the day, before the last requests are counted.
const REST: Duration = Duration::from_mins(20);
const HOUR: Duration = Duration::from_hours(1);

/// One request for events.
#[derive(Clone, Copy, Debug)]
struct EventsRequest {
    at: Instant,
    has_token: bool,
    failed: bool,
}

/// The state that the service and the test share.
#[derive(Debug)]
struct World {
    service: Service,
    random: fastrand::Rng,
    /// Nothing fails and no event arrives any more.
    is_calm: bool,
    /// The end of the time in which every request fails, and the fault.
    outage: Option<(Instant, FaultKind)>,
    events: Vec<EventsRequest>,
    images: usize,
    /// How often the service reported that there was no such stack.
    gone: usize,
    /// How often the stack was replaced.
    replaced: usize,
}

impl World {
    fn new(character: Character) -> Self {
        Self {
            random: fastrand::Rng::with_seed(character.seed),
            service: Service::new(character),
            is_calm: false,
            outage: None,
            events: Vec::new(),
            images: 0,
            gone: 0,
            replaced: 0,
        }
    }

    /// True once in this number of calls, at random.
    fn once_in(&mut self, times: u32) -> bool {
        !self.is_calm && self.random.u32(..times) == 0
    }

    /// The changes at the service between two requests.
    fn advance(&mut self) {
        if self.once_in(20) {
            let count = self.random.usize(1..40);
            self.service.arrive(count);
        }
        if self.once_in(200) {
            let depth = self.random.usize(1..300);
            self.service.arrive_late(depth);
        }
        if self.once_in(100) {
            self.service.kill_all_tokens();
        }
        if self.once_in(3_000) {
            self.service.replace_stack();
            self.replaced += 1;
        }
        if self.once_in(300) {
            let span = Duration::from_secs(self.random.u64(1..1_200));
            self.outage = Some((Instant::now() + span, self.any_kind()));
        }
    }

    fn any_kind(&mut self) -> FaultKind {
        use FaultKind::{Denied, Expired, Malformed, Throttled, Transient};
        let kinds = [Transient, Transient, Throttled, Malformed, Expired, Denied];
        kinds[self.random.usize(..kinds.len())]
    }

    /// The fault of a request, if it fails.
    fn fault(&mut self) -> Option<Fault> {
        self.outage
            .take_if(|(end, _)| self.is_calm || *end < Instant::now());
        let lasting = self.outage.map(|(_, kind)| kind);
        let kind = lasting.or_else(|| self.once_in(15).then(|| self.any_kind()))?;
        Some(fault(kind))
    }

    fn response(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        self.advance();
        let response = match self.fault() {
            Some(fault) => Err(EventsError::Fault(fault)),
            None if self.once_in(500) => {
                self.gone += 1;
                Ok(EventsResponse::Gone)
            }
            None => match self.service.response(token) {
                Ok(page) => Ok(EventsResponse::Page(page)),
                Err(Rejected) => Err(EventsError::TokenRejected(fault(FaultKind::Transient))),
            },
        };
        self.events.push(EventsRequest {
            at: Instant::now(),
            has_token: token.is_some(),
            failed: response.is_err(),
        });
        response
    }
}

#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<World>>);

impl Shared {
    fn with<T>(&self, use_it: impl FnOnce(&mut World) -> T) -> T {
        use_it(&mut self.0.lock().unwrap())
    }

    async fn delay(&self) {
        let millis = self.with(|world| world.random.u64(20..2_000));
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

impl EventSource for Shared {
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        self.delay().await;
        self.with(|world| world.response(token))
    }
}

impl ImageSource for Shared {
    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        self.delay().await;
        self.with(|world| {
            world.images += 1;
            world
                .fault()
                .map_or(Ok(ImageAnswer::Described(Box::default())), Err)
        })
    }
}

impl Source for Shared {
    type Image = Self;
    type Log = NoLog;
    type Steps = std::convert::Infallible;

    fn log_source(&mut self) -> Option<&mut NoLog> {
        None
    }

    fn image_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }
}

/// The result of the observations of a day.
#[derive(Debug, Default)]
struct Day {
    ledger: Ledger,
    reports: usize,
    /// How many events the pages brought that were not committed before; those of a walk that failed come again.
    fresh: usize,
    /// Complete walks that began after the last audit was requested.
    audits: usize,
}

impl Day {
    fn take(&mut self, report: &Observation) {
        self.ledger.take(report);
        self.reports += 1;
        if let Seen::Page(page) = &report.seen {
            self.fresh += page.fresh.len();
            self.audits += usize::from(page.audit && page.commit.is_some());
        }
    }

    async fn listen(
        &mut self,
        reports: &mut mpsc::Receiver<Observation>,
        span: Duration,
        world: &Shared,
    ) {
        let end = tokio::time::sleep(span);
        tokio::pin!(end);
        loop {
            tokio::select! {
                report = reports.recv() => self.take(&report.unwrap()),
                () = &mut end => return,
            }
            if self.reports.is_multiple_of(500) {
                world.with(|world| self.ledger.check(&world.service));
            }
        }
    }
}

/// The counts of a calm hour after the day.
#[derive(Debug)]
struct Calm {
    requests: Vec<EventsRequest>,
    images: usize,
    /// How many events are held by more than the service's model (twice), the timeline and the ledger.
    held: usize,
}

/// Watches for a day, then for a calm hour.
async fn watch(world: &Shared) -> (Day, Calm) {
    let (report_sender, mut reports) = mpsc::channel(64);
    let (requests, request_receiver) = mpsc::channel(4);
    let clock = Clock::scenario(DateTime::UNIX_EPOCH, 1.0);
    let poller = Poller {
        source: world.clone(),
        permits: Permits::new(clock.clone()),
        clock,
        schedules: Schedules::new(None, fastrand::Rng::with_seed(7)),
        observations: report_sender,
        commands: request_receiver,
    };
    let listen = async {
        let mut day = Day::default();
        day.listen(&mut reports, DAY, world).await;
        world.with(|world| world.is_calm = true);
        requests.send(PollCommand::Audit).await.unwrap();
        day.listen(&mut reports, REST, world).await;
        let (earlier, images) = world.with(|world| (world.events.len(), world.images));
        day.listen(&mut reports, HOUR, world).await;
        let calm = world.with(|world| Calm {
            requests: world.events.split_off(earlier),
            images: world.images - images,
            held: world.service.held_by_more_than(4),
        });
        drop(reports);
        (day, calm)
    };
    tokio::join!(poller.run(), listen).1
}

/// During an outage of any length, the waits grow to about 30 seconds, and no request follows at once.
fn check_waits(requests: &[EventsRequest]) {
    let mut failures = 0;
    for pair in requests.windows(2) {
        failures = if pair[0].failed { failures + 1 } else { 0 };
        let gap = pair[1].at - pair[0].at;
        let least = match failures {
            0 => Duration::ZERO,
            1..5 => Duration::from_millis(200),
            _ => Duration::from_secs(28),
        };
        assert!(gap >= least, "{gap:?} after {failures} failures in a row");
    }
}

/// In an hour without new events, every poll is one request, at the quiet interval of 15 seconds ± 10 %, and the
/// response takes two seconds at most.
fn check_calm(calm: &Calm) {
    assert!(
        calm.requests
            .iter()
            .all(|request| !request.has_token && !request.failed)
    );
    let polls = calm.requests.len();
    assert!(
        (3_600 * 10 / 185..=3_600 * 10 / 135).contains(&polls),
        "{polls} polls"
    );
    assert!(calm.images <= 120, "{} DescribeImage", calm.images);
    assert!(calm.held <= 10, "{} events are held twice", calm.held);
}

/// A stack that has just been created is described sooner, until it is known.
const DESCRIPTIONS_OF_A_NEW_STACK: usize = 8;

async fn soak(character: Character) {
    let page_size = character.page_size;
    let world = Shared(Arc::new(Mutex::new(World::new(character))));
    let (day, calm) = watch(&world).await;
    check_calm(&calm);
    world.with(|world| {
        assert!(day.audits > 0, "the last audit was not completed");
        day.ledger.check_complete(&world.service);
        check_waits(&world.events);
        let printed = day.ledger.printed();
        assert!(printed > 5_000, "{printed} events make no day");
        let pages = world
            .events
            .iter()
            .filter(|request| request.has_token)
            .count();
        let polls = world.events.len() - pages;
        assert!(
            polls < 24 * 3_600 / 5,
            "{polls} polls: more than one in 5 seconds"
        );
        assert!(
            pages < 3 * day.fresh / page_size,
            "{pages} pages for {} events",
            day.fresh
        );
        assert!(
            day.fresh < 2 * printed,
            "{} rows for {printed} events",
            day.fresh
        );
        let images = world.images;
        assert!(
            images < 24 * 3_600 / 30 + world.gone + DESCRIPTIONS_OF_A_NEW_STACK * world.replaced,
            "{images} DescribeImage, {} stacks",
            world.replaced
        );
    });
}

#[tokio::test(start_paused = true)]
async fn a_day_of_faults_stays_within_bounds() {
    soak(Character::plain(20)).await;
}

#[tokio::test(start_paused = true)]
async fn a_day_of_moving_pages_stays_within_bounds() {
    let habits = vec![
        Habit::TokensCountFromNewest,
        Habit::EmptyLastPage,
        Habit::Repeats,
    ];
    let character = Character {
        habits,
        ..Character::plain(20)
    };
    soak(character).await;
}
