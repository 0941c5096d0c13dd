//! Recordings that are not played: the list of them, and the usual duration of builds.

use std::fs;
use std::path::Path;

use bakewatch::testing::domain::TypicalDuration;
use bakewatch::testing::recording::Folder;
use bakewatch::testing::text::SafeText;
use chrono::TimeDelta;
use serde_json::Value;

use crate::support::program::{Ended, Program, fresh_folder, run};
use crate::support::recordings::{folder_of, write};

fn history(state: &Path, more: &[&str]) -> Ended {
    let arguments = [&["history"], more].concat();
    let state = ("XDG_STATE_HOME", state.to_str().unwrap());
    Program::start_with(&arguments, &[state]).end()
}

#[test]
fn recordings_in_any_state_are_listed_newest_first() {
    let state = fresh_folder();
    let folder = folder_of(&state, "made");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    for scenario in ["failure", "success"] {
        let file = path(&format!("{scenario}.jsonl"));
        let speed = ["--speed", "2000", "-o", "json", "--record", &file];
        run(&[&["demo", "--scenario", scenario], &speed[..]].concat());
    }
    write(&folder, "old.jsonl", 0, 35, "failed", None);
    fs::write(path("foreign.jsonl"), "hello \u{1b}[31m\n").unwrap();
    // Killed in the middle of a line, and so without a last word.
    let whole = fs::read(path("failure.jsonl")).unwrap();
    fs::write(path("cut.jsonl"), &whole[..whole.len() / 2]).unwrap();

    let listed = history(&state, &["-o", "json"]);
    assert_eq!(listed.code(), Some(0), "{}", listed.diagnostics);
    let lines = listed.json();
    let of = |name: &str| -> &Value {
        let mut lines = lines.iter();
        lines.find(|line| line["file"] == path(name)).unwrap()
    };
    assert_eq!(of("foreign.jsonl")["error"], "not a bakewatch recording");
    assert_eq!(of("cut.jsonl")["outcome"], "building");
    for (name, version) in [
        ("success.jsonl", Some("3.16.1")),
        ("failure.jsonl", Some("3.16.1")),
        ("old.jsonl", None),
    ] {
        assert_eq!(of(name)["version"].as_str(), version, "{name}");
    }
    let failure = of("failure.jsonl");
    assert_eq!(failure["outcome"], "failed");
    assert_eq!(
        failure["firstFailure"]["logicalResourceId"],
        "ParallelClusterImage"
    );
    let success = of("success.jsonl");
    assert_eq!(success["outcome"], "succeeded");
    assert!(success["amiId"].as_str().unwrap().starts_with("ami-"));
    let began: Vec<_> = lines
        .iter()
        .filter_map(|line| line["startedAt"].as_str())
        .collect();
    assert_eq!(
        (began.len(), began.is_sorted_by(|one, other| one >= other)),
        (4, true),
        "{began:?}"
    );

    let table = history(&state, &[]);
    let row = |name: &str| {
        let mut lines = table.lines.iter();
        let name = format!("  {name}  ");
        lines.find(|line| line.contains(&name)).unwrap().clone()
    };
    assert_eq!(table.lines.len(), 1 + lines.len());
    for (name, text) in [
        ("cut", " BUILDING "),
        ("old", " FAILED     35:00  "),
        ("old", "  R: lo"),
        ("foreign", " UNREADABLE "),
    ] {
        assert!(row(name).contains(text), "{}", row(name));
    }
    // A replay prints the same about the same file.
    let file = path("success.jsonl");
    let replayed = run(&["replay", &file, "--speed", "max", "-o", "json"]);
    assert_eq!(replayed.outcome()["amiId"], success["amiId"]);
    assert_eq!(replayed.outcome()["endedAt"], success["endedAt"]);
}

#[test]
fn the_table_fits_and_its_times_are_local() {
    let state = fresh_folder();
    let long = "a-very-long-image-id-with-an-end";
    for image in ["img", long] {
        let folder = folder_of(&state, image);
        write(
            &folder,
            "20260301T100000Z-0a1b2c.jsonl",
            0,
            35,
            "failed",
            None,
        );
        let file = folder.join("20260301T100000Z-0a1b2c.jsonl");
        let text = fs::read_to_string(&file).unwrap();
        let region = format!("\"imageId\":\"{image}\",\"region\":\"{image}\"");
        fs::write(file, text.replace("\"imageId\":\"img\"", &region)).unwrap();
    }
    let name = "n".repeat(60) + ".jsonl";
    write(
        &folder_of(&state, "img"),
        &name,
        9,
        60 * 400,
        "failed",
        None,
    );
    let environment = [
        ("XDG_STATE_HOME", state.to_str().unwrap()),
        ("TZ", "Etc/GMT-3"),
    ];
    let whole = Program::start_with(&["history"], &environment).end().lines;
    assert!(whole[0].starts_with("STARTED  "), "{whole:#?}");
    assert!(whole[1].starts_with("2026-03-01 22:00  img "), "{whole:#?}");
    // Nothing is cut in a pipe.
    for part in [long, &name, "R: long long"] {
        let part = part.trim_end_matches(".jsonl");
        assert!(
            whole.iter().any(|line| line.contains(part)),
            "{part}: {whole:#?}"
        );
    }

    let narrow = [&environment[..], &[("COLUMNS", "80")]].concat();
    let table = Program::start_with(&["history"], &narrow).end().lines;
    assert_eq!(table.len(), 4);
    assert!(
        table.iter().all(|line| line.chars().count() <= 80),
        "{table:#?}"
    );
    assert!(table[0].starts_with("STARTED  "), "{table:#?}");
    assert!(table[1].starts_with("03-01 22:00  img "), "{table:#?}");
    let of_long = table.iter().find(|line| line.contains("a-v")).unwrap();
    assert!(of_long.contains("end  "), "{of_long}");
    assert!(of_long.contains("  0a1b2c  "), "the short name: {of_long}");
    // It leads to the recording.
    let report = Program::start_with(&["report", "0a1b2c"], &environment).end();
    assert_eq!(report.code(), Some(0), "{}", report.diagnostics);
}

#[test]
fn a_recording_is_named_by_its_file_its_name_or_its_image() {
    let state = fresh_folder();
    for (image, hours) in [("other", 5), ("img", 3), ("img", 1)] {
        let name = format!("{image}-{hours}.jsonl");
        let folder = folder_of(&state, image);
        write(&folder, &name, hours, 7, "failed", None);
        // A report names the version that recorded.
        let text = fs::read_to_string(folder.join(&name)).unwrap();
        fs::write(folder.join(&name), text.replace("0.1.0", &name)).unwrap();
    }
    // As a watch leaves it that waited for a build in vain, and one whose first write did not come about.
    let folder = folder_of(&state, "img");
    write(&folder, "img-7.jsonl", 7, 7, "not-found", None);
    let text = fs::read_to_string(folder.join("img-7.jsonl")).unwrap();
    let without = text.replace("\"events\":9", "\"events\":0");
    assert_ne!(text, without);
    fs::write(folder.join("img-7.jsonl"), without).unwrap();
    fs::write(folder_of(&state, "img").join("img-9.jsonl"), "").unwrap();
    let environment = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let report = |name: &str| Program::start_with(&["report", name], &environment).end();
    let file = folder_of(&state, "img").join("img-1.jsonl");
    let whole = report(file.to_str().unwrap());
    assert_eq!(whole.code(), Some(0), "{}", whole.diagnostics);
    for name in ["img-1", "img-1.jsonl"] {
        assert_eq!(report(name).lines, whole.lines, "{name}");
    }
    // A folder of the same name: users have one for each image.
    fs::create_dir(state.join("img")).unwrap();
    let newest = report("img");
    assert_eq!(newest.lines, report("img-3").lines);
    assert_ne!(newest.lines, whole.lines);
    let replayed = Program::start_with(&["replay", "img", "-o", "json"], &environment).end();
    assert_eq!(replayed.outcome()["imageId"], "img");
    for name in ["img-2", "..", "../recordings/img", "im"] {
        let none = report(name);
        let message = format!("error: failed to report on {name}: there is no such file");
        let is_there = Path::new(name).exists();
        assert_eq!(none.code(), Some(2));
        assert!(
            is_there || none.diagnostics.starts_with(&message),
            "{}",
            none.diagnostics
        );
    }
}

#[test]
fn without_recordings_the_list_names_their_folder() {
    let state = fresh_folder();
    let listed = history(&state, &[]);
    let message = format!(
        "note: there are no recordings in {}/bakewatch/recordings yet;",
        state.display()
    );
    assert_eq!((listed.code(), listed.lines.len()), (Some(0), 0));
    assert!(
        listed.diagnostics.starts_with(&message),
        "{}",
        listed.diagnostics
    );
    fs::create_dir_all(state.join("bakewatch")).unwrap();
    fs::write(state.join("bakewatch/recordings"), "").unwrap();
    let blocked = history(&state, &[]);
    assert_eq!(blocked.code(), Some(1));
    assert!(
        blocked
            .diagnostics
            .starts_with("error: failed to read the folder of recordings ")
    );
}

#[test]
fn the_estimate_is_the_median_of_the_newest_successful_builds() {
    let state = fresh_folder();
    let folder = folder_of(&state, "img");
    let api = Some("api.example/prod");
    let recordings = Folder::new(state.join("bakewatch/recordings"));
    assert_eq!(recordings.typical(), None);
    for (hour, minutes) in [
        (0, 10),
        (1, 20),
        (2, 90),
        (3, 40),
        (4, 50),
        (5, 60),
        (6, 30),
    ] {
        write(
            &folder,
            &format!("{hour}.jsonl"),
            hour,
            minutes,
            "succeeded",
            api,
        );
    }
    write(&folder, "again.jsonl", 6, 30, "succeeded", api);
    write(&folder, "failed.jsonl", 7, 1, "failed", api);
    write(&folder, "demo.jsonl", 8, 1, "succeeded", None);
    fs::write(folder.join("foreign.jsonl"), "hello\n").unwrap();
    let wanted = TypicalDuration {
        duration: TimeDelta::minutes(50),
        builds: 5,
    };
    assert_eq!(
        recordings.typical(),
        Some(wanted),
        "of 90, 40, 50, 60 and 30"
    );
}

#[test]
fn the_usual_times_of_the_resources_are_those_of_the_recordings() {
    let state = fresh_folder();
    let folder = folder_of(&state, "img");
    let file = folder.join("success.jsonl");
    let path = file.to_str().unwrap();
    run(&["demo", "--speed", "2000", "-o", "json", "--record", path]);
    // A demo is no build of the user's; the same recording of AWS is.
    let recordings = Folder::new(state.join("bakewatch/recordings"));
    assert_eq!(recordings.expectation(), None);
    let text = fs::read_to_string(&file).unwrap();
    let (header, rest) = text.split_once('\n').unwrap();
    let mut header: Value = serde_json::from_str(header).unwrap();
    assert_eq!(header["backend"], "aws");
    let simulated = header.as_object_mut().unwrap().remove("simulated");
    assert_eq!(simulated, Some(Value::Bool(true)));
    fs::write(&file, format!("{header}\n{rest}")).unwrap();
    let (_, times) = recordings.expectation().unwrap();
    let seconds = |id: &str| {
        let usual = times.of_resource(&SafeText::new(id));
        usual.map(|usual| usual.num_seconds())
    };
    assert_eq!(seconds("DeleteStackFunction"), Some(8));
    assert!(seconds("ParallelClusterImage").unwrap() > 3000);
    assert_eq!((seconds("img"), seconds("Other")), (None, None));
}
