//! The steps of Image Builder's workflows in the lines of a watch over AWS, and what their refusal costs.

use crate::support::aws::Aws;
use crate::support::program::{Ended, fresh_folder, run};

fn steps(ended: &Ended) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let steps = ended.of_kind("step");
    steps
        .iter()
        .map(|step| (text(&step["step"]), text(&step["status"])))
        .collect()
}

fn pairs(steps: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, status): &(&str, &str)| ((*name).to_owned(), (*status).to_owned());
    steps.iter().map(owned).collect()
}

#[test]
fn each_step_is_printed_as_it_changes_and_the_last_list_is_read_when_the_image_has_ended() {
    let mut aws = Aws::start();
    aws.begin();
    aws.set_steps(&[
        ("LaunchBuildInstance", "COMPLETED"),
        ("ApplyBuildComponents", "RUNNING"),
        ("CreateOutputAMI", "PENDING"),
    ]);
    let mut program = aws.watch("img", &[]);
    program.wait_for(|line| line.contains("ApplyBuildComponents"));
    aws.set_steps(&[
        ("LaunchBuildInstance", "COMPLETED"),
        ("ApplyBuildComponents", "FAILED"),
        ("CreateOutputAMI", "PENDING"),
    ]);
    aws.fail();
    let ended = program.end();
    assert_eq!(ended.code(), Some(3), "{:#?}", ended.lines);
    let expected = pairs(&[
        ("LaunchBuildInstance", "COMPLETED"),
        ("ApplyBuildComponents", "RUNNING"),
        ("ApplyBuildComponents", "FAILED"),
    ]);
    assert_eq!(steps(&ended), expected, "{:#?}", ended.lines);
    let step = &ended.of_kind("step")[0];
    assert_eq!(step["workflow"], "build-image");
    assert_eq!(step["action"], "ExecuteComponents");
    assert_eq!(step["startedAt"], "2026-05-04T08:31:12.000Z");
    aws.assert_only_signed_reads();
}

#[test]
fn a_refused_list_is_asked_for_once_told_once_and_costs_nothing_else() {
    for denied in ["ListWorkflowExecutions", "ListWorkflowStepExecutions"] {
        let mut aws = Aws::start();
        aws.deny(denied);
        aws.set_steps(&[("LaunchBuildInstance", "RUNNING")]);
        aws.begin();
        let mut program = aws.watch("img", &[]);
        program.wait_for(|line| line.contains(denied));
        aws.finish();
        let ended = program.end();
        assert_eq!(ended.code(), Some(0), "{:#?}", ended.lines);
        let told = ended.lines.iter().filter(|line| line.contains(denied));
        assert_eq!(told.count(), 1, "{:#?}", ended.lines);
        assert_eq!(aws.calls_of(denied).len(), 1);
        aws.assert_only_signed_reads();
    }
}

#[test]
fn the_steps_are_replayed_as_they_were_watched() {
    let mut aws = Aws::start();
    aws.begin();
    aws.set_steps(&[("LaunchBuildInstance", "RUNNING")]);
    let folder = fresh_folder();
    let file = folder.join("recording.jsonl");
    let file = file.to_str().unwrap();
    let mut program = aws.watch("img", &["--record", file]);
    program.wait_for(|line| line.contains("LaunchBuildInstance"));
    aws.finish();
    let watched = program.end();
    let expected = pairs(&[
        ("LaunchBuildInstance", "RUNNING"),
        ("LaunchBuildInstance", "COMPLETED"),
    ]);
    assert_eq!(steps(&watched), expected, "{:#?}", watched.lines);
    let replayed = run(&["replay", file, "--speed", "max", "-o", "json"]);
    assert_eq!(steps(&replayed), expected, "{:#?}", replayed.lines);
    let report = run(&["report", file]).lines.join("\n");
    let row = "| build-image | LaunchBuildInstance | ExecuteComponents | COMPLETED |";
    assert!(report.contains(row), "{report}");
}
