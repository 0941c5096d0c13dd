//! A watcher of the model service: the schedules, walk, timeline and build of the program, one request at a time, and the
//! rules that must hold at every moment.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bakewatch::testing::backend::{EventsError, EventsResponse, NextToken, StepsAnswer};
use bakewatch::testing::domain::{
    Build, FaultKind, ImageAnswer, Observation, Outcome, Row, Seen, StackEvent, StackId, Stream,
    Timeline,
};
use bakewatch::testing::poll::{ApiRequest, PollCommand, Schedules};
use bakewatch::testing::recording::{Header, Recorder, Recording, VERSION};
use bakewatch::testing::store::Selection;
use chrono::{DateTime, Utc};

use super::api::fault;
use super::service::{Kept, Rejected, Service};

/// The result of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The service responds.
    Response,
    /// The request fails with a fault of this kind.
    Fails(FaultKind),
    /// The service reports that there is no such stack, although there is.
    Gone,
    /// The service rejects this token from now on, and responds to requests without one.
    TokenDies,
    /// The service rejects all tokens of earlier pages from now on, this one included, and responds to requests
    /// without one.
    AllTokensDie,
}

/// A poller whose requests the test sends one by one.
#[derive(Debug)]
pub(crate) struct Watcher {
    schedules: Schedules,
    now: Duration,
    /// The service refuses all tokens like this.
    refusal: Option<Refusal>,
    recorder: Option<(PathBuf, Recorder)>,
    /// A walk ended above a page that the service refused: some later one reads as far below it.
    pub(crate) was_cut: bool,
    pub(crate) ledger: Ledger,
}

/// The way in which all tokens are refused for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// With the application's own words.
    Rejected,
    /// With a fault of this kind.
    Fault(FaultKind),
}

impl Watcher {
    pub(crate) fn new() -> Self {
        Self {
            schedules: new_schedules(),
            now: Duration::ZERO,
            refusal: None,
            recorder: None,
            was_cut: false,
            ledger: Ledger::default(),
        }
    }

    /// A watcher that records, so that it can be resumed.
    pub(crate) fn recording(path: PathBuf) -> Self {
        let (recorder, _) = recorder(&path);
        Self {
            recorder: Some((path, recorder)),
            ..Self::new()
        }
    }

    /// The service refuses all tokens from now on, or none.
    pub(crate) fn refuse(&mut self, refusal: Option<Refusal>) {
        self.refusal = refusal;
    }

    /// Ends the watch as its user does, and begins another one that resumes its recording.
    pub(crate) fn end_and_resume(&mut self) {
        let now = DateTime::UNIX_EPOCH + self.now;
        if let Some((_, recorder)) = &mut self.recorder {
            let outcome = Outcome::of(&self.ledger.build, "image");
            recorder.end(&outcome, now).unwrap();
            self.ledger.end();
        }
        self.resume();
    }

    /// Ends the watch at once, and begins another one that resumes its recording.
    pub(crate) fn resume(&mut self) {
        let Some((path, _)) = self.recorder.take() else {
            return;
        };
        let (resumed, recorded) = recorder(&path);
        self.recorder = Some((path, resumed));
        self.schedules = new_schedules();
        self.ledger.build = Build::default();
        let now = DateTime::UNIX_EPOCH + self.now;
        for observation in recorded.into_iter().flat_map(|one| one.resume(now)) {
            for page in observation.resumed() {
                self.schedules.remember(page);
            }
            self.record(&observation);
            self.ledger.take(&observation);
        }
    }

    fn record(&mut self, observation: &Observation) {
        if let Some((_, recorder)) = &mut self.recorder {
            recorder.record(observation).unwrap();
        }
    }

    pub(crate) fn audit(&mut self) {
        self.schedules.command(self.now, PollCommand::Audit);
    }

    /// The token of the next request for events. Requests for the image before it get a response.
    pub(crate) fn token(&mut self) -> Option<NextToken> {
        loop {
            let (request, due) = self.schedules.next();
            self.now = self.now.max(due);
            match request {
                ApiRequest::Events(token) => return token,
                ApiRequest::Log(_) => unreachable!("no log is read"),
                ApiRequest::Steps => {
                    drop(self.schedules.on_steps(self.now, Ok(StepsAnswer::NoImage)));
                }
                ApiRequest::Image => {
                    let answer = ImageAnswer::Described(Box::default());
                    if let Some(seen) = self.schedules.on_image(self.now, Ok(answer)) {
                        self.take(Stream::Image, seen);
                    }
                }
            }
        }
    }

    /// The size of the schedules, as the length of its `Debug` text.
    pub(crate) fn schedules_size(&self) -> usize {
        format!("{:?}", self.schedules).len()
    }

    /// Sends one request for events. Returns whether it completed a walk.
    pub(crate) fn request(&mut self, service: &mut Service, fate: Fate) -> bool {
        let token = self.token();
        match (fate, &token) {
            (Fate::TokenDies, Some(token)) => service.kill_token(token),
            (Fate::AllTokensDie, _) => service.kill_all_tokens(),
            _ => {}
        }
        let refusal = self.refusal.filter(|_| token.is_some());
        let fate = match refusal {
            Some(Refusal::Fault(kind)) => Fate::Fails(kind),
            _ => fate,
        };
        let response = match fate {
            _ if refusal == Some(Refusal::Rejected) => {
                Err(EventsError::TokenRejected(fault(FaultKind::Misconfigured)))
            }
            Fate::Fails(kind) => Err(EventsError::Fault(fault(kind))),
            Fate::Gone => Ok(EventsResponse::Gone),
            Fate::Response | Fate::TokenDies | Fate::AllTokensDie => service
                .response(token.as_ref())
                .map(EventsResponse::Page)
                .map_err(|Rejected| EventsError::TokenRejected(fault(FaultKind::Transient))),
        };
        let failed = response.is_err();
        let seen = self.schedules.on_events(self.now, response);
        let whole = matches!(&seen, Some(Seen::Page(page)) if page.commit.is_some());
        self.was_cut |= failed && whole;
        if let Some(seen) = seen {
            self.take(Stream::Events, seen);
        }
        whole
    }

    fn take(&mut self, stream: Stream, seen: Seen) {
        let observation = Observation {
            at: DateTime::UNIX_EPOCH + self.now,
            elapsed: self.now,
            stream,
            next_try: DateTime::UNIX_EPOCH + self.schedules.next_try(stream),
            seen,
        };
        self.record(&observation);
        self.ledger.take(&observation);
    }

    /// Sends requests until the walk in progress is complete.
    pub(crate) fn finish_walk(&mut self, service: &mut Service) {
        let whole = (0..10_000).any(|_| self.request(service, Fate::Response));
        assert!(whole, "no walk was completed");
    }

    /// Sends requests until two walks are complete: the second one began after this call.
    pub(crate) fn finish(&mut self, service: &mut Service) {
        self.finish_walk(service);
        self.finish_walk(service);
    }
}

fn new_schedules() -> Schedules {
    let seconds = Duration::from_secs(5);
    Schedules::new(Some(seconds), fastrand::Rng::with_seed(1))
}

/// The header of a recording of the image `img`.
pub(crate) fn header(started_at: DateTime<Utc>) -> Header {
    Header {
        version: VERSION,
        program: "0".to_owned(),
        backend: "parallelcluster".to_owned(),
        account: None,
        partition: None,
        image_id: "img".to_owned(),
        region: None,
        stack: None,
        profile: None,
        api: None,
        simulated: false,
        started_at,
    }
}

fn recorder(path: &Path) -> (Recorder, Option<Recording>) {
    let header = header(DateTime::UNIX_EPOCH);
    Recorder::in_file(path, &header, true).unwrap()
}

/// The build that is shown and the events that are printed after some observations.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    build: Build,
    printed: Vec<Arc<StackEvent>>,
    /// The stacks that had a gap, so that its events may be printed late.
    had_gaps: HashSet<StackId>,
    /// The stacks whose events were printed because another stack took their place.
    left: HashSet<StackId>,
}

impl Ledger {
    pub(crate) fn take(&mut self, observation: &Observation) {
        if let Seen::Page(page) = &observation.seen {
            let others = page.others.iter();
            let others = others.map(|other| (Some(&other.stack_id), &other.gaps));
            for (stack, gaps) in others.chain([(page.stack_id.as_ref(), &page.gaps)]) {
                if gaps.as_ref().is_some_and(|gaps| !gaps.is_empty()) {
                    self.had_gaps.extend(stack.cloned());
                }
            }
        }
        let change = self.build.apply(observation);
        let left = change.left.iter().map(|event| event.stack_id.clone());
        self.left.extend(left);
        self.printed.extend(change.left);
        self.printed.extend(change.committed);
    }

    /// The end of a watch prints the events of the walk that it interrupts, below a gap.
    fn end(&mut self) {
        let pending: Vec<_> = self
            .timeline()
            .into_iter()
            .flat_map(Timeline::pending)
            .map(Arc::clone)
            .collect();
        let stacks = pending.iter().map(|event| event.stack_id.clone());
        self.had_gaps.extend(stacks);
        self.printed.extend(pending);
    }

    /// The timeline of the current stack.
    pub(crate) fn timeline(&self) -> Option<&Timeline> {
        self.build.current()
    }

    /// The events of a stack, oldest first.
    pub(crate) fn ids_of(&self, stack: &str) -> Vec<&str> {
        let mut timelines = self.build.timelines().iter();
        let timeline = timelines.find(|timeline| timeline.stack_id().as_str() == stack);
        let ids = timeline.map(events);
        let ids = ids.iter().flatten().map(|event| event.event_id.as_str());
        ids.collect()
    }

    /// The events of the current stack, oldest first.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let events = self.timeline().map(events);
        let ids = events.iter().flatten().map(|event| event.event_id.as_str());
        ids.collect()
    }

    /// Whether a gap is shown between committed events of the current stack.
    pub(crate) fn has_gaps(&self) -> bool {
        self.timeline().is_some_and(Timeline::has_gaps)
    }

    /// How many events were printed.
    pub(crate) fn printed(&self) -> usize {
        self.printed.len()
    }

    /// Checks the rules of every moment: each stack's events are present once, in the service's order, and none is
    /// missing between two of them without a gap.
    pub(crate) fn check(&self, service: &Service) {
        for timeline in self.build.timelines() {
            let stack = timeline.stack_id().as_str();
            let is_aside = stack == Service::foreign();
            check_order(timeline, &service.events_of(stack), is_aside);
        }
    }

    /// Checks the rules of a complete history: the current stack is shown as the service has it.
    pub(crate) fn check_complete(&self, service: &Service) {
        self.check(service);
        self.check_prints(service);
        let stack = service.stack();
        let shown = self.timeline().map(|timeline| timeline.stack_id().as_str());
        assert_eq!(shown, Some(stack.as_str()));
        let kept = service.events().into_iter();
        let expected: Vec<_> = kept.map(|kept| kept.event.fingerprint()).collect();
        let shown: Vec<_> = self.timeline().map(events).into_iter().flatten().collect();
        let shown: Vec<_> = shown.iter().map(|event| event.fingerprint()).collect();
        assert_eq!(shown, expected, "{:?}", self.ids());
        self.check_aside(service);
        let of_stack = |event: &&Arc<StackEvent>| event.stack_id.as_str() == stack;
        let printed = self.printed.iter().filter(of_stack).count();
        assert_eq!(printed, expected.len(), "not all is printed");
    }

    /// Checks that the events of another stack that are listed among the current one's are shown too.
    fn check_aside(&self, service: &Service) {
        let foreign = Service::foreign();
        let timelines = self.build.timelines().iter();
        let aside = timelines.filter(|timeline| timeline.stack_id().as_str() == foreign);
        let shown: HashSet<_> = aside
            .flat_map(events)
            .map(|event| event.fingerprint())
            .collect();
        for kept in service.listed_aside() {
            let id = kept.event.event_id.as_str();
            assert!(shown.contains(&kept.event.fingerprint()), "{id} is lost");
        }
    }

    /// Checks the printed events: each one once, and if none is late, each stack's in its order.
    fn check_prints(&self, service: &Service) {
        let keys = self.printed.iter().map(|event| event.key());
        let distinct = keys.collect::<HashSet<_>>().len();
        assert_eq!(distinct, self.printed.len(), "an event is printed twice");
        for timeline in self.build.timelines() {
            let kept = service.events_of(timeline.stack_id().as_str());
            let is_aside = timeline.stack_id().as_str() == Service::foreign();
            let (had_gaps, left) = (&self.had_gaps, &self.left);
            let had_gap = had_gaps.contains(timeline.stack_id());
            // Which stack is the current one was open.
            let was_left = is_aside && left.contains(timeline.stack_id());
            if had_gap
                || was_left
                || (is_aside && !self.had_gaps.is_empty())
                || kept.iter().any(|kept| kept.is_late)
            {
                continue;
            }
            let of_stack = |event: &&Arc<StackEvent>| &event.stack_id == timeline.stack_id();
            let mut kept = kept.iter();
            for event in self.printed.iter().filter(of_stack) {
                let found = kept.any(|kept| kept.event.fingerprint() == event.fingerprint());
                let (stack, id) = (event.stack_id.as_str(), event.event_id.as_str());
                assert!(found, "{id} of {stack} is printed out of order");
            }
        }
    }
}

/// Of a stack whose events are listed among those of others, some may be missing: the others have the gap.
fn check_order(timeline: &Timeline, kept: &[&Kept], is_aside: bool) {
    let mut kept = kept.iter();
    let mut may_miss = is_aside;
    for row in rows(timeline) {
        let Row::Event(event) = row else {
            may_miss = true;
            continue;
        };
        loop {
            let id = event.event_id.as_str();
            let Some(next) = kept.next() else {
                panic!("{id} is shown twice or out of the service's order");
            };
            if next.event.fingerprint() == event.fingerprint() {
                break;
            }
            let missing = next.event.event_id.as_str();
            assert!(
                may_miss || next.is_late,
                "{missing} is missing before {id} without a gap"
            );
        }
        may_miss = is_aside;
    }
}

fn rows(timeline: &Timeline) -> impl Iterator<Item = Row<'_>> {
    (0..timeline.rows(Selection::ALL)).filter_map(|index| timeline.row(Selection::ALL, index))
}

fn events(timeline: &Timeline) -> Vec<&Arc<StackEvent>> {
    let events = rows(timeline).filter_map(|row| match row {
        Row::Event(event) => Some(event),
        Row::Gap => None,
    });
    events.collect()
}
