//! The background task that sends requests to the backend and passes on each observation: between the backend and the
//! recorder. [`Tail`] decides what to send and when; the poller only keeps a minimum gap between two polls, even if the
//! tail, the user or a fast clock would poll sooner.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backend::BuildSource;
use crate::clock::Clock;
use crate::domain::observation::{Observation, Seen};
use crate::poll::tail::{ApiRequest, Tail};

/// The shortest real time between two polls, at any speed of the clock. The pages of one walk are one poll.
const MIN_GAP: Duration = Duration::from_millis(200);

/// A command of the app to a poller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollCommand {
    /// Fetch events now.
    PollNow,
    /// Read the whole history again, now.
    Audit,
    /// Fetch everything now, over new connections: the machine slept, or the process was stopped. The response to the
    /// request in flight may never come.
    CatchUp,
}

/// The end of a wait between two requests.
enum Wait {
    Over,
    Interrupted,
    ReceiverGone,
}

/// Polls one source for one image, one request at a time, until the receiver of the observations is gone.
#[derive(Debug)]
pub struct Poller<S> {
    pub source: S,
    pub clock: Clock,
    pub tail: Tail,
    /// Bounded: a slow reader slows the polling down, and nothing is dropped.
    pub observations: mpsc::Sender<Observation>,
    pub commands: mpsc::Receiver<PollCommand>,
}

impl<S: BuildSource> Poller<S> {
    pub async fn run(mut self) {
        let (mut events_not_before, mut image_not_before) = (None, None);
        let mut later = Vec::new();
        loop {
            let (request, due) = self.tail.next();
            let not_before = match request {
                ApiRequest::Events(_) => events_not_before,
                ApiRequest::Image => image_not_before,
            };
            match self.wait(due, not_before).await {
                Wait::Over => {}
                Wait::Interrupted => continue,
                Wait::ReceiverGone => return,
            }
            let next_not_before = Some(Instant::now() + MIN_GAP);
            let seen = match request {
                ApiRequest::Events(token) => {
                    events_not_before = next_not_before;
                    let fetch = self.source.events(token.as_ref());
                    let response = until_catch_up(fetch, &mut self.commands, &mut later).await;
                    let now = self.clock.elapsed();
                    let seen = response.and_then(|response| self.tail.on_events(now, response));
                    if self.tail.next_poll() <= now {
                        // The walk continues.
                        events_not_before = None;
                    }
                    seen
                }
                ApiRequest::Image => {
                    image_not_before = next_not_before;
                    let fetch = self.source.image();
                    let response = until_catch_up(fetch, &mut self.commands, &mut later).await;
                    let now = self.clock.elapsed();
                    response.map(|response| self.tail.on_image(now, response))
                }
            };
            for command in later.drain(..) {
                self.apply(command);
            }
            if let Some(Seen::Fault(_) | Seen::ImageFault(_)) = seen {
                // The API may be in trouble: it gets no other request at once.
                let not_before = Some(Instant::now() + MIN_GAP);
                (events_not_before, image_not_before) = (not_before, not_before);
            }
            if let Some(seen) = seen
                && !self.forward(seen).await
            {
                return;
            }
        }
    }

    /// Waits until a request is due, or the app sends a command.
    async fn wait(&mut self, due: Duration, not_before: Option<Instant>) -> Wait {
        let now = Instant::now();
        let span = self
            .clock
            .to_wall_time(due.saturating_sub(self.clock.elapsed()));
        let until = (now + span).max(not_before.unwrap_or(now));
        tokio::select! {
            biased;
            () = self.observations.closed() => return Wait::ReceiverGone,
            command = self.commands.recv() => match command {
                Some(command) => self.apply(command),
                None => return Wait::ReceiverGone,
            },
            () = tokio::time::sleep_until(until) => return Wait::Over,
        }
        Wait::Interrupted
    }

    fn apply(&mut self, command: PollCommand) {
        let now = self.clock.elapsed();
        match command {
            PollCommand::PollNow => {
                self.source.retry_now();
                self.tail.poll_now(now);
            }
            PollCommand::Audit => self.tail.audit(now),
            PollCommand::CatchUp => {
                self.source.reconnect();
                self.tail.catch_up(now);
            }
        }
    }

    /// Sends an observation. False if the receiver is gone.
    async fn forward(&mut self, seen: Seen) -> bool {
        let at = self.clock.now();
        let wait = self.tail.next_poll().saturating_sub(self.clock.elapsed());
        let next_poll = at + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        self.observations
            .send(Observation {
                at,
                elapsed: self.clock.elapsed(),
                next_poll,
                seen,
            })
            .await
            .is_ok()
    }
}

/// Waits for a response, unless the app wants to catch up: then the response may never come. Its other commands wait in
/// `later`.
async fn until_catch_up<T>(
    fetch: impl Future<Output = T>,
    commands: &mut mpsc::Receiver<PollCommand>,
    later: &mut Vec<PollCommand>,
) -> Option<T> {
    tokio::pin!(fetch);
    loop {
        tokio::select! {
            biased;
            response = &mut fetch => return Some(response),
            Some(command) = commands.recv() => {
                if !later.contains(&command) {
                    later.push(command);
                }
                if command == PollCommand::CatchUp {
                    return None;
                }
            }
            // The app is gone; the next wait ends the polling.
            else => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::{Arc, Mutex};

    use chrono::DateTime;

    use super::*;
    use crate::backend::{EventsError, EventsPage, EventsResponse, NextToken};
    use crate::domain::fault::{Fault, FaultKind};
    use crate::domain::image::{ImageAnswer, ImageDescription};
    use crate::domain::stack_event::StackEvent;
    use crate::text::safe::SafeText;

    /// The requests, and when they came by the wall.
    type Requests = Arc<Mutex<Vec<(ApiRequest, Instant)>>>;

    /// A stack that is deleting, on two pages at first; each response takes its time.
    struct Slow {
        events: Duration,
        image: Duration,
        log: Requests,
    }

    impl Slow {
        fn note(&self, request: ApiRequest) {
            self.log.lock().unwrap().push((request, Instant::now()));
        }
    }

    impl BuildSource for Slow {
        async fn events(
            &mut self,
            token: Option<&NextToken>,
        ) -> Result<EventsResponse, EventsError> {
            self.note(ApiRequest::Events(token.cloned()));
            tokio::time::sleep(self.events).await;
            let id = if token.is_some() { "1" } else { "2" };
            let json = format!(
                r#"{{"stackId":"s","physicalResourceId":"s","eventId":"{id}","resourceStatus":"DELETE_IN_PROGRESS"}}"#
            );
            Ok(EventsResponse::Page(EventsPage {
                events: vec![Arc::new(StackEvent::from_json(&json, None))],
                next: token.is_none().then(|| NextToken::new("older")),
            }))
        }

        async fn image(&mut self) -> Result<ImageAnswer, Fault> {
            self.note(ApiRequest::Image);
            tokio::time::sleep(self.image).await;
            let image = Box::new(ImageDescription::default());
            Ok(ImageAnswer::Described(image))
        }
    }

    /// Polls for 40 observations. Responses take that many milliseconds; `eager` sends a poll command after each of them.
    async fn poll(
        (events, image): (u64, u64),
        speed: f64,
        eager: bool,
    ) -> Vec<(ApiRequest, Instant)> {
        let log = Requests::default();
        let (sender, mut observations) = mpsc::channel(64);
        let (commands, command_receiver) = mpsc::channel(3);
        let poller = Poller {
            source: Slow {
                events: Duration::from_millis(events),
                image: Duration::from_millis(image),
                log: Arc::clone(&log),
            },
            clock: Clock::scenario(DateTime::UNIX_EPOCH, speed),
            tail: Tail::new(None, fastrand::Rng::with_seed(1)),
            observations: sender,
            commands: command_receiver,
        };
        let listen = async {
            for _ in 0..40 {
                observations.recv().await.unwrap();
                if eager {
                    let _ = commands.try_send(PollCommand::PollNow);
                }
            }
            drop(observations);
        };
        tokio::join!(poller.run(), listen);
        let log = log.lock().unwrap();
        log.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn two_polls_are_at_least_200_ms_apart_at_any_clock_speed() {
        for (speed, eager) in [(1.0, true), (60.0, false), (60.0, true), (10_000.0, false)] {
            for times in [(1, 1), (50, 120), (90, 30)] {
                let requests = poll(times, speed, eager).await;
                let of = |kind: fn(&ApiRequest) -> bool| {
                    let times = requests.iter().filter(move |(request, _)| kind(request));
                    times.map(|(_, at)| *at).collect::<Vec<_>>()
                };
                let polls = of(|request| *request == ApiRequest::Events(None));
                let images = of(|request| *request == ApiRequest::Image);
                assert!(polls.len() > 5, "speed {speed}");
                for pair in [polls, images].iter().flat_map(|times| times.windows(2)) {
                    let gap = pair[1] - pair[0];
                    assert!(gap >= MIN_GAP, "{gap:?} at {times:?}, speed {speed}");
                }
            }
        }
    }

    /// An API that responds over a new connection only.
    struct Dead {
        connected: bool,
        log: Requests,
    }

    impl BuildSource for Dead {
        async fn events(
            &mut self,
            token: Option<&NextToken>,
        ) -> Result<EventsResponse, EventsError> {
            let request = (ApiRequest::Events(token.cloned()), Instant::now());
            self.log.lock().unwrap().push(request);
            if !self.connected {
                std::future::pending::<()>().await;
            }
            Ok(EventsResponse::Gone)
        }

        async fn image(&mut self) -> Result<ImageAnswer, Fault> {
            Ok(ImageAnswer::Absent)
        }

        fn reconnect(&mut self) {
            self.connected = true;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn catching_up_after_a_sleep_drops_the_request_in_flight() {
        let log = Requests::default();
        let (sender, mut observations) = mpsc::channel(64);
        let (commands, command_receiver) = mpsc::channel(3);
        let poller = Poller {
            source: Dead {
                connected: false,
                log: Arc::clone(&log),
            },
            clock: Clock::wall(),
            tail: Tail::new(None, fastrand::Rng::with_seed(1)),
            observations: sender,
            commands: command_receiver,
        };
        let began = Instant::now();
        let wake = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            commands.send(PollCommand::PollNow).await.unwrap();
            commands.send(PollCommand::CatchUp).await.unwrap();
            let observation = observations.recv().await.unwrap();
            assert!(matches!(observation.seen, Seen::StackGone));
            assert_eq!(began.elapsed().as_secs(), 20);
            drop(observations);
        };
        tokio::join!(poller.run(), wake);
        assert!(log.lock().unwrap().len() >= 2);
    }

    /// An API that fails these requests, and responds to the others.
    struct Faulty {
        failures: Range<usize>,
        kind: FaultKind,
        log: Requests,
        retries: usize,
    }

    impl Faulty {
        fn note(&mut self, request: ApiRequest) -> Result<(), Fault> {
            let mut log = self.log.lock().unwrap();
            log.push((request, Instant::now()));
            if !self.failures.contains(&(log.len() - 1)) {
                return Ok(());
            }
            Err(Fault {
                kind: self.kind,
                message: SafeText::new("no"),
                hint: None,
                request_id: None,
            })
        }
    }

    impl BuildSource for Faulty {
        async fn events(
            &mut self,
            token: Option<&NextToken>,
        ) -> Result<EventsResponse, EventsError> {
            let noted = self.note(ApiRequest::Events(token.cloned()));
            let json = r#"{"stackId":"s","eventId":"1","resourceStatus":"CREATE_IN_PROGRESS"}"#;
            noted.map_err(EventsError::Fault).map(|()| {
                EventsResponse::Page(EventsPage {
                    events: vec![Arc::new(StackEvent::from_json(json, None))],
                    next: None,
                })
            })
        }

        async fn image(&mut self) -> Result<ImageAnswer, Fault> {
            let noted = self.note(ApiRequest::Image);
            noted.map(|()| ImageAnswer::Described(Box::default()))
        }

        fn retry_now(&mut self) {
            self.retries += 1;
        }
    }

    fn faulty(
        failures: Range<usize>,
        kind: FaultKind,
        speed: f64,
    ) -> (
        Poller<Faulty>,
        mpsc::Receiver<Observation>,
        mpsc::Sender<PollCommand>,
    ) {
        let (sender, observations) = mpsc::channel(64);
        let (commands, command_receiver) = mpsc::channel(3);
        let poller = Poller {
            source: Faulty {
                failures,
                kind,
                log: Requests::default(),
                retries: 0,
            },
            clock: Clock::scenario(DateTime::UNIX_EPOCH, speed),
            tail: Tail::new(None, fastrand::Rng::with_seed(1)),
            observations: sender,
            commands: command_receiver,
        };
        (poller, observations, commands)
    }

    #[tokio::test(start_paused = true)]
    async fn failures_double_the_wait_up_to_a_minute_and_one_success_resets_it() {
        for kind in [FaultKind::Throttled, FaultKind::Transient] {
            let failures = 8;
            let (poller, mut observations, commands) = faulty(0..failures, kind, 1.0);
            let log = Arc::clone(&poller.source.log);
            let listen = async {
                // The failures, then a success with the image, and two more.
                for _ in 0..failures + 4 {
                    let observation = observations.recv().await.unwrap();
                    let is_fault = matches!(observation.seen, Seen::Fault(_));
                    let next = (observation.next_poll - observation.at).as_seconds_f64();
                    assert!(!is_fault || next >= 5.0, "the next try is known: {next}");
                }
                drop((observations, commands));
            };
            tokio::join!(poller.run(), listen);
            let log = log.lock().unwrap();
            let of_events = log
                .iter()
                .filter(|(request, _)| *request != ApiRequest::Image);
            let times: Vec<_> = of_events.map(|(_, at)| *at).collect();
            let gaps = times
                .windows(2)
                .map(|pair| (pair[1] - pair[0]).as_secs_f64());
            for (number, gap) in gaps.enumerate() {
                let (shortest, longest) = match number {
                    failed if failed < failures => {
                        let doubled = Duration::from_secs(5) * (2 << failed);
                        let whole = doubled.as_secs_f64().min(60.0);
                        (whole / 2.0, whole)
                    }
                    // The success brought an event, so the build counts as busy for a while.
                    _ => (1.8, 5.5),
                };
                let fits = (shortest - 0.1..=longest + 0.1).contains(&gap);
                assert!(fits, "gap {number} is {gap} s, {kind:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_that_the_user_asks_for_forgets_cached_failures() {
        let (mut poller, ..) = faulty(0..0, FaultKind::Expired, 1.0);
        poller.apply(PollCommand::Audit);
        assert_eq!(poller.source.retries, 0);
        poller.apply(PollCommand::PollNow);
        assert_eq!(poller.source.retries, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn no_request_is_sent_for_200_ms_after_a_failure() {
        let kind = FaultKind::Transient;
        // With a clock this fast, a request is always due.
        let (poller, mut observations, commands) = faulty(1..usize::MAX, kind, 10_000.0);
        let log = Arc::clone(&poller.source.log);
        let listen = async {
            for _ in 0..40 {
                observations.recv().await.unwrap();
            }
            drop((observations, commands));
        };
        tokio::join!(poller.run(), listen);
        let log = log.lock().unwrap();
        assert!(log.iter().any(|(request, _)| *request == ApiRequest::Image));
        for pair in log.windows(2).skip(1) {
            let gap = pair[1].1 - pair[0].1;
            assert!(gap >= MIN_GAP, "{gap:?} between {pair:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_pages_of_a_walk_follow_without_a_pause() {
        let requests = poll((1, 1), 1.0, false).await;
        let began = requests[0].1;
        let second = requests
            .iter()
            .find(|(request, _)| matches!(request, ApiRequest::Events(Some(_))));
        assert!(second.unwrap().1 - began < Duration::from_millis(10));
    }
}
