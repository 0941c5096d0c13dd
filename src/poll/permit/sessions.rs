//! Two sessions in one account, of which a service throttles: what waits, and what does not.

use chrono::DateTime;
use tokio::sync::mpsc;

use super::*;
use crate::backend::{
    EventSource, EventsError, EventsPage, EventsResponse, ImageSource, LogError, LogRequest,
    LogResponse, LogSource, NextToken, StepSource, StepsAnswer,
};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;
use crate::domain::observation::Observation;
use crate::domain::stack_event::StackEvent;
use crate::poll::log::LogStart;
use crate::poll::poller::Poller;
use crate::poll::schedules::Schedules;
use crate::text::safe::SafeText;

const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/MyImg/1";
const IMAGE: &str =
    "arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-myimg/3.16.1/1";
/// How long the sessions are watched.
const SPAN: Duration = Duration::from_mins(4);

/// The requests: the session, the service, and when.
type Requests = Arc<Mutex<Vec<(usize, &'static str, Duration)>>>;

/// A build in an account.
struct Account {
    session: usize,
    /// The service that throttles every request.
    throttles: &'static str,
    clock: Clock,
    requests: Requests,
    asked: Vec<Asked>,
}

impl Account {
    fn ask(&mut self, stream: Stream) -> Result<(), Fault> {
        self.ask_service(service(stream))
    }

    fn ask_service(&mut self, service: &'static str) -> Result<(), Fault> {
        let is_throttled = service == self.throttles;
        let request = (self.session, service, self.clock.elapsed());
        self.requests.lock().unwrap().push(request);
        self.asked.push(Asked {
            endpoint: endpoint(service),
            requests: 1,
            is_throttled,
        });
        let fault = || Fault {
            kind: FaultKind::Throttled,
            message: SafeText::new("slow down"),
            hint: None,
            request_id: None,
        };
        if is_throttled { Err(fault()) } else { Ok(()) }
    }
}

fn service(stream: Stream) -> &'static str {
    match stream {
        Stream::Events | Stream::Images => "cloudformation",
        Stream::Image | Stream::Steps => "imagebuilder",
        Stream::Log => "logs",
    }
}

fn endpoint(service: &'static str) -> Endpoint {
    Endpoint {
        service,
        host: "us-east-1".to_owned(),
    }
}

impl EventSource for Account {
    async fn events(&mut self, _: Option<&NextToken>) -> Result<EventsResponse, EventsError> {
        self.ask(Stream::Events).map_err(EventsError::Fault)?;
        let image = format!(
            r#"{{"stackId":"{STACK}","eventId":"2","logicalResourceId":"ParallelClusterImage",
            "physicalResourceId":"{IMAGE}","resourceType":"AWS::ImageBuilder::Image",
            "resourceStatus":"CREATE_IN_PROGRESS","timestamp":"2026-01-01T00:01:00.000Z"}}"#
        );
        let root = format!(
            r#"{{"stackId":"{STACK}","eventId":"1","logicalResourceId":"MyImg",
            "physicalResourceId":"{STACK}","resourceType":"AWS::CloudFormation::Stack",
            "resourceStatus":"CREATE_IN_PROGRESS","timestamp":"2026-01-01T00:00:00.000Z"}}"#
        );
        let event = |json: &str| Arc::new(StackEvent::from_json(json, None));
        Ok(EventsResponse::Page(EventsPage {
            events: vec![event(&image), event(&root)],
            next: None,
        }))
    }
}

impl ImageSource for Account {
    async fn image(&mut self) -> Result<ImageAnswer, Fault> {
        self.ask(Stream::Image)?;
        // The AMI: its service is another one than the stream's.
        self.ask_service("ec2")?;
        Ok(ImageAnswer::Described(Box::default()))
    }
}

impl StepSource for Account {
    async fn steps(&mut self) -> Result<StepsAnswer, Fault> {
        self.ask(Stream::Steps)?;
        Ok(StepsAnswer::NoImage)
    }
}

impl LogSource for Account {
    async fn log(&mut self, _: &LogRequest) -> Result<LogResponse, LogError> {
        self.ask(Stream::Log).map_err(LogError::Fault)?;
        Ok(LogResponse::Absent)
    }
}

impl Source for Account {
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

    fn endpoint(&self, stream: Stream) -> Endpoint {
        endpoint(service(stream))
    }

    fn take_requests(&mut self) -> Vec<Asked> {
        std::mem::take(&mut self.asked)
    }
}

/// Watches builds while a service throttles. Returns when each session asked each service.
async fn watch(sessions: usize, throttles: &'static str) -> impl Fn(usize, &str) -> Vec<Duration> {
    watch_for(vec![Attention::Whole; sessions], throttles, SPAN).await
}

/// The same for that long, with sessions that get so much attention: those that get all of it are shown.
async fn watch_for(
    sessions: Vec<Attention>,
    throttles: &'static str,
    span: Duration,
) -> impl Fn(usize, &str) -> Vec<Duration> {
    let clock = Clock::scenario(DateTime::UNIX_EPOCH, 1.0);
    let budgets = Budgets::new(clock.clone());
    let requests = Requests::default();
    let mut watches = tokio::task::JoinSet::new();
    for (session, attention) in sessions.into_iter().enumerate() {
        let permits = budgets.session().otherwise(attention);
        permits.shown().set(attention == Attention::Whole);
        let seed = fastrand::Rng::with_seed(session as u64);
        let (sender, mut observations) = mpsc::channel::<Observation>(8);
        let (commands, command_receiver) = mpsc::channel(1);
        let poller = Poller {
            source: Account {
                session,
                throttles,
                clock: clock.clone(),
                requests: Requests::clone(&requests),
                asked: Vec::new(),
            },
            permits,
            clock: clock.clone(),
            schedules: Schedules::new(None, seed).with_log(LogStart::First),
            observations: sender,
            commands: command_receiver,
        };
        watches.spawn(async move {
            let _commands = commands;
            let listen = async { while observations.recv().await.is_some() {} };
            tokio::join!(poller.run(), listen);
        });
    }
    tokio::time::sleep(span).await;
    watches.shutdown().await;
    let requests = std::mem::take(&mut *requests.lock().unwrap());
    move |session, service| {
        let of = requests.iter();
        let of = of.filter(|request| (request.0, request.1) == (session, service));
        of.map(|(.., at)| *at).collect()
    }
}

/// The longest time between two requests.
fn longest_gap(requests: &[Duration]) -> Duration {
    longest_gap_in(requests, SPAN)
}

fn longest_gap_in(requests: &[Duration], span: Duration) -> Duration {
    let ends = [Duration::ZERO].into_iter().chain(requests.iter().copied());
    let next = requests.iter().copied().chain([span]);
    next.zip(ends)
        .map(|(next, last)| next.saturating_sub(last))
        .max()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_throttled_log_delays_neither_the_events_nor_the_image() {
    let asked = watch(2, "logs").await;
    for session in 0..2 {
        let log = asked(session, "logs");
        assert!(!log.is_empty(), "the log is asked for");
        let events = longest_gap(&asked(session, "cloudformation"));
        assert!(events < Duration::from_secs(17), "{events:?}");
        let image = longest_gap(&asked(session, "imagebuilder"));
        assert!(image < Duration::from_secs(40), "{image:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_service_of_the_image_does_not_delay_the_events() {
    for throttles in ["imagebuilder", "ec2"] {
        let asked = watch(1, throttles).await;
        let events = longest_gap(&asked(0, "cloudformation"));
        assert!(events < Duration::from_secs(17), "{throttles}: {events:?}");
        assert!(longest_gap(&asked(0, throttles)) > Duration::from_secs(17));
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_service_slows_down_all_sessions_that_use_it() {
    for service in ["cloudformation", "imagebuilder", "ec2", "logs"] {
        let counts = [1, 2].map(async |sessions| {
            let asked = watch(sessions, service).await;
            (0..sessions)
                .map(|session| asked(session, service).len())
                .sum::<usize>()
        });
        let [one, two] = counts;
        let (one, two) = (one.await, two.await);
        assert!(two <= one + one / 2 + 2, "{service}: {one}, then {two}");
    }
}

const SERVICES: [&str; 4] = ["cloudformation", "imagebuilder", "ec2", "logs"];

/// Fifty builds, of which the first is on the screen.
fn fifty(others: Attention) -> Vec<Attention> {
    let mut sessions = vec![others; 50];
    sessions[0] = Attention::Whole;
    sessions
}

#[tokio::test(start_paused = true)]
async fn fifty_builds_stay_within_the_budget_of_each_service_and_none_is_forgotten() {
    for (minutes, others) in [(1, Attention::Outline), (2, Attention::WithoutLog)] {
        let span = Duration::from_mins(minutes);
        let asked = watch_for(fifty(others), "none", span).await;
        for service in SERVICES {
            let requests: usize = (0..50).map(|one| asked(one, service).len()).sum();
            let most = 4.5 * span.as_secs_f64();
            let requests = f64::from(u32::try_from(requests).unwrap());
            assert!(requests <= most, "{service}: {requests} in {minutes} min");
        }
        for session in 0..50 {
            let events = longest_gap_in(&asked(session, "cloudformation"), span);
            let most = if session == 0 { 17 } else { 30 };
            assert!(events < Duration::from_secs(most), "{session}: {events:?}");
            let image = longest_gap_in(&asked(session, "ec2"), span);
            assert!(image < Duration::from_secs(60), "{session}: {image:?}");
            let log = asked(session, "logs");
            assert_eq!(log.is_empty(), session > 0, "only the shown log is read");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_throttled_service_of_fifty_builds_slows_down_only_what_uses_it() {
    let span = Duration::from_mins(2);
    for throttled in SERVICES {
        let asked = watch_for(fifty(Attention::Outline), throttled, span).await;
        for session in 0..50 {
            for (service, most) in [("cloudformation", 30), ("imagebuilder", 60)] {
                // The image is described over EC2 after Image Builder.
                let shares = service == "imagebuilder" && throttled == "ec2";
                // Without events nothing is known to describe.
                let needs = throttled == "cloudformation";
                if service != throttled && !shares && !needs {
                    let gap = longest_gap_in(&asked(session, service), span);
                    assert!(
                        gap < Duration::from_secs(most),
                        "{throttled} is throttled, {service} of {session}: {gap:?}"
                    );
                }
            }
        }
        let requests: usize = (0..50).map(|one| asked(one, throttled).len()).sum();
        assert!(
            requests < 60,
            "{throttled}: {requests} in spite of the throttling"
        );
    }
}
