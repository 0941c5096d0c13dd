//! The watch's time: wall time, or scenario time that runs faster, for the demo and a replay.
//!
//! The runtime makes one clock and passes it to every part that needs the time, so that time stamps, intervals and
//! durations always agree. It is not corrected: how far it is off is an observation of the poller.

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
}

impl Clock {
    /// The machine's time.
    pub fn wall() -> Self {
        Self {
            began: Instant::now(),
            epoch: None,
            end: None,
            speed: 1.0,
        }
    }

    /// Scenario time: begins at `epoch` and runs `speed` times as fast as wall time.
    pub fn scenario(epoch: DateTime<Utc>, speed: f64) -> Self {
        Self {
            began: Instant::now(),
            epoch: Some(epoch),
            end: None,
            speed,
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

    /// Whether this is the machine's time, which may be wrong.
    pub fn is_machine_time(&self) -> bool {
        self.epoch.is_none()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's time"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        let now = match self.epoch {
            None => Utc::now(),
            Some(epoch) => {
                let elapsed = TimeDelta::from_std(self.elapsed()).unwrap_or(TimeDelta::MAX);
                epoch
                    .checked_add_signed(elapsed)
                    .unwrap_or(DateTime::<Utc>::MAX_UTC)
            }
        };
        self.end.map_or(now, |end| now.min(end))
    }

    /// How long this clock has run, in its own time. It never goes backwards, also when the user sets the machine's
    /// time.
    pub fn elapsed(&self) -> Duration {
        let seconds = self.began.elapsed().as_secs_f64() * self.speed;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// How long this clock has run, in real time.
    pub fn running(&self) -> Duration {
        self.began.elapsed()
    }

    /// The wall time that a span of this clock's time takes.
    pub fn to_wall_time(&self, span: Duration) -> Duration {
        Duration::try_from_secs_f64(span.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
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
    async fn no_span_and_no_time_overflows() {
        let slow = Clock::scenario(DateTime::<Utc>::MAX_UTC, 0.1);
        for clock in [Clock::wall(), slow] {
            assert!(clock.to_wall_time(Duration::MAX) >= Duration::from_secs(u64::MAX / 2));
            tokio::time::advance(Duration::from_hours(24)).await;
            assert!(clock.now() <= DateTime::<Utc>::MAX_UTC);
            assert!(clock.elapsed() > Duration::ZERO);
        }
    }
}
