//! The meaning of a resumed recording: it is of the build that it was of, and another build of the same image id begins
//! a recording of its own.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bakewatch::testing::demo::FaultPlan;
use bakewatch::testing::domain::{
    Ami, Build, FaultKind, ImageAnswer, ImageDescription, Observation, Outcome, OutcomeKind,
    RegionalAmi, Seen, StackId, Stream, Verdict,
};
use bakewatch::testing::recording::{Folder, Recorder, Recording};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::json;

use crate::poll::walk::schedules;
use crate::support::api;
use crate::support::aws::{self, Aws, Received};
use crate::support::program::{Program, fresh_folder, recordings_in};
use crate::support::server::{STACK, Server};
use crate::support::watcher::header;

const OTHER: &str =
    "arn:aws:cloudformation:us-east-1:999999999999:stack/img/6accc570-b080-11ec-845e-0e2dc6386985";

fn began() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

/// A watch: its answers, each some seconds after the last one.
#[derive(Clone, Debug)]
struct Answers {
    made: Vec<Observation>,
    begins: DateTime<Utc>,
    seconds: u64,
}

impl Answers {
    fn after(begins: TimeDelta) -> Self {
        Self {
            made: Vec::new(),
            begins: began() + begins,
            seconds: 0,
        }
    }

    fn see(mut self, stream: Stream, seen: Seen) -> Self {
        self.seconds += 4;
        let elapsed = Duration::from_secs(self.seconds);
        let at = self.begins + TimeDelta::from_std(elapsed).unwrap();
        self.made
            .push(api::observation_of(stream, at, elapsed, seen));
        self
    }

    /// A page with statuses of the stack itself, oldest first.
    fn page(self, stack: &str, statuses: &[&str]) -> Self {
        let event = |status: &&str| {
            api::event(&json!({
                "stackId": stack, "eventId": format!("{stack}-{status}"), "stackName": "img", "logicalResourceId": "img",
                "physicalResourceId": stack, "resourceType": "AWS::CloudFormation::Stack",
                "timestamp": "2026-03-01T10:00:00.000Z", "resourceStatus": status,
            }))
        };
        let fresh = statuses.iter().rev().map(event).collect();
        let page = api::page(stack, fresh, true);
        self.see(Stream::Events, Seen::Page(page))
    }

    fn image(self, image: ImageDescription) -> Self {
        let answer = ImageAnswer::Described(Box::new(image));
        self.see(Stream::Image, Seen::Image(answer))
    }

    /// The image with its AMI, made some time after the recorded stack.
    fn ami(self, id: &str, made: TimeDelta) -> Self {
        self.image(ImageDescription {
            creation_time: Some(began() + made),
            ami: Some(Ami::new(id)),
            ..api::image("BUILD_COMPLETE", None)
        })
    }

    fn stack_of_image(self, stack: &str) -> Self {
        self.image(ImageDescription {
            stack_id: Some(StackId::from(stack)),
            ..api::image("BUILD_IN_PROGRESS", None)
        })
    }

    fn gone(self) -> Self {
        self.see(Stream::Events, Seen::StackGone)
            .see(Stream::Image, Seen::Image(ImageAnswer::Absent))
    }

    fn no_stack(self) -> Self {
        self.see(Stream::Events, Seen::StackGone)
    }

    fn fails(self, stream: Stream) -> Self {
        let fault = api::failed_request(FaultKind::Transient, "no response", "");
        self.see(stream, Seen::Failed(fault))
    }
}

fn succeeded() -> Answers {
    Answers::after(TimeDelta::zero())
        .page(STACK, &["CREATE_IN_PROGRESS", "CREATE_COMPLETE"])
        .ami("ami-old", TimeDelta::hours(1))
}

fn failed() -> Answers {
    Answers::after(TimeDelta::zero()).page(STACK, &["CREATE_IN_PROGRESS", "CREATE_FAILED"])
}

fn unfinished() -> Answers {
    Answers::after(TimeDelta::zero())
        .page(STACK, &["CREATE_IN_PROGRESS"])
        .stack_of_image(STACK)
}

/// The deletion may be the user's, or that of a success.
fn deleting() -> Answers {
    Answers::after(TimeDelta::zero()).page(STACK, &["CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS"])
}

fn later() -> Answers {
    Answers::after(TimeDelta::days(7))
}

/// A watch that resumed a recording.
struct Resumed {
    build: Build,
    /// Whether the recording is byte for byte as it was.
    is_unchanged: bool,
    /// The builds of the recordings, the resumed one first.
    played: Vec<Build>,
}

fn stacks(build: &Build) -> Vec<&str> {
    let stacks = build.timelines().iter();
    stacks.map(|one| one.stack_id().as_str()).collect()
}

fn record(state: &Path, watch: &Answers) -> Build {
    let folder = Folder::new(state.join("bakewatch/recordings"));
    let (mut recorder, found) = Recorder::in_folder(folder, header(watch.begins), true);
    let mut build = Build::requested("img", false);
    let resumed = found.map(|recording| recording.resume(watch.begins));
    for observation in resumed.into_iter().flatten().chain(watch.made.clone()) {
        recorder.record(&observation).unwrap();
        build.apply(&observation);
    }
    let outcome = Outcome::of(&build, "img");
    let at = watch.made.last().map_or(watch.begins, |last| last.at);
    recorder.end(&outcome, at).unwrap();
    build
}

/// Records a watch, then another one that resumes it.
fn resume(first: &Answers, second: &Answers) -> Resumed {
    let state = fresh_folder();
    record(&state, first);
    let file = recordings_in(&state).pop().unwrap();
    let before = fs::read(&file).unwrap();
    let build = record(&state, second);
    let mut files = recordings_in(&state);
    files.sort_by_key(|path| *path != file);
    let played = files
        .iter()
        .map(|path| Build::of(&Recording::open(path).unwrap().observations));
    Resumed {
        build,
        is_unchanged: fs::read(&file).unwrap() == before,
        played: played.collect(),
    }
}

/// The endings of a recording: success, failure, and none.
fn recorded() -> [(Answers, Verdict, OutcomeKind); 4] {
    [
        (succeeded(), Verdict::Succeeded, OutcomeKind::Succeeded),
        (failed(), Verdict::Failed, OutcomeKind::Failed),
        (unfinished(), Verdict::Waiting, OutcomeKind::Building),
        (deleting(), Verdict::Waiting, OutcomeKind::Building),
    ]
}

#[test]
fn without_an_answer_the_recorded_verdict_stays_and_its_file_too() {
    for (first, verdict, outcome) in recorded() {
        for second in [
            later(),
            later().fails(Stream::Events).fails(Stream::Image),
            later().gone(),
            later().gone().fails(Stream::Image).fails(Stream::Events),
            // One description may be old.
            later().ami("ami-old", TimeDelta::hours(1)),
            later().stack_of_image(OTHER),
        ] {
            let resumed = resume(&first, &second);
            let build = &resumed.build;
            assert!(build.is_only_recorded());
            assert_eq!(build.verdict(), verdict, "{second:?}");
            let known = build.recorded().unwrap();
            assert_eq!(known.outcome, outcome);
            assert_eq!(known.as_of, first.made.last().unwrap().at);
            assert!(resumed.is_unchanged && resumed.played.len() == 1);
        }
    }
}

#[test]
fn a_recorded_build_that_is_gone_keeps_its_end() {
    let gone = later().gone().gone();
    for (first, verdict, reason) in [
        (
            succeeded(),
            Verdict::Deleted,
            "the image (ami-old) was made at 2026-03-01T11:00:00Z and has been deleted since",
        ),
        (failed(), Verdict::Failed, ""),
        (unfinished(), Verdict::EndNotSeen, "has no end of the build"),
        (deleting(), Verdict::EndNotSeen, "has no end of the build"),
    ] {
        let resumed = resume(&first, &gone);
        assert_eq!(resumed.build.verdict(), verdict);
        let outcome = Outcome::of(&resumed.build, "img");
        let told = outcome.reason.unwrap_or_default();
        assert!(told.contains(reason), "{told}");
        assert!(!resumed.build.is_only_recorded());
        // An end that is recorded is kept; a recording without one gets what is known now.
        let has_ended = matches!(verdict, Verdict::Deleted | Verdict::Failed);
        assert_eq!(resumed.is_unchanged, has_ended);
        assert_eq!(resumed.played.len(), 1);
        let kept = if verdict == Verdict::Deleted {
            Verdict::Succeeded
        } else {
            verdict
        };
        assert_eq!(resumed.played[0].verdict(), kept);
        // The next watch of it comes to the same.
        let again = resume(&first, &gone);
        assert_eq!(again.build.verdict(), verdict);
    }
}

#[test]
fn another_stack_is_another_build_in_a_recording_of_its_own() {
    for (first, ..) in recorded() {
        for second in [
            later().page(OTHER, &["CREATE_IN_PROGRESS"]),
            later().gone().page(OTHER, &["CREATE_IN_PROGRESS"]),
            later().gone().gone().page(OTHER, &["CREATE_IN_PROGRESS"]),
            later()
                .stack_of_image(OTHER)
                .page(OTHER, &["CREATE_IN_PROGRESS"]),
            later()
                .ami("ami-old", TimeDelta::hours(1))
                .page(OTHER, &["CREATE_IN_PROGRESS"]),
        ] {
            let resumed = resume(&first, &second);
            assert_eq!(resumed.build.verdict(), Verdict::Building, "{second:?}");
            assert_eq!(stacks(&resumed.build), [OTHER]);
            assert!(resumed.build.recorded().is_none() && !resumed.build.is_inferred());
            assert!(resumed.is_unchanged);
            assert_eq!(resumed.played.len(), 2);
            assert_eq!(stacks(&resumed.played[0]), [STACK]);
            assert_eq!(stacks(&resumed.played[1]), [OTHER]);
        }
    }
}

#[test]
fn the_same_build_goes_on_in_the_same_file() {
    let same = |answers: Answers| answers.page(STACK, &["CREATE_COMPLETE", "DELETE_IN_PROGRESS"]);
    for (first, second, verdict) in [
        (succeeded(), same(later()), Verdict::Succeeded),
        (failed(), same(later()), Verdict::Failed),
        (unfinished(), same(later()), Verdict::Deleting),
        (unfinished(), same(later().gone()), Verdict::Deleting),
        (unfinished(), same(later().gone().gone()), Verdict::Deleting),
        (
            deleting(),
            later().page(STACK, &["DELETE_IN_PROGRESS"]),
            Verdict::Deleting,
        ),
    ] {
        let resumed = resume(&first, &second);
        assert_eq!(resumed.build.verdict(), verdict);
        assert_eq!(stacks(&resumed.build), [STACK]);
        assert!(resumed.build.recorded().is_none() && !resumed.build.is_inferred());
        assert!(!resumed.is_unchanged && resumed.played.len() == 1);
        assert_eq!(resumed.played[0].verdict(), verdict);
    }
    let image = |id| {
        let no_stack = later().no_stack().ami(id, TimeDelta::hours(1));
        no_stack.no_stack().ami(id, TimeDelta::hours(1))
    };
    let resumed = resume(&succeeded(), &image("ami-old"));
    assert_eq!(resumed.build.verdict(), Verdict::Succeeded);
    assert!(!resumed.build.is_inferred());
    assert_eq!(resumed.played.len(), 1);
}

/// An AMI alone: whose it is depends on when it was made, and on how the recording ends.
#[test]
fn an_ami_alone_is_a_later_builds_or_inferred_to_be_the_recorded_ones() {
    let alone = |hours| {
        let made = TimeDelta::hours(hours);
        let once = later().no_stack().ami("ami-new", made);
        let twice = once.no_stack().ami("ami-new", made);
        twice
            .no_stack()
            .ami("ami-new", made)
            .no_stack()
            .ami("ami-new", made)
    };
    for (first, hours, is_another) in [
        (succeeded(), 2, true),
        (succeeded(), 20, true),
        (failed(), 1, true),
        (failed(), 20, true),
        (unfinished(), 1, false),
        (unfinished(), 12, false),
        (unfinished(), 14, true),
        (deleting(), 1, false),
        (deleting(), 14, true),
    ] {
        let resumed = resume(&first, &alone(hours));
        let build = &resumed.build;
        assert_eq!(build.verdict(), Verdict::Succeeded, "{hours}");
        assert_eq!(build.is_inferred(), !is_another, "{hours}");
        assert_eq!(stacks(build).is_empty(), is_another, "{hours}");
        assert_eq!(resumed.played.len(), if is_another { 2 } else { 1 });
        assert_eq!(resumed.is_unchanged, is_another);
        let last = resumed.played.last().unwrap();
        assert_eq!(last.verdict(), Verdict::Succeeded);
        assert_eq!(last.is_inferred(), !is_another, "a replay says so, too");
    }
    // An older AMI than the stack is of neither.
    for (first, verdict, _) in recorded() {
        let resumed = resume(&first, &alone(-2));
        assert_eq!(resumed.build.verdict(), verdict);
        assert!(resumed.is_unchanged);
    }
}

/// Over AWS the events of a deleted stack are still there: only its image tells whether the recorded success still holds.
#[test]
fn a_recorded_success_holds_if_its_image_is_still_there() {
    let made = |last: &[&str]| {
        let created = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"];
        Answers::after(TimeDelta::zero())
            .page(STACK, &[&created, last].concat())
            .ami("ami-old", TimeDelta::hours(1))
    };
    let whole = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "DELETE_COMPLETE"];
    let deleted = || later().page(STACK, &whole);
    let absent = |answers: Answers| answers.see(Stream::Image, Seen::Image(ImageAnswer::Absent));
    let not_found = |answers: Answers| answers.see(Stream::Image, Seen::Image(ImageAnswer::Gone));
    let own = |answers: Answers| answers.ami("ami-old", TimeDelta::hours(1));
    let others = |answers: Answers| answers.ami("ami-new", TimeDelta::hours(20));
    let denied = |answers: Answers| {
        let fault = api::failed_request(FaultKind::Denied, "no", "");
        answers.see(Stream::Image, Seen::Failed(fault))
    };
    let again = |answers: Answers| answers.page(STACK, &whole);
    let twice =
        |answer: &dyn Fn(Answers) -> Answers| answer(again(answer(again(answer(deleted())))));
    let (gone, holds) = (Some(Verdict::Deleted), Some(Verdict::Succeeded));
    for (first, is_deleted) in [
        (made(&[]), false),
        (made(&["DELETE_IN_PROGRESS"]), false),
        (made(&["DELETE_COMPLETE"]), true),
    ] {
        // What was recorded as deleted stays so, whatever a page leaves out.
        let still_there = holds.filter(|_| !is_deleted);
        for (second, verdict) in [
            (deleted(), None),
            (absent(deleted()), None),
            (twice(&absent), gone),
            (twice(&not_found), gone),
            (twice(&others), gone),
            (twice(&|answers| absent(answers.fails(Stream::Image))), gone),
            (again(twice(&absent)), gone),
            (own(deleted()), holds),
            (own(absent(deleted())), holds),
            (own(twice(&absent)), holds),
            (denied(deleted()), holds),
            (again(deleted().fails(Stream::Image)), None),
            (later().page(STACK, &["DELETE_IN_PROGRESS"]), still_there),
        ] {
            let resumed = resume(&first, &second);
            let build = &resumed.build;
            assert_eq!(build.is_only_recorded(), verdict.is_none(), "{second:?}");
            let verdict = verdict.unwrap_or(Verdict::Succeeded);
            assert_eq!(build.verdict(), verdict, "{second:?}");
            if verdict == Verdict::Deleted {
                let reason = Outcome::of(build, "img").reason.unwrap();
                let told = "the image (ami-old) was made at 2026-03-01T1";
                assert!(reason.starts_with(told), "{reason}");
                assert!(reason.ends_with(" and has been deleted since"), "{reason}");
                assert!(resumed.is_unchanged);
            }
            assert_eq!(resumed.played.len(), 1);
            assert_eq!(resumed.played[0].verdict(), Verdict::Succeeded);
        }
    }
}

/// Image Builder's record of an AMI in another region is deleted with the stack.
#[test]
fn a_recorded_success_in_other_regions_only_is_not_taken_back() {
    let elsewhere = RegionalAmi {
        region: "eu-west-1".into(),
        id: "ami-old".into(),
        state: None,
    };
    let first = Answers::after(TimeDelta::zero())
        .page(STACK, &["CREATE_IN_PROGRESS", "DELETE_COMPLETE"])
        .image(ImageDescription {
            ami: Some(Ami::new("ami-old")),
            amis: vec![elsewhere],
            ..api::image("BUILD_COMPLETE", None)
        });
    let resumed = resume(&first, &later().page(STACK, &["DELETE_COMPLETE"]));
    assert_eq!(resumed.build.verdict(), Verdict::Succeeded);
    assert!(!resumed.build.is_only_recorded());
}

fn any_answers() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..5_u8, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(schedules().div_ceil(8)))]

    /// A build is recorded and the watch stopped; unwatched, it goes on, is deleted, or is built again; faults and old
    /// answers come in between.
    #[test]
    fn no_schedule_mixes_two_builds(
        kind in 0..4_usize,
        fate in 0..3_u8,
        noise in any_answers(),
        more in any_answers(),
    ) {
        let (first, verdict, _) = recorded()[kind].clone();
        let disturb = |answers: Answers, noise: &[u8]| {
            noise.iter().fold(answers, |answers, kind| match kind {
                0 => answers.fails(Stream::Events),
                1 => answers.fails(Stream::Image),
                2 => answers.no_stack(),
                3 => answers.ami("ami-before", TimeDelta::hours(-9)),
                _ => answers.see(Stream::Events, Seen::ClockOff(TimeDelta::zero())),
            })
        };
        let second = disturb(later(), &noise);
        let second = match fate {
            0 => second.page(STACK, &["CREATE_COMPLETE"]),
            1 => disturb(second.gone(), &more[..more.len().min(1)]).gone().gone(),
            _ => disturb(second.page(OTHER, &["CREATE_IN_PROGRESS"]), &more).page(OTHER, &["CREATE_FAILED"]),
        };
        let resumed = resume(&first, &second);
        let build = &resumed.build;
        let files: Vec<_> = resumed.played.iter().map(|played| stacks(played).concat()).collect();
        match fate {
            0 => {
                prop_assert_eq!(stacks(build), [STACK]);
                prop_assert_eq!(files, [STACK]);
            }
            1 => {
                let expected = match verdict {
                    Verdict::Succeeded => Verdict::Deleted,
                    Verdict::Failed => Verdict::Failed,
                    _ => Verdict::EndNotSeen,
                };
                prop_assert_eq!(build.verdict(), expected);
                prop_assert_eq!(files, [STACK]);
            }
            _ => {
                prop_assert_eq!(build.verdict(), Verdict::Failed);
                prop_assert_eq!(build.current().unwrap().len(), 2);
                prop_assert_eq!(stacks(build), [OTHER]);
                prop_assert_eq!(files, [STACK, OTHER]);
                prop_assert!(resumed.is_unchanged);
            }
        }
    }
}

fn watch(server: &Server, state: &Path, more: &[&str]) -> Program {
    let arguments = [&["-o", "json"], more].concat();
    let state = ("XDG_STATE_HOME", state.to_str().unwrap());
    Program::start_with(&server.watch(&arguments), &[state])
}

#[test]
fn a_watch_without_an_answer_says_what_was_recorded_and_runs_no_command() {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.push_root(STACK, "CREATE_FAILED");
    let state = fresh_folder();
    assert_eq!(watch(&server, &state, &[]).end().code(), Some(3));
    let file = recordings_in(&state).pop().unwrap();
    let before = fs::read(&file).unwrap();
    let url = server.url.clone();
    drop(server);
    let marker = state.join("ran");
    let hook = format!("touch {}", marker.display());
    for format in ["json", "text"] {
        let arguments = [
            "watch",
            "img",
            "--api-url",
            &url,
            "--no-sign-request",
            "--interval",
            "200ms",
            "-o",
            format,
            "--timeout",
            "3s",
            "--on-outcome",
            &hook,
        ];
        let home = ("XDG_STATE_HOME", state.to_str().unwrap());
        let ended = Program::start_with(&arguments, &[home]).end();
        assert_eq!(ended.code(), Some(1), "{}", ended.diagnostics);
        if format == "json" {
            let outcome = ended.outcome();
            assert_eq!(outcome["outcome"], "unknown");
            assert_eq!(outcome["recorded"]["outcome"], "failed");
            assert!(outcome["recorded"]["asOf"].is_string() && outcome["endedAt"].is_null());
            assert_eq!(ended.event_ids(), ["e1", "e2"]);
        } else {
            let last = ended.lines.last().unwrap();
            assert!(last.contains("; the recording says: failed"), "{last}");
        }
    }
    assert!(!marker.exists());
    assert_eq!(fs::read(file).unwrap(), before);
}

#[test]
fn a_named_file_of_another_build_stays_and_a_numbered_one_is_written() {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.push_root(STACK, "CREATE_FAILED");
    let state = fresh_folder();
    let file = state.join("named");
    let record = ["--record", file.to_str().unwrap()];
    assert_eq!(watch(&server, &state, &record).end().code(), Some(3));
    let before = fs::read(&file).unwrap();
    server.begin_build(OTHER);
    server.push_root(OTHER, "CREATE_FAILED");
    let ended = watch(&server, &state, &record).end();
    assert_eq!(
        (ended.code(), ended.event_ids()),
        (Some(3), vec!["e3".to_owned(), "e4".to_owned()])
    );
    assert_eq!(ended.outcome()["events"], 2);
    assert_eq!(fs::read(&file).unwrap(), before);
    let other = Recording::open(&state.join("named.2")).unwrap();
    assert_eq!(other.events().count(), 2);
    assert!(
        ended.diagnostics.contains("named.2"),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn a_recorded_success_over_aws_is_deleted_once_its_image_is() {
    let run = |target: &'static str, to_the_end: bool| {
        let mut aws = Aws::start();
        aws.begin();
        aws.finish();
        let state = fresh_folder();
        let watch = |aws: &Aws| {
            let home = ("XDG_STATE_HOME", state.to_str().unwrap());
            let environment = [aws.environment().as_slice(), &[home]].concat();
            let arguments = ["watch", target, "--interval", "200ms", "-o", "json"];
            Program::start_with(&arguments, &environment)
        };
        let mut first = watch(&aws);
        first.wait_for(|line| line.contains("DELETE_IN_PROGRESS"));
        if to_the_end {
            aws.delete();
        } else {
            let described =
                |calls: &[Received]| calls.iter().any(|call| call.action == "DescribeImages");
            aws.wait_until(described);
            aws.wait_until(|calls| {
                let after = calls
                    .iter()
                    .rev()
                    .take_while(|call| call.action != "DescribeImages");
                described(calls) && after.count() > 3
            });
            first.signal("TERM");
        }
        assert_eq!(first.end().outcome()["outcome"], "succeeded");
        if !to_the_end {
            aws.delete();
        }
        watch(&aws).end().assert_code(0);
        aws.account().amis.clear();
        for _ in 0..2 {
            let ended = watch(&aws).end();
            ended.assert_code(5);
            let reason = ended.outcome()["reason"].as_str().unwrap().to_owned();
            assert!(
                reason.contains("the image (ami-0abc) was made at"),
                "{reason}"
            );
            assert!(reason.contains("has been deleted since"), "{reason}");
            assert_eq!(ended.outcome()["recorded"]["outcome"], "succeeded");
        }
    };
    std::thread::scope(|scope| {
        for target in ["img", aws::STACK] {
            for to_the_end in [true, false] {
                scope.spawn(move || run(target, to_the_end));
            }
        }
    });
}
