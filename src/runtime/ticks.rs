//! Ticks: one message per second with the time, marked if the machine slept or the process was stopped before it.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local, Offset, TimeDelta, Utc};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::app::msg::Msg;
use crate::clock::Clock;

/// The interval of ticks; shorter in scenario time while that runs, so that the displayed time does not jump.
const TICK: Duration = Duration::from_secs(1);
const SHORTEST_TICK: Duration = Duration::from_millis(100);
/// A longer time between two ticks means that the program did not run in between.
const GAP: TimeDelta = TimeDelta::seconds(10);

/// The timer of ticks.
#[derive(Debug)]
pub(super) struct Ticks {
    clock: Clock,
    timer: Interval,
    /// Real time, even if the watch runs in scenario time.
    wall: Clock,
    last: Moment,
}

/// The same moment by two clocks. While the machine sleeps, the first stops and the second advances; while the process is
/// stopped, both advance.
#[derive(Clone, Copy, Debug)]
struct Moment {
    running: Instant,
    wall: DateTime<Utc>,
}

impl Ticks {
    /// Ticks of a clock, the first at once.
    pub(super) fn new(clock: &Clock) -> Self {
        let wall = Clock::wall();
        Self {
            clock: clock.clone(),
            timer: timer_of(clock),
            last: Moment::now(&wall),
            wall,
        }
    }

    pub(super) async fn next(&mut self) -> Msg {
        if self.timer.period() != interval_of(&self.clock) {
            // The user has changed the speed of a replay, or it has stopped.
            self.timer = timer_of(&self.clock);
        }
        self.timer.tick().await;
        let now = Moment::now(&self.wall);
        let slept = now.is_long_after(self.last);
        self.last = now;
        tick(&self.clock, slept)
    }

    /// An extra tick after the process was stopped, however briefly.
    pub(super) fn resume(&mut self) -> Msg {
        self.last = Moment::now(&self.wall);
        tick(&self.clock, true)
    }
}

fn interval_of(clock: &Clock) -> Duration {
    if clock.is_stopped() {
        return TICK;
    }
    clock.to_wall_time(TICK).clamp(SHORTEST_TICK, TICK)
}

fn timer_of(clock: &Clock) -> Interval {
    let mut timer = tokio::time::interval(interval_of(clock));
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    timer
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

pub(super) fn tick(clock: &Clock, slept: bool) -> Msg {
    let now = clock.now();
    Msg::Tick {
        now,
        is_machine_time: clock.is_machine_time(),
        offset: local_offset(now),
        elapsed: clock.elapsed(),
        running: clock.running(),
        slept,
    }
}

/// The offset of local time from UTC at a time.
pub(super) fn local_offset(time: DateTime<Utc>) -> FixedOffset {
    time.with_timezone(&Local).offset().fix()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ticks_are_rare_while_the_time_stands_still() {
        let end = DateTime::UNIX_EPOCH + TimeDelta::seconds(600);
        let clock = Clock::scenario(DateTime::UNIX_EPOCH, 60.0).until(end);
        assert_eq!(interval_of(&clock), SHORTEST_TICK);
        clock.set_paused(true);
        assert_eq!(interval_of(&clock), TICK);
        clock.set_paused(false);
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(interval_of(&clock), SHORTEST_TICK);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(interval_of(&clock), TICK, "at the end of the recording");
    }

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
    async fn only_the_first_tick_after_a_gap_is_marked() {
        let mut ticks = Ticks::new(&Clock::wall());
        let slept = |msg: &Msg| matches!(msg, Msg::Tick { slept: true, .. });
        for _ in 0..3 {
            assert!(!slept(&ticks.next().await));
        }
        tokio::time::advance(Duration::from_mins(1)).await;
        assert!(slept(&ticks.next().await));
        let before = Instant::now();
        assert!(!slept(&ticks.next().await));
        assert_eq!(before.elapsed(), TICK, "missed ticks are not caught up");
        assert!(slept(&ticks.resume()));
        assert!(!slept(&ticks.next().await));
    }
}
