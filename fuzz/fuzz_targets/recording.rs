//! Any bytes as a recording. Its content is written as a recording again, which must have the same content. A watch
//! does this with a damaged file that it continues.
#![no_main]

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use bakewatch::testing::domain::{Build, Outcome, Row, Timeline};
use bakewatch::testing::recording::{Recorder, Recording};
use bakewatch::testing::store::Selection;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(recording) = Recording::read(data) else {
        return;
    };
    if recording.observations.iter().next().is_none() {
        // Then nothing is written.
        return;
    }
    let (begin, end) = recording.span();
    assert!(begin <= end);
    let path = std::env::temp_dir().join(format!("bakewatch-fuzz-{}.jsonl", std::process::id()));
    let written = write(&path, &recording);
    let again = Recording::read(&*written).expect("what was written can be read");
    assert!(!again.torn);
    assert_eq!(again.unreadable, 0);
    let mut seen = HashSet::new();
    if recording.events().all(|event| seen.insert(event.key())) {
        // A damaged file does not show which of two events with one id counts.
        assert_eq!(state_after(&recording), state_after(&again));
    }
    assert_eq!(
        write(&path, &again),
        written,
        "what was written and read is written the same"
    );
    let _ = recording.resume(begin);
});

fn write(path: &Path, recording: &Recording) -> Vec<u8> {
    let _ = fs::remove_file(path);
    let (mut recorder, _) =
        Recorder::in_file(path, &recording.header, false).expect("there is no such file yet");
    for observation in &recording.observations {
        recorder.record(&observation).expect("the disk takes it");
    }
    drop(recorder);
    let bytes = fs::read(path).expect("it was written");
    let _ = fs::remove_file(path);
    bytes
}

/// The events of a watch after those of a recording: each stack's in order, and the printed ones. A damaged file does not
/// show which of two lines belonged to one walk, nor that an idle walk was a stack's last one.
fn state_after(recording: &Recording) -> (BTreeMap<String, Vec<String>>, Vec<String>) {
    let mut build = Build::default();
    let mut printed = Vec::new();
    for observation in &recording.observations {
        let change = build.apply(&observation);
        printed.extend(change.committed.iter().map(|event| event.raw()));
    }
    printed.sort();
    let _ = Outcome::of(&build, "img");
    let of_stack = |timeline: &Timeline| {
        let rows = (0..timeline.rows(Selection::ALL))
            .filter_map(|index| timeline.row(Selection::ALL, index));
        let events = rows.map(|row| match row {
            Row::Event(event) => {
                assert_eq!(&event.stack_id, timeline.stack_id(), "stacks do not mix");
                event.raw()
            }
            Row::Gap => panic!("what is recorded is whole"),
        });
        (timeline.stack_id().as_str().to_owned(), events.collect())
    };
    let with_events = build
        .timelines()
        .iter()
        .filter(|timeline| !timeline.is_empty());
    (with_events.map(of_stack).collect(), printed)
}
