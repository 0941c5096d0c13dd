//! Recordings: no exit of the program, no full disk and no other watch loses or doubles an event, and a replay shows
//! the same as the watch.

use std::borrow::{Borrow, Cow};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bakewatch::testing::demo::FaultPlan;
use bakewatch::testing::domain::{
    Build, Fault, FaultKind, ImageAnswer, ImageDescription, LateEvent, Observation, Seen,
    StackEvent, StackId, Stream, WalkStep,
};
use bakewatch::testing::recording::{Recorder, Recording, VERSION};
use bakewatch::testing::text::SafeText;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::api;
use crate::support::program::{DEADLINE, Ended, Program, fresh_folder, kills, recordings_in, run};
use crate::support::server::{STACK, Server};
use crate::support::watcher::header;

fn server() -> Server {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server
}

/// Starts a watch that keeps its recordings in a folder.
fn watch(server: &Server, state: &Path, more: &[&str]) -> Program {
    let arguments = [&["-o", "json"], more].concat();
    let state = ("XDG_STATE_HOME", state.to_str().unwrap());
    Program::start_with(&server.watch(&arguments), &[state])
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The ids of the events in a recording, line by line.
fn recorded_ids(path: &Path) -> Vec<String> {
    let lines = fs::read_to_string(path).unwrap();
    let lines = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let events = lines.filter(|line| line["kind"] == "event");
    events
        .map(|line| line["event"]["eventId"].as_str().unwrap().to_owned())
        .collect()
}

fn finish(server: &mut Server) {
    server.succeed();
    server.world.remove_stack();
}

/// Bytes that each event of the server takes in a recording, at least.
const LEAST_LINE: usize = 300;

/// The bytes of all recordings, of those too that are just being written.
fn size_of_recordings(state: &Path) -> usize {
    let recordings = recordings_in(state).into_iter();
    let sizes = recordings.filter_map(|path| usize::try_from(fs::metadata(path).ok()?.len()).ok());
    sizes.sum()
}

fn wait_for_size(state: &Path, wanted: usize) {
    let end = Instant::now() + DEADLINE;
    while size_of_recordings(state) < wanted {
        assert!(Instant::now() < end, "the recording does not grow");
    }
}

#[test]
fn repeated_kills_neither_lose_nor_double_events() {
    let (mut server, state) = (server(), fresh_folder());
    let most = 3000 / kills() + 1;
    for round in 0..kills() {
        let size_before = size_of_recordings(&state);
        let mut program = watch(&server, &state, &[]);
        let fresh = fastrand::usize(..most);
        server.push(STACK, fresh);
        if fastrand::bool() {
            // At any moment from before the first response to after the last.
            let made = server.all_ids().len();
            for _ in 0..fastrand::usize(..=made) {
                program.wait_for(|_| true);
            }
        } else {
            // Probably during a write: when this part of the new events is in the file.
            let wanted = size_before + fastrand::usize(..=fresh * LEAST_LINE);
            wait_for_size(&state, wanted);
        }
        program.kill();
        let printed: Vec<_> = program
            .seen
            .iter()
            .filter_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                Some(line["event"]["eventId"].as_str()?.to_owned())
            })
            .collect();
        let expected = server.all_ids();
        assert!(expected.starts_with(&printed), "round {round}: {printed:?}");
        let recorded: Vec<_> = recordings_in(&state)
            .iter()
            .flat_map(|path| recorded_ids(path))
            .collect();
        assert!(
            recorded.starts_with(&printed),
            "round {round}: what was shown is recorded: {recorded:?}"
        );
    }
    let mut program = watch(&server, &state, &[]);
    let last = format!("\"e{}\"", server.all_ids().len());
    program.wait_for(|line| line.contains(&last));
    finish(&mut server);
    let ended = program.end();
    assert_eq!(ended.event_ids(), server.all_ids());
    // A kill between the making of a file and its first line leaves an empty one behind.
    let mut recordings = recordings_in(&state);
    recordings.retain(|path| fs::metadata(path).unwrap().len() > 0);
    assert_eq!(recordings.len(), 1, "it is one build: {recordings:?}");
    assert_eq!(recorded_ids(&recordings[0]), server.all_ids());
}

#[test]
fn removing_the_recording_during_a_watch_is_reported() {
    let (mut server, state) = (server(), fresh_folder());
    let mut program = watch(&server, &state, &[]);
    program.wait_for(|line| line.contains("\"e1\""));
    fs::remove_dir_all(state.join("bakewatch")).unwrap();
    server.push(STACK, 2);
    program.wait_for(|line| line.contains("\"e3\""));
    finish(&mut server);
    let ended = program.end();
    assert_eq!(
        (ended.code(), ended.event_ids()),
        (Some(0), server.all_ids())
    );
    let notes: Vec<_> = ended.diagnostics.lines().collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("the file was removed"), "{notes:?}");
}

#[test]
fn an_endless_line_uses_no_more_memory_than_any_line() {
    let folder = fresh_folder();
    let file = folder.join("r.jsonl");
    run(&[
        "demo",
        "--speed",
        "2000",
        "-o",
        "json",
        "--record",
        text(&file),
    ]);
    let whole = Recording::open(&file).unwrap();
    let long = io::repeat(b'x').take(100 << 20);
    let bytes = fs::read(&file).unwrap();
    let (begin, rest) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1);
    let read = |bytes: &mut dyn Read| Recording::read(BufReader::new(bytes)).unwrap();
    let ended = read(&mut begin.chain(long).chain(&b"\n"[..]).chain(rest));
    assert_eq!((ended.unreadable, ended.torn), (1, false));
    assert_eq!(ended.events().count(), whole.events().count());
    let torn = read(&mut bytes.chain(io::repeat(b'x').take(100 << 20)));
    assert_eq!((torn.unreadable, torn.torn), (0, true));
    assert_eq!(torn.events().count(), whole.events().count());
    // Nothing but such a line is no recording.
    let endless = run(&["replay", "/dev/zero", "-o", "text"]);
    assert_eq!(endless.code(), Some(2), "{}", endless.diagnostics);
}

#[test]
fn recorded_events_outlive_the_stack() {
    let (mut server, state) = (server(), fresh_folder());
    server.push(STACK, 150);
    server.push_root(STACK, "CREATE_FAILED");
    let mut first = watch(&server, &state, &[]);
    first.wait_for(|line| line.contains("outcome"));
    assert_eq!(first.end().code(), Some(3));
    server.world.remove_stack();
    server.world.set_image(None);
    let again = watch(&server, &state, &[]).end();
    assert_eq!(again.event_ids(), server.all_ids());
    assert_eq!(
        (again.code(), &again.outcome()["outcome"]),
        (Some(3), &json!("failed"))
    );
    // A watch that waits for the next build does not print the last one.
    let next = watch(&server, &state, &["--wait", "--timeout", "1s"]).end();
    assert_eq!((next.code(), next.event_ids().len()), (Some(5), 0));
}

#[test]
fn another_stack_begins_a_recording_of_its_own() {
    let second = STACK.replace("6accc570", "7bddd681");
    let (mut server, state) = (server(), fresh_folder());
    let mut first = watch(&server, &state, &[]);
    first.wait_for(|line| line.contains("\"e1\""));
    first.kill();
    server.begin_build(&second);
    let mut program = watch(&server, &state, &[]);
    program.wait_for(|line| line.contains("\"e2\""));
    finish(&mut server);
    let ended = program.end();
    assert_eq!(ended.event_ids(), ["e2"]);
    let stacks: Vec<_> = ended
        .of_kind("stack")
        .iter()
        .map(|line| line["stackId"].clone())
        .collect();
    assert_eq!(stacks, [json!(second)]);
    let mut recorded: Vec<_> = recordings_in(&state)
        .iter()
        .map(|path| recorded_ids(path))
        .collect();
    recorded.sort();
    assert_eq!(recorded, [["e1"], ["e2"]]);
}

#[test]
fn two_watches_of_one_image_have_a_recording_each() {
    let (mut server, state) = (server(), fresh_folder());
    let mut one = watch(&server, &state, &[]);
    one.wait_for(|line| line.contains("\"e1\""));
    while recordings_in(&state).is_empty() {
        std::thread::yield_now();
    }
    let mut other = watch(&server, &state, &[]);
    other.wait_for(|line| line.contains("\"e1\""));
    server.push(STACK, 120);
    for program in [&mut one, &mut other] {
        program.wait_for(|line| line.contains("\"e121\""));
    }
    finish(&mut server);
    for program in [one, other] {
        assert_eq!(program.end().event_ids(), server.all_ids());
    }
    let recordings = recordings_in(&state);
    assert_eq!(recordings.len(), 2);
    for path in &recordings {
        assert_eq!(recorded_ids(path), server.all_ids());
    }
}

#[test]
fn only_the_owner_can_read_a_recording_and_an_empty_watch_has_none() {
    let (mut server, state) = (server(), fresh_folder());
    finish(&mut server);
    watch(&server, &state, &[]).end();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let recordings = recordings_in(&state);
    assert_eq!(mode(&recordings[0]), 0o600);
    assert_eq!(mode(recordings[0].parent().unwrap()), 0o700);
    server.world.set_image(None);
    let state = fresh_folder();
    assert_eq!(watch(&server, &state, &[]).end().code(), Some(5));
    assert_eq!(recordings_in(&state), Vec::<PathBuf>::new());
    watch(&server, &state, &["--no-record", "--timeout", "1s"]).end();
    assert_eq!(recordings_in(&state), Vec::<PathBuf>::new());
}

#[test]
fn an_unrecorded_watch_is_reported_once_and_continues() {
    let mut server = server();
    let folder = fresh_folder();
    let blocked = folder.join("a-file");
    File::create(&blocked).unwrap();
    let check_note = |ended: &Ended, what: &str| {
        let notes: Vec<_> = ended.diagnostics.lines().collect();
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(
            notes[0].starts_with("note: this watch is not recorded: "),
            "{notes:?}"
        );
        assert!(notes[0].contains(what), "{notes:?}");
    };
    let mut programs = [
        (watch(&server, &blocked, &[]), "a-file"),
        (
            watch(&server, &folder, &["--record", "/dev/full"]),
            "/dev/full",
        ),
    ];
    for (program, _) in &mut programs {
        program.wait_for(|line| line.contains("\"e1\""));
    }
    server.push(STACK, 3);
    for (program, _) in &mut programs {
        program.wait_for(|line| line.contains("\"e4\""));
    }
    finish(&mut server);
    for (program, what) in programs {
        let ended = program.end();
        assert_eq!(
            (ended.code(), ended.event_ids()),
            (Some(0), server.all_ids())
        );
        check_note(&ended, what);
    }
}

#[test]
fn a_replay_prints_the_lines_of_the_watch() {
    let folder = fresh_folder();
    for scenario in ["failure", "rebuild", "deleted", "flaky"] {
        let file = folder.join(scenario);
        let watched = run(&[
            "demo",
            "--scenario",
            scenario,
            // One deletion and a new stack lie between two answers there, so that both runs see one build.
            "--backend",
            "api",
            "--speed",
            "2000",
            "-o",
            "json",
            "--record",
            text(&file),
        ]);
        let replayed = run(&["replay", text(&file), "--speed", "max", "-o", "json"]);
        assert_eq!(replayed.code(), watched.code(), "{}", replayed.diagnostics);
        assert_eq!(replayed.lines, watched.lines, "{scenario}");
        let again = run(&["replay", text(&file), "-o", "json", "--record", text(&file)]);
        assert_eq!(
            again.code(),
            Some(2),
            "it would double what it plays: {}",
            again.diagnostics
        );
    }
}

#[test]
fn a_truncated_recording_replays_as_a_running_build() {
    let folder = fresh_folder();
    let file = folder.join("failure");
    run(&[
        "demo",
        "--scenario",
        "failure",
        "--speed",
        "2000",
        "-o",
        "json",
        "--record",
        text(&file),
    ]);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 3]).unwrap();
    let ended = run(&["replay", text(&file), "--speed", "max", "-o", "json"]);
    assert_eq!(
        (ended.code(), &ended.outcome()["outcome"]),
        (Some(4), &json!("building"))
    );
    assert!(
        ended.diagnostics.contains("is truncated"),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn a_file_that_is_no_recording_is_an_error() {
    let folder = fresh_folder();
    let newer = json!({"bakewatchRecording": VERSION + 1}).to_string();
    for (name, content, why) in [
        ("empty", "", "the file is empty"),
        (
            "foreign",
            "{\"kind\":\"stack\"}\n",
            "neither a bakewatch recording",
        ),
        ("newer", &newer, "update bakewatch"),
    ] {
        let file = folder.join(name);
        fs::write(&file, content).unwrap();
        let ended = run(&["replay", text(&file), "-o", "json"]);
        assert_eq!(ended.code(), Some(2));
        assert!(ended.diagnostics.contains(why), "{}", ended.diagnostics);
        assert!(ended.lines.is_empty());
    }
}

#[test]
fn the_newest_recordings_and_other_files_are_kept() {
    let (mut server, state) = (server(), fresh_folder());
    let folder = state.join("bakewatch/recordings/other");
    fs::create_dir_all(&folder).unwrap();
    let header = serde_json::to_string(&header(DateTime::UNIX_EPOCH)).unwrap();
    let epoch = DateTime::<Utc>::UNIX_EPOCH;
    let make = |name: &str, content: &str, age: i64| {
        let file = File::create(folder.join(name)).unwrap();
        fs::write(folder.join(name), content).unwrap();
        let time = epoch - TimeDelta::hours(age) + TimeDelta::days(9999);
        file.set_modified(time.into()).unwrap();
    };
    make("foreign.jsonl", "{}\n", 100);
    make("locked.jsonl", &header, 99);
    make("notes.txt", &header, 98);
    // A kill between the making of a file and its first line leaves one behind that is no recording.
    make("cut.jsonl", header.split_at(30).0, 0);
    make("unborn.jsonl", header.split_at(30).0, 0);
    // Somebody else's.
    make("empty.jsonl", "", 0);
    make("brace.jsonl", "{", 0);
    let unborn = File::open(folder.join("unborn.jsonl")).unwrap();
    unborn.lock().unwrap();
    File::create(folder.join("new.jsonl")).unwrap();
    for age in 0..196 {
        make(&format!("r{age:03}.jsonl"), &header, age);
    }
    let locked = File::open(folder.join("locked.jsonl")).unwrap();
    locked.lock().unwrap();
    finish(&mut server);
    watch(&server, &state, &[]).end();
    let gone: Vec<_> = (0..196)
        .filter(|age| !folder.join(format!("r{age:03}.jsonl")).exists())
        .collect();
    assert_eq!(gone, [194, 195], "these are the oldest of more than 200");
    for name in ["foreign", "locked", "unborn", "new", "empty", "brace"] {
        assert!(folder.join(format!("{name}.jsonl")).exists(), "{name}");
    }
    assert!(folder.join("notes.txt").exists());
    assert!(!folder.join("cut.jsonl").exists());
    // More than a gibibyte: the oldest goes, and what no watch writes to.
    let large = File::options().write(true).open(folder.join("r000.jsonl"));
    large.unwrap().set_len(1 << 30).unwrap();
    let left = |name: &str| folder.join(format!("{name}.jsonl")).exists();
    watch(&server, &state, &["--wait", "--timeout", "1s"]).end();
    assert!(left("locked") && left("foreign") && !left("r001"));
}

/// The seed of the fuzz target, so that it can't go out of date: every line of it is read.
#[test]
fn every_kind_of_line_is_read() {
    let format_1 = include_bytes!("../../../fuzz/seeds/recording/format-1.jsonl");
    let recording = Recording::read(&format_1[..]).unwrap();
    assert_eq!((recording.unreadable, recording.events().count()), (0, 4));
    let of_image = |one: &Cow<'_, Observation>| one.stream == Stream::Image;
    assert_eq!(recording.observations.iter().filter(of_image).count(), 5);
    let seed = include_bytes!("../../../fuzz/seeds/recording/every-kind-of-line.jsonl");
    let recording = Recording::read(&seed[..]).unwrap();
    assert!(!recording.torn);
    assert_eq!((recording.unreadable, recording.events().count()), (0, 4));
    let kinds = recording
        .observations
        .iter()
        .map(|report| std::mem::discriminant(&report.seen));
    assert_eq!(kinds.collect::<HashSet<_>>().len(), 6, "all kinds");
}

/// Found by fuzzing: a damaged line named another stack than its event did, and mixed the events of two.
#[test]
fn an_event_belongs_to_the_stack_that_it_names() {
    let lines = [
        json!(header(DateTime::UNIX_EPOCH)),
        json!({"kind": "event", "at": "2022-04-05T21:36:05Z", "stackId": "s?", "event": {"stackId": "s", "eventId": "1"}}),
        json!({"kind": "event", "at": "2022-04-05T21:36:05Z", "stackId": "s", "event": {"eventId": "2"}}),
    ];
    let recording =
        Recording::read(lines.map(|line| format!("{line}\n")).concat().as_bytes()).unwrap();
    let build = Build::of(&recording.observations);
    assert_eq!(build.stack_id(), Some(&StackId::from("s")));
    assert_eq!(
        (build.timelines().len(), build.current().unwrap().len()),
        (1, 2)
    );
}

/// A watch that has an outcome ends with the first answer about the next stack of this name, which is recorded before.
#[test]
fn what_came_after_the_end_of_a_build_is_not_read() {
    let at = "2022-04-05T21:36:05Z";
    let event = |stack: &str| json!({"kind": "event", "at": at, "stackId": stack, "event": {"stackId": stack, "eventId": "1"}});
    let gone = json!({"kind": "gone", "at": at});
    let summary = json!({"outcome": "failed", "leftoverStack": false, "events": 1});
    let ended = |stack: Option<&str>| json!({"kind": "ended", "at": at, "stackId": stack, "summary": summary});
    let resumed = json!({"kind": "resumed", "at": at});
    for (of, stacks, observed) in [
        (Some("second"), vec!["first", "second"], 5),
        (Some("third"), vec!["first", "second", "third"], 7),
        (Some("unknown"), vec!["first", "second", "third"], 7),
        (None, vec!["first", "second", "third"], 7),
    ] {
        let [first, second, third] = ["first", "second", "third"].map(event);
        let mut lines = vec![json!(header(DateTime::UNIX_EPOCH)), first];
        lines.extend([second, gone.clone(), third, gone.clone(), ended(of)]);
        lines.extend([resumed.clone(), gone.clone()]);
        let lines: Vec<_> = lines.iter().map(|line| format!("{line}\n")).collect();
        let recording = Recording::read(lines.concat().as_bytes()).unwrap();
        let build = Build::of(&recording.observations);
        let timelines = build.timelines().iter();
        let read: Vec<_> = timelines.map(|one| one.stack_id().as_str()).collect();
        assert_eq!(read, stacks, "{of:?}");
        assert_eq!(recording.observations.iter().count(), observed, "{of:?}");
        assert_eq!(recording.unreadable, 0);
    }
}

/// The observations of a watch: complete walks, late events, and everything else that a poller observes.
#[derive(Debug, Default)]
struct Observations {
    made: Vec<Observation>,
    stack: usize,
    events: usize,
    last: Option<Arc<StackEvent>>,
}

impl Observations {
    fn next_time(&self) -> DateTime<Utc> {
        let number = i64::try_from(self.made.len()).unwrap();
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(number)
    }

    fn observe(&mut self, seen: Seen) {
        let observation = api::observation(self.next_time(), Duration::ZERO, seen);
        self.made.push(observation);
    }

    fn fail(&mut self, stream: Stream, fault: Fault) {
        let (at, seen) = (self.next_time(), Seen::Failed(fault));
        let observation = api::observation_of(stream, at, Duration::ZERO, seen);
        self.made.push(observation);
    }

    fn event(&mut self, text: &str) -> Arc<StackEvent> {
        self.events += 1;
        let status = ["CREATE_IN_PROGRESS", "CREATE_FAILED", "DELETE_COMPLETE"][self.events % 3];
        let stack = format!("stack-{}", self.stack);
        let physical = if self.events.is_multiple_of(4) {
            &stack
        } else {
            text
        };
        let json = json!({
            "stackId": stack, "eventId": format!("e{}", self.events), "logicalResourceId": text,
            "physicalResourceId": physical, "resourceStatus": status, "resourceProperties": text, "odd": [1.50, text],
        });
        api::event(&json)
    }

    fn page(&mut self, fresh: usize, late: bool, audit: bool, text: &str) {
        let late = self.last.clone().filter(|_| late);
        let late: Vec<_> = late
            .map(|before| LateEvent {
                event: self.event(text),
                before: before.event_id.clone(),
            })
            .into_iter()
            .collect();
        let mut fresh: Vec<_> = (0..fresh).map(|_| self.event(text)).collect();
        self.last = fresh.last().cloned().or(self.last.take());
        fresh.reverse();
        self.observe(Seen::Page(WalkStep {
            restarted: true,
            commit: Some(late),
            audit,
            ..api::page(&format!("stack-{}", self.stack), fresh, true)
        }));
    }
}

impl Observations {
    /// A walk of two pages, with an answer about the image between them.
    fn long_walk(&mut self, fresh: usize, text: &str) {
        let mut newest_first: Vec<_> = (0..=fresh).map(|_| self.event(text)).collect();
        newest_first.reverse();
        self.last = newest_first.first().cloned();
        let older = newest_first.split_off(newest_first.len() / 2);
        let stack = format!("stack-{}", self.stack);
        self.observe(Seen::Page(WalkStep {
            restarted: true,
            ..api::page(&stack, newest_first, false)
        }));
        let image = api::image("BUILD_IN_PROGRESS", None);
        self.observe(Seen::Image(ImageAnswer::Described(Box::new(image))));
        self.observe(Seen::Page(api::page(&stack, older, true)));
    }
}

prop_compose! {
    fn any_observations()(steps in prop::collection::vec((0..11u8, 0..6usize, any::<bool>(), any::<String>()), 1..20)) -> Observations {
        let mut watched = Observations::default();
        for (step, count, flag, text) in steps {
            let kind = if flag { FaultKind::Throttled } else { FaultKind::Denied };
            let fault = api::failed_request(kind, &text, if flag { &text } else { "" });
            match step {
                0 => watched.observe(Seen::StackGone),
                1 => watched.fail(Stream::Events, fault),
                2 => watched.fail(Stream::Image, fault),
                3 => watched.observe(Seen::Image(ImageAnswer::Absent)),
                4 => watched.observe(Seen::Image(ImageAnswer::Described(Box::new(ImageDescription {
                    version: Some(SafeText::new(&text)),
                    ..api::image("BUILD_FAILED", None)
                })))),
                5 if flag => {
                    watched.stack += 1;
                    watched.last = None;
                    watched.page(count + 1, false, false, &text);
                }
                10 => {
                    watched.stack += usize::from(flag);
                    watched.long_walk(count, &text);
                }
                6 => watched.observe(Seen::ClockOff(TimeDelta::minutes(if flag { -9 } else { 0 }))),
                _ => watched.page(count, flag, step == 7, &text),
            }
        }
        watched
    }
}

/// The streams of failures, and the errors of the clock.
fn failures_and_clock(
    observations: impl IntoIterator<Item: Borrow<Observation>>,
) -> Vec<(Stream, Option<TimeDelta>)> {
    let of = |one: &Observation| match one.seen {
        Seen::Failed(_) => Some((one.stream, None)),
        Seen::ClockOff(behind) => Some((one.stream, Some(behind))),
        _ => None,
    };
    let all = observations.into_iter();
    all.filter_map(|one| of(one.borrow())).collect()
}

/// The state of the build after some observations, and the events that were committed, in order.
fn state_after(observations: impl IntoIterator<Item: Borrow<Observation>>) -> (Build, Vec<String>) {
    let mut build = Build::default();
    let mut printed = Vec::new();
    for observation in observations {
        let change = build.apply(observation.borrow());
        printed.extend(change.committed.iter().map(|event| event.raw()));
    }
    (build, printed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_prefix_of_a_recording_is_a_state_of_the_watch(
        watched in any_observations(),
        cut in any::<prop::sample::Index>(),
    ) {
        let folder = fresh_folder();
        let path = folder.join("r.jsonl");
        let (mut recorder, _) = Recorder::in_file(&path, &header(DateTime::UNIX_EPOCH), true).unwrap();
        for observation in &watched.made {
            recorder.record(observation).unwrap();
        }
        drop(recorder);
        let bytes = fs::read(&path).unwrap();
        let whole = Recording::read(&*bytes).unwrap();
        let (build, printed) = state_after(&watched.made);
        let (build_again, printed_again) = state_after(&whole.observations);
        prop_assert_eq!(&printed, &printed_again);
        prop_assert_eq!(build.verdict(), build_again.verdict());
        prop_assert_eq!(build.image(), build_again.image());
        prop_assert_eq!(failures_and_clock(&watched.made), failures_and_clock(&whole.observations));

        let first_line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        let cut = first_line + cut.index(bytes.len() - first_line);
        fs::write(&path, &bytes[..cut]).unwrap();
        let (mut recorder, earlier) = Recorder::in_file(&path, &header(DateTime::UNIX_EPOCH), true).unwrap();
        let earlier = earlier.unwrap();
        let raws = |recording: &Recording| -> Vec<String> {
            recording.events().map(|event| event.raw()).collect()
        };
        let (before, after) = (raws(&whole), raws(&earlier));
        prop_assert!(before.starts_with(&after), "{after:?} is no beginning of {before:?}");
        prop_assert_eq!(earlier.unreadable, 0);

        // The same stack goes on.
        let stack = Build::of(&earlier.observations).stack_id().map_or(0, |id| {
            id.as_str().trim_start_matches("stack-").parse().unwrap_or(0)
        });
        let mut more = Observations { events: 1000, stack, ..Observations::default() };
        more.page(2, false, false, "more");
        recorder.record(&more.made[0]).unwrap();
        drop(recorder);
        let resumed = Recording::open(&path).unwrap();
        prop_assert!(!resumed.torn);
        prop_assert_eq!(resumed.unreadable, 0);
        prop_assert_eq!(raws(&resumed).len(), after.len() + 2);
    }
}

/// `ulimit -f` counts in blocks of 512 bytes or of 1024, and the program's recordings are longer than that.
#[test]
fn a_file_size_limit_ends_only_the_recording() {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.push(STACK, 100);
    let folder = fresh_folder();
    let recording = folder.join("recording");
    let more = ["-o", "json", "--record", recording.to_str().unwrap()];
    let mut program = Program::start_after("ulimit -f 8", &server.watch(&more));
    program.wait_for(|line| line.contains("\"e101\""));
    server.push(STACK, 1);
    program.wait_for(|line| line.contains("\"e102\""));
    server.succeed();
    server.world.remove_stack();
    let ended = program.end();
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    assert_eq!(ended.event_ids(), server.all_ids());
    let notes: Vec<_> = ended.diagnostics.lines().collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("this watch is not recorded"), "{notes:?}");
}
