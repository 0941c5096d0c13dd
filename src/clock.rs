//! The watch's time: wall time, or scenario time that runs faster, for the demo and a replay.
//!
//! The runtime makes one clock and passes it to every part that needs the time, so that time stamps, intervals and
//! durations always agree. A backend corrects it by the API's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A clock that runs `speed` times as fast as wall time.
#[derive(Clone, Debug)]
pub struct Clock {
    began: Instant,
    /// The time at which the scenario begins; absent for wall time, which the user may set meanwhile.
    epoch: Option<DateTime<Utc>>,
    /// The time at which it stops.
    end: Option<DateTime<Utc>>,
    speed: f64,
    /// How far wall time is behind the API's, in milliseconds, where it is wrong.
    behind: Arc<AtomicI64>,
}

impl Clock {
    /// Wall time, until the API proves to have another.
    pub fn wall() -> Self {
        Self {
            began: Instant::now(),
            epoch: None,
            end: None,
            speed: 1.0,
            behind: Arc::default(),
        }
    }

    /// Scenario time: begins at `epoch` and runs `speed` times as fast as wall time.
    pub fn scenario(epoch: DateTime<Utc>, speed: f64) -> Self {
        Self {
            began: Instant::now(),
            epoch: Some(epoch),
            end: None,
            speed,
            behind: Arc::default(),
        }
    }

    /// The same, but it stops at a time, so that ages stop growing at the end of a recording.
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

    /// How far the machine's time is behind the API's, by the last [`Self::correct`]; scenario time never is.
    pub fn behind(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.behind.load(Ordering::Relaxed))
    }

    /// Corrects wall time from now on, in all clones of this clock: the events are stamped by the API's time.
    pub fn correct(&self, behind: TimeDelta) {
        if self.epoch.is_none() {
            let millis = behind.num_milliseconds();
            self.behind.store(millis, Ordering::Relaxed);
        }
    }

    /// The machine's time, right or wrong.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's time"
    )]
    pub fn uncorrected(&self) -> DateTime<Utc> {
        let now = match self.epoch {
            None => Utc::now(),
            Some(epoch) => epoch + TimeDelta::from_std(self.elapsed()).unwrap_or(TimeDelta::MAX),
        };
        self.end.map_or(now, |end| now.min(end))
    }

    /// How long this clock has run, in its own time. It never goes backwards, also when the user sets the machine's
    /// time.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed().mul_f64(self.speed)
    }

    /// The wall time that a span of this clock's time takes.
    pub fn to_wall_time(&self, span: Duration) -> Duration {
        span.div_f64(self.speed)
    }

    /// Waits for a span of this clock's time.
    pub async fn sleep(&self, span: Duration) {
        tokio::time::sleep(self.to_wall_time(span)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_correction_reaches_all_clones_of_a_clock() {
        let clock = Clock::wall();
        let ticks = clock.clone();
        clock.correct(TimeDelta::hours(-2));
        let off = ticks.now() - ticks.uncorrected();
        assert!((off + TimeDelta::hours(2)).abs() < TimeDelta::minutes(1));
        clock.correct(TimeDelta::zero());
        assert_eq!(ticks.behind(), TimeDelta::zero());
    }

    #[tokio::test(start_paused = true)]
    async fn scenario_time_is_never_corrected() {
        let clock = Clock::scenario(DateTime::UNIX_EPOCH, 60.0);
        clock.correct(TimeDelta::hours(2));
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH);
    }
}
