//! The watch's time: the wall's, or scenario time that runs faster, as the demo and a replay use it.
//!
//! One clock is made by the runtime and handed to whatever needs the time, so that stamps, intervals and
//! durations always agree.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A clock that runs `speed` times as fast as the wall.
#[derive(Clone, Debug)]
pub struct Clock {
    began: Instant,
    /// The time that the scenario begins at; absent for the wall's own time, which may be set meanwhile.
    epoch: Option<DateTime<Utc>>,
    /// The time at which it stops.
    end: Option<DateTime<Utc>>,
    speed: f64,
    /// How far the wall's time is behind the API's, in milliseconds, where it is wrong.
    behind: Arc<AtomicI64>,
}

impl Clock {
    /// The wall's time, until the API is found to have another.
    pub fn wall() -> Self {
        Self {
            began: Instant::now(),
            epoch: None,
            end: None,
            speed: 1.0,
            behind: Arc::default(),
        }
    }

    /// Scenario time: begins at `epoch` and runs `speed` times as fast as the wall.
    pub fn scenario(epoch: DateTime<Utc>, speed: f64) -> Self {
        Self {
            began: Instant::now(),
            epoch: Some(epoch),
            end: None,
            speed,
            behind: Arc::default(),
        }
    }

    /// The same, but it stops at a time: so that nothing grows older once a recording is at its end.
    #[must_use]
    pub fn until(self, end: DateTime<Utc>) -> Self {
        Self {
            end: Some(end),
            ..self
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        let now = self.uncorrected();
        now.checked_add_signed(self.behind()).unwrap_or(now)
    }

    /// How far the machine's time is behind the API's, as [`Self::correct`] was told; scenario time never is.
    pub fn behind(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.behind.load(Ordering::Relaxed))
    }

    /// Sets the wall's time right from here on, for everybody who has this clock: the stamps of the events are
    /// by the API's.
    pub fn correct(&self, behind: TimeDelta) {
        if self.epoch.is_none() {
            let millis = behind.num_milliseconds();
            self.behind.store(millis, Ordering::Relaxed);
        }
    }

    /// What time the machine has, right or wrong.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system for the time"
    )]
    pub fn uncorrected(&self) -> DateTime<Utc> {
        let now = match self.epoch {
            None => Utc::now(),
            Some(epoch) => epoch + TimeDelta::from_std(self.elapsed()).unwrap_or(TimeDelta::MAX),
        };
        self.end.map_or(now, |end| now.min(end))
    }

    /// How long this clock has run, in its own time. Never goes backwards, whatever happens to the wall.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed().mul_f64(self.speed)
    }

    /// How long a span of this clock's time takes on the wall.
    pub fn on_the_wall(&self, span: Duration) -> Duration {
        span.div_f64(self.speed)
    }

    /// Waits for a span of this clock's time.
    pub async fn sleep(&self, span: Duration) {
        tokio::time::sleep(self.on_the_wall(span)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_has_the_clock_learns_that_it_was_wrong() {
        let clock = Clock::wall();
        let ticks = clock.clone();
        clock.correct(TimeDelta::hours(-2));
        let off = ticks.now() - ticks.uncorrected();
        assert!((off + TimeDelta::hours(2)).abs() < TimeDelta::minutes(1));
        clock.correct(TimeDelta::zero());
        assert_eq!(ticks.behind(), TimeDelta::zero());
    }

    #[tokio::test(start_paused = true)]
    async fn scenario_time_is_never_wrong() {
        let clock = Clock::scenario(DateTime::UNIX_EPOCH, 60.0);
        clock.correct(TimeDelta::hours(2));
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH);
    }
}
