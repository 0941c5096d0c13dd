//! The poller with scripted sources, on paused time.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use chrono::DateTime;

use super::*;
use crate::backend::{
    EventSource, EventsError, EventsPage, EventsResponse, LogError, LogRequest, LogResponse,
    NextToken, NoLog, StepsAnswer,
};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::{ImageAnswer, ImageDescription};
use crate::domain::stack_event::StackEvent;
use crate::poll::log::LogStart;
use crate::poll::schedule::Attention;
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

/// Without a timer where a response takes no time: a timer takes up to a millisecond more.
async fn respond_after(span: Duration) {
    if !span.is_zero() {
        tokio::time::sleep(span).await;
    }
}

impl EventSource for Slow {
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        self.note(ApiRequest::Events(token.cloned()));
        respond_after(self.events).await;
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
        respond_after(self.image).await;
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
async fn poll((events, image): (u64, u64), speed: f64, eager: bool) -> Vec<(ApiRequest, Instant)> {
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
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
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
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
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
        let failures = 12;
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
        for (number, pair) in times.windows(2).enumerate() {
            let gap = (pair[1] - pair[0]).as_secs_f64();
            let (shortest, longest) = match number {
                failed if failed < failures => {
                    let doubled = Duration::from_secs(5) * (2 << failed);
                    let is_first_minute = pair[0] - times[0] < Duration::from_mins(1);
                    let whole =
                        doubled
                            .as_secs_f64()
                            .min(if is_first_minute { 15.0 } else { 60.0 });
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
    // Between two ticks of the timer, so that any timer takes time.
    tokio::time::advance(Duration::from_micros(500)).await;
    let requests = poll((0, 0), 1.0, false).await;
    let is_second =
        |(request, _): &(ApiRequest, Instant)| matches!(request, ApiRequest::Events(Some(_)));
    let second = requests.iter().position(is_second).unwrap();
    let waited = requests[second].1 - requests[second - 1].1;
    assert_eq!(waited, Duration::ZERO);
}

/// An API that shows a new event on its first two pages, and the second page again and again, with another token each time.
struct Repeating(usize);

impl EventSource for Repeating {
    async fn events(&mut self, _: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        respond_after(Duration::from_millis(20)).await;
        self.0 += 1;
        let id = self.0.min(2);
        let json =
            format!(r#"{{"stackId":"s","eventId":"{id}","resourceStatus":"CREATE_IN_PROGRESS"}}"#);
        Ok(EventsResponse::Page(EventsPage {
            events: vec![Arc::new(StackEvent::from_json(&json, None))],
            next: Some(NextToken::new(self.0.to_string())),
        }))
    }
}

impl Source for Repeating {
    type Image = Faulty;
    type Log = NoLog;
    type Steps = Infallible;

    fn image_source(&mut self) -> Option<&mut Faulty> {
        None
    }

    fn log_source(&mut self) -> Option<&mut NoLog> {
        None
    }
}

/// The walk pauses after some pages without a new event.
#[tokio::test(start_paused = true)]
async fn no_page_waits_for_a_request_that_is_due_later() {
    let (sender, mut observations) = mpsc::channel::<Observation>(64);
    let (_commands, commands) = mpsc::channel(3);
    let clock = Clock::scenario(DateTime::UNIX_EPOCH, 1.0);
    let poller = Poller {
        source: Repeating(0),
        permits: Permits::new(clock.clone()),
        clock: clock.clone(),
        schedules: Schedules::new(None, fastrand::Rng::with_seed(1)),
        observations: sender,
        commands,
    };
    let listen = async {
        for _ in 0..2 {
            let page = observations.recv().await.unwrap();
            let soon = page.elapsed + Duration::from_millis(260);
            assert!(clock.elapsed() < soon, "{:?}", clock.elapsed());
        }
        drop(observations);
    };
    tokio::join!(poller.run(), listen);
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

/// A build that is running, was made or has failed: of AWS directly, with everything.
struct Busy {
    end: Option<&'static str>,
    log: Requests,
}

impl Busy {
    fn note(&self, request: ApiRequest) {
        self.log.lock().unwrap().push((request, Instant::now()));
    }
}

impl EventSource for Busy {
    async fn events(&mut self, token: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        self.note(ApiRequest::Events(token.cloned()));
        let stack = "arn:aws:cloudformation:us-east-1:123456789012:stack/img/1";
        let image =
            "arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-img/3.16.1/1";
        let event = |number: usize, logical: &str, physical: &str, status: &str| {
            let json = format!(
                r#"{{"stackId":"{stack}","stackName":"img","eventId":"{number}","logicalResourceId":"{logical}","physicalResourceId":"{physical}","resourceStatus":"{status}","timestamp":"2026-01-01T10:00:0{number}.000Z"}}"#
            );
            Arc::new(StackEvent::from_json(&json, None))
        };
        let mut events = vec![
            event(2, "ParallelClusterImage", image, "CREATE_IN_PROGRESS"),
            event(1, "img", stack, "CREATE_IN_PROGRESS"),
        ];
        if let Some(status) = self.end {
            events.insert(0, event(3, "ParallelClusterImage", image, status));
        }
        let next = None;
        Ok(EventsResponse::Page(EventsPage { events, next }))
    }
}

impl ImageSource for Busy {
    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        self.note(ApiRequest::Image);
        let image = ImageDescription {
            builder_status: Some("BUILDING".into()),
            ..ImageDescription::default()
        };
        Ok(ImageAnswer::Described(Box::new(image)))
    }
}

impl StepSource for Busy {
    async fn steps(&mut self) -> Result<StepsAnswer, Fault> {
        self.note(ApiRequest::Steps);
        Ok(StepsAnswer::NoImage)
    }
}

impl LogSource for Busy {
    async fn log(&mut self, request: &LogRequest) -> Result<LogResponse, LogError> {
        self.note(ApiRequest::Log(Box::new(request.clone())));
        Ok(LogResponse::Absent)
    }
}

impl Source for Busy {
    type Image = Self;
    type Steps = Self;
    type Log = Self;

    fn image_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    fn step_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    fn log_source(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    fn image_interval(&self) -> Option<Duration> {
        Some(Duration::from_secs(10))
    }
}

/// Polls for ten minutes, of which the last five are on the screen where `is_shown_later`. The requests of the image, of
/// the steps and of the log, in each half, and the moments of the image's.
async fn poll_with(
    attention: Attention,
    end: Option<&'static str>,
    is_shown_later: bool,
) -> ([[usize; 3]; 2], Vec<Instant>) {
    const HALF: Duration = Duration::from_mins(5);
    let log = Requests::default();
    let (sender, mut observations) = mpsc::channel::<Observation>(64);
    let (_commands, command_receiver) = mpsc::channel(3);
    let clock = Clock::wall();
    let permits = Permits::new(clock.clone()).otherwise(attention);
    let shown = permits.shown();
    let schedules = Schedules::new(None, fastrand::Rng::with_seed(1));
    let poller = Poller {
        source: Busy {
            end,
            log: Arc::clone(&log),
        },
        permits,
        clock,
        schedules: schedules.with_log(LogStart::First),
        observations: sender,
        commands: command_receiver,
    };
    let began = Instant::now();
    let watch = async {
        tokio::time::sleep(HALF).await;
        if is_shown_later {
            shown.set(true);
        }
        tokio::time::sleep(HALF).await;
    };
    let drain = async { while observations.recv().await.is_some() {} };
    tokio::select! {
        () = poller.run() => unreachable!("it polls until nobody listens"),
        () = drain => unreachable!("it polls until nobody listens"),
        () = watch => {}
    }
    let log = log.lock().unwrap();
    let mut counts = [[0; 3]; 2];
    for (request, at) in log.iter() {
        let half = &mut counts[usize::from(*at >= began + HALF)];
        match request {
            ApiRequest::Events(_) => {}
            ApiRequest::Image => half[0] += 1,
            ApiRequest::Steps => half[1] += 1,
            ApiRequest::Log(_) => half[2] += 1,
        }
    }
    let images = log
        .iter()
        .filter(|(request, _)| *request == ApiRequest::Image);
    (counts, images.map(|(_, at)| *at).collect())
}

#[tokio::test(start_paused = true)]
async fn a_build_that_is_not_shown_is_described_every_30_seconds_without_log_and_steps() {
    let ([whole, _], _) = poll_with(Attention::Whole, None, false).await;
    assert!(
        whole[0] >= 28 && whole[1] >= 20 && whole[2] >= 20,
        "{whole:?}"
    );
    for (attention, has_steps) in [(Attention::Outline, false), (Attention::WithoutLog, true)] {
        let (halves, images) = poll_with(attention, None, false).await;
        for [image, steps, log] in halves {
            assert!((9..=11).contains(&image), "{halves:?}");
            assert_eq!((steps > 0, log), (has_steps, 0), "{halves:?}");
        }
        // The first two are at the start and at the first event.
        for pair in images.windows(2).skip(1) {
            assert!(pair[1] - pair[0] >= Duration::from_secs(30), "{images:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_build_that_comes_on_the_screen_is_fetched_whole_from_then_on() {
    let ([before, after], _) = poll_with(Attention::Outline, None, true).await;
    assert_eq!(before[1..], [0, 0]);
    assert!(
        after[0] >= 28 && after[1] >= 20 && after[2] >= 20,
        "{after:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_log_of_a_build_that_has_failed_is_read_although_it_is_not_shown() {
    let ([[_, steps, log], _], _) =
        poll_with(Attention::Outline, Some("CREATE_FAILED"), false).await;
    assert!(steps == 0 && log > 0, "{log}");
}

#[tokio::test(start_paused = true)]
async fn the_log_of_a_build_that_was_made_is_read_once_it_is_shown() {
    let end = Some("CREATE_COMPLETE");
    let ([[_, _, before], [_, _, after]], _) = poll_with(Attention::Outline, end, true).await;
    assert!(before == 0 && after > 0, "{before}, {after}");
}
