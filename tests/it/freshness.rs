//! How old what is shown can be: what is new is soon there, and when the API was last heard is never said wrong.

use std::time::Duration;

use bakewatch::testing::backend::{EventsAnswer, EventsError};
use bakewatch::testing::domain::{FaultKind, ImageAnswer, Observation, Seen};
use bakewatch::testing::poll::{ApiRequest, Tail};
use chrono::DateTime;
use proptest::prelude::*;

use crate::support::service::{Character, Habit, Service, any_character};
use crate::support::story::Story;
use crate::support::watcher::{Ledger, fault};

/// What is heard, or said by the clock.
#[derive(Clone, Copy, Debug)]
enum Heard {
    Page { whole: bool },
    Gone,
    Image,
    Fault,
    ImageFault,
    Resumed,
    Tick(i64),
}

fn heard() -> impl Strategy<Value = Heard> {
    prop_oneof![
        any::<bool>().prop_map(|whole| Heard::Page { whole }),
        Just(Heard::Gone),
        Just(Heard::Image),
        Just(Heard::Fault),
        Just(Heard::ImageFault),
        Just(Heard::Resumed),
        (0..100_i64).prop_map(Heard::Tick),
    ]
}

/// A service that does not let a walk go in circles: one that does is not asked in a hurry.
fn straight_service() -> impl Strategy<Value = Character> {
    any_character().prop_map(|mut character| {
        let circles = [Habit::TokensCountFromNewest, Habit::EmptyPages];
        character.habits.retain(|habit| !circles.contains(habit));
        character
    })
}

/// A watch of a service, whose answers take their time.
struct Watch {
    service: Service,
    tail: Tail,
    ledger: Ledger,
    now: Duration,
    answer_takes: Duration,
}

impl Watch {
    fn new(service: Service, interval: Option<Duration>, answer_takes: Duration) -> Self {
        Self {
            service,
            tail: Tail::new(interval, fastrand::Rng::with_seed(3)),
            ledger: Ledger::default(),
            now: Duration::ZERO,
            answer_takes,
        }
    }

    /// The next request; one for events may be throttled. Whether it was.
    fn ask(&mut self, throttled: bool) -> bool {
        let (ask, due) = self.tail.next();
        self.now = self.now.max(due) + self.answer_takes;
        let (now, failed) = (self.now, throttled && ask != ApiRequest::Image);
        let news = match ask {
            ApiRequest::Image => {
                let answer = ImageAnswer::Described(Box::default());
                Some(self.tail.image_answered(now, Ok(answer)))
            }
            ApiRequest::Events(_) if throttled => {
                let why = EventsError::Fault(fault(FaultKind::Throttled));
                self.tail.events_answered(now, Err(why))
            }
            ApiRequest::Events(token) => {
                let page = self.service.answer(token.as_ref());
                let page = page.expect("no token dies");
                self.tail.events_answered(now, Ok(EventsAnswer::Page(page)))
            }
        };
        let at = DateTime::UNIX_EPOCH + now;
        if let Some(news) = news {
            self.ledger.take(&Observation {
                at,
                elapsed: now,
                next_poll: at,
                news,
            });
        }
        failed
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// "Synced … ago" counts from the last answer about events: no failure, no description and no recording makes
    /// it younger, and it is never lost.
    #[test]
    fn the_last_answer_about_events_is_what_the_age_counts_from(all in prop::collection::vec(heard(), 0..40)) {
        let mut story = Story::new(80, 24);
        let mut last_sync = None;
        let (mut second, mut failing) = (0, false);
        for heard in all {
            match heard {
                Heard::Page { whole } => {
                    story.page(&[(second, "A", "AWS::X", "CREATE_COMPLETE", "")], whole);
                }
                Heard::Gone => {
                    story.hear(Seen::StackGone);
                }
                Heard::Image => {
                    story.describe("BUILD_IN_PROGRESS", None);
                }
                Heard::Fault => {
                    story.fault(FaultKind::Transient, "no answer", "");
                }
                Heard::ImageFault => {
                    story.hear(Seen::ImageFault(fault(FaultKind::Transient)));
                }
                Heard::Resumed => {
                    story.resume(&[(second, "A", "AWS::X", "CREATE_COMPLETE", "")]);
                }
                Heard::Tick(seconds) => {
                    second += seconds;
                    story.at(second);
                }
            }
            if let Heard::Page { .. } | Heard::Gone = heard {
                last_sync = Some(story.model.now);
            }
            failing = match heard {
                Heard::Fault => true,
                Heard::Page { .. } | Heard::Gone => false,
                _ => failing,
            };
            prop_assert_eq!(story.model.connection.last_sync, last_sync);
            prop_assert!(!failing || !story.model.connection.state.is_responding(), "what may be old looks fresh");
        }
    }

    /// An event that has arrived is shown after two intervals, and as long as it takes to ask for all the pages, at
    /// most; failures before it have their own wait, which one good answer ends.
    #[test]
    fn what_arrives_is_soon_shown(
        character in straight_service(),
        arrivals in prop::collection::vec((0_u64..300, 1_usize..80, 0_usize..4), 1..12),
        answer_takes in 0_u64..3_000,
        interval in prop::option::of(1_000_u64..20_000),
    ) {
        let interval = interval.map(Duration::from_millis);
        // The longest that the README names, where none is fixed, and the longest after failures.
        let longest = interval.unwrap_or(Duration::from_millis(16_500));
        let backoff = interval.map_or(Duration::from_mins(1), |fixed| fixed * 10);
        let mut watch = Watch::new(Service::new(character), interval, Duration::from_millis(answer_takes));
        for (pause, count, failures) in arrivals {
            let arrival = watch.now + Duration::from_secs(pause);
            while watch.tail.next().1 <= arrival {
                watch.ask(false);
            }
            watch.now = watch.now.max(arrival);
            watch.service.arrive(count);
            let (arrived, mut requests, mut failed) = (watch.now, 0, 0);
            while watch.ledger.ids().len() < watch.service.events().len() {
                failed += u32::from(watch.ask(failures > usize::try_from(failed).unwrap()));
                requests += 1;
                prop_assert!(requests < 2_000, "no end in sight");
            }
            let took = watch.now.saturating_sub(arrived);
            let allowed = longest * 2 + backoff * failed + watch.answer_takes * requests;
            prop_assert!(took <= allowed, "{took:?} for {requests} requests, {failed} of which failed");
        }
    }
}
