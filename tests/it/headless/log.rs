//! `bakewatch log`, and what the build log adds to a watch, against a scripted AWS.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::aws::Aws;
use crate::support::note::Note;
use crate::support::program::{Ended, Program, fresh_folder, run};
use crate::support::secrets::{assert_no_secret_of_a_log, push_secrets};

/// After the events of the scripted stacks began.
const START: i64 = 1_800_000_000_000;

fn log(aws: &Aws, flags: &[&str]) -> Program {
    let mut arguments = vec!["log", "img", "--interval", "200ms"];
    arguments.extend(flags);
    Program::start_with(&arguments, &aws.environment())
}

/// The most memory of the program, in kB: it keeps 64 MiB of lines, and what it needs to tell new ones.
const MOST_MEMORY: u64 = 300_000;

/// The bursts of 3,000 lines; `BAKEWATCH_BURSTS` makes more of them.
#[expect(
    clippy::disallowed_methods,
    reason = "the program reads the environment in config only; this is a test"
)]
fn bursts() -> i64 {
    let given = std::env::var("BAKEWATCH_BURSTS").ok();
    given.and_then(|count| count.parse().ok()).unwrap_or(4)
}

/// The most memory that a program has used, where the system tells.
fn peak_memory(program: &Program) -> u64 {
    let path = format!("/proc/{}/status", program.id());
    let status = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or_default()
}

fn messages(ended: &Ended) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in ended.of_kind("log") {
        *counts
            .entry(line["message"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    counts
}

#[test]
fn every_line_is_printed_once_while_calls_fail_and_lines_come_late() {
    let mut aws = Aws::start();
    aws.begin();
    aws.fail_a_third(5);
    let mut program = log(&aws, &["-f", "-o", "json"]);
    let mut expected = 0;
    let mut most = 0;
    for burst in 0..bursts() {
        // Lines of one millisecond, and one that is older by minutes than those before.
        let lines = (0..3_000).map(|line| {
            (
                START + burst * 240_000 + line / 50,
                format!("{burst}-{line}"),
            )
        });
        aws.push_log(lines);
        expected += 3_000;
        let last = format!("\"{burst}-2999\"");
        program.wait_for(|line| line.contains(&last));
        if burst > 0 {
            // Every other one is older than a search while the build runs goes back.
            let age = if burst % 2 == 0 { 600_000 } else { 200_000 };
            let written = (START + burst * 240_000 - age).max(START);
            aws.push_log([(written, format!("late-{burst}"))]);
            expected += 1;
        }
        most = most.max(peak_memory(&program));
    }
    assert!(most < MOST_MEMORY, "{expected} lines took {most} kB");
    aws.complete();
    let ended = program.end();
    ended.assert_code(0);
    let printed = messages(&ended);
    assert_eq!(printed.len(), expected);
    assert!(printed.values().all(|count| *count == 1));
    let lines = ended.of_kind("log");
    let in_time: Vec<_> = lines.iter().filter(|line| line["late"] == false).collect();
    let times: Vec<_> = in_time
        .iter()
        .map(|line| line["timestamp"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted());
    let late = lines.len() - in_time.len();
    assert_eq!(i64::try_from(late).unwrap(), bursts() - 1);
    aws.assert_only_signed_reads();
}

#[test]
fn where_the_events_are_refused_the_stack_names_the_log() {
    let mut aws = Aws::start();
    aws.begin();
    aws.deny("DescribeStackEvents");
    aws.push_log([(START, "a".to_owned()), (START + 1, "b".to_owned())]);
    let ended = log(&aws, &["-o", "json"]).end();
    ended.assert_code(0);
    assert_eq!(messages(&ended).len(), 2);
    aws.deny("DescribeStacks");
    let ended = log(&aws, &[]).end();
    ended.assert_code(1);
    assert!(
        ended.diagnostics.contains("DescribeStackEvents"),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn without_a_log_the_code_is_5_and_a_refused_one_ends_with_1() {
    let mut aws = Aws::start();
    aws.begin();
    let ended = log(&aws, &[]).end();
    ended.assert_code(5);
    assert!(
        ended.diagnostics.contains("no build log"),
        "{}",
        ended.diagnostics
    );
    aws.push_log([(START, "a".to_owned())]);
    aws.deny("GetLogEvents");
    let ended = log(&aws, &["-f"]).end();
    ended.assert_code(1);
    assert!(
        ended
            .diagnostics
            .contains("a policy must allow logs:GetLogEvents"),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn the_last_lines_and_those_of_a_step_are_printed() {
    let mut aws = Aws::start();
    aws.begin();
    let lines = [
        "Started step ApplyBuildComponents with action ExecuteComponents",
        "Document arn:aws:imagebuilder:us-east-1:1:component/c/1/1",
        "Phase build",
        "Step Install",
        "Stdout: x",
        "Step Clean",
        "Stdout: y",
    ];
    aws.push_log(
        (0..)
            .zip(lines)
            .map(|(at, line)| (START + at, line.to_owned())),
    );
    let ended = log(&aws, &["--tail", "2"]).end();
    ended.assert_code(0);
    assert_eq!(ended.lines.len(), 2);
    assert!(ended.lines[1].ends_with(" Stdout: y"), "{:?}", ended.lines);
    let of_step = log(&aws, &["--step", "install", "-o", "json"]).end();
    let lines = of_step.of_kind("log");
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["step"], "Install");
    assert_eq!(
        lines[1]["component"],
        "arn:aws:imagebuilder:us-east-1:1:component/c/1/1"
    );
    let ended = log(&aws, &["--step", "Instal"]).end();
    ended.assert_code(5);
    let steps = "its steps: ApplyBuildComponents, Install, Clean";
    assert!(ended.diagnostics.contains(steps), "{}", ended.diagnostics);
}

/// The line that announces a step comes before the one that begins it, and after the end of the components of another one.
#[test]
fn what_announces_a_step_is_of_that_step_and_what_ends_the_components_of_theirs() {
    let mut aws = Aws::start();
    aws.begin();
    let lines = [
        (
            "Started step ApplyBuildComponents with action ExecuteComponents",
            "ApplyBuildComponents",
        ),
        (
            "Document arn:aws:imagebuilder:us-east-1:1:component/c/1/1",
            "ApplyBuildComponents",
        ),
        ("Phase build", "ApplyBuildComponents"),
        ("Step Install", "Install"),
        ("ExitCode 0", "Install"),
        (
            "TOE has completed execution successfully",
            "ApplyBuildComponents",
        ),
        (
            "No 'if' conditions to evaluate for step: RunSanitizeScript",
            "RunSanitizeScript",
        ),
        (
            "Started step RunSanitizeScript with action SanitizeInstance",
            "RunSanitizeScript",
        ),
    ];
    aws.push_log(
        (0..)
            .zip(lines)
            .map(|(at, (line, _))| (START + at, line.to_owned())),
    );
    let ended = log(&aws, &["-o", "json"]).end();
    let printed = ended.of_kind("log");
    let steps = printed.iter().map(|line| {
        (
            line["message"].as_str().unwrap(),
            line["step"].as_str().unwrap(),
        )
    });
    assert_eq!(steps.collect::<Vec<_>>(), lines);
    let ended = log(&aws, &["--step", "Install"]).end();
    assert_eq!(ended.lines.len(), 2, "{:?}", ended.lines);
}

#[test]
fn a_failed_script_is_named_with_its_exit_code_and_last_lines() {
    let mut aws = Aws::start();
    aws.begin();
    let lines = [
        "Started step ApplyBuildComponents with action ExecuteComponents",
        "Document arn:aws:imagebuilder:us-east-1:1:component/parallelclusterimage-script-0-x/1.0.0/1",
        "Phase build",
        "Step RunScript",
        "Stderr: my-tool: cannot open /etc/my-tool.conf",
        "CmdExecution: ExitCode 17",
        "TOE has completed execution with failure - Execution failed!",
    ];
    aws.push_log(
        (0..)
            .zip(lines)
            .map(|(at, line)| (START + at, line.to_owned())),
    );
    aws.fail();
    let ended = aws.watch("img", &[]).end();
    ended.assert_code(3);
    let failure = &ended.outcome()["failure"];
    assert_eq!(failure["exitCode"], 17);
    let tail = failure["logTail"].as_array().unwrap();
    let script_error = Value::from("Stderr: my-tool: cannot open /etc/my-tool.conf");
    assert!(
        tail.contains(&script_error) && tail[0] == "Step RunScript" && tail.len() <= 50,
        "{tail:?}"
    );
    let text =
        Program::start_with(&["watch", "img", "--interval", "200ms"], &aws.environment()).end();
    assert!(
        text.lines
            .iter()
            .any(|line| line.contains("cannot open /etc/my-tool.conf"))
    );
}

#[test]
fn a_hostile_line_is_inert_and_its_secrets_are_redacted() {
    let mut aws = Aws::start();
    aws.begin();
    let url = "https://b.s3.amazonaws.com/k?X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024";
    let hostile = format!("\u{1b}[2J\u{9b}31m\u{202e}{url} \u{7}\nExitCode 1");
    aws.push_log([
        (START, hostile),
        (START + 1, "CmdExecution: ExitCode 1".to_owned()),
    ]);
    aws.fail();
    for ended in [
        log(&aws, &[]).end(),
        log(&aws, &["-o", "json"]).end(),
        aws.watch("img", &[]).end(),
    ] {
        for line in ended.lines.iter().chain([&ended.diagnostics]) {
            let is_inert = |character: char| character == '\n' || !character.is_control();
            assert!(
                line.chars().all(is_inert) && !line.contains('\u{202e}'),
                "{line:?}"
            );
            assert!(!line.contains("fe5f80f77d5fa3beca038a24"), "{line:?}");
        }
    }
}

/// Text, JSON, the report, the recording, and what the outcome's command gets.
#[test]
fn no_secret_of_a_log_leaves_by_any_output() {
    let folder = fresh_folder();
    for prefix in ["", "Stderr: ", "CmdExecution: Stdout: "] {
        let mut aws = Aws::start();
        aws.begin();
        push_secrets(&aws, prefix);
        aws.fail();
        let note = Note::new(&format!("secrets-{}", prefix.len()));
        let command = note.command("$(env)");
        let file = folder.join(format!("{}.jsonl", prefix.len()));
        let file = file.to_str().unwrap();
        let mut texts = vec![
            ("log text", log(&aws, &[]).end()),
            ("log json", log(&aws, &["-o", "json"]).end()),
            (
                "watch json",
                aws.watch("img", &["--record", file, "--on-outcome", &command])
                    .end(),
            ),
            ("report", run(&["report", file])),
            (
                "replay",
                run(&["replay", file, "-o", "json", "--speed", "1000"]),
            ),
        ]
        .into_iter()
        .map(|(name, ended)| {
            (
                name,
                format!("{}\n{}", ended.lines.join("\n"), ended.diagnostics),
            )
        })
        .collect::<Vec<_>>();
        texts.push(("recording", std::fs::read_to_string(file).unwrap()));
        let lines = std::fs::read_to_string(format!("{file}.log")).unwrap();
        assert!(lines.contains("RunScript"), "{lines}");
        texts.push(("recorded log", lines));
        let variables = note.wait();
        assert!(variables.contains("BAKEWATCH_SUMMARY="), "{variables}");
        texts.push(("variables", variables));
        for (name, text) in texts {
            assert_no_secret_of_a_log(name, &text);
        }
    }
}

/// An AWS in which a script of the phase says something and exits with the code; the lines after it are of others. The
/// log alone tells of the command.
fn failed_script(phase: &str, said: &[&str], code: i32, after: &[&str]) -> Aws {
    let mut aws = Aws::start();
    aws.deny("GetImage");
    aws.begin();
    let phase = format!("Phase {phase}");
    let exit = format!("CmdExecution: ExitCode {code}");
    let component =
        "arn:aws:imagebuilder:us-east-1:1:component/parallelclusterimage-script-0-x/1.0.0/1";
    let document = format!("Document {component}");
    let mut lines = vec![
        "Started step ApplyBuildComponents with action ExecuteComponents",
        "Document arn:aws:imagebuilder:us-east-1:1:component/other/1.0.0/1",
        "Phase build",
        "Step First",
        "ExitCode 0",
        &document,
        &phase,
        "Step RunScript",
    ];
    lines.extend(said);
    lines.extend([
        exit.as_str(),
        "TOE has completed execution with failure - Execution failed!",
    ]);
    lines.extend(after);
    let lines = lines.iter().map(|line| (*line).to_owned());
    aws.push_log((0..).zip(lines).map(|(at, line)| (START + at, line)));
    aws.fail();
    aws
}

/// A failed command is named with its exit code and its last words by each output.
#[test]
fn each_output_has_the_name_the_exit_code_and_the_last_words_of_a_failed_script() {
    let folder = fresh_folder();
    let noise: Vec<_> = (0..200)
        .map(|at| format!("Stdout: unpacked {at}"))
        .collect();
    let noise: Vec<_> = noise.iter().map(String::as_str).collect();
    let words = "Stderr: my-tool: cannot open /etc/my-tool.conf";
    let chef = "Stderr: FATAL: Mixlib::ShellOut::ShellCommandFailed: yum_package[x] had an error";
    for (name, begin, said, last, code) in [
        (
            "script",
            "build",
            vec![words],
            "cannot open /etc/my-tool.conf",
            17,
        ),
        (
            "noise",
            "build",
            [&[words], &noise[..]].concat(),
            "cannot open /etc/my-tool.conf",
            17,
        ),
        ("silent", "build", vec!["Stdout: gave up"], "gave up", 126),
        (
            "missing",
            "build",
            vec!["Stderr: run.sh: line 3: nvcc: command not found"],
            "nvcc: command not found",
            127,
        ),
        (
            "chef",
            "build",
            vec![chef, "Stdout: Cookbook Trace"],
            "yum_package[x] had an error",
            1,
        ),
        (
            "test",
            "test",
            vec![words],
            "cannot open /etc/my-tool.conf",
            2,
        ),
        (
            "reboot",
            "build",
            vec!["Step Restart", "ExitCode 194", "Step After", words],
            "cannot open",
            3,
        ),
    ] {
        let aws = failed_script(begin, &said, code, &noise[..60]);
        let file = folder.join(format!("{name}.jsonl"));
        let file = file.to_str().unwrap();
        let ended = aws.watch("img", &["--record", file]).end();
        ended.assert_code(3);
        let failure = &ended.outcome()["failure"];
        assert_eq!(failure["exitCode"], code, "{name}: {failure}");
        assert!(
            failure["component"].as_str().unwrap().contains("script-0"),
            "{name}: {failure}"
        );
        assert!(
            failure["logTail"].to_string().contains(last),
            "{name}: {failure}"
        );
        let report = run(&["report", file]).lines.join("\n").replace('\\', "");
        for part in ["script-0", last, &format!("| exit code | {code} |")] {
            assert!(report.contains(part), "{name}: {part}: {report}");
        }
    }
}
