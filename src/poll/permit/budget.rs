//! The budget of one endpoint: a token bucket with ranks, and a back-off. Pure: times are arguments.

use std::time::Duration;

/// The requests that an endpoint gets per second, on average: with those that sessions which are not shown may make at
/// once, a minute has at most 4.5 a second.
pub(super) const RATE: f64 = 4.3;
/// The requests that may follow each other without a pause: the first walk over a long history is not slowed.
const BURST: f64 = 100.0;
/// The requests that each rank leaves to those before it: where the budget is short, the first rank has all of it.
const RESERVES: [f64; RANKS] = [0.0, 3.0, 6.0, 88.0, 90.0, 93.0, 96.0];
/// The ranks: events and the image, the steps, the log of the shown session; the list of images; then those of the other
/// sessions.
pub(super) const RANKS: usize = 7;

#[derive(Debug)]
pub(super) struct Budget {
    /// The requests that may be made at once.
    pub(super) requests: f64,
    /// When they were counted.
    counted_at: Duration,
    /// The end of the back-off.
    pub(super) not_before: Duration,
    /// How many of each rank wait for the request in flight.
    pub(super) waiting: [usize; RANKS],
}

impl Budget {
    pub(super) const fn new(now: Duration) -> Self {
        Self {
            requests: BURST,
            counted_at: now,
            not_before: Duration::ZERO,
            waiting: [0; RANKS],
        }
    }

    /// When the next request may be made: not the time of the last one where that has left enough, since of the streams
    /// that are due, the one that is due longest comes first. A stream of several endpoints would never come.
    pub(super) fn ready_at(&self, rank: usize) -> Duration {
        let missing = 1.0 + RESERVES[rank] - self.requests;
        if missing <= 0.0 {
            return self.not_before;
        }
        let missing = Duration::from_secs_f64(missing / RATE);
        (self.counted_at + missing).max(self.not_before)
    }

    /// Counts requests that were made besides those that it has permitted.
    pub(super) fn count(&mut self, more: u32, now: Duration) {
        self.refill(now);
        self.requests -= f64::from(more);
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.counted_at);
        self.requests = (self.requests + passed.as_secs_f64() * RATE).min(BURST);
        self.counted_at = now;
    }

    /// Counts a request, if one may be made.
    pub(super) fn take(&mut self, rank: usize, now: Duration) -> bool {
        if now < self.ready_at(rank) {
            return false;
        }
        self.refill(now);
        self.requests -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_first_walk_is_not_slowed() {
        let mut budget = Budget::new(Duration::ZERO);
        assert!((0..60).all(|_| budget.take(0, Duration::from_millis(1))));
    }

    #[test]
    fn an_endpoint_without_permits_of_its_own_saves_up_no_more_than_the_burst() {
        let mut budget = Budget::new(Duration::ZERO);
        let hour = Duration::from_hours(1);
        let at_once = (0..1_000).take_while(|_| {
            let is_ready = budget.ready_at(0) <= hour;
            budget.count(1, hour);
            is_ready
        });
        assert_eq!(at_once.count(), 100);
    }

    #[test]
    fn a_request_does_not_put_off_those_that_the_budget_allows() {
        let mut budget = Budget::new(Duration::ZERO);
        let now = Duration::from_secs(50);
        assert!(budget.take(0, now));
        assert_eq!(budget.ready_at(1), Duration::ZERO);
        (0..99).for_each(|_| assert!(budget.take(0, now)));
        assert!(budget.ready_at(0) > now);
    }

    proptest! {
        /// However eagerly it is asked, the endpoint gets no more than the burst and 4.5 requests a second.
        #[test]
        fn the_rate_is_bounded(rank in 0..RANKS, pauses in prop::collection::vec(0_u64..200, 1..2_000)) {
            let mut budget = Budget::new(Duration::ZERO);
            let (mut now, mut made) = (Duration::ZERO, 0_u32);
            for pause in pauses {
                now += Duration::from_millis(pause);
                made += u32::from(budget.take(rank, now));
                prop_assert!(f64::from(made) <= BURST + RATE * now.as_secs_f64() + 0.001);
            }
        }

        /// A request that waits until the time that is promised can be made.
        #[test]
        fn a_request_can_be_made_at_the_promised_time(rank in 0..RANKS, waits in prop::collection::vec(0_u64..100, 1..500)) {
            let mut budget = Budget::new(Duration::ZERO);
            let mut now = Duration::ZERO;
            for wait in waits {
                now = budget.ready_at(rank).max(now) + Duration::from_millis(wait);
                prop_assert!(budget.take(rank, now));
            }
        }
    }
}
