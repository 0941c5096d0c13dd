//! The background task that asks the API and reports what it says: it drives [`Tail`] and decides nothing.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backend::BuildSource;
use crate::clock::Clock;
use crate::domain::observation::{Observation, Seen};
use crate::poll::tail::{ApiRequest, Tail};

/// The shortest real time between two polls, whatever the clock's speed. The pages of one walk are one poll.
const MIN_GAP: Duration = Duration::from_millis(200);

/// What the application may ask of a poller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollCommand {
    /// Ask for events now.
    PollNow,
    /// Read the whole history once more, now.
    Audit,
    /// Ask for everything now, over new connections: the machine slept, or the process was stopped. An answer
    /// that is waited for may never come.
    CatchUp,
}

/// How a wait between two requests ended.
enum Wait {
    Over,
    Interrupted,
    ReceiverGone,
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
    pub reports: mpsc::Sender<Observation>,
    /// What the application asks for in between.
    pub requests: mpsc::Receiver<PollCommand>,
}

impl<S: BuildSource> Poller<S> {
    /// Polls until the receiver of the reports is gone.
    pub async fn run(mut self) {
        let (mut events_not_before, mut image_not_before) = (None, None);
        let mut later = Vec::new();
        loop {
            let (ask, due) = self.tail.next();
            let not_before = match ask {
                ApiRequest::Events(_) => events_not_before,
                ApiRequest::Image => image_not_before,
            };
            match self.wait(due, not_before).await {
                Wait::Over => {}
                Wait::Interrupted => continue,
                Wait::ReceiverGone => return,
            }
            let next_not_before = Some(Instant::now() + MIN_GAP);
            let news = match ask {
                ApiRequest::Events(token) => {
                    events_not_before = next_not_before;
                    let asking = self.source.events(token.as_ref());
                    let answer = until_catch_up(asking, &mut self.requests, &mut later).await;
                    let now = self.clock.elapsed();
                    let news = answer.and_then(|answer| self.tail.events_answered(now, answer));
                    if self.tail.next_poll() <= now {
                        // The walk goes on.
                        events_not_before = None;
                    }
                    news
                }
                ApiRequest::Image => {
                    image_not_before = next_not_before;
                    let asking = self.source.image();
                    let answer = until_catch_up(asking, &mut self.requests, &mut later).await;
                    let now = self.clock.elapsed();
                    answer.map(|answer| self.tail.image_answered(now, answer))
                }
            };
            for request in later.drain(..) {
                self.apply(request);
            }
            if let Some(Seen::Fault(_) | Seen::ImageFault(_)) = news {
                // Whatever failed may be in trouble: nothing else is asked of it in the same breath.
                let not_before = Some(Instant::now() + MIN_GAP);
                (events_not_before, image_not_before) = (not_before, not_before);
            }
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
            .to_wall_time(due.saturating_sub(self.clock.elapsed()));
        let until = (now + span).max(not_before.unwrap_or(now));
        tokio::select! {
            biased;
            () = self.reports.closed() => return Wait::ReceiverGone,
            request = self.requests.recv() => match request {
                Some(request) => self.apply(request),
                None => return Wait::ReceiverGone,
            },
            () = tokio::time::sleep_until(until) => return Wait::Over,
        }
        Wait::Interrupted
    }

    /// Does what the application asks for.
    fn apply(&mut self, request: PollCommand) {
        let now = self.clock.elapsed();
        match request {
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

    async fn report(&mut self, news: Seen) -> bool {
        let at = self.clock.now();
        let wait = self.tail.next_poll().saturating_sub(self.clock.elapsed());
        let next_poll = at + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        self.reports
            .send(Observation {
                at,
                elapsed: self.clock.elapsed(),
                next_poll,
                news,
            })
            .await
            .is_ok()
    }
}

/// Waits for an answer, unless the application wants to catch up: then the answer may never come. What else it
/// asks for meanwhile can wait.
async fn until_catch_up<T>(
    asking: impl Future<Output = T>,
    requests: &mut mpsc::Receiver<PollCommand>,
    later: &mut Vec<PollCommand>,
) -> Option<T> {
    tokio::pin!(asking);
    loop {
        tokio::select! {
            biased;
            answer = &mut asking => return Some(answer),
            Some(request) = requests.recv() => {
                if !later.contains(&request) {
                    later.push(request);
                }
                if request == PollCommand::CatchUp {
                    return None;
                }
            }
            // Nobody asks for anything any more; the next wait ends the polling.
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

    /// What was asked, and when by the wall.
    type Asked = Arc<Mutex<Vec<(ApiRequest, Instant)>>>;

    /// A stack that is deleting, on two pages at first; each answer takes its time.
    struct Slow {
        events: Duration,
        image: Duration,
        asked: Asked,
    }

    impl Slow {
        fn note(&self, ask: ApiRequest) {
            self.asked.lock().unwrap().push((ask, Instant::now()));
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

    /// Polls for 40 reports. Answers take so many milliseconds; `hurried` asks for a poll after each of them.
    async fn poll(
        (events, image): (u64, u64),
        speed: f64,
        hurried: bool,
    ) -> Vec<(ApiRequest, Instant)> {
        let asked = Asked::default();
        let (report_sender, mut reports) = mpsc::channel(64);
        let (requests, request_receiver) = mpsc::channel(3);
        let poller = Poller {
            source: Slow {
                events: Duration::from_millis(events),
                image: Duration::from_millis(image),
                asked: Arc::clone(&asked),
            },
            clock: Clock::scenario(DateTime::UNIX_EPOCH, speed),
            tail: Tail::new(None, fastrand::Rng::with_seed(1)),
            reports: report_sender,
            requests: request_receiver,
        };
        let listen = async {
            for _ in 0..40 {
                reports.recv().await.unwrap();
                if hurried {
                    let _ = requests.try_send(PollCommand::PollNow);
                }
            }
            drop(reports);
        };
        tokio::join!(poller.run(), listen);
        let asked = asked.lock().unwrap();
        asked.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn two_polls_are_200_ms_apart_by_the_wall_whatever_the_clocks_speed() {
        for (speed, hurried) in [(1.0, true), (60.0, false), (60.0, true), (10_000.0, false)] {
            for times in [(1, 1), (50, 120), (90, 30)] {
                let asked = poll(times, speed, hurried).await;
                let of = |kind: fn(&ApiRequest) -> bool| {
                    let times = asked.iter().filter(move |(ask, _)| kind(ask));
                    times.map(|(_, at)| *at).collect::<Vec<_>>()
                };
                let polls = of(|ask| *ask == ApiRequest::Events(None));
                let images = of(|ask| *ask == ApiRequest::Image);
                assert!(polls.len() > 5, "speed {speed}");
                for pair in [polls, images].iter().flat_map(|times| times.windows(2)) {
                    let gap = pair[1] - pair[0];
                    assert!(gap >= MIN_GAP, "{gap:?} at {times:?}, speed {speed}");
                }
            }
        }
    }

    /// An API that never answers its first question, until it is asked over a new connection.
    struct Dead {
        connected: bool,
        asked: Asked,
    }

    impl BuildSource for Dead {
        async fn events(
            &mut self,
            token: Option<&NextToken>,
        ) -> Result<EventsResponse, EventsError> {
            let asked = (ApiRequest::Events(token.cloned()), Instant::now());
            self.asked.lock().unwrap().push(asked);
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
    async fn after_a_sleep_no_answer_is_waited_for_that_may_never_come() {
        let asked = Asked::default();
        let (report_sender, mut reports) = mpsc::channel(64);
        let (requests, request_receiver) = mpsc::channel(3);
        let poller = Poller {
            source: Dead {
                connected: false,
                asked: Arc::clone(&asked),
            },
            clock: Clock::wall(),
            tail: Tail::new(None, fastrand::Rng::with_seed(1)),
            reports: report_sender,
            requests: request_receiver,
        };
        let began = Instant::now();
        let wake = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            requests.send(PollCommand::PollNow).await.unwrap();
            requests.send(PollCommand::CatchUp).await.unwrap();
            let report = reports.recv().await.unwrap();
            assert!(matches!(report.news, Seen::StackGone));
            assert_eq!(began.elapsed().as_secs(), 20);
            drop(reports);
        };
        tokio::join!(poller.run(), wake);
        assert!(asked.lock().unwrap().len() >= 2);
    }

    /// An API that fails at these requests, and answers the others.
    struct Faulty {
        failures: Range<usize>,
        kind: FaultKind,
        asked: Asked,
        hurried: usize,
    }

    impl Faulty {
        fn note(&mut self, ask: ApiRequest) -> Result<(), Fault> {
            let mut asked = self.asked.lock().unwrap();
            asked.push((ask, Instant::now()));
            if !self.failures.contains(&(asked.len() - 1)) {
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
            let asked = self.note(ApiRequest::Events(token.cloned()));
            let json = r#"{"stackId":"s","eventId":"1","resourceStatus":"CREATE_IN_PROGRESS"}"#;
            asked.map_err(EventsError::Fault).map(|()| {
                EventsResponse::Page(EventsPage {
                    events: vec![Arc::new(StackEvent::from_json(json, None))],
                    next: None,
                })
            })
        }

        async fn image(&mut self) -> Result<ImageAnswer, Fault> {
            let asked = self.note(ApiRequest::Image);
            asked.map(|()| ImageAnswer::Described(Box::default()))
        }

        fn retry_now(&mut self) {
            self.hurried += 1;
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
        let (report_sender, reports) = mpsc::channel(64);
        let (requests, request_receiver) = mpsc::channel(3);
        let poller = Poller {
            source: Faulty {
                failures,
                kind,
                asked: Asked::default(),
                hurried: 0,
            },
            clock: Clock::scenario(DateTime::UNIX_EPOCH, speed),
            tail: Tail::new(None, fastrand::Rng::with_seed(1)),
            reports: report_sender,
            requests: request_receiver,
        };
        (poller, reports, requests)
    }

    #[tokio::test(start_paused = true)]
    async fn failures_double_the_wait_up_to_a_minute_and_one_good_answer_ends_that() {
        for kind in [FaultKind::Throttled, FaultKind::Transient] {
            let failures = 8;
            let (poller, mut reports, requests) = faulty(0..failures, kind, 1.0);
            let asked = Arc::clone(&poller.source.asked);
            let listen = async {
                // The failures, then a good answer with the image, and two more.
                for _ in 0..failures + 4 {
                    let report = reports.recv().await.unwrap();
                    let is_fault = matches!(report.news, Seen::Fault(_));
                    let next = (report.next_poll - report.at).as_seconds_f64();
                    assert!(!is_fault || next >= 5.0, "the next try is told: {next}");
                }
                drop((reports, requests));
            };
            tokio::join!(poller.run(), listen);
            let asked = asked.lock().unwrap();
            let of_events = asked.iter().filter(|(ask, _)| *ask != ApiRequest::Image);
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
                    // The good answer brought an event, so the build counts as busy for a while.
                    _ => (1.8, 5.5),
                };
                let fits = (shortest - 0.1..=longest + 0.1).contains(&gap);
                assert!(fits, "gap {number} is {gap} s, {kind:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_who_asks_gets_a_try_that_takes_nothing_for_granted() {
        let (mut poller, ..) = faulty(0..0, FaultKind::Expired, 1.0);
        poller.apply(PollCommand::Audit);
        assert_eq!(poller.source.hurried, 0);
        poller.apply(PollCommand::PollNow);
        assert_eq!(poller.source.hurried, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_nothing_at_all_is_asked_for_200_ms() {
        let kind = FaultKind::Transient;
        // By this clock something is always due.
        let (poller, mut reports, requests) = faulty(1..usize::MAX, kind, 10_000.0);
        let asked = Arc::clone(&poller.source.asked);
        let listen = async {
            for _ in 0..40 {
                reports.recv().await.unwrap();
            }
            drop((reports, requests));
        };
        tokio::join!(poller.run(), listen);
        let asked = asked.lock().unwrap();
        assert!(asked.iter().any(|(ask, _)| *ask == ApiRequest::Image));
        for pair in asked.windows(2).skip(1) {
            let gap = pair[1].1 - pair[0].1;
            assert!(gap >= MIN_GAP, "{gap:?} between {pair:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_pages_of_a_walk_follow_without_a_pause() {
        let asked = poll((1, 1), 1.0, false).await;
        let began = asked[0].1;
        let second = asked
            .iter()
            .find(|(ask, _)| matches!(ask, ApiRequest::Events(Some(_))));
        assert!(second.unwrap().1 - began < Duration::from_millis(10));
    }
}
