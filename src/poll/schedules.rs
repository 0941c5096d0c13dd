//! The schedules of one image's requests: which stream is fetched next, and when. The poller makes the request of
//! [`Schedules::next`] and returns the response.
//!
//! Pure: responses go in, results come out. Times are the clock's running time, which never jumps, so that setting the
//! wall clock disturbs nothing.

use std::sync::Arc;
use std::time::Duration;

use crate::backend::{EventsError, EventsResponse, LogError, LogResponse, StepsAnswer};
use crate::domain::fault::Fault;
use crate::domain::image::ImageAnswer;
use crate::domain::observation::{Seen, Stream, WalkStep};
use crate::poll::cadence::Cadence;
use crate::poll::description::{ImageSchedule, NOT_SHOWN};
use crate::poll::events::EventsSchedule;
use crate::poll::log::{LogSchedule, LogStart};
use crate::poll::schedule::{ApiRequest, Attention, PollCommand, Schedule};
use crate::poll::steps::StepsSchedule;

/// The schedules of the streams of one image.
#[derive(Debug)]
pub struct Schedules {
    events: EventsSchedule,
    /// `None` if the backend can't describe images.
    image: Option<ImageSchedule>,
    /// `None` if the backend can't list steps.
    steps: Option<StepsSchedule>,
    /// `None` unless the log is wanted and the backend can read it.
    log: Option<LogSchedule>,
    attention: Attention,
    /// Whether the events and the image come from different endpoints.
    is_apart: bool,
    interval: Option<Duration>,
    random: fastrand::Rng,
}

impl Schedules {
    /// Schedules whose first request is due at once. `interval` replaces the adaptive one.
    pub fn new(interval: Option<Duration>, mut random: fastrand::Rng) -> Self {
        let image = Cadence::new(interval, random.fork());
        let fork = random.clone();
        Self {
            events: EventsSchedule::new(Cadence::new(interval, random)),
            image: Some(ImageSchedule::new(image)),
            log: None,
            attention: Attention::default(),
            is_apart: false,
            interval,
            random: fork,
            steps: None,
        }
    }

    /// Reads the build log, too.
    #[must_use]
    pub fn with_log(mut self, start: LogStart) -> Self {
        let random = self.random.fork();
        self.log = Some(LogSchedule::new(start, self.interval, random));
        self
    }

    /// Makes no requests for the build log.
    pub(crate) fn skip_log(&mut self) {
        self.log = None;
    }

    /// Makes no more requests for the image.
    pub(crate) fn skip_image(&mut self) {
        self.image = None;
    }

    /// Throttling of the events says nothing about the image, nor the other way round.
    pub(crate) fn separate(&mut self) {
        self.is_apart = true;
    }

    /// Makes requests for the steps, too.
    pub(crate) fn add_steps(&mut self) {
        let random = fastrand::Rng::new();
        self.steps = Some(StepsSchedule::new(Cadence::new(None, random)));
    }

    /// Fetches so much of the build from now on. What was left out before is due then.
    pub(crate) fn attend(&mut self, now: Duration, attention: Attention) {
        if self.attention != attention {
            self.attention = attention;
            let shortest = match attention {
                Attention::Whole => Duration::ZERO,
                Attention::WithoutLog | Attention::Outline => NOT_SHOWN,
            };
            if let Some(image) = &mut self.image {
                image.limit(now, shortest);
            }
        }
    }

    fn log_request(&self) -> Option<(ApiRequest, Duration)> {
        let log = self.log.as_ref()?;
        let is_wanted = self.attention == Attention::Whole || log.may_explain();
        log.next().filter(|_| is_wanted)
    }

    fn steps_request(&self) -> Option<(ApiRequest, Duration)> {
        let steps = self.steps.as_ref()?.next()?;
        (self.attention != Attention::Outline).then_some(steps)
    }

    /// Fetches the description this often while nothing calls for it.
    pub(crate) fn describe_every(&mut self, interval: Duration) {
        if let Some(image) = &mut self.image {
            image.usual = interval;
        }
    }

    /// Takes events as committed that an earlier watch has recorded.
    pub fn remember(&mut self, page: &WalkStep) {
        self.events.remember(page);
        if let Some(log) = &mut self.log {
            log.remember(page);
        }
        for event in page.events().map(Arc::as_ref) {
            if let Some(image) = &mut self.image {
                image.remember(event);
            }
        }
        if let Some(steps) = &mut self.steps {
            steps.remember(page);
        }
    }

    /// The next request, and when it is due. Where two are due at the same time, the shorter one precedes a walk.
    pub fn next(&self) -> (ApiRequest, Duration) {
        self.next_permitted(|_| Duration::ZERO)
    }

    /// The same, where a stream may make no request before a time.
    pub(crate) fn next_permitted(
        &self,
        ready_at: impl Fn(Stream) -> Duration,
    ) -> (ApiRequest, Duration) {
        let permitted = |(request, due): (ApiRequest, Duration)| {
            let ready = ready_at(request.stream());
            (request, due.max(ready))
        };
        let events = permitted(self.events.request());
        let image = self.image.as_ref().and_then(Schedule::next);
        let next = match image.map(permitted) {
            Some(image) if image.1 <= events.1 => image,
            _ => events,
        };
        let next = match self.steps_request().map(permitted) {
            Some(steps) if steps.1 < next.1 => steps,
            _ => next,
        };
        match self.log_request().map(permitted) {
            Some(log) if log.1 < next.1 => log,
            _ => next,
        }
    }

    /// When the next request of a stream is due.
    pub fn next_try(&self, stream: Stream) -> Duration {
        let next = match stream {
            Stream::Image => self.image.as_ref().and_then(Schedule::next),
            Stream::Log => self.log_request(),
            Stream::Steps => self.steps_request(),
            _ => None,
        };
        next.map_or_else(|| self.events.request().1, |(_, due)| due)
    }

    /// Handles the response to [`ApiRequest::Events`]. `None` for a page that does not continue the walk.
    pub fn on_events(
        &mut self,
        now: Duration,
        response: Result<EventsResponse, EventsError>,
    ) -> Option<Seen> {
        let seen = self.events.on_response(now, response)?;
        if self.is_apart && seen.is_throttled() {
            return Some(seen);
        }
        if let Some(image) = &mut self.image {
            image.on_other(now, &seen, self.events.request().1);
        }
        if let Some(steps) = &mut self.steps {
            steps.on_other(now, &seen, self.events.request().1);
        }
        if let Some(log) = &mut self.log {
            log.on_other(now, &seen, self.events.request().1);
        }
        Some(seen)
    }

    /// Handles the response to [`ApiRequest::Image`].
    pub fn on_image(
        &mut self,
        now: Duration,
        response: Result<ImageAnswer, Fault>,
    ) -> Option<Seen> {
        let image = self.image.as_mut()?;
        let seen = image.on_response(now, response)?;
        if self.is_apart && seen.is_throttled() {
            return Some(seen);
        }
        let next_try = image.next().map_or(now, |(_, due)| due);
        if let Some(log) = &mut self.log {
            log.on_image(now, &seen);
        }
        self.events.on_other(now, &seen, next_try);
        if let Some(steps) = &mut self.steps {
            steps.on_other(now, &seen, next_try);
        }
        Some(seen)
    }

    /// Handles the response to [`ApiRequest::Steps`]. `None` where there is nothing to show.
    pub fn on_steps(
        &mut self,
        now: Duration,
        response: Result<StepsAnswer, Fault>,
    ) -> Option<Seen> {
        self.steps.as_mut()?.on_response(now, response)
    }

    /// Handles the response to [`ApiRequest::Log`].
    pub fn on_log(
        &mut self,
        now: Duration,
        response: Result<LogResponse, LogError>,
    ) -> Option<Seen> {
        self.log.as_mut()?.on_response(now, response)
    }

    pub fn command(&mut self, now: Duration, command: PollCommand) {
        if let Some(log) = &mut self.log {
            log.command(now, command);
        }
        self.events.command(now, command);
        if let Some(image) = &mut self.image {
            image.command(now, command);
        }
        if let Some(steps) = &mut self.steps {
            steps.command(now, command);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{EventsPage, NextToken};
    use crate::domain::fault::FaultKind;
    use crate::domain::image::{Ami, ImageDescription};
    use crate::domain::stack_event::StackEvent;
    use crate::text::safe::SafeText;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn schedules() -> Schedules {
        Schedules::new(Some(seconds(5)), fastrand::Rng::with_seed(1))
    }

    fn event(id: &str, status: &str, physical: &str) -> Arc<StackEvent> {
        let json = format!(
            r#"{{"stackId":"s","eventId":"{id}","physicalResourceId":"{physical}","resourceStatus":"{status}"}}"#
        );
        Arc::new(StackEvent::from_json(&json, None))
    }

    fn page(events: &[Arc<StackEvent>], next: Option<&str>) -> EventsResponse {
        EventsResponse::Page(EventsPage {
            events: events.to_vec(),
            next: next.map(NextToken::new),
        })
    }

    fn described(ami: bool) -> ImageAnswer {
        let ami = ami.then(|| Ami::new("ami-1"));
        ImageAnswer::Described(Box::new(ImageDescription {
            build_status: Some(SafeText::new("BUILD_COMPLETE")),
            ami,
            ..ImageDescription::default()
        }))
    }

    /// Responds to every request that is due up to a time with the same page. Returns the requests and their times.
    fn requests_until(
        schedules: &mut Schedules,
        end: Duration,
        events: &[Arc<StackEvent>],
    ) -> Vec<(ApiRequest, u64)> {
        let mut requests = Vec::new();
        loop {
            let (request, due) = schedules.next();
            if due > end {
                return requests;
            }
            match request {
                ApiRequest::Events(_) => drop(schedules.on_events(due, Ok(page(events, None)))),
                ApiRequest::Log(_) => unreachable!("no log is read"),
                ApiRequest::Image => drop(schedules.on_image(due, Ok(described(false)))),
                ApiRequest::Steps => drop(schedules.on_steps(due, Ok(StepsAnswer::NoImage))),
            }
            requests.push((request, due.as_secs()));
        }
    }

    /// A build that is gone stays on a screen: after a minute of the same answer nothing hangs on the next one.
    #[test]
    fn an_image_that_stays_absent_is_described_less_often() {
        let mut schedules = schedules();
        schedules.describe_every(seconds(30));
        let events = [event("1", "DELETE_COMPLETE", "s")];
        let mut described = Vec::new();
        loop {
            let (request, due) = schedules.next();
            if due > seconds(600) {
                break;
            }
            if request == ApiRequest::Image {
                described.push(due);
                drop(schedules.on_image(due, Ok(ImageAnswer::Absent)));
            } else {
                drop(schedules.on_events(due, Ok(page(&events, None))));
            }
        }
        let in_first = |minutes: u64| {
            let times = described.iter();
            times.filter(|due| **due <= seconds(60 * minutes)).count()
        };
        assert!(in_first(1) >= 10, "{described:?}");
        assert!(in_first(10) - in_first(5) <= 11, "{described:?}");
    }

    #[test]
    fn a_steady_poll_is_one_request_and_the_image_is_fetched_every_30_seconds() {
        let mut schedules = schedules();
        let events = [event("1", "CREATE_IN_PROGRESS", "s")];
        let requests = requests_until(&mut schedules, seconds(60), &events);
        let of = |wanted: &ApiRequest| {
            requests
                .iter()
                .filter(|(request, _)| request == wanted)
                .map(|(_, due)| *due)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of(&ApiRequest::Events(None)),
            (0..=12).map(|poll| poll * 5).collect::<Vec<_>>()
        );
        assert_eq!(of(&ApiRequest::Image), [0, 30, 60]);
    }

    #[test]
    fn the_first_page_is_fetched_before_the_image_and_the_rest_without_a_pause() {
        let mut schedules = schedules();
        assert_eq!(schedules.next(), (ApiRequest::Events(None), seconds(0)));
        let events = [event("2", "X", ""), event("1", "X", "")];
        let _ = schedules.on_events(seconds(1), Ok(page(&events, Some("t"))));
        assert_eq!(schedules.next(), (ApiRequest::Image, seconds(1)));
        let _ = schedules.on_image(seconds(1), Ok(described(false)));
        assert_eq!(
            schedules.next(),
            (ApiRequest::Events(Some(NextToken::new("t"))), seconds(1))
        );
    }

    #[test]
    fn a_new_root_status_makes_an_image_request_due() {
        let mut schedules = schedules();
        let first = event("1", "CREATE_IN_PROGRESS", "s");
        requests_until(&mut schedules, seconds(6), std::slice::from_ref(&first));
        let failed = event("2", "CREATE_FAILED", "s");
        let _ = schedules.on_events(seconds(10), Ok(page(&[failed, first], None)));
        assert_eq!(schedules.next(), (ApiRequest::Image, seconds(10)));
    }

    #[test]
    fn the_image_is_fetched_every_2_seconds_while_a_verdict_depends_on_it() {
        let mut schedules = schedules();
        let deleting = event("1", "DELETE_IN_PROGRESS", "s");
        let _ = schedules.on_events(seconds(0), Ok(page(&[deleting], None)));
        let _ = schedules.on_image(seconds(0), Ok(described(false)));
        assert_eq!(schedules.next(), (ApiRequest::Image, seconds(2)));
        let _ = schedules.on_image(seconds(2), Ok(described(true)));
        assert_eq!(
            schedules.next(),
            (ApiRequest::Events(None), seconds(5)),
            "the AMI is known: back to the usual interval"
        );
    }

    #[test]
    fn every_missing_stack_makes_an_image_request_due() {
        let mut schedules = schedules();
        let _ = schedules.on_events(seconds(0), Ok(EventsResponse::Gone));
        assert_eq!(schedules.next(), (ApiRequest::Image, seconds(0)));
        let _ = schedules.on_image(seconds(0), Ok(ImageAnswer::Absent));
        let _ = schedules.on_events(seconds(5), Ok(EventsResponse::Gone));
        assert_eq!(schedules.next(), (ApiRequest::Image, seconds(5)));
    }

    #[test]
    fn a_denied_image_request_does_not_slow_the_events_down() {
        let mut schedules = schedules();
        let events = [event("1", "CREATE_IN_PROGRESS", "s")];
        let _ = schedules.on_events(seconds(0), Ok(page(&events, None)));
        for _ in 0..6 {
            let _ = schedules.on_image(seconds(0), Err(Fault::of_test(FaultKind::Denied)));
        }
        assert_eq!(schedules.next(), (ApiRequest::Events(None), seconds(5)));
    }

    #[test]
    fn throttling_slows_both_down_and_keeps_the_token() {
        let mut schedules = schedules();
        let _ = schedules.on_events(seconds(0), Ok(page(&[event("2", "X", "")], Some("t"))));
        let _ = schedules.on_image(seconds(0), Ok(described(false)));
        for _ in 0..9 {
            let throttled = Err(EventsError::Fault(Fault::of_test(FaultKind::Throttled)));
            let _ = schedules.on_events(seconds(0), throttled);
        }
        let (request, due) = schedules.next();
        assert_eq!(request, ApiRequest::Events(Some(NextToken::new("t"))));
        assert!(due >= seconds(25), "{due:?}");
    }

    #[test]
    fn a_throttled_api_gets_no_image_request_before_the_next_events_request() {
        let mut schedules = schedules();
        let events = [event("1", "CREATE_IN_PROGRESS", "s")];
        let _ = schedules.on_events(seconds(0), Ok(page(&events, None)));
        assert_eq!(schedules.next(), (ApiRequest::Image, seconds(0)));
        let throttled = Err(EventsError::Fault(Fault::of_test(FaultKind::Throttled)));
        let _ = schedules.on_events(seconds(0), throttled);
        let (_, due) = schedules.next();
        assert!(due >= seconds(5), "{due:?}");
        let _ = schedules.on_image(due, Err(Fault::of_test(FaultKind::Throttled)));
        let next = schedules.next_try(Stream::Events);
        assert!(next >= due + seconds(10), "{next:?} after {due:?}");
    }

    #[test]
    fn catching_up_fetches_both_at_once_after_any_failure() {
        let mut schedules = schedules();
        let events = [event("1", "CREATE_IN_PROGRESS", "s")];
        schedules.command(seconds(0), PollCommand::CatchUp);
        assert_eq!(schedules.next(), (ApiRequest::Events(None), seconds(0)));
        let _ = schedules.on_events(seconds(0), Ok(page(&events, None)));
        for _ in 0..6 {
            let unreachable = Fault::of_test(FaultKind::Transient);
            let _ = schedules.on_image(seconds(0), Err(unreachable.clone()));
            let _ = schedules.on_events(seconds(0), Err(EventsError::Fault(unreachable)));
        }
        schedules.command(seconds(1), PollCommand::CatchUp);
        assert_eq!(schedules.next(), (ApiRequest::Image, seconds(1)));
        let _ = schedules.on_image(seconds(1), Ok(described(false)));
        assert_eq!(schedules.next(), (ApiRequest::Events(None), seconds(1)));
    }

    #[test]
    fn an_audit_reads_the_history_to_its_end() {
        let mut schedules = schedules();
        let events: Vec<_> = (0..30)
            .rev()
            .map(|id| event(&id.to_string(), "X", ""))
            .collect();
        let _ = schedules.on_events(seconds(0), Ok(page(&events, None)));
        let _ = schedules.on_image(seconds(0), Ok(described(false)));
        schedules.command(seconds(1), PollCommand::Audit);
        assert_eq!(schedules.next(), (ApiRequest::Events(None), seconds(1)));
        let Some(Seen::Page(step)) = schedules.on_events(seconds(1), Ok(page(&events, Some("t"))))
        else {
            panic!("a step of the walk is expected");
        };
        assert!(step.commit.is_none() && step.audit);
        assert_eq!(
            schedules.next(),
            (ApiRequest::Events(Some(NextToken::new("t"))), seconds(1))
        );
    }
}
