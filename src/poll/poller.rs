//! The background task that sends requests to the backend and passes on each observation: between the backend and the
//! recorder. [`Schedules`] decides what to send and when; the poller keeps a minimum gap between two polls, even if the
//! schedules, the user or a fast clock would poll sooner, and asks for the permit of the stream's endpoint.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backend::{ImageSource, LogSource, Source, StepSource};
use crate::clock::Clock;
use crate::domain::observation::{Observation, ObservationSink, Seen, Stream};
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
        loop {
            let permits = &self.permits;
            let next = self
                .schedules
                .next_permitted(|stream| permits.ready_at(stream));
            let (request, due) = next;
            let stream = request.stream();
            match self.wait(due, not_before[stream.index()]).await {
                Wait::Over => {}
                Wait::Interrupted => continue,
                Wait::ReceiverGone => return,
            }
            not_before[stream.index()] = Some(Instant::now() + MIN_GAP);
            let (seen, walk_continues) = self.request(request).await;
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
            let seen = seen.into_iter().flat_map(split);
            let observations = clock_off.into_iter().chain(refusals).chain(seen);
            let observations = observations.map(|seen| self.observation(stream, seen, behind));
            let observations: Vec<_> = observations.collect();
            if !observations.is_empty() && !self.observations.send(observations).await {
                return;
            }
        }
    }

    /// Makes a request and hands the response to its schedule, then applies the commands that came meanwhile. Returns
    /// what the response shows, if anything, and whether the next page of a walk is to follow at once.
    async fn request(&mut self, request: ApiRequest) -> (Option<Seen>, bool) {
        let mut later = Vec::new();
        let stream = request.stream();
        let (permit, rank) = self.permits.of(stream);
        // Another session's response may have begun a back-off since this request was due.
        let is_ready = self.permits.ready_at(stream) <= self.clock.elapsed();
        let permit = is_ready.then_some((&permit, rank));
        let result = match request {
            ApiRequest::Events(token) => {
                let fetch = permitted(permit, self.source.events(token.as_ref()));
                let response = until_catch_up(fetch, &mut self.commands, &mut later).await;
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
    async fn send(&mut self, observations: Vec<Observation>) -> bool {
        for observation in observations {
            if mpsc::Sender::send(self, observation).await.is_err() {
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
mod tests {
    use std::convert::Infallible;
    use std::ops::Range;
    use std::sync::{Arc, Mutex};

    use chrono::DateTime;

    use super::*;
    use crate::backend::{EventSource, EventsError, EventsPage, EventsResponse, NextToken, NoLog};
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

    impl EventSource for Slow {
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
    }

    impl ImageSource for Slow {
        async fn image(&mut self) -> Result<ImageAnswer, Fault> {
            self.note(ApiRequest::Image);
            tokio::time::sleep(self.image).await;
            let image = Box::new(ImageDescription::default());
            Ok(ImageAnswer::Described(image))
        }
    }

    impl Source for Slow {
        type Image = Self;
        type Log = NoLog;

        fn log_source(&mut self) -> Option<&mut NoLog> {
            None
        }
        type Steps = Infallible;

        fn image_source(&mut self) -> Option<&mut Self> {
            Some(self)
        }
    }

    /// Polls for 40 observations. Responses take that many milliseconds; `eager` sends a poll command after each of them.
    async fn poll(
        (events, image): (u64, u64),
        speed: f64,
        eager: bool,
    ) -> Vec<(ApiRequest, Instant)> {
        let log = Requests::default();
        let (sender, mut observations) = mpsc::channel::<Observation>(64);
        let (commands, command_receiver) = mpsc::channel(3);
        let clock = Clock::scenario(DateTime::UNIX_EPOCH, speed);
        let poller = Poller {
            source: Slow {
                events: Duration::from_millis(events),
                image: Duration::from_millis(image),
                log: Arc::clone(&log),
            },
            permits: Permits::new(clock.clone()),
            clock,
            schedules: Schedules::new(None, fastrand::Rng::with_seed(1)),
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

    impl EventSource for Dead {
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
    }

    impl ImageSource for Dead {
        async fn image(&mut self) -> Result<ImageAnswer, Fault> {
            Ok(ImageAnswer::Absent)
        }
    }

    impl Source for Dead {
        type Image = Self;
        type Log = NoLog;

        fn log_source(&mut self) -> Option<&mut NoLog> {
            None
        }
        type Steps = Infallible;

        fn image_source(&mut self) -> Option<&mut Self> {
            Some(self)
        }

        fn reconnect(&mut self) {
            self.connected = true;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn catching_up_after_a_sleep_drops_the_request_in_flight() {
        let log = Requests::default();
        let (sender, mut observations) = mpsc::channel::<Observation>(64);
        let (commands, command_receiver) = mpsc::channel(3);
        let clock = Clock::wall();
        let poller = Poller {
            source: Dead {
                connected: false,
                log: Arc::clone(&log),
            },
            permits: Permits::new(clock.clone()),
            clock,
            schedules: Schedules::new(None, fastrand::Rng::with_seed(1)),
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

    impl EventSource for Faulty {
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
    }

    impl ImageSource for Faulty {
        async fn image(&mut self) -> Result<ImageAnswer, Fault> {
            let noted = self.note(ApiRequest::Image);
            noted.map(|()| ImageAnswer::Described(Box::default()))
        }
    }

    impl Source for Faulty {
        type Image = Self;
        type Log = NoLog;

        fn log_source(&mut self) -> Option<&mut NoLog> {
            None
        }
        type Steps = Infallible;

        fn image_source(&mut self) -> Option<&mut Self> {
            Some(self)
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
        Poller<Faulty, mpsc::Sender<Observation>>,
        mpsc::Receiver<Observation>,
        mpsc::Sender<PollCommand>,
    ) {
        let (sender, observations) = mpsc::channel(64);
        let (commands, command_receiver) = mpsc::channel(3);
        let clock = Clock::scenario(DateTime::UNIX_EPOCH, speed);
        let poller = Poller {
            source: Faulty {
                failures,
                kind,
                log: Requests::default(),
                retries: 0,
            },
            permits: Permits::new(clock.clone()),
            clock,
            schedules: Schedules::new(None, fastrand::Rng::with_seed(1)),
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
                    let is_fault = matches!(observation.seen, Seen::Failed(_));
                    let next = (observation.next_try - observation.at).as_seconds_f64();
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
    async fn only_a_poll_that_the_user_asks_for_ends_a_back_off() {
        let (mut poller, ..) = faulty(0..0, FaultKind::Throttled, 1.0);
        let until = poller.clock.elapsed() + Duration::from_secs(30);
        let streams = [Stream::Events, Stream::Image];
        for stream in streams {
            poller.permits.note(stream, Vec::new(), true, until);
        }
        for command in [PollCommand::Audit, PollCommand::CatchUp] {
            poller.apply(command);
            for stream in streams {
                assert_eq!(poller.permits.ready_at(stream), until, "{command:?}");
            }
        }
        poller.apply(PollCommand::PollNow);
        for stream in streams {
            assert!(poller.permits.ready_at(stream) < until);
        }
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

    /// An API whose responses show that the machine's clock is wrong, and cannot describe images.
    struct EventsOnly {
        corrections: Vec<TimeDelta>,
    }

    impl EventSource for EventsOnly {
        async fn events(&mut self, _: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
            if self.corrections.len() > 1 {
                self.corrections.remove(0);
            }
            Ok(EventsResponse::Gone)
        }
    }

    impl Source for EventsOnly {
        type Image = Faulty;
        type Log = NoLog;

        fn log_source(&mut self) -> Option<&mut NoLog> {
            None
        }
        type Steps = Infallible;

        fn image_source(&mut self) -> Option<&mut Faulty> {
            None
        }

        fn clock_correction(&self) -> TimeDelta {
            self.corrections[0]
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_of_the_clocks_correction_is_observed_before_the_response_that_shows_it() {
        let clock = Clock::scenario(DateTime::UNIX_EPOCH, 1.0);
        let (sender, mut observations) = mpsc::channel::<Observation>(64);
        let (commands, command_receiver) = mpsc::channel(3);
        let minutes = TimeDelta::minutes;
        let poller = Poller {
            source: EventsOnly {
                corrections: [0, -10, -10, 0].map(minutes).to_vec(),
            },
            permits: Permits::new(clock.clone()),
            clock: clock.clone(),
            schedules: Schedules::new(None, fastrand::Rng::with_seed(1)),
            observations: sender,
            commands: command_receiver,
        };
        let listen = async {
            let mut off = Vec::new();
            for _ in 0..5 {
                let observation = observations.recv().await.unwrap();
                let error = observation.at - clock.now();
                off.push(match observation.seen {
                    Seen::ClockOff(behind) => (true, behind, error),
                    _ => (false, TimeDelta::zero(), error),
                });
            }
            drop((observations, commands));
            off
        };
        let ((), off) = tokio::join!(poller.run(), listen);
        let (fast, right) = (minutes(-10), TimeDelta::zero());
        let expected = [
            (true, fast, fast),
            (false, right, fast),
            (false, right, fast),
            (true, right, right),
            (false, right, right),
        ];
        assert_eq!(off, expected);
    }
}
