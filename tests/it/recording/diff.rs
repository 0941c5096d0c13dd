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
    let longest: Vec<_> = durations
        .iter()
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
            .all(|line| line["of"] == "duration")
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
