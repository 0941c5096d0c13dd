//! The background task that sends requests to the backend and passes on each observation: between the backend and the
//! recorder. [`Schedules`] decides what to send and when; the poller keeps a minimum gap between two polls, even if the
//! schedules, the user or a fast clock would poll sooner, and asks for the permit of the stream's endpoint.

use std::pin::pin;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backend::{ImageSource, LogSource, Source, StepSource};
use crate::clock::Clock;
use crate::domain::observation::{Batch, Observation, ObservationSink, Seen, Stream};
use crate::poll::outbox::Outbox;
use crate::poll::permit::{Permit, Permits};
use crate::poll::schedule::{ApiRequest, PollCommand};
use crate::poll::schedules::Schedules;

/// The shortest real time between two polls, at any speed of the clock. The pages of one walk are one poll.
const MIN_GAP: Duration = Duration::from_millis(200);

/// The end of a wait between two requests.
enum Wait {
    Over,
    Interrupted,
    ReceiverGone,
}

/// The most lines of the log that are handed on at once.
const LINES: usize = 1_000;

/// Polls one source for one image, one request at a time, until the receiver of the observations is gone.
#[derive(Debug)]
pub struct Poller<S, O> {
    pub source: S,
    pub permits: Permits,
    pub clock: Clock,
    pub schedules: Schedules,
    /// A slow receiver slows the polling down, and nothing is dropped.
    pub observations: O,
    pub commands: mpsc::Receiver<PollCommand>,
}

impl<S: Source, O: ObservationSink> Poller<S, O> {
    pub async fn run(mut self) {
        if self.permits.begin(&self.source) {
            self.schedules.separate();
        }
        if self.source.image_source().is_none() {
            self.schedules.skip_image();
        }
        if self.source.step_source().is_some() {
            self.schedules.add_steps();
        }
        if let Some(interval) = self.source.image_interval() {
            self.schedules.describe_every(interval);
        }
        if self.source.log_source().is_none() {
            self.schedules.skip_log();
        }
        let mut not_before = [None; Stream::COUNT];
        let mut behind = TimeDelta::zero();
        let mut outbox = Outbox::default();
        loop {
            let attention = self.permits.attention();
            self.schedules.attend(self.clock.elapsed(), attention);
            let permits = &self.permits;
            let next = self
                .schedules
                .next_permitted(|stream| permits.ready_at(stream));
            let (request, due) = next;
            let stream = request.stream();
            let walk_goes_on = matches!(request, ApiRequest::Events(Some(_)));
            if !(walk_goes_on && due <= self.clock.elapsed())
                && let Some(held) = outbox.take()
                && !self.observations.send(held).await
            {
                return;
            }
            match self.wait(due, not_before[stream.index()]).await {
                Wait::Over => {}
                Wait::Interrupted => continue,
                Wait::ReceiverGone => return,
            }
            not_before[stream.index()] = Some(Instant::now() + MIN_GAP);
            let (seen, walk_continues) = self.request(request, &mut outbox).await;
            if walk_continues {
                not_before[stream.index()] = None;
            }
            let failed = seen.as_ref().is_some_and(|seen| seen.fault().is_some());
            if failed && stream != Stream::Log {
                // The API may be in trouble: it gets no other request at once.
                not_before = [Some(Instant::now() + MIN_GAP); Stream::COUNT];
            }
            let correction = self.source.clock_correction();
            let clock_off = (correction != behind).then_some(Seen::ClockOff(correction));
            behind = correction;
            let refusals = self.source.take_refusals().into_iter().map(Seen::Refused);
            let account = self.source.take_account().map(Seen::Account);
            let asides = clock_off.into_iter().chain(refusals).chain(account);
            let observations = asides.chain(seen.into_iter().flat_map(split));
            let observations = observations.map(|seen| self.observation(stream, seen, behind));
            if let Some(observations) = outbox.add(observations)
                && !self.observations.send(observations).await
            {
                return;
            }
        }
    }

    /// Makes a request and hands the response to its schedule, then applies the commands that came meanwhile. Returns
    /// what the response shows, if anything, and whether the next page of a walk is to follow at once.
    async fn request(&mut self, request: ApiRequest, outbox: &mut Outbox) -> (Option<Seen>, bool) {
        let mut later = Vec::new();
        let stream = request.stream();
        let (permit, rank) = self.permits.of(stream);
        // Another session's response may have begun a back-off since this request was due.
        let is_ready = self.permits.ready_at(stream) <= self.clock.elapsed();
        let permit = is_ready.then_some((&permit, rank));
        let result = match request {
            ApiRequest::Events(token) => {
                let fetch = permitted(permit, self.source.events(token.as_ref()));
                let fetch = pin!(until_catch_up(fetch, &mut self.commands, &mut later));
                let response = outbox.hand_on_during(fetch, &mut self.observations).await;
                let now = self.clock.elapsed();
                let on_events = |response| self.schedules.on_events(now, response);
                let seen = response.and_then(on_events);
                (seen, self.schedules.next_try(Stream::Events) <= now)
            }
            ApiRequest::Image => match self.source.image_source() {
                Some(source) => {
                    let fetch = permitted(permit, source.image());
                    let response = until_catch_up(fetch, &mut self.commands, &mut later).await;
                    let now = self.clock.elapsed();
                    let on_image = |response| self.schedules.on_image(now, response);
                    (response.and_then(on_image), false)
                }
                None => (None, false),
            },
            ApiRequest::Steps => match self.source.step_source() {
                Some(source) => {
                    let fetch = permitted(permit, source.steps());
                    let response = until_catch_up(fetch, &mut self.commands, &mut later).await;
                    let now = self.clock.elapsed();
                    let on_steps = |response| self.schedules.on_steps(now, response);
                    (response.and_then(on_steps), false)
                }
                None => (None, false),
            },
            ApiRequest::Log(request) => match self.source.log_source() {
                Some(source) => {
                    let fetch = permitted(permit, source.log(&request));
                    let response = until_catch_up(fetch, &mut self.commands, &mut later).await;
                    let now = self.clock.elapsed();
                    let on_log = |response| self.schedules.on_log(now, response);
                    (response.and_then(on_log), false)
                }
                None => (None, false),
            },
        };
        let is_throttled = result.0.as_ref().is_some_and(Seen::is_throttled);
        let next = self.schedules.next_try(stream);
        let asked = self.source.take_requests();
        self.permits.note(stream, asked, is_throttled, next);
        for command in later {
            self.apply(command);
        }
        result
    }

    /// Waits until a request is due and permitted, or the app sends a command.
    async fn wait(&mut self, due: Duration, not_before: Option<Instant>) -> Wait {
        let now = Instant::now();
        let span = self
            .clock
            .to_wall_time(due.saturating_sub(self.clock.elapsed()));
        let until = (now + span).max(not_before.unwrap_or(now));
        let shown = self.permits.shown();
        tokio::select! {
            biased;
            () = self.observations.closed() => return Wait::ReceiverGone,
            command = self.commands.recv() => match command {
                Some(command) => self.apply(command),
                None => return Wait::ReceiverGone,
            },
            // More of the build may be due, or less.
            () = shown.changed() => {}
            // A timer takes a millisecond at least.
            () = std::future::ready(()), if until <= now => return Wait::Over,
            () = tokio::time::sleep_until(until) => return Wait::Over,
        }
        Wait::Interrupted
    }

    fn apply(&mut self, command: PollCommand) {
        match command {
            PollCommand::PollNow => {
                self.source.retry_now();
                // Only the user may end a back-off: the endpoint asked all sessions for it.
                self.permits.end_back_off();
            }
            PollCommand::CatchUp => self.source.reconnect(),
            PollCommand::Audit | PollCommand::ReadLogAgain => {}
        }
        self.schedules.command(self.clock.elapsed(), command);
    }

    /// An observation at the present time.
    fn observation(&self, stream: Stream, seen: Seen, behind: TimeDelta) -> Observation {
        let now = self.clock.now();
        let at = now.checked_add_signed(behind).unwrap_or(now);
        let next_try = self.schedules.next_try(stream);
        let wait = next_try.saturating_sub(self.clock.elapsed());
        let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        Observation {
            at,
            elapsed: self.clock.elapsed(),
            stream,
            next_try: at.checked_add_signed(wait).unwrap_or(at),
            seen,
        }
    }
}

/// Without a recording.
impl ObservationSink for mpsc::Sender<Observation> {
    async fn send(&mut self, observations: Batch) -> bool {
        for observation in observations.iter() {
            if mpsc::Sender::send(self, observation.into_owned())
                .await
                .is_err()
            {
                return false;
            }
        }
        true
    }

    async fn closed(&self) {
        mpsc::Sender::closed(self).await;
    }
}

/// Makes a request while no other one is in flight to the endpoint. `None` if the endpoint must not get one now.
async fn permitted<T>(
    permit: Option<(&Permit, usize)>,
    fetch: impl Future<Output = T>,
) -> Option<T> {
    let (permit, rank) = permit?;
    let _in_flight = permit.acquire(rank).await?;
    Some(fetch.await)
}

/// Waits for a response, unless the app wants to catch up: then the response may never come. Its other commands wait in
/// `later`. Where the app is gone, the next wait ends the polling.
async fn until_catch_up<T>(
    fetch: impl Future<Output = Option<T>>,
    commands: &mut mpsc::Receiver<PollCommand>,
    later: &mut Vec<PollCommand>,
) -> Option<T> {
    tokio::pin!(fetch);
    loop {
        tokio::select! {
            biased;
            response = &mut fetch => return response,
            Some(command) = commands.recv() => {
                if !later.contains(&command) {
                    later.push(command);
                }
                if command == PollCommand::CatchUp {
                    return None;
                }
            }
        }
    }
}

/// One response may have 10,000 lines of the log, which are handed on in parts.
fn split(seen: Seen) -> Vec<Seen> {
    match seen {
        Seen::Log(page) => page.split(LINES).into_iter().map(Seen::Log).collect(),
        seen => vec![seen],
    }
}

#[cfg(test)]
mod tests;
