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
        program.wait_for(|line| line.contains("finishing"));
        aws.delete();
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
    aws.wait_until(|calls| {
        let lists = calls
            .iter()
            .filter(|call| call.action == "ListWorkflowExecutions");
        lists.count() > 1
    });
    program.wait_for(|line| line.contains("finishing"));
    aws.delete();
    let watched = program.end();
    let expected = pairs(&[
        ("LaunchBuildInstance", "RUNNING"),
        ("LaunchBuildInstance", "COMPLETED"),
    ]);
    assert_eq!(steps(&watched), expected, "{:#?}", watched.lines);
    let replayed = run(&["replay", file, "--speed", "max", "-o", "json"]);
    assert_eq!(steps(&replayed), expected, "{:#?}", replayed.lines);
    let report = run(&["report", file]).lines.join("\n");
    let row = "| `build-image` | `LaunchBuildInstance` | `ExecuteComponents` | `COMPLETED` |";
    assert!(report.contains(row), "{report}");
}

const WORKFLOW: &str = "arn:aws:imagebuilder:us-east-1:1:workflow/build/build-image/1.0.3/1";
const COMPONENT: &str = "arn:aws:imagebuilder:us-east-1:123456789012:component/x/1.0.0/1";

/// The time of the first line, in milliseconds since 1970: after the image began.
const FIRST: i64 = 1_767_261_610_000;

/// The lines up to a failed command of the user's script.
fn log() -> impl Iterator<Item = (i64, String)> {
    let lines = [
        &format!("Started BUILD workflow {WORKFLOW}"),
        &format!("Total 7 steps to run for workflow {WORKFLOW}"),
        "Started step LaunchBuildInstance with action LaunchInstance",
        "Started step ApplyBuildComponents with action ExecuteComponents",
        &format!("Document {COMPONENT}"),
        "Phase build",
        "Step InstallPackages",
        "Stderr: no such package",
        "CmdExecution: ExitCode 17",
        "TOE has completed execution with failure - Execution failed!",
    ]
    .map(str::to_owned);
    let times = (0..).map(|second| FIRST + second * 1_000);
    times.zip(lines)
}

/// The steps are known by the lists or by the log, and the stage in any case.
#[test]
fn the_steps_come_from_whatever_is_permitted() {
    let lists = ["ListWorkflowExecutions", "ListWorkflowStepExecutions"];
    let logs = ["GetLogEvents", "FilterLogEvents"];
    for (by_lists, by_log) in [(true, true), (false, true), (true, false), (false, false)] {
        let mut aws = Aws::start();
        aws.set_steps(&[
            ("LaunchBuildInstance", "COMPLETED"),
            ("ApplyBuildComponents", "RUNNING"),
        ]);
        aws.push_log(log());
        for (denied, permitted) in [(lists, by_lists), (logs, by_log)] {
            for action in denied.into_iter().filter(|_| !permitted) {
                aws.deny(action);
            }
        }
        aws.push_root("CREATE_IN_PROGRESS");
        aws.push("ScriptComponent0", "CREATE_COMPLETE", COMPONENT);
        aws.begin();
        let mut program = aws.watch("img", &["--heartbeat", "300ms"]);
        program.wait_for(|line| line.contains("progress") && line.contains("BUILDING"));
        if by_lists || by_log {
            program.wait_for(|line| line.contains("\"step\":\"ApplyBuildComponents\""));
        }
        if by_log {
            program.wait_for(|line| line.contains("\"lastLogAt\":\"2026"));
        }
        aws.fail();
        let ended = program.end();
        let context = format!("{by_lists} {by_log}: {:#?}", ended.lines);
        assert_eq!(ended.code(), Some(3), "{context}");
        let changes = steps(&ended);
        let running = ("ApplyBuildComponents".to_owned(), "RUNNING".to_owned());
        let told = changes.iter().filter(|change| **change == running).count();
        assert_eq!(told, usize::from(by_lists || by_log), "{context}");
        let failure = &ended.outcome()["failure"];
        assert_eq!(failure["componentName"], "ScriptComponent0", "{context}");
        assert_eq!(failure["exitCode"], 17, "{context}");
        let has_tail = failure["logTail"].to_string().contains("no such package");
        assert_eq!(has_tail, by_log, "{context}");
        aws.assert_only_signed_reads();
    }
}

/// Without Image Builder's account, the log alone names the component, its step and the exit code.
#[test]
fn the_log_alone_names_the_component_that_failed() {
    let mut aws = Aws::start();
    for denied in ["GetImage", "ListWorkflowExecutions"] {
        aws.deny(denied);
    }
    aws.push_log(log());
    aws.push_root("CREATE_IN_PROGRESS");
    aws.push("ScriptComponent0", "CREATE_COMPLETE", COMPONENT);
    aws.begin();
    let mut program = aws.watch("img", &[]);
    program.wait_for(|line| line.contains("\"step\":\"ApplyBuildComponents\""));
    aws.fail();
    let ended = program.end();
    let failure = &ended.outcome()["failure"];
    for (field, value) in [
        ("workflow", "build-image"),
        ("step", "ApplyBuildComponents"),
        ("componentName", "ScriptComponent0"),
        ("phase", "build"),
        ("componentStep", "InstallPackages"),
    ] {
        assert_eq!(failure[field], value, "{field}: {:#?}", ended.lines);
    }
    assert_eq!(failure["exitCode"], 17);
}
