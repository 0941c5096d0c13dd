//! Plays a recording: hands out its observations at their times by the watch's clock, and steps from event to event.
//! `runtime::replay` sends them and takes the user's commands.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::domain::observation::{Batch, Observation, ObservationList, Seen};

/// The number of events in a batch: enough to make the rest of the way cheap, and few enough for the next frame and for
/// the queue, which has dozens of batches.
const BATCH: usize = 1_000;
/// The shortest real time to wait: observations that are closer to each other come in one batch.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

/// The lines of a build log that are as much work as an event, about.
const LINES: usize = 20;

/// The size of an observation, in events.
fn weight(observation: &Observation) -> usize {
    let lines = match &observation.seen {
        Seen::Log(page) => page.lines.len() / LINES,
        _ => 0,
    };
    observation.events().max(lines).max(1)
}

/// A recording, and how far it has been played.
#[derive(Debug)]
pub(crate) struct Player {
    recorded: Arc<ObservationList>,
    /// The number of observations that were played.
    played: usize,
    /// The largest number of observations that were played, before the user went back.
    furthest: usize,
    clock: Clock,
}

impl Player {
    pub(crate) fn new(recorded: ObservationList, clock: Clock) -> Self {
        Self {
            recorded: Arc::new(recorded),
            played: 0,
            furthest: 0,
            clock,
        }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.played == self.recorded.len()
    }

    /// Waits until the next observation is due by the watch's clock; for ever at the end. A clock at the end of the
    /// recording plays them without pauses.
    pub(crate) async fn due(&self) {
        let Some(next) = self.recorded.at(self.played) else {
            return std::future::pending().await;
        };
        loop {
            let wait = next - self.clock.now();
            let Some(wait) = wait.to_std().ok().filter(|wait| *wait > Duration::ZERO) else {
                return;
            };
            tokio::time::sleep(self.clock.to_wall_time(wait).max(SHORTEST_WAIT)).await;
        }
    }

    /// The observations that are due, as one batch.
    pub(crate) fn take(&mut self) -> Batch {
        let now = self.clock.now();
        let (begin, mut events) = (self.played, 0);
        while events < BATCH
            && let Some(next) = self.recorded.at(self.played)
            && next <= now
        {
            events += self.recorded.size(self.played, weight);
            self.played += 1;
        }
        self.part(begin..self.played)
    }

    fn has_events(&self, index: usize) -> bool {
        self.recorded.size(index, Observation::events) > 0
    }

    fn part(&self, range: Range<usize>) -> Batch {
        Batch::of(&self.recorded, range)
    }

    /// How many of the last `taken` observations are played again, because the user has gone back.
    pub(crate) fn repeated(&mut self, taken: usize) -> usize {
        let before = self.played.saturating_sub(taken);
        let repeated = self.furthest.saturating_sub(before).min(taken);
        self.furthest = self.furthest.max(self.played);
        repeated
    }

    /// Goes to the next observation with events, and returns all up to it; the rest if there is none.
    pub(crate) fn next(&mut self) -> Batch {
        let begin = self.played;
        let end = self.recorded.len();
        let next = (begin..end).find(|index| self.has_events(*index));
        self.played = next.map_or(end, |next| next + 1);
        self.seek();
        self.part(begin..self.played)
    }

    /// Goes back before the last observation with events, and returns all up to the one with events before it.
    pub(crate) fn previous(&mut self) -> Batch {
        let of_events = |played: usize| {
            let mut before = (0..played).rev();
            before.find(|index| self.has_events(*index))
        };
        let previous = of_events(self.played).and_then(of_events);
        self.played = previous.map_or(0, |previous| previous + 1);
        self.seek();
        self.part(0..self.played)
    }

    /// Sets the clock to the last observation that was played.
    fn seek(&self) {
        let last = self.played.saturating_sub(1);
        if let Some(last) = self.recorded.at(last) {
            self.clock.seek(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::{Stream, WalkStep};
    use crate::domain::stack_event::StackEvent;
    use chrono::{DateTime, TimeDelta};

    async fn batches(times: impl IntoIterator<Item = i64>, end: i64, most: usize) -> Vec<Vec<i64>> {
        let at = |millis| DateTime::UNIX_EPOCH + TimeDelta::milliseconds(millis);
        let recorded = times.into_iter().map(|millis| Observation {
            at: at(millis),
            elapsed: Duration::ZERO,
            stream: Stream::Events,
            next_try: at(millis),
            seen: Seen::StackGone,
        });
        let mut player = Player::new(recorded.collect(), Clock::scenario(at(end), 1.0));
        let mut batches = Vec::new();
        while batches.len() < most && !player.is_at_end() {
            player.due().await;
            let times = player
                .take()
                .iter()
                .map(|one| one.at.timestamp_millis())
                .collect();
            batches.push(times);
        }
        batches
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_has_what_is_due_up_to_1000_events() {
        let sizes = |batches: Vec<Vec<i64>>| batches.iter().map(Vec::len).collect::<Vec<_>>();
        let all = batches(0..2_400, 2_400, 9).await;
        assert_eq!(all.concat(), (0..2_400).collect::<Vec<_>>());
        assert_eq!(sizes(all), [1_000, 1_000, 400]);
    }

    #[tokio::test(start_paused = true)]
    async fn observations_that_are_close_to_each_other_come_together_and_others_in_time() {
        let all = batches([0, 1, 2, 3, 100, 200], 0, 9).await;
        assert_eq!(all, [vec![0], vec![1, 2, 3], vec![100], vec![200]]);
    }

    #[test]
    fn a_step_goes_from_event_to_event() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let recorded = [0, 1, 2, 3, 4].map(|second| Observation {
            at: at(second),
            elapsed: Duration::ZERO,
            stream: Stream::Events,
            next_try: at(second),
            // Those at 1 and 3 have an event.
            seen: if second % 2 == 0 {
                Seen::StackGone
            } else {
                Seen::Page(WalkStep {
                    fresh: vec![StackEvent::from_json("{}", None).into()],
                    ..WalkStep::default()
                })
            },
        });
        let clock = Clock::scenario(at(0), 1.0);
        let mut player = Player::new(recorded.into_iter().collect(), clock.clone());
        clock.set_paused(true);
        let times =
            |batch: Batch| -> Vec<_> { batch.iter().map(|one| one.at.timestamp()).collect() };
        assert_eq!(times(player.next()), [0, 1]);
        assert_eq!(times(player.next()), [2, 3]);
        assert_eq!(clock.now(), at(3));
        assert_eq!(times(player.previous()), [0, 1]);
        assert_eq!(clock.now(), at(1));
        assert_eq!(times(player.previous()), [0; 0]);
        assert_eq!(times(player.previous()), [0; 0]);
        assert_eq!(times(player.next()), [0, 1]);
        assert_eq!(times(player.next()), [2, 3]);
        assert_eq!(player.repeated(2), 0);
        assert_eq!(times(player.next()), [4]);
        assert_eq!(player.repeated(1), 0);
        assert!(player.is_at_end());
        assert_eq!(times(player.next()), [0; 0]);
        assert_eq!(times(player.previous()), [0, 1]);
        assert_eq!(times(player.next()), [2, 3]);
        assert_eq!(player.repeated(2), 2);
    }
}
