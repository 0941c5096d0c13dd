//! The application's sense of time: a tick a second, and a word where there was none for long, because the
//! machine slept or the process was stopped.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local, Offset, TimeDelta, Utc};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::app::msg::Msg;
use crate::clock::Clock;

/// How often the application learns the time; in scenario time more often, so that it does not jump.
const TICK: Duration = Duration::from_secs(1);
const LEAST_TICK: Duration = Duration::from_millis(100);
/// Where more than this lies between two ticks, the program did not run meanwhile.
const GAP: TimeDelta = TimeDelta::seconds(10);

/// A timer that tells the application the time.
#[derive(Debug)]
pub(super) struct Ticks {
    clock: Clock,
    timer: Interval,
    /// The wall's time, whatever the watch's is.
    wall: Clock,
    last: Moment,
}

/// The same moment by two clocks. In a sleep of the machine the first stands still and the second goes on;
/// while the process is stopped, both go on.
#[derive(Clone, Copy, Debug)]
struct Moment {
    running: Instant,
    wall: DateTime<Utc>,
}

impl Ticks {
    /// Ticks of the watch's clock, the first at once.
    pub(super) fn new(clock: &Clock) -> Self {
        let mut timer = tokio::time::interval(clock.to_wall_time(TICK).clamp(LEAST_TICK, TICK));
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let wall = Clock::wall();
        Self {
            clock: clock.clone(),
            timer,
            last: Moment::now(&wall),
            wall,
        }
    }

    /// Waits for the next tick.
    pub(super) async fn next(&mut self) -> Msg {
        self.timer.tick().await;
        let now = Moment::now(&self.wall);
        let slept = now.is_long_after(self.last);
        self.last = now;
        tick(&self.clock, slept)
    }

    /// A tick out of turn, for a program that was stopped, however shortly.
    pub(super) fn resume(&mut self) -> Msg {
        self.last = Moment::now(&self.wall);
        tick(&self.clock, true)
    }
}

impl Moment {
    fn now(wall: &Clock) -> Self {
        Self {
            running: Instant::now(),
            wall: wall.now(),
        }
    }

    fn is_long_after(self, before: Self) -> bool {
        let ran = TimeDelta::from_std(self.running - before.running).unwrap_or(TimeDelta::MAX);
        (self.wall - before.wall).max(ran) > GAP
    }
}

/// What time it is.
pub(super) fn tick(clock: &Clock, slept: bool) -> Msg {
    let now = clock.now();
    Msg::Tick {
        now,
        behind: clock.behind(),
        offset: offset_at(now),
        elapsed: clock.elapsed(),
        slept,
    }
}

/// What the person's clocks differ from UTC by, at a time.
fn offset_at(time: DateTime<Utc>) -> FixedOffset {
    time.with_timezone(&Local).offset().fix()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_gap_by_either_clock_is_a_sleep() {
        let before = Moment::now(&Clock::wall());
        let after = |ran: u64, wall: i64| {
            let now = Moment {
                running: before.running + Duration::from_secs(ran),
                wall: before.wall + TimeDelta::seconds(wall),
            };
            now.is_long_after(before)
        };
        assert!(!after(1, 1) && !after(10, 10));
        assert!(after(1, 11), "the machine slept");
        assert!(after(11, 11), "the process was stopped");
        assert!(
            !after(1, -3600),
            "a wall clock that is set back is no sleep"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_tick_after_a_gap_says_so_once() {
        let mut ticks = Ticks::new(&Clock::wall());
        let slept = |msg: &Msg| matches!(msg, Msg::Tick { slept: true, .. });
        for _ in 0..3 {
            assert!(!slept(&ticks.next().await));
        }
        tokio::time::advance(Duration::from_mins(1)).await;
        assert!(slept(&ticks.next().await));
        let before = Instant::now();
        assert!(!slept(&ticks.next().await));
        assert_eq!(before.elapsed(), TICK, "what was missed is not made up for");
        assert!(slept(&ticks.resume()));
        assert!(!slept(&ticks.next().await));
    }
}
