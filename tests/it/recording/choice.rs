//! Which of several recordings of an image a watch resumes.

use std::fs;

use bakewatch::testing::recording::{Folder, Recorder, Recording};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::support::program::fresh_folder;
use crate::support::server::STACK;
use crate::support::watcher::header;

fn time(hours: i64) -> DateTime<Utc> {
    let began: DateTime<Utc> = "2026-03-01T10:00:00Z".parse().unwrap();
    began + TimeDelta::hours(hours)
}

fn stamp(hours: i64) -> String {
    time(hours).to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A recording that began at an hour: of a stack, if it has one, and of an AMI.
fn recording(hour: i64, stack: bool, ami: Option<&str>, has_ended: bool) -> String {
    let mut lines = vec![serde_json::to_value(header(time(hour))).unwrap()];
    if stack {
        lines.push(json!({"kind": "event", "stream": "events", "at": stamp(hour), "stackId": STACK, "event": {
            "stackId": STACK, "eventId": "e1", "stackName": "img", "logicalResourceId": "img", "physicalResourceId": STACK,
            "resourceType": "AWS::CloudFormation::Stack", "timestamp": stamp(hour), "resourceStatus": "CREATE_IN_PROGRESS",
        }}));
    }
    if let Some(ami) = ami {
        lines.push(json!({"kind": "image", "stream": "image", "at": stamp(hour + 2), "image": {
            "imageId": "img", "imageBuildStatus": "BUILD_COMPLETE", "creationTime": stamp(hour + 1),
            "ec2AmiInfo": {"amiId": ami, "state": "AVAILABLE"},
        }}));
    }
    if has_ended {
        let mut summary =
            json!({"outcome": "unknown", "leftoverStack": false, "events": usize::from(stack)});
        if let Some(ami) = ami {
            summary["outcome"] = json!("succeeded");
            summary["amiId"] = json!(ami);
            summary["endedAt"] = json!(stamp(hour + 1));
        }
        if stack {
            summary["startedAt"] = json!(stamp(hour));
        }
        lines.push(json!({"kind": "ended", "at": stamp(hour + 2), "summary": summary}));
    }
    let lines = lines.iter().map(ToString::to_string);
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The name of the recording that a watch resumes.
fn resumed(recordings: &[(&str, String)]) -> String {
    let state = fresh_folder();
    let folder = state.join("img");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in recordings {
        fs::write(folder.join(format!("{name}.jsonl")), text).unwrap();
    }
    let (recorder, _) =
        Recorder::in_folder(Folder::new(state.to_path_buf()), header(time(99)), true);
    let name = recorder.path().file_stem().unwrap();
    name.to_str().unwrap().to_owned()
}

#[test]
fn the_recording_of_the_newest_build_is_resumed() {
    for has_ended in [false, true] {
        let old = recording(0, true, Some("ami-old"), has_ended);
        let new = recording(40, true, None, has_ended);
        let image_only = recording(20, false, Some("ami-new"), has_ended);
        let of_old = recording(3, false, Some("ami-old"), has_ended);
        for (others, expected) in [
            (vec![("z", old.clone()), ("new", new)], "new"),
            // Only its AMI was seen, which is of a later build.
            (vec![("z", old.clone()), ("ami", image_only)], "ami"),
            // The AMI is that of the recorded build: its events are worth more.
            (vec![("old", old.clone()), ("z", of_old)], "old"),
        ] {
            assert_eq!(resumed(&others), expected, "{has_ended}");
        }
    }
}

#[test]
fn a_named_file_leads_to_the_newest_of_its_numbered_ones() {
    let folder = fresh_folder();
    let file = folder.join("build");
    let numbered = |number: u8| folder.join(format!("build.{number}"));
    fs::write(&file, recording(0, true, None, true)).unwrap();
    fs::write(numbered(2), recording(40, true, None, true)).unwrap();
    fs::write(numbered(3), "of somebody else\n").unwrap();
    let open = || Recorder::in_file(&file, &header(time(99)), true);
    let (recorder, found) = open().unwrap();
    assert_eq!(recorder.path(), numbered(2));
    assert_eq!(found.unwrap().header.started_at, time(40));
    assert!(open().is_err(), "a watch is writing to it");
    drop(recorder);
    fs::write(numbered(2), recording(-40, true, None, false)).unwrap();
    let (recorder, found) = open().unwrap();
    assert_eq!(recorder.path(), file);
    assert_eq!(found.unwrap().header.started_at, time(0));
}

#[test]
fn opening_a_recording_writes_nothing() {
    let folder = fresh_folder();
    let file = folder.join("build");
    let whole = recording(0, true, None, false);
    let (first, _) = whole.split_once('\n').unwrap();
    let header_only = format!("{first}\n");
    for text in [
        whole.as_str(),
        // Its last line was cut, it has no build, or it is of an older format.
        whole.get(..whole.len() - 20).unwrap(),
        &header_only,
        &whole.replace("\"bakewatchRecording\":2", "\"bakewatchRecording\":1"),
    ] {
        fs::write(&file, text).unwrap();
        let (recorder, found) = Recorder::in_file(&file, &header(time(99)), true).unwrap();
        assert!(found.is_some());
        drop(recorder);
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
        assert_eq!(fs::read_dir(&*folder).unwrap().count(), 1);
        assert!(Recording::open(&file).is_ok());
    }
}
