//! The age of the events on the screen: new ones appear soon, and "synced … ago" is never too young.

use std::time::Duration;

use bakewatch::testing::backend::{EventsError, EventsResponse, StepsAnswer};
use bakewatch::testing::domain::{FaultKind, ImageAnswer, Seen, Stream};
use bakewatch::testing::poll::{ApiRequest, Schedules};
use chrono::DateTime;
use proptest::prelude::*;

use crate::support::api::{fault, observation};
use crate::support::service::{Character, Habit, Service, any_character};
use crate::support::story::Story;
use crate::support::watcher::Ledger;

/// An observation, or time that passes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Page { whole: bool },
    Gone,
    Image,
    Fault,
    ImageFault,
    Resumed,
    Tick(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<bool>().prop_map(|whole| Step::Page { whole }),
        Just(Step::Gone),
        Just(Step::Image),
        Just(Step::Fault),
        Just(Step::ImageFault),
        Just(Step::Resumed),
        (0..100_i64).prop_map(Step::Tick),
    ]
}

/// A service that does not let a walk go in circles, since such a service is polled more slowly.
fn straight_service() -> impl Strategy<Value = Character> {
    any_character().prop_map(|mut character| {
        let circles = [
            Habit::TokensCountFromNewest,
            Habit::EmptyPages,
            Habit::ForeignEvents,
            // A walk that meets an odd time restarts, after some restarts at the usual interval only.
            Habit::OddTimes,
        ];
        character.habits.retain(|habit| !circles.contains(habit));
        character
    })
}

/// A watch of a service whose responses take some time.
struct Watch {
    service: Service,
    schedules: Schedules,
    ledger: Ledger,
    now: Duration,
    response_time: Duration,
}

impl Watch {
    fn new(service: Service, interval: Option<Duration>, response_time: Duration) -> Self {
        Self {
            service,
            schedules: Schedules::new(interval, fastrand::Rng::with_seed(3)),
            ledger: Ledger::default(),
            now: Duration::ZERO,
            response_time,
        }
    }

    /// Sends the next request; one for events may be throttled. Returns whether it was.
    fn request(&mut self, throttled: bool) -> bool {
        let (request, due) = self.schedules.next();
        self.now = self.now.max(due) + self.response_time;
        let (now, failed) = (self.now, throttled && request != ApiRequest::Image);
        let seen = match request {
            ApiRequest::Log(_) => unreachable!("no log is read"),
            ApiRequest::Image => {
                let answer = ImageAnswer::Described(Box::default());
                self.schedules.on_image(now, Ok(answer))
            }
            ApiRequest::Steps => self.schedules.on_steps(now, Ok(StepsAnswer::NoImage)),
            ApiRequest::Events(_) if throttled => {
                let why = EventsError::Fault(fault(FaultKind::Throttled));
                self.schedules.on_events(now, Err(why))
            }
            ApiRequest::Events(token) => {
                let page = self.service.response(token.as_ref());
                let page = page.expect("no token dies");
                self.schedules
                    .on_events(now, Ok(EventsResponse::Page(page)))
            }
        };
        if let Some(seen) = seen {
            let at = DateTime::UNIX_EPOCH + now;
            self.ledger.take(&observation(at, now, seen));
        }
        failed
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// "Synced … ago" counts from the last response to a request for events: no failure, description or recording
    /// makes it younger, and it is never lost.
    #[test]
    fn the_age_counts_from_the_last_response_with_events(all in prop::collection::vec(step(), 0..40)) {
        let mut story = Story::new(80, 24);
        let mut last_sync = None;
        let (mut second, mut failing) = (0, false);
        for step in all {
            match step {
                Step::Page { whole } => {
                    story.page(&[(second, "A", "AWS::X", "CREATE_COMPLETE", "")], whole);
                }
                Step::Gone => {
                    story.observe(Seen::StackGone);
                }
                Step::Image => {
                    story.describe("BUILD_IN_PROGRESS", None);
                }
                Step::Fault => {
                    story.fault(FaultKind::Transient, "no answer", "");
                }
                Step::ImageFault => {
                    story.fail(Stream::Image, fault(FaultKind::Transient));
                }
                Step::Resumed => {
                    story.resume(&[(second, "A", "AWS::X", "CREATE_COMPLETE", "")]);
                }
                Step::Tick(seconds) => {
                    second += seconds;
                    story.at(second);
                }
            }
            if let Step::Page { .. } | Step::Gone = step {
                last_sync = Some(story.model.now);
            }
            failing = match step {
                Step::Fault => true,
                Step::Page { .. } | Step::Gone => false,
                _ => failing,
            };
            prop_assert_eq!(story.model.shown.connection.last_sync(), last_sync);
            prop_assert!(!failing || !story.model.shown.connection.state.is_responding(), "events that may be old look fresh");
        }
    }

    /// A new event is shown after at most two intervals and the time that its pages take; each failed request adds
    /// its own wait, which one good response ends.
    #[test]
    fn new_events_are_shown_soon(
        character in straight_service(),
        arrivals in prop::collection::vec((0_u64..300, 1_usize..80, 0_usize..4), 1..12),
        response_time in 0_u64..3_000,
        interval in prop::option::of(1_000_u64..20_000),
    ) {
        let interval = interval.map(Duration::from_millis);
        // The longest documented interval if none is fixed, and the longest wait after failures.
        let longest = interval.unwrap_or(Duration::from_millis(16_500));
        let backoff = interval.map_or(Duration::from_mins(1), |fixed| fixed * 10);
        let mut watch = Watch::new(Service::new(character), interval, Duration::from_millis(response_time));
        for (pause, count, failures) in arrivals {
            let arrival = watch.now + Duration::from_secs(pause);
            while watch.schedules.next().1 <= arrival {
                watch.request(false);
            }
            watch.now = watch.now.max(arrival);
            watch.service.arrive(count);
            let (arrived, mut requests, mut failed) = (watch.now, 0, 0);
            while watch.ledger.ids().len() < watch.service.events().len() {
                failed += u32::from(watch.request(failures > usize::try_from(failed).unwrap()));
                requests += 1;
                prop_assert!(requests < 2_000, "no end in sight");
            }
            let took = watch.now.saturating_sub(arrived);
            let allowed = longest * 2 + backoff * failed + watch.response_time * requests;
            prop_assert!(took <= allowed, "{took:?} for {requests} requests, {failed} of which failed");
        }
    }
}
