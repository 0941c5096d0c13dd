//! The interval between two requests of one kind: adaptive while requests succeed, an exponential back-off while they
//! fail. Each stream's schedule has a cadence of its own.
//!
//! All times are of the watch's clock.

use std::time::Duration;

/// The usual interval between two polls.
const USUAL: Duration = Duration::from_secs(5);
/// The interval while events keep arriving.
const BUSY: Duration = Duration::from_secs(2);
/// How long after a new event the build counts as busy.
const BUSY_FOR: Duration = Duration::from_secs(20);
/// The interval when no event has arrived for [`QUIET_AFTER`].
const QUIET: Duration = Duration::from_secs(15);
/// How long without a new event before the build counts as quiet: most of the hour is one resource.
const QUIET_AFTER: Duration = Duration::from_mins(3);
/// The longest wait after failures, with the adaptive interval.
const MAX_BACKOFF: Duration = Duration::from_mins(1);
/// The same in the first minute of a watch without an answer: a headless one gives up then, and tries again shortly before.
const MAX_FIRST_BACKOFF: Duration = Duration::from_secs(15);
const FIRST: Duration = Duration::from_mins(1);
/// The longest wait after failures is at least this, with a fixed interval.
const MIN_FIXED_CAP: Duration = Duration::from_secs(3);
/// How much the adaptive interval varies, so that many watchers do not poll in step.
const JITTER: f64 = 0.1;

#[derive(Debug)]
pub(crate) struct Cadence {
    fixed: Option<Duration>,
    failures: u32,
    has_succeeded: bool,
    last_new: Duration,
    random: fastrand::Rng,
}

impl Cadence {
    /// A cadence that begins now; `fixed` replaces the adaptive interval.
    pub(crate) fn new(fixed: Option<Duration>, random: fastrand::Rng) -> Self {
        Self {
            fixed,
            failures: 0,
            has_succeeded: false,
            last_new: Duration::ZERO,
            random,
        }
    }

    /// Notes that a new event arrived.
    pub(crate) fn saw_new(&mut self, now: Duration) {
        self.last_new = now;
    }

    /// Notes a success: the next wait is the interval again.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        self.has_succeeded = true;
    }

    /// Notes a failed or throttled request: the next wait is twice as long as the one before.
    pub(crate) fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// Whether the last request of this kind failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// How long to wait from now to the next poll.
    pub(crate) fn wait(&mut self, now: Duration) -> Duration {
        if self.failures > 0 {
            return self.backoff(now);
        }
        match self.fixed {
            Some(interval) => interval,
            None => self
                .adaptive(now)
                .mul_f64(1.0 + JITTER * (2.0 * self.random.f64() - 1.0)),
        }
    }

    fn adaptive(&self, now: Duration) -> Duration {
        match now.saturating_sub(self.last_new) {
            quiet if quiet >= QUIET_AFTER => QUIET,
            busy if busy < BUSY_FOR && self.last_new > Duration::ZERO => BUSY,
            _ => USUAL,
        }
    }

    /// Equal jitter: half of the doubled interval for sure, the other half at random.
    fn backoff(&mut self, now: Duration) -> Duration {
        let (base, cap) = match self.fixed {
            Some(interval) => (interval, (interval * 10).max(MIN_FIXED_CAP)),
            None if !self.has_succeeded && now < FIRST => (self.adaptive(now), MAX_FIRST_BACKOFF),
            None => (self.adaptive(now), MAX_BACKOFF),
        };
        let doubled = base.saturating_mul(1 << self.failures.min(16)).min(cap);
        doubled.div_f64(2.0) + doubled.mul_f64(self.random.f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn cadence(fixed: Option<Duration>, seed: u64) -> Cadence {
        Cadence::new(fixed, fastrand::Rng::with_seed(seed))
    }

    fn near(actual: Duration, expected: Duration) -> bool {
        (actual.as_secs_f64() / expected.as_secs_f64() - 1.0).abs() <= JITTER
    }

    #[test]
    fn the_interval_follows_the_activity_of_the_build() {
        let mut cadence = cadence(None, 7);
        assert!(near(cadence.wait(seconds(1)), USUAL));
        cadence.saw_new(seconds(10));
        assert!(near(cadence.wait(seconds(29)), BUSY));
        assert!(near(cadence.wait(seconds(30)), USUAL));
        assert!(near(cadence.wait(seconds(189)), USUAL));
        assert!(near(cadence.wait(seconds(190)), QUIET));
    }

    #[test]
    fn one_success_resets_the_wait() {
        let mut cadence = cadence(Some(seconds(1)), 7);
        for _ in 0..5 {
            cadence.failed();
        }
        assert!(cadence.wait(seconds(0)) >= seconds(5));
        cadence.succeeded();
        assert_eq!(cadence.wait(seconds(0)), seconds(1));
    }

    /// Few and many: the first failures double the wait, the last one that can be counted must not overflow it.
    fn failures() -> impl Strategy<Value = u32> {
        prop_oneof![4 => 1..20_u32, 1 => any::<u32>().prop_map(|count| count.max(1)), 1 => Just(u32::MAX)]
    }

    proptest! {
        /// After n failures the wait is at least half and at most the whole of min(cap, 2ⁿ intervals), and one success
        /// makes it the interval again.
        #[test]
        fn backoff_stays_in_its_bounds(seed: u64, failures in failures(), millis in 200u64..20_000, adaptive: bool, first: bool) {
            let fixed = Duration::from_millis(millis);
            let mut cadence = cadence((!adaptive).then_some(fixed), seed);
            if !first {
                cadence.succeeded();
            }
            cadence.failures = failures - 1;
            cadence.failed();
            let (base, cap) = if adaptive { (seconds(5), seconds(if first { 15 } else { 60 })) } else { (fixed, (fixed * 10).max(seconds(3))) };
            let whole = cap.min(base.saturating_mul(2u32.saturating_pow(failures)));
            let wait = cadence.wait(Duration::ZERO);
            prop_assert!(wait >= whole.div_f64(2.0001) && wait <= whole, "{wait:?} of {whole:?}");
            cadence.failed();
            prop_assert!(cadence.wait(Duration::ZERO) >= wait.min(whole.div_f64(2.0001)), "one more failure must not shorten the wait");
            cadence.succeeded();
            let usual = if adaptive { seconds(5) } else { fixed };
            prop_assert!(near(cadence.wait(Duration::ZERO), usual));
        }

        /// While requests succeed the wait is one of the documented ones, ±10 %, at any time; a fixed one is kept.
        #[test]
        fn the_wait_is_one_of_three(seed: u64, new in 0u64..10_000, since in 0u64..2_000, fixed in prop::option::of(200u64..60_000)) {
            let fixed = fixed.map(Duration::from_millis);
            let mut cadence = cadence(fixed, seed);
            cadence.saw_new(seconds(new));
            let wait = cadence.wait(seconds(new + since));
            let adaptive = match since {
                180.. => seconds(15),
                ..20 if new > 0 => seconds(2),
                _ => seconds(5),
            };
            prop_assert!(fixed.map_or_else(|| near(wait, adaptive), |fixed| wait == fixed), "{wait:?}");
        }
    }
}
