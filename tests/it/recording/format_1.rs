//! Recordings of format 1, as an earlier version of the program wrote them: they are replayed, reported and resumed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bakewatch::testing::domain::{Build, Seen};
use bakewatch::testing::recording::{Folder, Header, Recorder, Recording, VERSION};
use chrono::DateTime;
use serde_json::{Value, json};

use crate::support::api;
use crate::support::program::{fresh_folder, recordings_in, run};

/// The scenarios of the demo that were recorded, with exit code and outcome.
const RECORDED: [(&str, i32, &str); 3] = [
    ("failure", 3, "failed"),
    ("success", 0, "succeeded"),
    ("rebuild", 0, "succeeded"),
];

fn fixture(scenario: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/recordings");
    folder.join(format!("format-1-{scenario}.jsonl"))
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn event_ids(lines: &[Value]) -> Vec<&str> {
    let events = lines.iter().filter(|line| line["kind"] == "event");
    events
        .map(|line| line["event"]["eventId"].as_str().unwrap())
        .collect()
}

#[test]
fn it_is_replayed_and_reported() {
    for (scenario, code, outcome) in RECORDED {
        let file = fixture(scenario);
        let path = file.to_str().unwrap();
        let replayed = run(&["replay", path, "--speed", "max", "-o", "json"]);
        assert_eq!(replayed.code(), Some(code), "{}", replayed.diagnostics);
        assert_eq!(replayed.outcome()["outcome"], outcome, "{scenario}");
        assert_eq!(replayed.event_ids(), event_ids(&lines(&file)), "{scenario}");
        let report = run(&["report", path]);
        assert_eq!(report.code(), Some(0), "{}", report.diagnostics);
        let image = &Recording::open(&file).unwrap().header.image_id;
        assert!(report.lines.concat().contains(image), "{scenario}");
    }
}

/// A watch of the same target that begins later.
fn later(header: &Header) -> Header {
    Header {
        version: VERSION,
        started_at: header.started_at + chrono::TimeDelta::hours(1),
        ..header.clone()
    }
}

/// Checks that a file of the present format has the content of the fixture.
fn check_copy(path: &Path, scenario: &str) {
    let (old, new) = (lines(&fixture(scenario)), lines(path));
    assert_eq!(event_ids(&old), event_ids(&new), "{scenario}");
    let header = &new[0];
    assert_eq!(header["bakewatchRecording"], VERSION);
    assert_eq!(header["backend"], "parallelcluster");
    assert_eq!(header["account"], "123456789012");
    assert_eq!(header["partition"], "aws");
    let is_note = |line: &&Value| line["kind"] == "resumed";
    let (notes, observed): (Vec<_>, Vec<_>) = new[1..].iter().partition(is_note);
    assert!(!notes.is_empty());
    assert!(observed.iter().all(|line| line["stream"].is_string()));
    let mut streams = BTreeMap::<_, usize>::new();
    for line in &observed {
        *streams.entry(line["stream"].as_str().unwrap()).or_default() += 1;
    }
    assert!(streams["events"] > 1 && streams["image"] > 1, "{streams:?}");
    let build = |path: &Path| Build::of(&Recording::open(path).unwrap().observations);
    let (old, new) = (build(&fixture(scenario)), build(path));
    assert_eq!(old.verdict(), new.verdict());
    assert_eq!(old.image(), new.image());
}

/// Records that the stack of a recording is still there, and then that it is gone.
fn record(recorder: &mut Recorder, resumed: &Recording) {
    let build = Build::of(&resumed.observations);
    let page = api::page(build.stack_id().unwrap().as_str(), Vec::new(), true);
    let same = api::observation(DateTime::UNIX_EPOCH, Duration::ZERO, Seen::Page(page));
    recorder.record(&same).unwrap();
    let observation = api::observation(DateTime::UNIX_EPOCH, Duration::ZERO, Seen::StackGone);
    recorder.record(&observation).unwrap();
}

#[test]
fn it_is_resumed_by_a_file_of_the_present_format_that_begins_with_its_events() {
    for (scenario, ..) in RECORDED {
        let state = fresh_folder();
        let root = state.join("bakewatch/recordings");
        let recording = Recording::open(&fixture(scenario)).unwrap();
        let old = root.join(&recording.header.image_id).join("old.jsonl");
        fs::create_dir_all(old.parent().unwrap()).unwrap();
        fs::copy(fixture(scenario), &old).unwrap();
        let header = later(&recording.header);
        for _ in 0..2 {
            let folder = Folder::new(root.clone());
            let (mut recorder, resumed) = Recorder::in_folder(folder, header.clone(), true);
            let resumed = resumed.unwrap();
            assert_eq!(resumed.events().count(), recording.events().count());
            record(&mut recorder, &resumed);
            drop(recorder);
            let mut recordings = recordings_in(&state);
            recordings.retain(|path| *path != old);
            assert_eq!(recordings.len(), 1, "the copy is resumed, not copied again");
            check_copy(&recordings[0], scenario);
            let listed = Folder::new(root.clone()).history().unwrap();
            let files: Vec<_> = listed.iter().map(|watch| &watch.file).collect();
            assert_eq!(files, [&recordings[0]], "one build is listed once");
        }
        assert_eq!(
            fs::read(&old).unwrap(),
            fs::read(fixture(scenario)).unwrap()
        );
    }
}

#[test]
fn a_named_file_is_replaced_by_one_of_the_present_format_and_kept_beside_it() {
    let folder = fresh_folder();
    let file = folder.join("build.jsonl");
    fs::copy(fixture("failure"), &file).unwrap();
    let header = later(&Recording::open(&file).unwrap().header);
    // Another file of the user.
    fs::write(folder.join("build.jsonl.new"), "{").unwrap();
    // A watch that was killed while it made the copy.
    fs::hard_link(&file, folder.join("build.jsonl.format-1")).unwrap();
    for _ in 0..2 {
        let (mut recorder, resumed) = Recorder::in_file(&file, &header, true).unwrap();
        assert_eq!(recorder.path(), file);
        record(&mut recorder, &resumed.unwrap());
        drop(recorder);
        check_copy(&file, "failure");
    }
    let gone = json!({"kind": "gone", "at": "1970-01-01T00:00:00.000Z", "stream": "events"});
    assert!(lines(&file).contains(&gone), "the watch is recorded");
    let other = fs::read_to_string(folder.join("build.jsonl.new")).unwrap();
    assert_eq!(other, "{", "no file of the user is touched");
    assert_eq!(fs::read_dir(&*folder).unwrap().count(), 3);
    let kept = file.with_extension("jsonl.format-1");
    assert_eq!(
        fs::read(kept).unwrap(),
        fs::read(fixture("failure")).unwrap()
    );
}

#[test]
fn a_named_file_is_kept_under_a_free_name_and_a_link_stays_a_link() {
    let folder = fresh_folder();
    let (file, link) = (folder.join("build.jsonl"), folder.join("link.jsonl"));
    fs::copy(fixture("failure"), &file).unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    fs::write(folder.join("build.jsonl.format-1"), "mine").unwrap();
    let header = later(&Recording::open(&file).unwrap().header);
    let (mut recorder, resumed) = Recorder::in_file(&link, &header, true).unwrap();
    record(&mut recorder, &resumed.unwrap());
    drop(recorder);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    check_copy(&file, "failure");
    let mine = fs::read_to_string(folder.join("build.jsonl.format-1")).unwrap();
    assert_eq!(mine, "mine");
    let kept = folder.join("build.jsonl.format-1.2");
    let kept = fs::read(kept).unwrap();
    assert_eq!(kept, fs::read(fixture("failure")).unwrap());
}

#[test]
fn the_copy_with_more_events_is_the_recording_of_its_image() {
    let state = fresh_folder();
    let root = state.join("bakewatch/recordings");
    let recording = Recording::open(&fixture("failure")).unwrap();
    let image = recording.header.image_id.clone();
    let images = root.join(&image);
    fs::create_dir_all(&images).unwrap();
    // A recording of format 1 without the last events of the build, and its copy with all of them.
    let text = fs::read_to_string(fixture("failure")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    fs::write(images.join("a.jsonl"), lines[..20].join("\n") + "\n").unwrap();
    fs::write(images.join("b.jsonl"), &text).unwrap();
    let found = Folder::new(root.clone()).find(Path::new(&image), None);
    assert_eq!(found.map(|found| found.path), Some(images.join("b.jsonl")));
    fs::rename(images.join("b.jsonl"), images.join("0.jsonl")).unwrap();
    let found = Folder::new(root).find(Path::new(&image), None);
    assert_eq!(found.map(|found| found.path), Some(images.join("0.jsonl")));
}
