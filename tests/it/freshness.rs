//! How old what is shown can be: what is new is soon there, and when the API was last heard is never said wrong.

use std::time::Duration;

use bakewatch::domain::fault::FaultKind;
use bakewatch::domain::image::ImageAnswer;
use bakewatch::domain::news::{News, Report};
use bakewatch::source::tail::{Ask, Tail};
use bakewatch::source::{EventsAnswer, EventsError};
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
                    story.hear(News::StackGone);
                }
                Heard::Image => {
                    story.describe("BUILD_IN_PROGRESS", None);
                }
                Heard::Fault => {
                    story.fault(FaultKind::Transient, "no answer", "");
                }
                Heard::ImageFault => {
                    story.hear(News::ImageFault(fault(FaultKind::Transient)));
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
            prop_assert_eq!(story.model.link.last_sync, last_sync);
            prop_assert!(!failing || !story.model.link.state.is_good(), "what may be old looks fresh");
        }
    }

    /// An event that has arrived is shown after two intervals, and as long as it takes to ask for all the pages, at
    /// most; failures before it have their own wait, which one good answer ends.
    #[test]
    fn what_arrives_is_soon_shown(
        character in straight_service(),
        arrivals in prop::collection::vec((0_u64..40, 1_usize..80), 1..12),
        answer_takes in 0_u64..3_000,
        interval in prop::option::of(200_u64..20_000),
        failures in 0_usize..6,
    ) {
        let answer_takes = Duration::from_millis(answer_takes);
        let interval = interval.map(Duration::from_millis);
        // The longest that the README names, where none is fixed.
        let longest = interval.unwrap_or(Duration::from_millis(16_500));
        let backoff = interval.map_or(Duration::from_mins(1), |fixed| (fixed * 10).max(Duration::from_secs(3)));
        let mut service = Service::new(character);
        let mut tail = Tail::new(interval, fastrand::Rng::with_seed(3));
        let mut ledger = Ledger::default();
        let mut now = Duration::ZERO;
        let mut failures = failures;
        for (pause, count) in arrivals {
            now += Duration::from_secs(pause);
            service.arrive(count);
            let arrived = now;
            let (mut pages, mut allowed) = (0, longest * 2);
            while ledger.ids().len() < service.events().len() {
                let (ask, due) = tail.next();
                now = now.max(due) + answer_takes;
                pages += 1;
                prop_assert!(pages < 2_000, "no end in sight");
                let news = match ask {
                    Ask::Image => Some(tail.image_answered(now, Ok(ImageAnswer::Described(Box::default())))),
                    Ask::Events(_) if failures > 0 => {
                        failures -= 1;
                        allowed += backoff;
                        tail.events_answered(now, Err(EventsError::Fault(fault(FaultKind::Throttled))))
                    }
                    Ask::Events(token) => {
                        let page = service.answer(token.as_ref()).expect("no token dies");
                        tail.events_answered(now, Ok(EventsAnswer::Page(page)))
                    }
                };
                let at = DateTime::UNIX_EPOCH + now;
                let report = |news| Report { at, elapsed: now, next_poll: at, news };
                if let Some(news) = news {
                    ledger.take(&report(news));
                }
            }
            let took = now.saturating_sub(arrived);
            prop_assert!(took <= allowed + answer_takes * pages, "{took:?} for {pages} requests");
        }
    }
}
