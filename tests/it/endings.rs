//! When a watch without a screen ends and with which code: sequences of reports through the real `update`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bakewatch::testing::app::{
    Effect, Entry, ExitPolicy, KeyMap, Mode, Model, Msg, Signal, Target, update,
};
use bakewatch::testing::domain::{
    Ami, Fault, FaultKind, ImageAnswer, ImageDescription, Observation, Outcome, OutcomeKind, Seen,
    StackEvent, StackId, Timeline, Verdict, WalkStep,
};
use bakewatch::testing::text::SafeText;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use proptest::prelude::*;

/// A watch that is told what happens, second by second.
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
        Self::with(Mode::Headless(ExitPolicy::new(false)))
    }

    fn waiting() -> Self {
        Self::with(Mode::Headless(ExitPolicy::new(true)))
    }

    fn with(mode: Mode) -> Self {
        let now = "2026-01-01T10:00:00Z".parse().unwrap();
        let target = Target {
            image_id: "img".to_owned(),
            region: None,
            note: None,
        };
        Self {
            model: Model::new(target, mode, KeyMap::default(), now),
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
            behind: TimeDelta::zero(),
            slept,
        });
    }

    /// The machine sleeps: the wall's time passes, and the clock does not run.
    fn sleep(&mut self, seconds: i64) -> &mut Self {
        self.now += TimeDelta::seconds(seconds);
        self
    }

    /// The process is stopped, and goes on later.
    fn stop(&mut self, seconds: u32) -> &mut Self {
        self.now += TimeDelta::seconds(i64::from(seconds));
        self.elapsed += Duration::from_secs(seconds.into());
        self.tick(true);
        self
    }

    fn hear(&mut self, news: Seen) -> &mut Self {
        let report = Observation {
            at: self.now,
            elapsed: self.elapsed,
            next_poll: self.now + TimeDelta::seconds(5),
            news,
        };
        self.send(Msg::Observed(report))
    }

    fn event(&mut self, logical: &str, status: &str, reason: &str) -> Arc<StackEvent> {
        self.events += 1;
        let physical = if logical == "img" { self.stack } else { "" };
        let json = serde_json::json!({
            "stackId": self.stack, "eventId": format!("e{}", self.events), "logicalResourceId": logical,
            "physicalResourceId": physical, "resourceStatus": status, "resourceStatusReason": reason,
            "timestamp": self.now.to_rfc3339(),
        });
        Arc::new(StackEvent::from_json(&json.to_string(), None))
    }

    /// A poll that brings one new event and is whole.
    fn sees(&mut self, logical: &str, status: &str) -> &mut Self {
        let event = self.event(logical, status, "because");
        self.page(vec![event], true, false)
    }

    fn page(&mut self, fresh: Vec<Arc<StackEvent>>, whole: bool, audit: bool) -> &mut Self {
        let stack_id = Some(StackId::from(self.stack));
        let commit = whole.then(Vec::new);
        self.hear(Seen::Page(WalkStep {
            stack_id,
            restarted: true,
            fresh,
            commit,
            audit,
        }))
    }

    fn image(&mut self, build_status: &str, ami: Option<&str>) -> &mut Self {
        let image = ImageDescription {
            build_status: Some(SafeText::new(build_status)),
            ami: ami.map(|id| Ami {
                id: SafeText::new(id),
                name: None,
                state: None,
            }),
            ..ImageDescription::default()
        };
        self.hear(Seen::Image(ImageAnswer::Described(Box::new(image))))
    }

    fn gone(&mut self) -> &mut Self {
        self.hear(Seen::StackGone)
            .hear(Seen::Image(ImageAnswer::Absent))
    }

    fn fails(&mut self, kind: FaultKind) -> &mut Self {
        self.hear(Seen::Fault(fault(kind)))
    }

    fn exit(&self) -> Option<u8> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Exit(code) => Some(*code),
            _ => None,
        })
    }

    fn outcome(&self) -> &Outcome {
        let last = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Emit(Entry::Outcome(record)) => Some(record),
            _ => None,
        });
        last.expect("an outcome was printed")
    }

    fn asked_for_an_audit(&self) -> bool {
        self.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Audit))
    }

    fn printed(&self) -> Vec<String> {
        let shown = |effect: &Effect| match effect {
            Effect::Emit(Entry::Event(event)) => Some(event.event_id.as_str().to_owned()),
            Effect::Emit(Entry::Status { state, .. }) => Some(state.word().to_owned()),
            Effect::Emit(Entry::Stack(stack)) => Some(stack.as_str().to_owned()),
            Effect::Emit(Entry::Outcome(record)) => Some(record.kind.word().to_owned()),
            _ => None,
        };
        self.effects.iter().filter_map(shown).collect()
    }
}

fn fault(kind: FaultKind) -> Fault {
    Fault {
        kind,
        message: SafeText::new("it failed"),
        hint: None,
        request_id: None,
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
    watch.hear(Seen::StackGone);
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

#[test]
fn an_image_that_is_available_with_its_stack_gone_is_a_success_at_once() {
    let mut watch = Watch::new();
    watch
        .hear(Seen::StackGone)
        .image("BUILD_COMPLETE", Some("ami-1"));
    assert_eq!(watch.exit(), Some(0));
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
fn a_complete_stack_of_a_good_image_is_not_called_left_over() {
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
        "a success that could not clean up looks the same until the image is asked"
    );
    watch.image("BUILD_FAILED", None);
    assert!(watch.asked_for_an_audit());
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
        (watch.exit(), watch.model.build.verdict()),
        (None, Verdict::Failing)
    );
    watch
        .sees("img", "ROLLBACK_COMPLETE")
        .image("BUILD_FAILED", None)
        .page(Vec::new(), true, true);
    assert_eq!(watch.exit(), Some(3));
}

#[test]
fn the_last_walk_is_not_waited_for_for_ever() {
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
fn with_wait_an_image_may_come_later() {
    let mut watch = Watch::waiting();
    watch.gone().pass(600).gone();
    assert_eq!(watch.exit(), None);
    watch.sees("img", "CREATE_IN_PROGRESS");
    assert_eq!(watch.model.build.verdict(), Verdict::Building);
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
fn a_refusal_before_the_first_answer_ends_with_1_and_says_why() {
    for kind in [
        FaultKind::Denied,
        FaultKind::Expired,
        FaultKind::Misconfigured,
    ] {
        let mut watch = Watch::new();
        watch.fails(kind);
        assert_eq!(watch.exit(), Some(1), "{kind:?}");
        assert_eq!(watch.outcome().kind, OutcomeKind::Unknown);
        assert_eq!(watch.outcome().reason.as_deref(), Some("it failed"));
    }
}

#[test]
fn faults_that_may_pass_are_retried_for_a_minute_before_the_first_answer() {
    let mut watch = Watch::new();
    watch.fails(FaultKind::Transient).pass(59);
    assert_eq!(watch.exit(), None);
    watch.pass(1);
    assert_eq!(watch.exit(), Some(1));
}

#[test]
fn a_sleep_uses_up_no_patience() {
    let mut watch = Watch::new();
    watch.fails(FaultKind::Transient).pass(30).sleep(7200);
    // A request that was under way when the machine fell asleep: its failure comes before any tick.
    watch.fails(FaultKind::Transient);
    assert_eq!(watch.exit(), None);
    watch.tick(true);
    assert_eq!(watch.exit(), None);
    assert!(
        watch
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::CatchUp))
    );
    watch.pass(59);
    assert_eq!(watch.exit(), None, "patience begins anew");
    watch.pass(1);
    assert_eq!(watch.exit(), Some(1));
}

#[test]
fn a_process_that_was_stopped_has_tried_nothing_meanwhile() {
    let mut watch = Watch::new();
    watch.fails(FaultKind::Transient).stop(7200).pass(59);
    assert_eq!(watch.exit(), None);
    watch.pass(1);
    assert_eq!(watch.exit(), Some(1));
}

#[test]
fn two_looks_are_no_further_apart_for_a_sleep_or_a_clock_that_is_set() {
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
fn a_clean_up_is_given_ten_minutes_of_watching() {
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
fn after_a_good_answer_no_fault_ends_the_watch() {
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
fn a_timeout_tells_a_build_from_silence() {
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
fn an_end_inside_a_walk_prints_what_is_in_hand_behind_a_gap() {
    let mut watch = Watch::new();
    let (older, newer) = (
        watch.event("A", "CREATE_COMPLETE", ""),
        watch.event("B", "CREATE_COMPLETE", ""),
    );
    watch
        .page(vec![newer, older], false, false)
        .send(Msg::Signal(Signal::Interrupt));
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
        .hear(Seen::Image(ImageAnswer::Foreign))
        .page(Vec::new(), true, true);
    assert_eq!(
        (watch.exit(), watch.outcome().kind),
        (Some(1), OutcomeKind::Unknown)
    );
}

#[test]
fn a_rebuild_is_a_new_stack_with_a_verdict_of_its_own() {
    let mut watch = Watch::with(Mode::Screen);
    watch
        .sees("img", "CREATE_FAILED")
        .image("BUILD_FAILED", None);
    assert_eq!(watch.model.build.verdict(), Verdict::Failed);
    watch.stack = "stack-b";
    watch.sees("img", "CREATE_IN_PROGRESS");
    assert_eq!(watch.model.build.verdict(), Verdict::Building);
    assert_eq!(watch.model.build.timelines().len(), 2);
    watch.image("BUILD_COMPLETE", Some("ami-2"));
    assert_eq!(watch.model.build.verdict(), Verdict::Succeeded);
}

proptest! {
    /// Whatever fails, in whatever order: a fault alone never makes a verdict.
    #[test]
    fn faults_never_make_a_verdict(kinds in prop::collection::vec((0usize..6, any::<bool>(), 0i64..100), 0..40), seen: bool) {
        let all = [
            FaultKind::Throttled, FaultKind::Transient, FaultKind::Malformed,
            FaultKind::Expired, FaultKind::Denied, FaultKind::Misconfigured,
        ];
        let mut watch = Watch::with(Mode::Screen);
        if seen {
            watch.sees("img", "CREATE_IN_PROGRESS");
        }
        for (kind, of_image, pause) in kinds {
            let fault = fault(all[kind]);
            watch.hear(if of_image { Seen::ImageFault(fault) } else { Seen::Fault(fault) }).pass(pause);
        }
        prop_assert!(!watch.model.build.verdict().is_final());
    }
}

/// What the service says in a while of a watch.
#[derive(Clone, Copy, Debug)]
enum Said {
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

fn said() -> impl Strategy<Value = Said> {
    use Said::{Absent, Foreign, Gone, Image, ImageFault, Nothing, Of, OtherStack};
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
        2 => kind().prop_map(Said::Fault),
        2 => kind().prop_map(ImageFault),
        1 => Just(OtherStack),
        4 => (0..9_i64).prop_map(Nothing),
    ]
}

/// What may be decided after what the service has told of a stack.
#[derive(Default)]
struct RecordedBuild {
    allowed: HashSet<Verdict>,
    gone: bool,
    /// Since when both calls have said that there is nothing, and for how long by now.
    nothing: Option<(Duration, Duration)>,
}

impl RecordedBuild {
    fn hear(&mut self, said: Said, now: Duration) {
        match said {
            Said::Of(id, status) => {
                (self.nothing, self.gone) = (None, false);
                if id == "img" && (status.contains("FAILED") || status.contains("ROLLBACK")) {
                    self.allowed.extend([Verdict::Failed, Verdict::Failing]);
                }
            }
            Said::Image(status, made) => {
                self.nothing = None;
                match (status, made) {
                    ("BUILD_COMPLETE", true) => self.allowed.extend([Verdict::Succeeded]),
                    ("BUILD_FAILED", false) => {
                        self.allowed.extend([Verdict::Failed, Verdict::Failing]);
                    }
                    _ => {}
                }
            }
            Said::Gone => self.gone = true,
            Said::Absent if self.gone => {
                let (since, _) = self.nothing.unwrap_or((now, Duration::ZERO));
                self.nothing = Some((since, now.saturating_sub(since)));
            }
            Said::Foreign => self.allowed.extend([Verdict::Ended]),
            Said::OtherStack => *self = Self::default(),
            Said::Absent | Said::Fault(_) | Said::ImageFault(_) | Said::Nothing(_) => {}
        }
    }

    /// Whether it is enough for a verdict.
    fn allow(&self, verdict: Verdict) -> bool {
        let nothing = self.nothing.map_or(0, |(_, span)| span.as_secs());
        match verdict {
            Verdict::Deleted => nothing >= 5,
            Verdict::NotFound => nothing >= 3,
            Verdict::Failing => self.allowed.contains(&verdict),
            end if end.is_final() => self.allowed.contains(&end),
            _ => true,
        }
    }
}

proptest! {
    /// Whatever the service says and whatever fails: what is decided was said. It stays decided until the stack is
    /// another one, but for "gone", which is taken back when something shows up, and for an AMI, which always counts.
    #[test]
    fn every_verdict_rests_on_what_the_service_said(heard in prop::collection::vec(said(), 0..40)) {
        let mut watch = Watch::with(Mode::Screen);
        let mut told = RecordedBuild::default();
        let mut before = Verdict::Waiting;
        for said in heard {
            match said {
                Said::Of(id, status) => {
                    // What was said before any event may be about another stack: it is judged anew.
                    if watch.model.build.stack_id().is_none() {
                        (told, before) = (RecordedBuild::default(), Verdict::Waiting);
                    }
                    watch.sees(id, status)
                }
                Said::Image(status, made) => watch.image(status, made.then_some("ami-1")),
                Said::Gone => watch.hear(Seen::StackGone),
                Said::Absent => watch.hear(Seen::Image(ImageAnswer::Absent)),
                Said::Foreign => watch.hear(Seen::Image(ImageAnswer::Foreign)),
                Said::Fault(kind) => watch.fails(kind),
                Said::ImageFault(kind) => watch.hear(Seen::ImageFault(fault(kind))),
                Said::Nothing(seconds) => watch.pass(seconds),
                Said::OtherStack => {
                    watch.stack = if watch.stack == "stack-a" { "stack-b" } else { "stack-a" };
                    before = Verdict::Waiting;
                    watch.sees("img", "CREATE_IN_PROGRESS")
                }
            };
            told.hear(said, watch.elapsed);
            let verdict = watch.model.build.verdict();
            prop_assert!(told.allow(verdict), "{verdict:?} after {said:?}");
            let stays = match before {
                Verdict::Succeeded => verdict == Verdict::Succeeded,
                Verdict::Failed => verdict.outcome() == OutcomeKind::Failed || (verdict == Verdict::Succeeded && told.allow(verdict)),
                _ => true,
            };
            prop_assert!(stays, "{before:?} became {verdict:?} after {said:?}");
            before = verdict;
        }
    }
}

#[test]
fn a_new_stack_is_judged_anew_although_the_first_answer_was_an_old_image() {
    let mut watch = Watch::with(Mode::Screen);
    watch
        .hear(Seen::StackGone)
        .image("BUILD_COMPLETE", Some("ami-old"));
    assert_eq!(watch.model.build.verdict(), Verdict::Succeeded);
    watch
        .sees("img", "CREATE_IN_PROGRESS")
        .image("BUILD_IN_PROGRESS", None);
    assert_eq!(watch.model.build.verdict(), Verdict::Building);
}

#[test]
fn a_stack_that_is_replaced_inside_a_walk_is_printed_behind_a_gap() {
    let mut watch = Watch::new();
    let event = watch.event("A", "CREATE_COMPLETE", "");
    watch.page(vec![event], false, false);
    watch.stack = "stack-b";
    watch
        .sees("img", "CREATE_IN_PROGRESS")
        .send(Msg::Signal(Signal::Interrupt));
    assert_eq!(
        watch.printed(),
        ["live", "stack-a", "gap", "e1", "stack-b", "e2", "building"].map(String::from)
    );
}

#[test]
fn a_timeout_among_faults_is_1_although_there_were_404s_before() {
    let mut watch = Watch::waiting();
    watch.gone().pass(30);
    for _ in 0..2 {
        watch.fails(FaultKind::Transient).pass(5);
    }
    watch.send(Msg::TimedOut);
    assert_eq!(watch.exit(), Some(1));
}

#[test]
fn a_description_that_keeps_failing_is_one_status_not_one_a_poll() {
    let mut watch = Watch::waiting();
    for _ in 0..5 {
        watch
            .hear(Seen::StackGone)
            .hear(Seen::ImageFault(fault(FaultKind::Transient)))
            .pass(5);
    }
    assert_eq!(
        watch.printed(),
        ["waiting", "unreachable"].map(String::from)
    );
}

#[test]
fn a_cancelled_image_build_is_a_failure_of_its_own() {
    let mut watch = Watch::new();
    let reason = "Resource handler returned message: \"Image build was cancelled by user\"";
    assert!(watch.event("Image", "CREATE_FAILED", reason).is_own_failure);
}

#[test]
fn what_was_recorded_does_not_make_up_for_an_api_that_refuses() {
    let mut watch = Watch::new();
    let event = StackEvent::from_json(
        r#"{"stackId":"stack-a","physicalResourceId":"stack-a","eventId":"e1","resourceStatus":"CREATE_FAILED"}"#,
        None,
    );
    watch.hear(Seen::Resumed(WalkStep {
        stack_id: Some(StackId::from("stack-a")),
        fresh: vec![Arc::new(event)],
        commit: Some(Vec::new()),
        ..WalkStep::default()
    }));
    assert_eq!(watch.model.build.current().map(Timeline::len), Some(1));
    assert!(!watch.model.build.answered());
    watch.hear(Seen::Fault(fault(FaultKind::Denied)));
    assert!(
        watch
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Exit(1)))
    );
}

#[test]
fn a_replay_ends_with_the_recording_and_not_before() {
    let mut watch = Watch::with(Mode::Headless(ExitPolicy::of_replay()));
    watch.hear(Seen::Fault(fault(FaultKind::Denied)));
    assert!(
        !watch
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Exit(_)))
    );
    watch.send(Msg::RecordingEnded);
    assert!(matches!(watch.effects.last(), Some(Effect::Exit(1))));
}
