//! The permit to make requests to one endpoint, shared by all sessions that poll it: one request at a time, a budget of
//! requests, and a common back-off after throttling. The poller asks for it before each request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// The requests that an endpoint gets per second, on average.
const RATE: f64 = 4.5;
/// The requests that may follow each other without a pause: the first walk over a long history is not slowed.
const BURST: f64 = 100.0;

/// The permit of one endpoint. Its clones share it.
#[derive(Clone, Debug)]
pub struct Permit {
    in_flight: Arc<tokio::sync::Mutex<()>>,
    budget: Arc<Mutex<Budget>>,
    clock: Clock,
}

/// The request in flight; the next one may begin when it is dropped.
#[derive(Debug)]
pub(crate) struct InFlight<'a> {
    _guard: tokio::sync::MutexGuard<'a, ()>,
}

impl Permit {
    /// A permit whose budget refills by this clock.
    pub fn new(clock: Clock) -> Self {
        let budget = Budget {
            requests: BURST,
            counted_at: clock.elapsed(),
            not_before: Duration::ZERO,
        };
        Self {
            in_flight: Arc::default(),
            budget: Arc::new(Mutex::new(budget)),
            clock,
        }
    }

    /// When the endpoint may get its next request, by the clock's running time.
    pub(crate) fn ready_at(&self) -> Duration {
        self.budget().ready_at()
    }

    /// Waits for the request in flight. `None` if the endpoint must not get another one yet: a response in the meantime
    /// may have begun a back-off.
    pub(crate) async fn acquire(&self) -> Option<InFlight<'_>> {
        let guard = self.in_flight.lock().await;
        let is_taken = self.budget().take(self.clock.elapsed());
        is_taken.then_some(InFlight { _guard: guard })
    }

    /// Counts requests that were made under a permit besides the permitted one: the next ones wait for them.
    pub(crate) fn count(&self, more: u32) {
        self.budget().requests -= f64::from(more);
    }

    /// Begins a back-off: no session makes a request before this time.
    pub(crate) fn hold_back(&self, until: Duration) {
        let mut budget = self.budget();
        budget.not_before = budget.not_before.max(until);
    }

    /// Ends a back-off, because the user asked for a request.
    pub(crate) fn end_back_off(&self) {
        self.budget().not_before = Duration::ZERO;
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token bucket and a back-off. Pure: times are arguments.
#[derive(Debug)]
struct Budget {
    /// The requests that may be made at once.
    requests: f64,
    /// When they were counted.
    counted_at: Duration,
    /// The end of the back-off.
    not_before: Duration,
}

impl Budget {
    fn ready_at(&self) -> Duration {
        let missing = Duration::from_secs_f64((1.0 - self.requests).max(0.0) / RATE);
        (self.counted_at + missing).max(self.not_before)
    }

    /// Counts a request, if one may be made.
    fn take(&mut self, now: Duration) -> bool {
        if now < self.ready_at() {
            return false;
        }
        let passed = now.saturating_sub(self.counted_at);
        self.requests = (self.requests + passed.as_secs_f64() * RATE).min(BURST) - 1.0;
        self.counted_at = now;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    const fn budget() -> Budget {
        Budget {
            requests: BURST,
            counted_at: Duration::ZERO,
            not_before: Duration::ZERO,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_beside_the_permitted_one_take_their_part_of_the_budget() {
        let permit = Permit::new(Clock::scenario(DateTime::UNIX_EPOCH, 1.0));
        permit.count(108);
        let ready = permit.ready_at();
        assert_eq!(ready, Duration::from_secs_f64(9.0 / RATE));
    }

    #[test]
    fn a_long_first_walk_is_not_slowed() {
        let mut budget = budget();
        assert!((0..60).all(|_| budget.take(Duration::from_millis(1))));
    }

    proptest! {
        /// However eagerly it is asked, the endpoint gets no more than the burst and 4.5 requests a second.
        #[test]
        fn the_rate_is_bounded(pauses in prop::collection::vec(0_u64..200, 1..2_000)) {
            let mut budget = budget();
            let (mut now, mut made) = (Duration::ZERO, 0_u32);
            for pause in pauses {
                now += Duration::from_millis(pause);
                made += u32::from(budget.take(now));
                prop_assert!(f64::from(made) <= BURST + RATE * now.as_secs_f64() + 0.001);
            }
        }

        /// A request that waits until the time that is promised can be made.
        #[test]
        fn a_request_can_be_made_at_the_promised_time(waits in prop::collection::vec(0_u64..100, 1..500)) {
            let mut budget = budget();
            let mut now = Duration::ZERO;
            for wait in waits {
                now = budget.ready_at().max(now) + Duration::from_millis(wait);
                prop_assert!(budget.take(now));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_share_one_request_at_a_time_and_the_back_off() {
        let clock = Clock::scenario(DateTime::UNIX_EPOCH, 1.0);
        let one = Permit::new(clock.clone());
        let other = one.clone();
        let second = Duration::from_secs(1);
        let in_flight = one.acquire().await;
        assert!(in_flight.is_some());
        assert!(tokio::time::timeout(second, other.acquire()).await.is_err());
        one.hold_back(clock.elapsed() + second);
        drop(in_flight);
        assert!(other.acquire().await.is_none(), "throttled");
        assert!(other.ready_at() > clock.elapsed());
        other.end_back_off();
        assert!(one.acquire().await.is_some());
        one.hold_back(clock.elapsed() + second);
        tokio::time::advance(second).await;
        assert!(other.acquire().await.is_some(), "the back-off is over");
    }
}
