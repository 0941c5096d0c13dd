//! `bakewatch diff` over recordings.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::support::program::{Ended, Program, Scratch, fresh_folder, run};

/// Records a demo of a scenario to its end.
fn record(scenario: &str, file: &str) {
    let arguments = [
        "demo",
        "--scenario",
        scenario,
        "--speed",
        "10000",
        "-o",
        "json",
        "--record",
        file,
    ];
    let ended = run(&arguments);
    assert!(ended.code().is_some(), "{}", ended.diagnostics);
}

#[test]
fn two_recordings_differ_in_outcome_and_in_the_durations_of_their_resources() {
    let folder = fresh_folder();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (first, second) = (path("first"), path("second"));
    record("success", &first);
    record("failure", &second);
    let ended = run(&["diff", &first, &second, "-o", "json"]);
    ended.assert_code(0);
    let lines = ended.of_kind("difference");
    let of = |kind: &str| {
        let lines = lines.iter().filter(|line| line["of"] == kind);
        lines.cloned().collect::<Vec<_>>()
    };
    let outcome = of("build")
        .into_iter()
        .find(|line| line["name"] == "outcome");
    let outcome = outcome.unwrap();
    assert_eq!(
        (&outcome["before"], &outcome["after"]),
        (&"succeeded".into(), &"failed".into())
    );
    let durations = of("duration");
    let image = durations
        .iter()
        .find(|line| line["name"] == "ParallelClusterImage");
    assert!(image.unwrap()["longer"].is_i64());
    assert_eq!(durations[0]["name"], "the whole build");
    let times = lines
        .iter()
        .filter(|line| line["of"] == "duration" || line["of"] == "step");
    let failed = times
        .clone()
        .skip(1)
        .take_while(|line| line["afterEnd"] == "failed");
    let failed = failed.count();
    assert!(failed > 0, "what failed comes first");
    let longest: Vec<_> = times
        .skip(1 + failed)
        .filter_map(|line| line["longer"].as_i64())
        .map(i64::abs)
        .collect();
    assert!(
        longest.is_sorted_by(|one, other| one >= other),
        "{longest:?}"
    );

    let text = run(&["diff", &first, &second]);
    text.assert_code(0);
    assert!(
        text.lines
            .iter()
            .any(|line| line.starts_with("ParallelClusterImage "))
    );
    let same = run(&["diff", &first, &first, "-o", "json"]);
    assert!(
        same.of_kind("difference")
            .iter()
            .all(|line| line["of"] == "duration" || line["of"] == "step")
    );
}

/// Its own names do not make a build differ: the id, the stack's, the account and the region. What it was made from does.
#[test]
fn what_a_build_was_made_from_is_compared_without_its_own_names() {
    let folder = fresh_folder();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let recorded = path("recorded");
    let arguments = [
        "demo", "--speed", "600", "-o", "json", "--record", &recorded,
    ];
    run(&arguments).assert_code(0);
    let text = std::fs::read_to_string(&recorded).unwrap();
    let id = text
        .split("\"image_id\":\"")
        .nth(1)
        .or_else(|| text.split("\"imageId\":\"").nth(1));
    let id = id.unwrap().split('"').next().unwrap().to_owned();
    let parent = text.split("ParentImage").nth(1).unwrap();
    let parent = parent.split("ami-").nth(1).unwrap();
    let parent = parent
        .split(|end: char| !end.is_ascii_alphanumeric())
        .next()
        .unwrap();
    let compare = |changed: String| {
        std::fs::write(path("changed"), changed).unwrap();
        let ended = run(&["diff", &recorded, &path("changed"), "-o", "json"]);
        ended.assert_code(0);
        let lines = ended.of_kind("difference");
        let times = ["duration", "step"];
        let others = lines
            .iter()
            .filter(|line| !times.contains(&line["of"].as_str().unwrap()));
        let names = others.map(|line| line["name"].as_str().unwrap().to_owned());
        let steps = lines.iter().filter(|line| line["of"] == "step").count();
        (names.collect::<Vec<_>>(), steps)
    };
    let renamed = text
        .replace(&id, "another-image")
        .replace("us-east-1", "eu-west-1");
    let (names, steps) = compare(renamed);
    assert_eq!(names, ["region"]);
    assert!(steps > 3, "{steps} steps are side by side");
    let (names, _) = compare(text.replace(parent, "0fedcba9876543210"));
    assert_eq!(names, ["parent image"]);
    let (names, _) = compare(text.replace("3.16.1", "3.16.2"));
    assert_eq!(names[0], "version");
    assert!(
        names
            .iter()
            .any(|name| name.starts_with("ImageRecipe.Components")),
        "{names:?}"
    );
}

/// A build that failed in a step is compared for that step before all others.
#[test]
fn the_step_that_failed_is_compared_first() {
    let folder = fresh_folder();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let [first, second] = [("success", "first"), ("failure", "second")].map(|(scenario, name)| {
        let file = path(name);
        let speed = ["--scenario", scenario, "--speed", "600"];
        let arguments = [&["demo", "-o", "json", "--record", &file][..], &speed].concat();
        run(&arguments);
        file
    });
    let ended = run(&["diff", &first, &second, "-o", "json"]);
    let lines = ended.of_kind("difference");
    let mut times = lines.iter().skip_while(|line| line["of"] != "duration");
    let whole = times.next().unwrap();
    assert_eq!(whole["afterEnd"], "failed", "{whole}");
    let failed: Vec<_> = times.take(2).collect();
    assert!(
        failed.iter().all(|line| line["afterEnd"] == "failed"
            && line["beforeEnd"].is_null()
            && line["longer"].is_i64()),
        "{failed:?}"
    );
    let step = failed.iter().find(|line| line["of"] == "step").unwrap();
    assert!(
        step["name"]
            .as_str()
            .unwrap()
            .ends_with(": ApplyBuildComponents"),
        "{step}"
    );
    let text = run(&["diff", &second, &first]);
    let line = text
        .lines
        .iter()
        .find(|line| line.contains(": ApplyBuildComponents "));
    assert!(line.unwrap().contains(" failed "), "{line:?}");
}

/// The recording of a build that still ran when it was last heard of, so long after its beginning.
fn cut(recording: &str, minutes: i64) -> String {
    let is_of_image = |line: &&str| line.contains("\"logicalResourceId\":\"ParallelClusterImage\"");
    let lines: Vec<_> = recording.lines().collect();
    let made = lines
        .iter()
        .position(|line| is_of_image(line) && line.contains("CREATE_COMPLETE"));
    let parse = |line: &&str| serde_json::from_str::<Value>(line).unwrap();
    let mut kept: Vec<_> = lines[..made.unwrap()].iter().map(parse).collect();
    let began = kept[1]["event"]["timestamp"].as_str().unwrap();
    let began: DateTime<Utc> = began.parse().unwrap();
    let seen = (began + TimeDelta::minutes(minutes)).to_rfc3339();
    for line in &mut kept[1..] {
        line["at"] = seen.as_str().into();
    }
    let lines: Vec<_> = kept.iter().map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

#[test]
fn a_build_that_runs_has_no_verdict_until_it_is_the_longer_one() {
    let folder = fresh_folder();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let whole = path("whole");
    record("success", &whole);
    let text = std::fs::read_to_string(&whole).unwrap();
    let [young, old] = [("young", 11), ("old", 300)].map(|(name, minutes)| {
        let file = path(name);
        std::fs::write(&file, cut(&text, minutes)).unwrap();
        file
    });
    let of = |before: &str, after: &str, name: &str| {
        let ended = run(&["diff", before, after, "-o", "json"]);
        ended.assert_code(0);
        let lines = ended.of_kind("difference");
        lines.into_iter().find(|line| line["name"] == name).unwrap()
    };
    let both = of(&young, &old, "the whole build");
    assert_eq!(
        (&both["before"], &both["after"]),
        (&"11:00".into(), &"5:00:00".into())
    );
    assert_eq!(
        (&both["running"], &both["beforeEnd"]),
        (&true.into(), &"running".into())
    );
    assert!(both["longer"].is_null(), "{both}");
    for name in ["the whole build", "ParallelClusterImage"] {
        let undecided = of(&whole, &young, name);
        assert_eq!(undecided["afterEnd"], "running");
        assert!(undecided["longer"].is_null(), "{undecided}");
        let already = of(&whole, &old, name);
        assert!(already["longer"].as_i64().unwrap() > 0, "{already}");
        let reverse = of(&old, &whole, name);
        assert!(reverse["longer"].as_i64().unwrap() < 0, "{reverse}");
    }
    let text = run(&["diff", &whole, &old]);
    let line = text
        .lines
        .iter()
        .find(|line| line.starts_with("the whole build"));
    let line = line.unwrap();
    assert!(line.contains("5:00:00 so far already "), "{line}");
}

/// A state folder in which one id is recorded in two regions, the newer build in eu-west-1.
fn recorded_in_two_regions() -> Scratch {
    let state = fresh_folder();
    let folder = state.join("bakewatch/recordings/two-regions");
    std::fs::create_dir_all(&folder).unwrap();
    let file = state.join("recorded").to_str().unwrap().to_owned();
    record("failure", &file);
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("rocky9-efa", "two-regions");
    let stamp = regex::Regex::new("20[0-9]{2}-([01][0-9]-[0-3][0-9]T)").unwrap();
    for (year, region) in [("2021", "us-east-1"), ("2022", "eu-west-1")] {
        let text = stamp.replace_all(&text, format!("{year}-$1"));
        let text = text.replace("eu-west-1", region);
        std::fs::write(folder.join(year).with_extension("jsonl"), text).unwrap();
    }
    state
}

/// Runs a command with the recordings of a folder, and a region in the environment.
fn run_in(state: &Scratch, arguments: &[&str], region: Option<&str>) -> Ended {
    let mut variables = vec![
        ("XDG_STATE_HOME", state.to_str().unwrap()),
        ("AWS_CONFIG_FILE", "/nowhere"),
    ];
    variables.extend(region.map(|region| ("AWS_REGION", region)));
    Program::start_with(arguments, &variables).end()
}

/// The same id in two regions: that of the flag or the environment, else the newest build, and a note says which one.
#[test]
fn an_id_that_is_recorded_in_two_regions_is_that_of_the_wanted_one() {
    let state = recorded_in_two_regions();
    let diff = ["diff", "two-regions", "us-east-1/two-regions"];
    let [newest, wanted] = [None, Some("us-east-1")].map(|region| run_in(&state, &diff, region));
    for part in [
        "note: ",
        "took the newest build, of eu-west-1",
        "pass us-east-1/two-regions for another one",
    ] {
        let notes = &newest.diagnostics;
        assert!(notes.contains(part), "{notes}");
    }
    assert_eq!(wanted.diagnostics, "", "it was chosen");
    let begins = |ended: &Ended, line: usize, text: &str| {
        let line = &ended.lines[line];
        assert!(line.starts_with(text), "{line}");
    };
    begins(&newest, 0, "A: eu-west-1/two-regions (failed; recorded in ");
    begins(&newest, 1, "B: us-east-1/two-regions (failed; ");
    begins(&wanted, 0, "A: us-east-1/two-regions ");
    let flag = [&diff[..], &["-r", "us-east-1"]].concat();
    let flag = run_in(&state, &flag, Some("eu-west-1"));
    begins(&flag, 0, "A: us-east-1/two-regions ");
}

#[test]
fn a_report_and_a_replay_are_of_the_wanted_region() {
    let state = recorded_in_two_regions();
    let report = run_in(&state, &["report", "two-regions"], Some("us-east-1"));
    let lines = report.lines.join("\n");
    assert!(
        lines.contains("us-east-1") && !lines.contains("eu-west-1"),
        "{lines}"
    );
    let replay = ["replay", "two-regions", "--speed", "max", "-o", "text"];
    for arguments in [&["report", "two-regions"][..], &replay] {
        let notes = run_in(&state, arguments, None).diagnostics;
        assert!(
            notes.contains("took the newest build, of eu-west-1"),
            "{notes}"
        );
    }
}

#[test]
fn a_name_that_is_neither_recorded_nor_a_target_is_wrong_usage() {
    let ended = Program::start(&["diff", "./no-such-file", "x"]).end();
    ended.assert_code(2);
    assert!(
        ended.diagnostics.contains("bakewatch history"),
        "{}",
        ended.diagnostics
    );
}
