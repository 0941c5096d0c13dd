//! The background task that asks the API and reports what it says: it drives [`Tail`] and decides nothing.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::domain::news::{News, Report};

use super::Source;
use super::clock::Clock;
use super::tail::{Ask, Tail};

/// The shortest real time between two polls, whatever the clock's speed.
const MIN_GAP: Duration = Duration::from_millis(200);

/// What the application may ask of a poller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Ask for events now.
    PollNow,
    /// Read the whole history once more, now.
    Audit,
}

/// How a wait between two requests ended.
enum Wait {
    Over,
    Interrupted,
    NobodyListens,
}

/// Asks one source about one image, one request at a time, until nobody listens any more.
#[derive(Debug)]
pub struct Poller<S> {
    /// Where the answers come from.
    pub source: S,
    /// The watch's time.
    pub clock: Clock,
    /// What to ask, and when.
    pub tail: Tail,
    /// Where the answers go. Bounded: a reader that is slow slows the polling, and nothing is dropped.
    pub reports: mpsc::Sender<Report>,
    /// What the application asks for in between.
    pub requests: mpsc::Receiver<Request>,
}

impl<S: Source> Poller<S> {
    /// Polls until the receiver of the reports is gone.
    pub async fn run(mut self) {
        let mut last_poll: Option<Instant> = None;
        loop {
            let (ask, due) = self.tail.next();
            let not_before = last_poll
                .filter(|_| due > self.clock.elapsed())
                .map(|poll| poll + MIN_GAP);
            match self.wait(due, not_before).await {
                Wait::Over => {}
                Wait::Interrupted => continue,
                Wait::NobodyListens => return,
            }
            let news = match ask {
                Ask::Events(token) => {
                    last_poll = Some(Instant::now());
                    let answer = self.source.events(token.as_ref()).await;
                    self.tail.events_answered(self.clock.elapsed(), answer)
                }
                Ask::Image => {
                    let answer = self.source.image().await;
                    Some(self.tail.image_answered(self.clock.elapsed(), answer))
                }
            };
            if let Some(news) = news
                && !self.report(news).await
            {
                return;
            }
        }
    }

    /// Waits until a request is due, or the application asks for something.
    async fn wait(&mut self, due: Duration, not_before: Option<Instant>) -> Wait {
        let now = Instant::now();
        let span = self
            .clock
            .on_the_wall(due.saturating_sub(self.clock.elapsed()));
        let until = (now + span).max(not_before.unwrap_or(now));
        tokio::select! {
            biased;
            () = self.reports.closed() => return Wait::NobodyListens,
            request = self.requests.recv() => match request {
                Some(Request::PollNow) => self.tail.poll_now(self.clock.elapsed()),
                Some(Request::Audit) => self.tail.audit(self.clock.elapsed()),
                None => return Wait::NobodyListens,
            },
            () = tokio::time::sleep_until(until) => return Wait::Over,
        }
        Wait::Interrupted
    }

    async fn report(&mut self, news: News) -> bool {
        let at = self.clock.now();
        let wait = self.tail.next_poll().saturating_sub(self.clock.elapsed());
        let next_poll = at + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        self.reports
            .send(Report {
                at,
                next_poll,
                news,
            })
            .await
            .is_ok()
    }
}
