//! Plays a recording: sends its observations at their times by the watch's clock.

use std::time::Duration;

use chrono::TimeDelta;

use crate::clock::Clock;
use crate::domain::observation::{Observation, ObservationSink};

/// The number of events in a batch: enough to make the rest of the way cheap, and few enough for the next frame.
const BATCH: usize = 1_000;
/// The shortest real time to wait: observations that are closer to each other come in one batch.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

/// Sends the observations until the last, or until the receiver is gone. A clock at the end of the recording plays them
/// without pauses.
pub(crate) async fn play(
    recorded: Vec<Observation>,
    clock: Clock,
    sink: &mut impl ObservationSink,
) {
    let mut recorded = recorded.into_iter().peekable();
    while let Some(next) = recorded.peek() {
        let wait = next.at - clock.now();
        if let Some(wait) = wait.to_std().ok().filter(|_| wait > TimeDelta::zero()) {
            let wait = clock.to_wall_time(wait).max(SHORTEST_WAIT);
            tokio::select! {
                () = sink.closed() => return,
                () = tokio::time::sleep(wait) => continue,
            }
        }
        let now = clock.now();
        let (mut batch, mut events) = (Vec::new(), 0);
        while events < BATCH
            && let Some(observation) = recorded.next_if(|next| next.at <= now)
        {
            events += observation.events().max(1);
            batch.push(observation);
        }
        if !sink.send(batch).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::{Seen, Stream};
    use chrono::DateTime;

    /// Keeps the times of each batch, in milliseconds, until it has so many of them.
    struct Batches {
        received: Vec<Vec<i64>>,
        most: usize,
    }

    impl ObservationSink for Batches {
        async fn send(&mut self, observations: Vec<Observation>) -> bool {
            let times = observations.iter().map(|one| one.at.timestamp_millis());
            self.received.push(times.collect());
            self.received.len() < self.most
        }

        async fn closed(&self) {
            std::future::pending::<()>().await;
        }
    }

    async fn batches(times: impl IntoIterator<Item = i64>, end: i64, most: usize) -> Vec<Vec<i64>> {
        let at = |millis| DateTime::UNIX_EPOCH + TimeDelta::milliseconds(millis);
        let recorded = times.into_iter().map(|millis| Observation {
            at: at(millis),
            elapsed: Duration::ZERO,
            stream: Stream::Events,
            next_try: at(millis),
            seen: Seen::StackGone,
        });
        let mut sink = Batches {
            received: Vec::new(),
            most,
        };
        play(recorded.collect(), Clock::scenario(at(end), 1.0), &mut sink).await;
        sink.received
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_has_what_is_due_up_to_1000_events() {
        let sizes = |batches: Vec<Vec<i64>>| batches.iter().map(Vec::len).collect::<Vec<_>>();
        let all = batches(0..2_500, 2_500, 9).await;
        assert_eq!(all.concat(), (0..2_500).collect::<Vec<_>>());
        assert_eq!(sizes(all), [1_000, 1_000, 500]);
        assert_eq!(sizes(batches(0..2_500, 2_500, 1).await), [1_000], "closed");
    }

    #[tokio::test(start_paused = true)]
    async fn observations_that_are_close_to_each_other_come_together_and_others_in_time() {
        let all = batches([0, 1, 2, 3, 100, 200], 0, 9).await;
        assert_eq!(all, [vec![0], vec![1, 2, 3], vec![100], vec![200]]);
    }
}
