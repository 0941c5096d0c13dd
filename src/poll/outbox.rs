//! The observations that the poller has not handed on yet. The pages of a walk that goes on are handed on together: each
//! message wakes the recorder and the app, which costs more than to read a page. An exit in the middle of a walk drops
//! them, as it drops the response in flight: neither was shown.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::observation::{Batch, Observation, ObservationSink};

/// How long pages wait for the next ones: as long as a screen that has much to show waits with its next frame.
const TOGETHER: Duration = Duration::from_millis(250);

/// What is to be handed on.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    held: Vec<Observation>,
    /// Until then pages wait.
    until: Option<Instant>,
}

impl Outbox {
    /// Adds observations, and returns what is to be handed on now: all of them, unless they are pages of a walk that goes on.
    pub(super) fn add(&mut self, observations: impl Iterator<Item = Observation>) -> Option<Batch> {
        self.held.extend(observations);
        let may_wait = |one: &Observation| one.seen.is_of_unfinished_walk();
        let is_early = self.until.is_some_and(|until| Instant::now() < until);
        if is_early && self.held.iter().all(may_wait) {
            return None;
        }
        self.take()
    }

    /// Takes everything out.
    pub(super) fn take(&mut self) -> Option<Batch> {
        if self.held.is_empty() {
            return None;
        }
        self.until = Some(Instant::now() + TOGETHER);
        Some(std::mem::take(&mut self.held).into())
    }

    /// Waits for a response, and hands on what is held if that takes long. Not to be dropped before it returns.
    pub(super) async fn hand_on_during<T>(
        &mut self,
        mut response: impl Future<Output = T> + Unpin,
        observations: &mut impl ObservationSink,
    ) -> T {
        if !self.held.is_empty()
            && let Some(until) = self.until
        {
            tokio::select! {
                biased;
                response = &mut response => return response,
                () = tokio::time::sleep_until(until) => {}
            }
            if let Some(held) = self.take() {
                // Where the receiver is gone, the next wait ends the polling.
                return tokio::join!(response, observations.send(held)).0;
            }
        }
        response.await
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use tokio::sync::mpsc;

    use super::*;
    use crate::domain::observation::{Seen, Stream, WalkStep};

    fn observation(seen: Seen, number: u64) -> Observation {
        Observation {
            at: DateTime::UNIX_EPOCH,
            elapsed: Duration::from_secs(number),
            stream: Stream::Events,
            next_try: DateTime::UNIX_EPOCH,
            seen,
        }
    }

    fn page(number: u64) -> Observation {
        observation(Seen::Page(WalkStep::default()), number)
    }

    fn numbers(batch: &Batch) -> Vec<u64> {
        batch.iter().map(|one| one.elapsed.as_secs()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn pages_that_come_fast_are_handed_on_together_and_in_order() {
        let mut outbox = Outbox::default();
        let mut handed_on = Vec::new();
        for number in 0..12 {
            let batch = outbox.add([page(number)].into_iter());
            handed_on.extend(batch.map(|batch| numbers(&batch)));
            tokio::time::advance(TOGETHER / 4).await;
        }
        let last = observation(Seen::StackGone, 12);
        let rest = outbox.add([last].into_iter());
        handed_on.extend(rest.map(|batch| numbers(&batch)));
        let expected = [
            vec![0],
            vec![1, 2, 3, 4],
            vec![5, 6, 7, 8],
            vec![9, 10, 11, 12],
        ];
        assert_eq!(handed_on, expected);
        assert!(outbox.take().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn pages_do_not_wait_for_a_slow_response() {
        let (mut sender, mut receiver) = mpsc::channel::<Observation>(8);
        let mut outbox = Outbox::default();
        assert!(outbox.add([page(0)].into_iter()).is_some());
        assert!(outbox.add([page(1)].into_iter()).is_none());
        let began = Instant::now();
        let fast = std::pin::pin!(tokio::time::sleep(TOGETHER / 2));
        outbox.hand_on_during(fast, &mut sender).await;
        assert!(receiver.try_recv().is_err(), "handed on too early");
        let slow = std::pin::pin!(tokio::time::sleep(TOGETHER * 5));
        let response = outbox.hand_on_during(slow, &mut sender);
        let first = async { (receiver.recv().await, began.elapsed()) };
        let ((), (page, at)) = tokio::join!(response, first);
        assert_eq!(page.map(|page| page.elapsed.as_secs()), Some(1));
        assert!(at < TOGETHER + TOGETHER / 10, "{at:?}");
        assert!(
            began.elapsed() >= TOGETHER * 5,
            "the response was not awaited"
        );
    }
}
