//! When a headless watch ends and with which code: sequences of observations through the real `update`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bakewatch::testing::app::{
    Effect, Entry, ExitPolicy, KeyMap, Mode, Model, Msg, PollRequest, Preferences, Session,
    SessionId, Signal, Target, update,
};
use bakewatch::testing::domain::{
    Fault, FaultKind, ImageAnswer, Outcome, OutcomeKind, Seen, StackEvent, Stream, Timeline,
    Verdict, WalkStep,
};
use bakewatch::testing::text::SafeText;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use proptest::prelude::*;

use crate::support::api::{self, fault};

/// A headless watch, second by second.
struct Watch {
    model: Model,
    now: DateTime<Utc>,
    elapsed: Duration,
    effects: Vec<Effect>,
    events: usize,
    stack: &'static str,
}

impl Watch {
    fn new() -> Self {
        Self::with(ExitPolicy::new(false))
    }

    fn waiting() -> Self {
        Self::with(ExitPolicy::new(true))
    }

    fn with(exit: ExitPolicy) -> Self {
        Self::of(Mode::Headless, Some(exit))
    }

    fn on_screen() -> Self {
        Self::of(Mode::Screen, None)
    }

    fn of(mode: Mode, exit: Option<ExitPolicy>) -> Self {
        let now = "2026-01-01T10:00:00Z".parse().unwrap();
        let target = Target {
            image_id: "img".to_owned(),
            region: None,
            backend: None,
            note: None,
        };
        let preferences = Preferences::new(mode, KeyMap::default());
        let session = Session::new(SessionId::default(), target, exit);
        Self {
            model: Model::new(preferences, session, now),
            now,
            elapsed: Duration::ZERO,
            effects: Vec::new(),
            events: 0,
            stack: "stack-a",
        }
    }

    fn send(&mut self, msg: Msg) -> &mut Self {
        self.effects.extend(update(&mut self.model, msg));
        self
    }

    /// Time passes, tick by tick.
    fn pass(&mut self, seconds: i64) -> &mut Self {
        for _ in 0..seconds {
            self.now += TimeDelta::seconds(1);
            self.elapsed += Duration::from_secs(1);
            self.tick(false);
        }
        self
    }

    fn tick(&mut self, slept: bool) {
        self.send(Msg::Tick {
            now: self.now,
            offset: FixedOffset::east_opt(0).unwrap(),
            elapsed: self.elapsed,
            running: self.elapsed,
            is_machine_time: true,
            slept,
        });
    }

    /// The machine sleeps: the wall clock advances, and the monotonic clock does not.
    fn sleep(&mut self, seconds: i64) -> &mut Self {
        self.now += TimeDelta::seconds(seconds);
        self
    }

    /// The process is stopped, and continues later.
    fn stop(&mut self, seconds: u32) -> &mut Self {
        self.now += TimeDelta::seconds(i64::from(seconds));
        self.elapsed += Duration::from_secs(seconds.into());
        self.tick(true);
        self
    }

    fn observe(&mut self, seen: Seen) -> &mut Self {
        let observation = api::observation(self.now, self.elapsed, seen);
        self.send(Msg::Observed(self.model.shown.id, vec![observation].into()))
    }

    fn fail(&mut self, stream: Stream, fault: Fault) -> &mut Self {
        let seen = Seen::Failed(fault);
        let observation = api::observation_of(stream, self.now, self.elapsed, seen);
        self.send(Msg::Observed(self.model.shown.id, vec![observation].into()))
    }

    fn event(&mut self, logical: &str, status: &str, reason: &str) -> Arc<StackEvent> {
        self.events += 1;
        let physical = if logical == "img" { self.stack } else { "" };
        let json = serde_json::json!({
            "stackId": self.stack, "eventId": format!("e{}", self.events), "logicalResourceId": logical,
            "physicalResourceId": physical, "resourceStatus": status, "resourceStatusReason": reason,
            "timestamp": self.now.to_rfc3339(),
        });
        api::event(&json)
    }

    /// A poll that brings one new event and is whole.
    fn sees(&mut self, logical: &str, status: &str) -> &mut Self {
        let event = self.event(logical, status, "because");
        self.page(vec![event], true, false)
    }

    fn page(&mut self, fresh: Vec<Arc<StackEvent>>, whole: bool, audit: bool) -> &mut Self {
        self.observe(Seen::Page(WalkStep {
            restarted: true,
            audit,
            ..api::page(self.stack, fresh, whole)
        }))
    }

    fn image(&mut self, build_status: &str, ami: Option<&str>) -> &mut Self {
        let image = api::image(build_status, ami);
        self.observe(Seen::Image(ImageAnswer::Described(Box::new(image))))
    }

    fn gone(&mut self) -> &mut Self {
        self.observe(Seen::StackGone)
            .observe(Seen::Image(ImageAnswer::Absent))
    }

    fn fails(&mut self, kind: FaultKind) -> &mut Self {
        self.fail(Stream::Events, fault(kind))
    }

    fn exit(&self) -> Option<u8> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Exit(code) => Some(*code),
            _ => None,
        })
    }

    fn outcome(&self) -> &Outcome {
        let last = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Emit(_, Entry::Outcome(record)) => Some(record),
            _ => None,
        });
        last.expect("an outcome was printed")
    }

    fn requested_an_audit(&self) -> bool {
        self.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Poll(_, PollRequest::Audit)))
    }

    fn printed(&self) -> Vec<String> {
        let shown = |effect: &Effect| match effect {
            Effect::Emit(_, Entry::Event(event)) => Some(event.event_id.as_str().to_owned()),
            Effect::Emit(_, Entry::Status { state, .. }) => Some(state.label().to_owned()),
            Effect::Emit(_, Entry::Stack(stack)) => Some(stack.as_str().to_owned()),
            Effect::Emit(_, Entry::Outcome(record)) => Some(record.kind.as_str().to_owned()),
            _ => None,
        };
        self.effects.iter().filter_map(shown).collect()
    }
}

#[test]
fn a_success_ends_with_0_when_the_stack_is_gone() {
    let mut watch = Watch::new();
    watch
        .sees("img", "CREATE_IN_PROGRESS")
        .image("BUILD_IN_PROGRESS", None)
        .pass(5);
    watch
        .sees("img", "DELETE_IN_PROGRESS")
        .image("BUILD_COMPLETE", Some("ami-1"))
        .pass(60);
    assert_eq!(watch.exit(), None, "the clean-up is still watched");
    watch.observe(Seen::StackGone);
    assert_eq!(watch.exit(), Some(0));
    let outcome = watch.outcome();
    assert_eq!(outcome.kind, OutcomeKind::Succeeded);
    assert_eq!(outcome.ami_id.as_ref().unwrap().as_str(), "ami-1");
    assert_eq!((outcome.leftover_stack, outcome.events), (false, 2));
    assert_eq!(
        watch.printed(),
        ["live", "stack-a", "e1", "e2", "finishing", "succeeded"].map(String::from)
    );
}

/// The page with the end of the stack may have more new events below it, or fewer known ones than a walk must meet.
#[test]
fn a_success_ends_after_the_walk_that_tells_it() {
    let ended_on_an_unfinished_walk = || {
        let mut watch = Watch::new();
        watch
            .sees("img", "CREATE_IN_PROGRESS")
            .image("BUILD_COMPLETE", Some("ami-1"))
            .pass(5);
        let end = watch.event("img", "DELETE_COMPLETE", "");
        watch.page(vec![end], false, false);
        watch
    };
    let mut watch = ended_on_an_unfinished_walk();
    watch.pass(30);
    assert_eq!(watch.exit(), None, "the next page is awaited");
    let more = watch.event("img", "DELETE_IN_PROGRESS", "");
    watch.observe(Seen::Page(api::page("stack-a", vec![more], true)));
    assert_eq!(watch.exit(), Some(0));
    assert_eq!(watch.outcome().events, 3);
    assert!(!watch.printed().contains(&"gap".to_owned()));

    let mut watch = ended_on_an_unfinished_walk();
    watch.fail(Stream::Events, fault(FaultKind::Transient));
    watch.pass(50);
    assert_eq!(watch.exit(), None);
    watch.pass(10);
    assert_eq!(watch.exit(), Some(0), "the next page can't be read");

    let mut watch = ended_on_an_unfinished_walk();
    watch.observe(Seen::StackGone);
    assert_eq!(watch.exit(), Some(0), "there is no next page any more");
}

#[test]
fn an_image_without_a_stack_is_a_success_when_it_is_described_twice() {
    let mut watch = Watch::new();
    watch
        .observe(Seen::StackGone)
        .image("BUILD_COMPLETE", Some("ami-1"))
        .pass(3)
        .image("BUILD_COMPLETE", Some("ami-1"));
    assert_eq!(watch.exit(), None, "the stack may have been begun");
    watch
        .observe(Seen::StackGone)
        .image("BUILD_COMPLETE", Some("ami-1"));
    assert_eq!(watch.exit(), Some(0));
}

#[test]
fn with_wait_an_older_image_is_no_success() {
    let mut watch = Watch::waiting();
    for _ in 0..3 {
        watch
            .pass(5)
            .observe(Seen::StackGone)
            .image("BUILD_COMPLETE", Some("ami-old"));
    }
    assert_eq!(watch.exit(), None);
    watch.send(Msg::TimedOut);
    assert_eq!(watch.exit(), Some(5));
}

#[test]
fn a_cleanup_that_does_not_end_is_watched_for_ten_minutes() {
    let mut watch = Watch::new();
    watch
        .sees("img", "DELETE_IN_PROGRESS")
        .image("BUILD_COMPLETE", Some("ami-1"))
        .pass(599);
    assert_eq!(watch.exit(), None);
    watch.pass(1);
    assert_eq!(watch.exit(), Some(0));
}

#[test]
fn a_stack_that_could_not_delete_itself_is_a_success_with_a_leftover() {
    let mut watch = Watch::new();
    watch
        .sees("img", "DELETE_FAILED")
        .image("BUILD_COMPLETE", Some("ami-1"));
    assert_eq!(watch.exit(), Some(0));
    assert!(watch.outcome().leftover_stack);
}

#[test]
fn a_complete_stack_of_an_available_image_is_not_left_over() {
    let mut watch = Watch::new();
    watch
        .sees("img", "CREATE_COMPLETE")
        .image("BUILD_COMPLETE", Some("ami-1"))
        .pass(19);
    assert_eq!(watch.exit(), None, "it may be about to delete itself");
    watch.pass(1);
    assert_eq!(watch.exit(), Some(0));
    assert!(!watch.outcome().leftover_stack);
}

#[test]
fn a_failure_ends_with_3_after_one_more_whole_walk() {
    let mut watch = Watch::new();
    watch
        .sees("Image", "CREATE_FAILED")
        .sees("img", "CREATE_FAILED");
    assert_eq!(
        watch.exit(),
        None,
        "a success that could not clean up looks the same until DescribeImage responds"
    );
    watch.image("BUILD_FAILED", None);
    assert!(watch.requested_an_audit());
    watch.page(Vec::new(), true, false);
    assert_eq!(
        watch.exit(),
        None,
        "that walk may have begun before the verdict"
    );
    let late = watch.event("Late", "CREATE_FAILED", "Resource creation cancelled");
    watch.page(vec![late], true, true);
    assert_eq!(watch.exit(), Some(3));
    let outcome = watch.outcome();
    assert_eq!(
        outcome.first_failure.as_ref().unwrap().logical_id.as_str(),
        "Image"
    );
    assert_eq!(outcome.reason.as_deref(), Some("because"));
    assert_eq!(outcome.events, 3);
}

#[test]
fn a_rollback_is_watched_to_its_end() {
    let mut watch = Watch::new();
    watch
        .sees("img", "ROLLBACK_IN_PROGRESS")
        .image("BUILD_FAILED", None)
        .pass(120);
    assert_eq!(
        (watch.exit(), watch.model.shown.build.verdict()),
        (None, Verdict::RollingBack)
    );
    watch
        .sees("img", "ROLLBACK_COMPLETE")
        .image("BUILD_FAILED", None)
        .page(Vec::new(), true, true);
    assert_eq!(watch.exit(), Some(3));
}

#[test]
fn the_wait_for_the_last_walk_ends() {
    let mut watch = Watch::new();
    watch
        .sees("img", "CREATE_FAILED")
        .image("BUILD_FAILED", None);
    for _ in 0..12 {
        watch.pass(5).fails(FaultKind::Transient);
    }
    assert_eq!(watch.exit(), Some(3));
}

#[test]
fn an_image_that_never_existed_ends_with_5_after_three_seconds() {
    let mut watch = Watch::new();
    watch.gone().pass(2).gone();
    assert_eq!(watch.exit(), None);
    watch.pass(1).gone();
    assert_eq!(watch.exit(), Some(5));
    assert_eq!(watch.outcome().kind, OutcomeKind::NotFound);
}

#[test]
fn with_wait_the_image_may_appear_later() {
    let mut watch = Watch::waiting();
    watch.gone().pass(600).gone();
    assert_eq!(watch.exit(), None);
    watch.sees("img", "CREATE_IN_PROGRESS");
    assert_eq!(watch.model.shown.build.verdict(), Verdict::Building);
    let mut watch = Watch::waiting();
    watch.gone().pass(30).gone().send(Msg::TimedOut);
    assert_eq!(watch.exit(), Some(5));
}

#[test]
fn a_build_that_was_deleted_ends_with_5_after_five_seconds() {
    let mut watch = Watch::new();
    watch
        .sees("img", "CREATE_IN_PROGRESS")
        .pass(5)
        .gone()
        .pass(4)
        .gone();
    assert_eq!(watch.exit(), None);
    watch.pass(1).gone();
    assert_eq!(watch.exit(), Some(5));
    assert_eq!(watch.outcome().kind, OutcomeKind::Deleted);
}

#[test]
fn a_refusal_before_the_first_response_ends_with_1_and_the_reason() {
    for kind in [
        FaultKind::Denied,
        FaultKind::Expired,
        FaultKind::CodeNeeded,
        FaultKind::Lost,
        FaultKind::Misconfigured,
    ] {
        let mut watch = Watch::new();
        watch.fails(kind);
        // A permission is one call's, and the other call may be permitted.
        let of_one_call = kind == FaultKind::Denied;
        assert_eq!(watch.exit().is_none(), of_one_call, "{kind:?}");
        watch.fail(Stream::Image, fault(kind));
        assert_eq!(watch.exit(), Some(1), "{kind:?}");
        assert_eq!(watch.outcome().kind, OutcomeKind::Unknown);
        assert_eq!(watch.outcome().reason.as_deref(), Some("it failed"));
    }
}

#[test]
fn transient_faults_are_retried_for_a_minute_before_the_first_response() {
    let mut watch = Watch::new();
    watch.fails(FaultKind::Transient).pass(59);
    assert_eq!(watch.exit(), None);
    watch.pass(1);
    assert_eq!(watch.exit(), Some(1));
}

#[test]
fn a_sleep_does_not_use_up_the_retry_time() {
    let mut watch = Watch::new();
    watch.fails(FaultKind::Transient).pass(30).sleep(7200);
    // A request was in flight when the machine went to sleep: its failure arrives before any tick.
    watch.fails(FaultKind::Transient);
    assert_eq!(watch.exit(), None);
    watch.tick(true);
    assert_eq!(watch.exit(), None);
    assert!(
        watch
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Poll(_, PollRequest::CatchUp)))
    );
    watch.pass(59);
    assert_eq!(watch.exit(), None, "the minute starts again");
    watch.pass(1);
    assert_eq!(watch.exit(), Some(1));
}

#[test]
fn a_stopped_process_does_not_use_up_the_retry_time() {
    let mut watch = Watch::new();
    watch.fails(FaultKind::Transient).stop(7200).pass(59);
    assert_eq!(watch.exit(), None);
    watch.pass(1);
    assert_eq!(watch.exit(), Some(1));
}

#[test]
fn a_sleep_or_a_changed_clock_does_not_separate_two_responses() {
    let mut watch = Watch::new();
    watch.gone().sleep(7200).gone();
    assert_eq!(watch.exit(), None, "never seen");
    watch.pass(3).gone();
    assert_eq!(watch.exit(), Some(5));
    let mut watch = Watch::new();
    watch
        .sees("img", "CREATE_IN_PROGRESS")
        .gone()
        .sleep(7200)
        .gone();
    assert_eq!(watch.exit(), None, "seen before");
    watch.pass(5).gone();
    assert_eq!(watch.exit(), Some(5));
}

#[test]
fn the_cleanup_has_ten_minutes_without_sleeps() {
    let mut watch = Watch::new();
    watch
        .sees("img", "DELETE_IN_PROGRESS")
        .image("BUILD_COMPLETE", Some("ami-1"))
        .pass(1)
        .sleep(7200)
        .pass(500);
    assert_eq!(watch.exit(), None);
    watch.pass(99);
    assert_eq!(watch.exit(), Some(0));
}

#[test]
fn after_a_good_response_no_fault_ends_the_watch() {
    let mut watch = Watch::new();
    watch.sees("img", "CREATE_IN_PROGRESS");
    for kind in [
        FaultKind::Denied,
        FaultKind::Expired,
        FaultKind::Transient,
        FaultKind::Misconfigured,
    ] {
        watch.fails(kind).pass(600);
    }
    assert_eq!(watch.exit(), None);
    let states: Vec<_> = watch
        .printed()
        .into_iter()
        .filter(|word| word.starts_with(['u', 'm']))
        .collect();
    assert_eq!(
        states,
        ["unauthorized", "unreachable", "misconfigured"],
        "a status is printed when it changes"
    );
}

#[test]
fn credentials_that_only_the_user_can_replace_end_a_watch_after_a_minute() {
    let mut watch = Watch::new();
    watch.sees("img", "CREATE_IN_PROGRESS").pass(600);
    watch.fails(FaultKind::Lost).pass(59);
    assert_eq!(watch.exit(), None);
    // They were replaced: in a file, for example.
    watch
        .image("BUILD_IN_PROGRESS", None)
        .fails(FaultKind::Lost);
    watch.pass(59).fails(FaultKind::Transient);
    assert_eq!(watch.exit(), None);
    watch.pass(1);
    assert_eq!(watch.exit(), Some(1));
    assert_eq!(watch.outcome().kind, OutcomeKind::Unknown);
    assert_eq!(watch.outcome().reason.as_deref(), Some("it failed"));
}

#[test]
fn lost_credentials_do_not_take_a_verdict_back() {
    let mut watch = Watch::new();
    watch.sees("img", "CREATE_IN_PROGRESS");
    watch.image("BUILD_COMPLETE", Some("ami-1"));
    watch.sees("img", "DELETE_IN_PROGRESS").pass(5);
    watch.fails(FaultKind::Lost).pass(61);
    assert_eq!(watch.exit(), Some(0), "{:?}", watch.outcome());
    let mut watch = Watch::on_screen();
    watch.sees("img", "CREATE_IN_PROGRESS");
    watch.fails(FaultKind::Lost).pass(600);
    assert_eq!(watch.exit(), None, "a screen never ends by itself");
}

#[test]
fn the_exit_code_of_a_timeout_depends_on_the_responses() {
    let mut watch = Watch::new();
    watch.sees("img", "CREATE_IN_PROGRESS").send(Msg::TimedOut);
    assert_eq!(
        (watch.exit(), watch.outcome().kind),
        (Some(4), OutcomeKind::Building)
    );
    let mut watch = Watch::new();
    watch.fails(FaultKind::Throttled).send(Msg::TimedOut);
    assert_eq!(
        (watch.exit(), watch.outcome().kind),
        (Some(1), OutcomeKind::Unknown)
    );
    let mut watch = Watch::new();
    watch
        .sees("img", "DELETE_IN_PROGRESS")
        .image("BUILD_COMPLETE", Some("ami-1"))
        .send(Msg::TimedOut);
    assert_eq!(watch.exit(), Some(0), "the verdict stands");
}

#[test]
fn an_exit_inside_a_walk_prints_its_events_after_a_gap() {
    let mut watch = Watch::new();
    let (older, newer) = (
        watch.event("A", "CREATE_COMPLETE", ""),
        watch.event("B", "CREATE_COMPLETE", ""),
    );
    watch
        .page(vec![newer, older], false, false)
        .send(Msg::Signal(Signal::INTERRUPT));
    assert_eq!(watch.exit(), Some(130));
    assert_eq!(
        watch.printed(),
        ["live", "stack-a", "gap", "e1", "e2", "building"].map(String::from)
    );
    assert_eq!(watch.outcome().events, 2);
}

#[test]
fn a_foreign_stack_ends_as_unknown_with_1() {
    let mut watch = Watch::new();
    watch
        .sees("img", "CREATE_COMPLETE")
        .observe(Seen::Image(ImageAnswer::Foreign))
        .pass(4)
        .observe(Seen::Image(ImageAnswer::Foreign));
    assert!(!watch.model.shown.build.verdict().is_final());
    watch
        .pass(1)
        .observe(Seen::Image(ImageAnswer::Foreign))
        .page(Vec::new(), true, true);
    assert_eq!(
        (watch.exit(), watch.outcome().kind),
        (Some(1), OutcomeKind::Unknown)
    );
}

#[test]
fn a_rebuild_is_a_new_stack_with_its_own_verdict() {
    let mut watch = Watch::on_screen();
    watch
        .sees("img", "CREATE_FAILED")
        .image("BUILD_FAILED", None);
    assert_eq!(watch.model.shown.build.verdict(), Verdict::Failed);
    watch.stack = "stack-b";
    watch.sees("img", "CREATE_IN_PROGRESS");
    assert_eq!(watch.model.shown.build.verdict(), Verdict::Building);
    assert_eq!(watch.model.shown.build.timelines().len(), 2);
    watch.image("BUILD_COMPLETE", Some("ami-2"));
    assert_eq!(watch.model.shown.build.verdict(), Verdict::Succeeded);
}

proptest! {
    /// A fault alone never makes a verdict, in any order of faults.
    #[test]
    fn faults_never_decide_a_verdict(kinds in prop::collection::vec((0usize..8, any::<bool>(), 0i64..100), 0..40), seen: bool) {
        let all = [
            FaultKind::Throttled, FaultKind::Transient, FaultKind::Malformed,
            FaultKind::Expired, FaultKind::Denied, FaultKind::Misconfigured, FaultKind::Lost, FaultKind::CodeNeeded,
        ];
        let mut watch = Watch::on_screen();
        if seen {
            watch.sees("img", "CREATE_IN_PROGRESS");
        }
        for (kind, of_image, pause) in kinds {
            let fault = fault(all[kind]);
            watch.fail(if of_image { Stream::Image } else { Stream::Events }, fault).pass(pause);
        }
        prop_assert!(!watch.model.shown.build.verdict().is_final());
    }
}

/// A response of the service, or time without one.
#[derive(Clone, Copy, Debug)]
enum Response {
    Of(&'static str, &'static str),
    Image(&'static str, bool),
    Gone,
    Absent,
    Foreign,
    Fault(FaultKind),
    ImageFault(FaultKind),
    OtherStack,
    Nothing(i64),
}

fn response() -> impl Strategy<Value = Response> {
    use Response::{Absent, Foreign, Gone, Image, ImageFault, Nothing, Of, OtherStack};
    let one_of = |all: &'static [&'static str]| prop::sample::select(all);
    let status = one_of(&[
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "CREATE_FAILED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_FAILED",
        "DELETE_COMPLETE",
        "ODD",
    ]);
    let built = one_of(&[
        "BUILD_IN_PROGRESS",
        "BUILD_COMPLETE",
        "BUILD_FAILED",
        "DELETE_IN_PROGRESS",
    ]);
    let kind = || {
        prop::sample::select(vec![
            FaultKind::Throttled,
            FaultKind::Transient,
            FaultKind::Malformed,
            FaultKind::Expired,
            FaultKind::Denied,
            FaultKind::Misconfigured,
        ])
    };
    prop_oneof![
        4 => (one_of(&["img", "A"]), status).prop_map(|(id, status)| Of(id, status)),
        3 => (built, any::<bool>()).prop_map(|(status, made)| Image(status, made)),
        3 => Just(Gone),
        3 => Just(Absent),
        1 => Just(Foreign),
        2 => kind().prop_map(Response::Fault),
        2 => kind().prop_map(ImageFault),
        1 => Just(OtherStack),
        4 => (0..9_i64).prop_map(Nothing),
    ]
}

/// Equal answers of one call in a row, by the running time: the first and the last.
#[derive(Clone, Copy)]
struct Row {
    first: Duration,
    last: Duration,
}

impl Row {
    fn extend(row: &mut Option<Self>, now: Duration) {
        let first = row.map_or(now, |row| row.first);
        *row = Some(Self { first, last: now });
    }
}

/// The verdicts that the responses about a stack allow.
#[derive(Default)]
struct Allowed {
    verdicts: HashSet<Verdict>,
    /// The newest event of the stack itself says that it is deleted.
    deleted: bool,
    /// DescribeImage has described a build, and not its AMI.
    build_described: bool,
    /// The responses that there is no stack. An event of one that exists ends the row.
    no_stack: Option<Row>,
    /// The responses that there is no image, once there is no stack. Any other response of that call ends the row.
    no_image: Option<Row>,
}

impl Allowed {
    fn observe(&mut self, response: Response, now: Duration) {
        match response {
            Response::Of(id, status) => {
                if id == "img" {
                    self.deleted = status == "DELETE_COMPLETE";
                }
                if self.deleted {
                    Row::extend(&mut self.no_stack, now);
                } else {
                    (self.no_stack, self.no_image) = (None, None);
                }
                if id == "img" && (status.contains("FAILED") || status.contains("ROLLBACK")) {
                    self.verdicts
                        .extend([Verdict::Failed, Verdict::RollingBack]);
                }
            }
            Response::Image(status, made) => {
                self.no_image = None;
                self.build_described |= !made;
                match (status, made) {
                    ("BUILD_COMPLETE", true) => self.verdicts.extend([Verdict::Succeeded]),
                    ("BUILD_FAILED", false) => {
                        self.verdicts
                            .extend([Verdict::Failed, Verdict::RollingBack]);
                    }
                    _ => {}
                }
            }
            Response::Gone => Row::extend(&mut self.no_stack, now),
            Response::Absent if self.no_stack.is_some() => Row::extend(&mut self.no_image, now),
            Response::Foreign => {
                self.no_image = None;
                self.verdicts.extend([Verdict::Ended]);
            }
            Response::OtherStack => *self = Self::default(),
            Response::Absent
            | Response::Fault(_)
            | Response::ImageFault(_)
            | Response::Nothing(_) => {}
        }
    }

    /// Whether each of the two calls has responded twice that there is nothing: at least 3 s apart, 5 s once events were
    /// seen.
    fn gone_twice(&self, events_seen: bool) -> bool {
        let gap = Duration::from_secs(if events_seen { 5 } else { 3 });
        [self.no_stack, self.no_image]
            .iter()
            .all(|row| row.is_some_and(|row| row.last.saturating_sub(row.first) >= gap))
    }

    /// Whether the responses are enough for a verdict.
    fn allow(&self, verdict: Verdict, events_seen: bool) -> bool {
        let seen = events_seen || self.build_described;
        match verdict {
            Verdict::Deleted => seen && self.gone_twice(events_seen),
            Verdict::NotFound => !seen && self.gone_twice(events_seen),
            Verdict::RollingBack => self.verdicts.contains(&verdict),
            end if end.is_final() => self.verdicts.contains(&end),
            _ => true,
        }
    }
}

proptest! {
    /// Every verdict rests on responses, in any order of responses and faults. It stays until there is another stack,
    /// with two exceptions: "gone" is withdrawn when something appears, and an AMI always counts.
    #[test]
    fn every_verdict_rests_on_responses(responses in prop::collection::vec(response(), 0..40)) {
        let mut watch = Watch::on_screen();
        let mut allowed = Allowed::default();
        let mut before = Verdict::Waiting;
        let mut failed = HashSet::new();
        for response in responses {
            match response {
                Response::Of(id, status) => {
                    // Responses before the first event may be about another stack: the verdict starts again.
                    if watch.model.shown.build.stack_id().is_none() {
                        (allowed, before) = (Allowed::default(), Verdict::Waiting);
                    }
                    watch.sees(id, status)
                }
                Response::Image(status, made) => watch.image(status, made.then_some("ami-1")),
                Response::Gone => watch.observe(Seen::StackGone),
                Response::Absent => watch.observe(Seen::Image(ImageAnswer::Absent)),
                Response::Foreign => watch.observe(Seen::Image(ImageAnswer::Foreign)),
                Response::Fault(kind) => watch.fails(kind),
                Response::ImageFault(kind) => watch.fail(Stream::Image, fault(kind)),
                Response::Nothing(seconds) => watch.pass(seconds),
                Response::OtherStack => {
                    watch.stack = if watch.stack == "stack-a" { "stack-b" } else { "stack-a" };
                    before = Verdict::Waiting;
                    watch.sees("img", "CREATE_IN_PROGRESS")
                }
            };
            allowed.observe(response, watch.elapsed);
            if allowed.verdicts.contains(&Verdict::Failed) {
                failed.insert(watch.stack);
            } else if failed.contains(watch.stack) {
                // A stack that was replaced and comes back has still failed.
                allowed.verdicts.extend([Verdict::Failed, Verdict::RollingBack]);
            }
            let verdict = watch.model.shown.build.verdict();
            let events_seen = watch.events > 0;
            prop_assert!(allowed.allow(verdict, events_seen), "{verdict:?} after {response:?}");
            let stays = match before {
                Verdict::Succeeded => verdict == Verdict::Succeeded,
                // A stack that is not ParallelCluster's proves nothing, whatever became of it.
                Verdict::Failed if allowed.verdicts.contains(&Verdict::Ended) => true,
                Verdict::Failed => verdict.outcome() == OutcomeKind::Failed || (verdict == Verdict::Succeeded && allowed.allow(verdict, events_seen)),
                _ => true,
            };
            prop_assert!(stays, "{before:?} became {verdict:?} after {response:?}");
            before = verdict;
        }
    }
}

#[test]
fn a_new_stack_has_its_own_verdict_after_an_old_image() {
    let mut watch = Watch::on_screen();
    for _ in 0..2 {
        watch
            .pass(5)
            .observe(Seen::StackGone)
            .image("BUILD_COMPLETE", Some("ami-old"));
    }
    assert_eq!(watch.model.shown.build.verdict(), Verdict::Succeeded);
    watch
        .sees("img", "CREATE_IN_PROGRESS")
        .image("BUILD_IN_PROGRESS", None);
    assert_eq!(watch.model.shown.build.verdict(), Verdict::Building);
}

#[test]
fn a_stack_replaced_inside_a_walk_is_printed_after_a_gap() {
    let mut watch = Watch::new();
    let event = watch.event("A", "CREATE_COMPLETE", "");
    watch.page(vec![event], false, false);
    watch.stack = "stack-b";
    watch
        .sees("img", "CREATE_IN_PROGRESS")
        .send(Msg::Signal(Signal::INTERRUPT));
    assert_eq!(
        watch.printed(),
        ["live", "stack-a", "gap", "e1", "stack-b", "e2", "building"].map(String::from)
    );
}

#[test]
fn a_build_that_has_ended_is_not_followed_into_its_rebuild() {
    // The last walk, which every failure awaits, already answers for the next stack.
    let mut watch = Watch::new();
    watch.sees("img", "CREATE_FAILED").pass(1);
    assert!(watch.requested_an_audit());
    assert_eq!(watch.exit(), None);
    watch.stack = "stack-b";
    watch.sees("img", "CREATE_IN_PROGRESS");
    assert_eq!(watch.exit(), Some(3));
    assert_eq!(
        watch.printed(),
        ["live", "stack-a", "e1", "failed"].map(String::from)
    );
    assert_eq!(watch.outcome().stack_id, Some("stack-a".into()));

    // A success whose stack still deletes itself.
    let mut watch = Watch::new();
    watch
        .sees("img", "DELETE_IN_PROGRESS")
        .image("BUILD_COMPLETE", Some("ami-1"))
        .pass(5);
    watch.stack = "stack-b";
    watch.sees("img", "CREATE_IN_PROGRESS");
    assert_eq!(watch.exit(), Some(0));

    // What has not ended is followed, and so is what `--wait` awaits.
    let mut watch = Watch::new();
    watch.sees("img", "CREATE_IN_PROGRESS").pass(5);
    watch.stack = "stack-b";
    watch.sees("img", "CREATE_IN_PROGRESS");
    assert_eq!(watch.exit(), None);
    let mut watch = Watch::waiting();
    watch.gone().pass(5).gone().pass(5);
    watch.sees("img", "CREATE_IN_PROGRESS");
    assert_eq!(watch.exit(), None);
}

#[test]
fn a_timeout_during_faults_exits_with_1_even_after_404s() {
    let mut watch = Watch::waiting();
    watch.gone().pass(30);
    for _ in 0..2 {
        watch.fails(FaultKind::Transient).pass(5);
    }
    watch.send(Msg::TimedOut);
    assert_eq!(watch.exit(), Some(1));
}

#[test]
fn a_repeated_description_fault_is_one_status() {
    let mut watch = Watch::waiting();
    for _ in 0..5 {
        watch
            .observe(Seen::StackGone)
            .fail(Stream::Image, fault(FaultKind::Transient))
            .pass(5);
    }
    assert_eq!(
        watch.printed(),
        ["waiting", "unreachable"].map(String::from)
    );
}

#[test]
fn a_cancelled_image_build_is_its_own_failure() {
    let mut watch = Watch::new();
    let reason = "Resource handler returned message: \"Image build was cancelled by user\"";
    assert!(watch.event("Image", "CREATE_FAILED", reason).is_own_failure);
}

#[test]
fn recorded_events_do_not_hide_a_refusal_by_the_api() {
    let mut watch = Watch::new();
    let event = watch.event("img", "CREATE_FAILED", "");
    let page = Seen::Page(api::page("stack-a", vec![event], true));
    let page = api::observation(watch.model.now, Duration::ZERO, page);
    watch.observe(Seen::Resumed(vec![page]));
    assert_eq!(
        watch.model.shown.build.current().map(Timeline::len),
        Some(1)
    );
    assert!(!watch.model.shown.build.has_responded());
    watch.fail(Stream::Events, fault(FaultKind::Denied));
    watch.fail(Stream::Image, fault(FaultKind::Denied));
    assert!(
        watch
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Exit(1)))
    );
}

#[test]
fn a_replay_ends_with_the_recording() {
    let mut watch = Watch::with(ExitPolicy::for_replay());
    watch.fail(Stream::Events, fault(FaultKind::Denied));
    assert!(
        !watch
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Exit(_)))
    );
    watch.send(Msg::RecordingEnded(SessionId::default()));
    assert!(matches!(watch.effects.last(), Some(Effect::Exit(1))));
}

#[test]
fn an_ami_that_is_older_than_its_stack_decides_nothing() {
    let mut watch = Watch::new();
    let mut old = api::image("BUILD_COMPLETE", Some("ami-old"));
    old.creation_time = Some(watch.now - TimeDelta::days(27));
    watch
        .sees("img", "CREATE_IN_PROGRESS")
        .observe(Seen::Image(ImageAnswer::Described(Box::new(old))));
    assert_eq!(watch.model.shown.build.verdict(), Verdict::Building);
    watch
        .pass(5)
        .sees("img", "CREATE_FAILED")
        .page(Vec::new(), true, true);
    assert_eq!(watch.exit(), Some(3));
}

/// The poller may see the stack stuck before it asks for the image again: on a fast clock, or after an outage.
#[test]
fn answers_from_before_the_stack_was_stuck_do_not_tell_that_there_is_no_ami() {
    for made in [true, false] {
        let mut watch = Watch::new();
        watch
            .sees("img", "CREATE_IN_PROGRESS")
            .image("BUILD_IN_PROGRESS", None)
            .pass(600)
            .image("BUILD_IN_PROGRESS", None)
            .pass(60);
        if made {
            watch.sees("ParallelClusterImage", "CREATE_COMPLETE");
        }
        watch.sees("img", "DELETE_FAILED");
        assert_eq!(watch.model.shown.build.verdict(), Verdict::Deleting);
        assert_eq!(watch.exit(), None);
        watch.image("BUILD_COMPLETE", Some("ami-1"));
        assert_eq!(watch.model.shown.build.verdict(), Verdict::Succeeded);
    }
}

#[test]
fn a_refused_description_is_told_when_the_verdict_depends_on_it_and_ends_the_watch_after_ten_minutes()
 {
    for status in ["CREATE_COMPLETE", "DELETE_FAILED"] {
        let mut watch = Watch::new();
        watch
            .sees("img", status)
            .fail(Stream::Image, fault(FaultKind::Denied))
            .page(Vec::new(), true, false);
        assert!(watch.printed().contains(&"unauthorized".to_owned()));
        watch.pass(599).sleep(7200);
        assert_eq!(watch.exit(), None);
        watch.pass(1);
        assert_eq!(watch.exit(), Some(1), "{status}");
        assert_eq!(watch.outcome().kind, OutcomeKind::Unknown);
    }
    let mut building = Watch::new();
    building
        .sees("img", "CREATE_IN_PROGRESS")
        .fail(Stream::Image, fault(FaultKind::Denied))
        .pass(1200);
    assert_eq!(building.exit(), None, "the events can still tell");
}

#[test]
fn a_failure_of_image_builder_is_told_at_once_and_counts_after_a_minute() {
    let describe = |watch: &mut Watch, stage: &str| {
        let mut image = api::image("BUILD_IN_PROGRESS", None);
        image.builder_status = Some(SafeText::new(stage));
        image.builder_reason = Some(SafeText::new("no way to SSM"));
        watch.observe(Seen::Image(ImageAnswer::Described(Box::new(image))));
        watch.model.shown.build.verdict()
    };
    let mut watch = Watch::new();
    watch.sees("img", "CREATE_IN_PROGRESS");
    assert_eq!(describe(&mut watch, "FAILED"), Verdict::Failing);
    assert!(watch.printed().contains(&"failing".to_owned()));
    watch.pass(30);
    assert_eq!(describe(&mut watch, "TESTING"), Verdict::Building);
    assert_eq!(describe(&mut watch, "FAILED"), Verdict::Failing);
    watch.pass(59).page(Vec::new(), true, false);
    assert_eq!(watch.model.shown.build.verdict(), Verdict::Failing);
    watch.pass(1).page(Vec::new(), true, false);
    assert_eq!(watch.model.shown.build.verdict(), Verdict::Failed);
    watch.page(Vec::new(), true, true);
    assert_eq!(watch.exit(), Some(3));
    let reason = watch.outcome().reason.as_deref();
    assert_eq!(reason, Some("Image Builder: no way to SSM"));
}

#[test]
fn an_image_that_was_made_and_is_not_found_is_unknown() {
    let mut watch = Watch::new();
    watch
        .sees("img", "CREATE_IN_PROGRESS")
        .sees("ParallelClusterImage", "CREATE_COMPLETE")
        .sees("img", "DELETE_IN_PROGRESS")
        .gone()
        .pass(5)
        .gone();
    assert_eq!(watch.exit(), Some(1));
    assert_eq!(watch.outcome().kind, OutcomeKind::Unknown);
    assert!(
        watch
            .outcome()
            .reason
            .as_deref()
            .unwrap()
            .contains("finds no AMI")
    );
}

#[test]
fn a_build_that_was_only_described_is_deleted_after_three_seconds() {
    let mut watch = Watch::new();
    watch.image("BUILD_IN_PROGRESS", None).gone().pass(2).gone();
    assert_eq!(watch.exit(), None);
    watch.pass(1).gone();
    assert_eq!(watch.exit(), Some(5));
    assert_eq!(watch.outcome().kind, OutcomeKind::Deleted);
}

#[test]
fn an_image_that_is_not_found_is_told_with_its_region_and_backend() {
    let mut watch = Watch::new();
    watch.model.shown.target.region = Some("us-east-1".into());
    watch.model.shown.target.backend = Some("AWS");
    watch.gone().pass(3).gone();
    assert_eq!(watch.exit(), Some(5));
    let reason = watch.outcome().reason.as_deref().unwrap();
    let told = "there is no image and no stack of this name in us-east-1 (asked: AWS); ";
    assert!(reason.starts_with(told), "{reason}");
    // The account is told once the backend knows it, and is no answer by itself.
    let mut watch = Watch::new();
    watch.model.shown.target.region = Some("us-east-1".into());
    watch.model.shown.target.backend = Some("AWS");
    let account = Seen::Account("123456789012".into());
    watch.gone().observe(account).pass(3).gone();
    assert_eq!(watch.exit(), Some(5));
    let reason = watch.outcome().reason.as_deref().unwrap();
    let told = "in us-east-1, account 123456789012 (asked: AWS); ";
    assert!(reason.contains(told), "{reason}");
}
