//! The watch's time: wall time, or scenario time that runs faster, for the demo and a replay.
//!
//! The runtime makes one clock and passes it to every part that needs the time, so that time stamps, intervals and
//! durations always agree. It is not corrected: how far it is off is an observation of the poller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A clock that may run faster than wall time. Its copies show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    began: Instant,
    /// Scenario time; absent for wall time, which the user may set meanwhile.
    scenario: Option<Arc<Mutex<Pace>>>,
    /// The time at which it stops.
    end: Option<DateTime<Utc>>,
}

/// The course of scenario time since it was last changed.
#[derive(Debug)]
struct Pace {
    since: Instant,
    /// The time at that moment.
    time: DateTime<Utc>,
    /// How long the clock had run then, in its own time.
    elapsed: Duration,
    speed: f64,
    paused: bool,
}

impl Pace {
    /// How long it has run since then, in scenario time.
    fn run(&self) -> Duration {
        if self.paused {
            return Duration::ZERO;
        }
        let seconds = self.since.elapsed().as_secs_f64() * self.speed;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    fn now(&self) -> DateTime<Utc> {
        let run = TimeDelta::from_std(self.run()).unwrap_or(TimeDelta::MAX);
        let now = self.time.checked_add_signed(run);
        now.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn elapsed(&self) -> Duration {
        self.elapsed.saturating_add(self.run())
    }
}

impl Clock {
    /// The machine's time.
    pub fn wall() -> Self {
        Self {
            began: Instant::now(),
            scenario: None,
            end: None,
        }
    }

    /// Scenario time: begins at `epoch` and runs `speed` times as fast as wall time.
    pub fn scenario(epoch: DateTime<Utc>, speed: f64) -> Self {
        let began = Instant::now();
        let pace = Pace {
            since: began,
            time: epoch,
            elapsed: Duration::ZERO,
            speed,
            paused: false,
        };
        Self {
            began,
            scenario: Some(Arc::new(Mutex::new(pace))),
            end: None,
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
        self.scenario.is_none()
    }

    fn pace(&self) -> Option<MutexGuard<'_, Pace>> {
        let pace = self.scenario.as_ref()?.lock();
        Some(pace.unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes scenario time from this moment on.
    fn change(&self, change: impl FnOnce(&mut Pace)) {
        let now = self.now();
        if let Some(mut pace) = self.pace() {
            pace.elapsed = pace.elapsed();
            (pace.since, pace.time) = (Instant::now(), now);
            change(&mut pace);
        }
    }

    /// Stops scenario time, or lets it run again.
    pub(crate) fn set_paused(&self, paused: bool) {
        self.change(|pace| pace.paused = paused);
    }

    pub(crate) fn set_speed(&self, speed: f64) {
        self.change(|pace| pace.speed = speed);
    }

    /// Sets scenario time.
    pub(crate) fn seek(&self, time: DateTime<Utc>) {
        self.change(|pace| pace.time = time);
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's time"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        let now = self.pace().map_or_else(Utc::now, |pace| pace.now());
        self.end.map_or(now, |end| now.min(end))
    }

    /// How long this clock has run, in its own time. It never goes backwards, also when the user sets the machine's
    /// time.
    pub fn elapsed(&self) -> Duration {
        let pace = self.pace();
        pace.map_or_else(|| self.began.elapsed(), |pace| pace.elapsed())
    }

    /// How long this clock has run, in real time.
    pub fn running(&self) -> Duration {
        self.began.elapsed()
    }

    /// The wall time that a span of this clock's time takes, while nothing stops or changes its time.
    pub fn to_wall_time(&self, span: Duration) -> Duration {
        let speed = self.pace().map_or(1.0, |pace| pace.speed);
        Duration::try_from_secs_f64(span.as_secs_f64() / speed).unwrap_or(Duration::MAX)
    }

    /// Whether its time stands still, until it is changed.
    pub(crate) fn is_stopped(&self) -> bool {
        let is_paused = self.pace().is_some_and(|pace| pace.paused);
        is_paused || self.end.is_some_and(|end| self.now() >= end)
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
    async fn scenario_time_stops_and_changes_its_speed_in_every_copy() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let clock = Clock::scenario(at(0), 60.0).until(at(1000));
        let copy = clock.clone();
        tokio::time::advance(Duration::from_secs(1)).await;
        copy.set_paused(true);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(
            (clock.now(), clock.elapsed()),
            (at(60), Duration::from_mins(1))
        );
        copy.seek(at(30));
        assert_eq!(clock.now(), at(30));
        copy.set_speed(10.0);
        copy.set_paused(false);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(
            (clock.now(), clock.elapsed()),
            (at(40), Duration::from_secs(70))
        );
        tokio::time::advance(Duration::from_secs(1000)).await;
        copy.seek(at(500));
        assert_eq!(
            clock.now(),
            at(500),
            "time that ran past the end does not count"
        );
    }

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
