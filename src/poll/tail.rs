//! The schedule of requests: the walk over the events, and DescribeImage only when it can add to the verdict. The poller
//! sends [`Tail::next`] and returns the response.
//!
//! Pure, like its walk: responses go in, observations come out. Times are the clock's running time, which
//! never jumps, so that setting the wall clock disturbs nothing.

use std::time::Duration;

use crate::backend::{EventsError, EventsResponse, NextToken};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::image::ImageAnswer;
use crate::domain::observation::{Seen, Stream, WalkStep};
use crate::domain::stack_event::{EventId, StackEvent};
use crate::poll::cadence::Cadence;
use crate::poll::walk::Walk;

/// The interval of DescribeImage while no event calls for it.
const DESCRIBE_EVERY: Duration = Duration::from_secs(30);
/// The interval of DescribeImage while a verdict depends on it.
const DESCRIBE_SOON: Duration = Duration::from_secs(2);

/// A request to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiRequest {
    /// A page of events: the one of the token, or the newest.
    Events(Option<NextToken>),
    /// DescribeImage.
    Image,
}

/// The tailing of one image.
#[derive(Debug)]
pub struct Tail {
    walk: Walk,
    events: Cadence,
    events_due: Duration,
    image: Cadence,
    /// When DescribeImage is due; not before the first response with events.
    image_due: Option<Duration>,
    /// Whether the walk in progress has met an event of the stack itself.
    root_met: bool,
    root: Option<RootSeen>,
    /// DescribeImage has named the AMI of this stack: no verdict depends on it any more.
    settled: bool,
}

/// The newest event of the stack itself.
#[derive(Debug)]
struct RootSeen {
    event_id: EventId,
    /// Whether only DescribeImage can explain this status.
    is_ambiguous: bool,
}

impl RootSeen {
    fn of(event: &StackEvent) -> Self {
        Self {
            event_id: event.event_id.clone(),
            is_ambiguous: event.status.is_delete() || event.status.as_str() == "CREATE_COMPLETE",
        }
    }
}

impl Tail {
    /// A tail whose first request is due at once. `interval` replaces the adaptive one.
    pub fn new(interval: Option<Duration>, mut random: fastrand::Rng) -> Self {
        Self {
            walk: Walk::default(),
            image: Cadence::new(interval, random.fork()),
            events: Cadence::new(interval, random),
            events_due: Duration::ZERO,
            image_due: None,
            root_met: false,
            root: None,
            settled: false,
        }
    }

    /// Takes events as committed that an earlier watch has recorded, oldest first.
    pub fn remember<'a>(&mut self, events: impl IntoIterator<Item = &'a StackEvent>) {
        for event in events {
            self.walk.remember(event);
            if event.is_root {
                self.root = Some(RootSeen::of(event));
            }
        }
    }

    /// The next request, and when it is due.
    pub fn next(&self) -> (ApiRequest, Duration) {
        match self.image_due {
            Some(due) if due <= self.events_due => (ApiRequest::Image, due),
            _ => (
                ApiRequest::Events(self.walk.token().cloned()),
                self.events_due,
            ),
        }
    }

    /// When the next request of a stream is due.
    pub fn next_try(&self, stream: Stream) -> Duration {
        let image_due = self.image_due.filter(|_| stream == Stream::Image);
        image_due.unwrap_or(self.events_due)
    }

    /// Makes a request for events due.
    pub fn poll_now(&mut self, now: Duration) {
        self.events_due = self.events_due.min(now);
    }

    /// Makes every request due: the last ones were sent long ago.
    pub fn catch_up(&mut self, now: Duration) {
        self.poll_now(now);
        self.image_due = self.image_due.map(|due| due.min(now));
    }

    /// Makes the next walk read the whole history, and its first request due.
    pub fn audit(&mut self, now: Duration) {
        self.walk.audit();
        self.poll_now(now);
    }

    /// Handles the response to [`ApiRequest::Events`]. None for a page that does not continue the walk.
    pub fn on_events(
        &mut self,
        now: Duration,
        response: Result<EventsResponse, EventsError>,
    ) -> Option<Seen> {
        match response {
            Ok(EventsResponse::Page(page)) => {
                self.events.succeeded();
                let step = self.walk.page(page);
                if let Some(step) = &step {
                    self.note_root(now, step);
                }
                let wait = if self.walk.wants_more() {
                    Duration::ZERO
                } else {
                    self.events.wait(now)
                };
                self.events_due = now + wait;
                self.image_due.get_or_insert(now);
                step.map(Seen::Page)
            }
            Ok(EventsResponse::Gone) => {
                self.events.succeeded();
                self.walk.abandon();
                self.events_due = now + self.events.wait(now);
                self.want_image(now);
                Some(Seen::StackGone)
            }
            Err(error) => Some(Seen::Failed(self.events_failed(now, error))),
        }
    }

    fn events_failed(&mut self, now: Duration, error: EventsError) -> Fault {
        let fault = match error {
            EventsError::TokenRejected(fault) => {
                self.walk.rejected();
                fault
            }
            EventsError::Fault(fault) => {
                if matches!(fault.kind, FaultKind::Transient | FaultKind::Malformed) {
                    self.walk.faulted();
                }
                fault
            }
        };
        self.events.failed();
        self.events_due = now + self.events.wait(now);
        self.hold_back(fault.kind);
        fault
    }

    /// Handles the response to [`ApiRequest::Image`].
    pub fn on_image(&mut self, now: Duration, response: Result<ImageAnswer, Fault>) -> Seen {
        match response {
            Ok(image) => {
                self.image.succeeded();
                self.settled = matches!(&image, ImageAnswer::Described(image) if image.finished_ami().is_some());
                self.image_due = Some(now + self.usual_image_wait());
                Seen::Image(image)
            }
            Err(fault) => {
                self.image.failed();
                let wait = self.image.wait(now).max(DESCRIBE_SOON);
                self.image_due = Some(now + wait);
                if fault.kind == FaultKind::Throttled {
                    self.events.failed();
                    self.events_due = self.events_due.max(now + self.events.wait(now));
                }
                Seen::Failed(fault)
            }
        }
    }

    /// Notes a new status of the stack itself, which calls for DescribeImage. The first event of the stack itself that a
    /// walk meets is the newest one.
    fn note_root(&mut self, now: Duration, page: &WalkStep) {
        if !page.fresh.is_empty() {
            self.events.saw_new(now);
        }
        self.root_met &= !page.restarted;
        let Some(root) = page
            .fresh
            .iter()
            .find(|event| event.is_root && !self.root_met)
        else {
            return;
        };
        self.root_met = true;
        if self
            .root
            .as_ref()
            .is_none_or(|known| known.event_id != root.event_id)
        {
            self.root = Some(RootSeen::of(root));
            self.settled = false;
            self.want_image(now);
        }
    }

    /// Makes DescribeImage due, unless it has to wait because it failed.
    fn want_image(&mut self, now: Duration) {
        match &mut self.image_due {
            Some(due) if self.image.is_failing() => *due = (*due).max(now),
            due => *due = Some(now),
        }
    }

    fn usual_image_wait(&self) -> Duration {
        let is_awaited = !self.settled && self.root.as_ref().is_some_and(|root| root.is_ambiguous);
        if is_awaited {
            DESCRIBE_SOON
        } else {
            DESCRIBE_EVERY
        }
    }

    /// A throttled API gets no DescribeImage either before the next request for events.
    fn hold_back(&mut self, kind: FaultKind) {
        if let (Some(due), FaultKind::Throttled) = (&mut self.image_due, kind) {
            *due = (*due).max(self.events_due);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::backend::EventsPage;
    use crate::domain::image::{Ami, ImageDescription};
    use crate::text::safe::SafeText;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn tail() -> Tail {
        Tail::new(Some(seconds(5)), fastrand::Rng::with_seed(1))
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

    fn fault(kind: FaultKind) -> Fault {
        Fault {
            kind,
            message: SafeText::new("x"),
            hint: None,
            request_id: None,
        }
    }

    fn described(ami: bool) -> ImageAnswer {
        let ami = ami.then(|| Ami {
            id: SafeText::new("ami-1"),
            name: None,
            state: None,
        });
        ImageAnswer::Described(Box::new(ImageDescription {
            build_status: Some(SafeText::new("BUILD_COMPLETE")),
            ami,
            ..ImageDescription::default()
        }))
    }

    /// Responds to every request that is due up to a time with the same page. Returns the requests and their times.
    fn requests_until(
        tail: &mut Tail,
        end: Duration,
        events: &[Arc<StackEvent>],
    ) -> Vec<(ApiRequest, u64)> {
        let mut requests = Vec::new();
        loop {
            let (request, due) = tail.next();
            if due > end {
                return requests;
            }
            match request {
                ApiRequest::Events(_) => drop(tail.on_events(due, Ok(page(events, None)))),
                ApiRequest::Image => drop(tail.on_image(due, Ok(described(false)))),
            }
            requests.push((request, due.as_secs()));
        }
    }

    #[test]
    fn a_steady_poll_is_one_request_and_the_image_is_fetched_every_30_seconds() {
        let mut tail = tail();
        let events = [event("1", "CREATE_IN_PROGRESS", "s")];
        let requests = requests_until(&mut tail, seconds(60), &events);
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
        let mut tail = tail();
        assert_eq!(tail.next(), (ApiRequest::Events(None), seconds(0)));
        let _ = tail.on_events(seconds(1), Ok(page(&[event("2", "X", "")], Some("t"))));
        assert_eq!(tail.next(), (ApiRequest::Image, seconds(1)));
        let _ = tail.on_image(seconds(1), Ok(described(false)));
        assert_eq!(
            tail.next(),
            (ApiRequest::Events(Some(NextToken::new("t"))), seconds(1))
        );
    }

    #[test]
    fn a_new_root_status_makes_an_image_request_due() {
        let mut tail = tail();
        let first = event("1", "CREATE_IN_PROGRESS", "s");
        requests_until(&mut tail, seconds(6), std::slice::from_ref(&first));
        let failed = event("2", "CREATE_FAILED", "s");
        let _ = tail.on_events(seconds(10), Ok(page(&[failed, first], None)));
        assert_eq!(tail.next(), (ApiRequest::Image, seconds(10)));
    }

    #[test]
    fn the_image_is_fetched_every_2_seconds_while_a_verdict_depends_on_it() {
        let mut tail = tail();
        let deleting = event("1", "DELETE_IN_PROGRESS", "s");
        let _ = tail.on_events(seconds(0), Ok(page(&[deleting], None)));
        let _ = tail.on_image(seconds(0), Ok(described(false)));
        assert_eq!(tail.next(), (ApiRequest::Image, seconds(2)));
        let _ = tail.on_image(seconds(2), Ok(described(true)));
        assert_eq!(
            tail.next(),
            (ApiRequest::Events(None), seconds(5)),
            "the AMI is known: back to the usual interval"
        );
    }

    #[test]
    fn every_missing_stack_makes_an_image_request_due() {
        let mut tail = tail();
        let _ = tail.on_events(seconds(0), Ok(EventsResponse::Gone));
        assert_eq!(tail.next(), (ApiRequest::Image, seconds(0)));
        let _ = tail.on_image(seconds(0), Ok(ImageAnswer::Absent));
        let _ = tail.on_events(seconds(5), Ok(EventsResponse::Gone));
        assert_eq!(tail.next(), (ApiRequest::Image, seconds(5)));
    }

    #[test]
    fn a_denied_image_request_does_not_slow_the_events_down() {
        let mut tail = tail();
        let events = [event("1", "CREATE_IN_PROGRESS", "s")];
        let _ = tail.on_events(seconds(0), Ok(page(&events, None)));
        for _ in 0..6 {
            let _ = tail.on_image(seconds(0), Err(fault(FaultKind::Denied)));
        }
        assert_eq!(tail.next(), (ApiRequest::Events(None), seconds(5)));
    }

    #[test]
    fn throttling_slows_both_down_and_keeps_the_token() {
        let mut tail = tail();
        let _ = tail.on_events(seconds(0), Ok(page(&[event("2", "X", "")], Some("t"))));
        let _ = tail.on_image(seconds(0), Ok(described(false)));
        for _ in 0..9 {
            let throttled = Err(EventsError::Fault(fault(FaultKind::Throttled)));
            let _ = tail.on_events(seconds(0), throttled);
        }
        let (request, due) = tail.next();
        assert_eq!(request, ApiRequest::Events(Some(NextToken::new("t"))));
        assert!(due >= seconds(25), "{due:?}");
    }

    #[test]
    fn a_throttled_api_gets_no_image_request_before_the_next_events_request() {
        let mut tail = tail();
        let events = [event("1", "CREATE_IN_PROGRESS", "s")];
        let _ = tail.on_events(seconds(0), Ok(page(&events, None)));
        assert_eq!(tail.next(), (ApiRequest::Image, seconds(0)));
        let throttled = Err(EventsError::Fault(fault(FaultKind::Throttled)));
        let _ = tail.on_events(seconds(0), throttled);
        let (_, due) = tail.next();
        assert!(due >= seconds(5), "{due:?}");
        let _ = tail.on_image(due, Err(fault(FaultKind::Throttled)));
        let next = tail.next_try(Stream::Events);
        assert!(next >= due + seconds(10), "{next:?} after {due:?}");
    }

    #[test]
    fn catching_up_fetches_both_at_once_after_any_failure() {
        let mut tail = tail();
        let events = [event("1", "CREATE_IN_PROGRESS", "s")];
        tail.catch_up(seconds(0));
        assert_eq!(tail.next(), (ApiRequest::Events(None), seconds(0)));
        let _ = tail.on_events(seconds(0), Ok(page(&events, None)));
        for _ in 0..6 {
            let unreachable = fault(FaultKind::Transient);
            let _ = tail.on_image(seconds(0), Err(unreachable.clone()));
            let _ = tail.on_events(seconds(0), Err(EventsError::Fault(unreachable)));
        }
        tail.catch_up(seconds(1));
        assert_eq!(tail.next(), (ApiRequest::Image, seconds(1)));
        let _ = tail.on_image(seconds(1), Ok(described(false)));
        assert_eq!(tail.next(), (ApiRequest::Events(None), seconds(1)));
    }

    #[test]
    fn an_audit_reads_the_history_to_its_end() {
        let mut tail = tail();
        let events: Vec<_> = (0..30)
            .rev()
            .map(|id| event(&id.to_string(), "X", ""))
            .collect();
        let _ = tail.on_events(seconds(0), Ok(page(&events, None)));
        let _ = tail.on_image(seconds(0), Ok(described(false)));
        tail.audit(seconds(1));
        assert_eq!(tail.next(), (ApiRequest::Events(None), seconds(1)));
        let Some(Seen::Page(step)) = tail.on_events(seconds(1), Ok(page(&events, Some("t"))))
        else {
            panic!("a step of the walk is expected");
        };
        assert!(step.commit.is_none() && step.audit);
        assert_eq!(
            tail.next(),
            (ApiRequest::Events(Some(NextToken::new("t"))), seconds(1))
        );
    }
}
