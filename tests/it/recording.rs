//! Recordings: nothing is lost or doubled by whatever ends the program, the disk or another watch, and a
//! replay shows what the watch showed.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bakewatch::testing::demo::FaultPlan;
use bakewatch::testing::domain::{
    Build, Fault, FaultKind, ImageAnswer, ImageDescription, LateEvent, Observation, Seen,
    StackEvent, StackId, WalkStep,
};
use bakewatch::testing::recording::{Header, Recorder, Recording, VERSION};
use bakewatch::testing::text::SafeText;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::program::{DEADLINE, Ended, Program, fresh_folder, recordings_in, run};
use crate::support::server::{STACK, Server};
use crate::support::terminal::Terminal;

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

/// How often the program is killed; more often by `BAKEWATCH_KILLS`.
#[expect(
    clippy::disallowed_methods,
    reason = "the program reads the environment in config; this is a test"
)]
fn kills() -> usize {
    let wanted = std::env::var("BAKEWATCH_KILLS").ok();
    wanted.map_or(20, |number| number.parse().expect("a number"))
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
fn a_watch_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let (mut server, state) = (server(), fresh_folder());
    let most = 3000 / kills() + 1;
    for round in 0..kills() {
        let size_before = size_of_recordings(&state);
        let mut program = watch(&server, &state, &[]);
        let fresh = fastrand::usize(..most);
        server.push(STACK, fresh);
        if fastrand::bool() {
            // At any moment from before the first answer to after the last.
            let made = server.all_ids().len();
            for _ in 0..fastrand::usize(..=made) {
                program.wait_for(|_| true);
            }
        } else {
            // While it writes, most likely: when so much of what is new is in the file.
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

/// The names of the events in a text.
fn names_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric());
    let names = words.filter(|word| word.starts_with("Thing"));
    names.map(str::to_owned).collect()
}

#[test]
fn what_a_killed_screen_has_shown_is_recorded_and_shown_again() {
    let (mut server, state) = (server(), fresh_folder());
    let environment = [("XDG_STATE_HOME", text(&state))];
    let mut made = 0;
    for round in 0..kills() / 4 {
        let mut terminal = Terminal::start(120, 60, &server.watch(&[]), &environment);
        for _ in 0..fastrand::usize(1..4) {
            let before = made;
            for _ in 0..fastrand::usize(1..6) {
                made += 1;
                server.push_with(STACK, json!({"logicalResourceId": format!("Thing{made}")}));
            }
            // At a moment at which some of them may not be there yet.
            let wanted = format!("Thing{}", fastrand::usize(before..=made).max(1));
            terminal.wait_for(&wanted);
        }
        terminal.signal("KILL");
        terminal.ended();
        let shown = names_in(&terminal.text());
        let recordings = recordings_in(&state).into_iter();
        let recorded: String = recordings
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        let missing: Vec<_> = shown.difference(&names_in(&recorded)).cloned().collect();
        assert!(missing.is_empty(), "round {round}: {missing:?}");
    }
    let mut terminal = Terminal::start(120, 60, &server.watch(&[]), &environment);
    let all = format!("Events {}", server.all_ids().len());
    terminal.wait_for(&all).press("q");
    terminal.end();
    assert_eq!(recordings_in(&state).len(), 1, "it is one build");
}

#[test]
fn a_recording_that_is_removed_while_it_is_written_is_told_of() {
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
fn a_line_without_an_end_costs_no_more_memory_than_any_line() {
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
fn what_was_recorded_outlives_the_stack() {
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
    assert_eq!(
        again.json()[0]["kind"],
        "stack",
        "before anything that the API says"
    );
    // Whoever waits for the next build is not told of the last one.
    let next = watch(&server, &state, &["--wait", "--timeout", "1s"]).end();
    assert_eq!((next.code(), next.event_ids().len()), (Some(5), 0));
}

#[test]
fn another_stack_is_another_generation_of_the_same_recording() {
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
    assert_eq!(ended.event_ids(), ["e1", "e2"]);
    let stacks: Vec<_> = ended
        .of_kind("stack")
        .iter()
        .map(|line| line["stackId"].clone())
        .collect();
    assert_eq!(stacks, [json!(STACK), json!(second)]);
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
fn only_its_owner_can_read_a_recording_and_none_is_made_of_nothing() {
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
fn a_watch_that_can_not_be_recorded_says_so_once_and_goes_on() {
    let mut server = server();
    let folder = fresh_folder();
    let blocked = folder.join("a-file");
    File::create(&blocked).unwrap();
    let said = |ended: &Ended, what: &str| {
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
        said(&ended, what);
    }
}

#[test]
fn the_screen_says_that_it_can_not_record_too() {
    let server = server();
    let arguments = server.watch(&["--record", "/dev/full"]);
    let mut terminal = Terminal::start(120, 30, &arguments, &[]);
    terminal.wait_for("this watch is not recorded");
    terminal.press("q");
    terminal.end();
}

#[test]
fn a_replay_prints_what_the_watch_printed() {
    let folder = fresh_folder();
    for scenario in ["failure", "rebuild", "deleted", "flaky"] {
        let file = folder.join(scenario);
        let watched = run(&[
            "demo",
            "--scenario",
            scenario,
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
fn a_recording_that_ends_early_replays_as_a_build_that_goes_on() {
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
    let mut terminal = Terminal::start(100, 30, &["replay", text(&file), "--speed", "max"], &[]);
    terminal
        .wait_for("this is the end of the recording")
        .press("q");
    terminal.end();
}

#[test]
fn what_is_no_recording_is_an_error() {
    let folder = fresh_folder();
    let newer = json!({"bakewatchRecording": VERSION + 1}).to_string();
    for (name, content, why) in [
        ("empty", "", "the file is empty"),
        (
            "foreign",
            "{\"kind\":\"stack\"}\n",
            "not a bakewatch recording",
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
fn the_newest_recordings_are_kept_and_what_is_none_is_left_alone() {
    let (mut server, state) = (server(), fresh_folder());
    let folder = state.join("bakewatch/recordings/other");
    fs::create_dir_all(&folder).unwrap();
    let header = serde_json::to_string(&header()).unwrap();
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
    make("empty.jsonl", "", 0);
    make("cut.jsonl", header.split_at(30).0, 0);
    make("unborn.jsonl", "", 0);
    let unborn = File::open(folder.join("unborn.jsonl")).unwrap();
    unborn.lock().unwrap();
    File::create(folder.join("new.jsonl")).unwrap();
    for age in 0..50 {
        make(&format!("r{age:02}.jsonl"), &header, age);
    }
    let locked = File::open(folder.join("locked.jsonl")).unwrap();
    locked.lock().unwrap();
    finish(&mut server);
    watch(&server, &state, &[]).end();
    let gone: Vec<_> = (0..50)
        .filter(|age| !folder.join(format!("r{age:02}.jsonl")).exists())
        .collect();
    assert_eq!(gone, [48, 49], "two are newer than these");
    for name in ["foreign", "locked", "unborn", "new"] {
        assert!(folder.join(format!("{name}.jsonl")).exists(), "{name}");
    }
    assert!(folder.join("notes.txt").exists());
    for name in ["empty", "cut"] {
        assert!(!folder.join(format!("{name}.jsonl")).exists(), "{name}");
    }
}

/// The seed of the fuzz target, so that it can't go out of date: every line of it is read.
#[test]
fn every_kind_of_line_is_read() {
    let seed = include_bytes!("../../fuzz/seeds/recording/every-kind-of-line.jsonl");
    let recording = Recording::read(&seed[..]).unwrap();
    assert!(!recording.torn);
    assert_eq!((recording.unreadable, recording.events().count()), (0, 4));
    let kinds = recording
        .observations
        .iter()
        .map(|report| std::mem::discriminant(&report.news));
    assert_eq!(
        kinds.collect::<HashSet<_>>().len(),
        5,
        "all but what is resumed"
    );
}

/// Found by fuzzing: a damaged line named another stack than its event did, and mixed the events of two.
#[test]
fn an_event_is_of_the_stack_that_it_names_whatever_its_line_says() {
    let lines = [
        json!(header()),
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

fn header() -> Header {
    Header {
        version: VERSION,
        program: "0".to_owned(),
        image_id: "img".to_owned(),
        region: None,
        profile: None,
        api: None,
        started_at: DateTime::UNIX_EPOCH,
    }
}

/// Makes reports as a watch hears them: walks that become whole, late events, and whatever else may come.
#[derive(Debug, Default)]
struct Story {
    reports: Vec<Observation>,
    stack: usize,
    events: usize,
    last: Option<Arc<StackEvent>>,
}

impl Story {
    fn hear(&mut self, news: Seen) {
        let at = DateTime::UNIX_EPOCH
            + TimeDelta::milliseconds(i64::try_from(self.reports.len()).unwrap());
        self.reports.push(Observation {
            at,
            elapsed: Duration::ZERO,
            next_poll: at,
            news,
        });
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
        Arc::new(StackEvent::from_json(&json.to_string(), None))
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
        self.hear(Seen::Page(WalkStep {
            stack_id: Some(StackId::from(format!("stack-{}", self.stack).as_str())),
            restarted: true,
            fresh,
            commit: Some(late),
            audit,
        }));
    }
}

prop_compose! {
    fn stories()(steps in prop::collection::vec((0..9u8, 0..6usize, any::<bool>(), any::<String>()), 1..20)) -> Story {
        let mut story = Story::default();
        for (step, count, flag, text) in steps {
            let fault = Fault {
                kind: if flag { FaultKind::Throttled } else { FaultKind::Denied },
                message: SafeText::new(&text),
                hint: flag.then(|| SafeText::new(&text)),
                request_id: None,
            };
            match step {
                0 => story.hear(Seen::StackGone),
                1 => story.hear(Seen::Fault(fault)),
                2 => story.hear(Seen::ImageFault(fault)),
                3 => story.hear(Seen::Image(ImageAnswer::Absent)),
                4 => story.hear(Seen::Image(ImageAnswer::Described(Box::new(ImageDescription {
                    build_status: Some(SafeText::new("BUILD_FAILED")),
                    version: Some(SafeText::new(&text)),
                    ..ImageDescription::default()
                })))),
                5 if flag => {
                    story.stack += 1;
                    story.last = None;
                    story.page(count + 1, false, false, &text);
                }
                _ => story.page(count, flag, step == 6, &text),
            }
        }
        story
    }
}

/// What is known after some reports: the verdict, and every stack's events in order.
fn known(reports: &[Observation]) -> (Build, Vec<String>) {
    let mut build = Build::default();
    let mut printed = Vec::new();
    for report in reports {
        let changes = build.apply(report);
        printed.extend(changes.committed.iter().map(|event| event.raw().to_owned()));
    }
    (build, printed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_beginning_of_a_recording_is_a_state_in_which_the_watch_once_was(
        story in stories(),
        cut in any::<prop::sample::Index>(),
    ) {
        let folder = fresh_folder();
        let path = folder.join("r.jsonl");
        let (mut recorder, _) = Recorder::in_file(&path, &header(), true).unwrap();
        for report in &story.reports {
            recorder.record(report).unwrap();
        }
        drop(recorder);
        let bytes = fs::read(&path).unwrap();
        let whole = Recording::read(&*bytes).unwrap();
        let (build, printed) = known(&story.reports);
        let (build_again, printed_again) = known(&whole.observations);
        prop_assert_eq!(&printed, &printed_again);
        prop_assert_eq!(build.verdict(), build_again.verdict());
        prop_assert_eq!(build.image(), build_again.image());

        let first_line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        let cut = first_line + cut.index(bytes.len() - first_line);
        fs::write(&path, &bytes[..cut]).unwrap();
        let (mut recorder, earlier) = Recorder::in_file(&path, &header(), true).unwrap();
        let earlier = earlier.unwrap();
        let raws = |recording: &Recording| -> Vec<String> {
            recording.events().map(|event| event.raw().to_owned()).collect()
        };
        let (before, after) = (raws(&whole), raws(&earlier));
        prop_assert!(before.starts_with(&after), "{after:?} is no beginning of {before:?}");
        prop_assert_eq!(earlier.unreadable, 0);

        let mut more = Story { events: 1000, ..Story::default() };
        more.page(2, false, false, "more");
        recorder.record(&more.reports[0]).unwrap();
        drop(recorder);
        let resumed = Recording::open(&path).unwrap();
        prop_assert!(!resumed.torn);
        prop_assert_eq!(resumed.unreadable, 0);
        prop_assert_eq!(raws(&resumed).len(), after.len() + 2);
    }
}
