//! `bakewatch diff` over recordings.

use crate::support::program::{Program, fresh_folder, run};

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
    let longest: Vec<_> = lines
        .iter()
        .filter(|line| line["of"] == "duration" || line["of"] == "step")
        .skip(1)
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
