use super::*;
use crate::store::class_set::ClassSet;
use crate::text::safe::SafeText;

fn line(millis: i64, text: &str) -> Arc<LogLine> {
    Arc::new(LogLine {
        timestamp: DateTime::from_timestamp_millis(millis).unwrap(),
        ingested_at: None,
        message: LogLine::text(text),
        stream: SafeText::new("s"),
        late: false,
        again: false,
    })
}

fn page(part: LogPart, lines: &[(i64, &str)]) -> LogPage {
    LogPage {
        lines: lines.iter().map(|(at, text)| line(*at, text)).collect(),
        part,
        state: LogState::Reading,
        has_first: true,
        restarts: false,
    }
}

fn texts(log: &BuildLog) -> Vec<&str> {
    let rows = (0..log.len()).filter_map(|index| log.row(index));
    rows.map(|row| row.line.message.as_str()).collect()
}

#[test]
fn lines_are_in_time_order_whatever_the_order_of_their_pages() {
    let mut log = BuildLog::default();
    log.apply(&page(LogPart::Newer, &[(5, "d"), (5, "e")]));
    log.apply(&page(LogPart::Newer, &[(9, "g")]));
    log.apply(&page(LogPart::Older, &[(1, "a"), (5, "b"), (5, "c")]));
    log.apply(&page(LogPart::Late, &[(5, "f")]));
    assert_eq!(texts(&log), ["a", "b", "c", "d", "e", "f", "g"]);
}

#[test]
fn old_lines_are_dropped_and_said_when_there_are_too_many_bytes() {
    let mut log = BuildLog::default();
    // Redacted once: that takes most of the time.
    let first = line(0, &"x".repeat(16 * 1024));
    log.set_filter(FilterSlot::Listed, Pattern::new("x", false).ok());
    for page_number in 0..50 {
        let mut page = page(LogPart::Newer, &[]);
        let lines = (0..100).map(|at| {
            let mut line = (*first).clone();
            line.timestamp += chrono::TimeDelta::milliseconds(page_number * 100 + at);
            Arc::new(line)
        });
        page.lines = lines.collect();
        log.apply(&page);
        log.index_some(&mut WorkBudget::slice());
    }
    assert!(
        log.bytes <= MOST_BYTES && log.len() > 3_500,
        "{}",
        log.len()
    );
    assert_eq!(log.dropped() + log.len(), 5_000);
    assert!(log.misses_older());
    let errors = LineSelection {
        classes: ClassSet::ALL,
        slot: Some(FilterSlot::Listed),
    };
    assert!(log.count(errors) + log.unindexed(FilterSlot::Listed) == log.len());
}

/// A page of mere output is not searched for the cause, because it can't change it.
#[test]
fn the_cause_is_always_that_of_all_lines() {
    let words = [
        "Stdout: error: x",
        "Stdout: y",
        "Stderr: cannot z",
        "plain",
        "Step Install",
        "Phase build",
        "Document arn:aws:c/1",
        "CmdExecution: ExitCode 1",
        "ExitCode 0",
        "ExitCode 194",
        "Stderr: FATAL: f",
        "Started step Apply with action ExecuteComponents",
        "TOE has completed execution successfully",
        "TOE has completed execution with failure - Execution failed!",
        "Image transitioned to FAILED state for Image ARN: arn:x",
        "Image transitioned to TESTING state for Image ARN: arn:x",
        "Document arn:aws:c/1 failed!",
    ];
    let mut random = fastrand::Rng::with_seed(5);
    let mut causes = 0;
    for _ in 0..200 {
        let mut log = BuildLog::default();
        for number in 0..8 {
            let part = [
                LogPart::Newer,
                LogPart::Newer,
                LogPart::Older,
                LogPart::Late,
            ][random.usize(..4)];
            let mut at = match part {
                LogPart::Newer => 1_000 + number * 10,
                LogPart::Older => 500 - number * 10,
                LogPart::Late => random.i64(400..1_100),
            };
            // Most pages are output alone.
            let known = if random.bool() { 4 } else { words.len() };
            let mut lines = Vec::new();
            for _ in 0..random.usize(..5) {
                at += random.i64(0..3);
                lines.push((at, words[random.usize(..known)]));
            }
            log.apply(&page(part, &lines));
            let expected = cause::find(&log).0;
            assert_eq!(log.cause().map(Arc::as_ref), expected.as_ref());
            causes += usize::from(expected.is_some());
        }
    }
    assert!(causes > 100, "{causes}");
}

#[test]
fn the_cause_is_the_first_error_of_the_step_that_failed_with_what_led_to_it() {
    let mut log = BuildLog::default();
    log.apply(&page(
        LogPart::Newer,
        &[
            (
                1,
                "Started step ApplyBuildComponents with action ExecuteComponents",
            ),
            (2, "Document arn:aws:imagebuilder:r:1:component/other/1/1"),
            (3, "Phase build"),
            (4, "Step Probe"),
            (5, "ExitCode 3"),
            (6, "Document arn:aws:imagebuilder:r:1:component/script0/1/1"),
            (7, "Phase build"),
            (8, "Step Run"),
            (9, "Stdout: about to fail"),
            (10, "Stderr: no such package: htpd"),
            (11, "CmdExecution: ExitCode 17"),
            (
                12,
                "TOE has completed execution with failure - Execution failed!",
            ),
        ],
    ));
    let cause = log.cause().unwrap();
    assert_eq!(cause.exit_code, Some(17));
    assert_eq!(cause.step, Some(SafeText::new("Run")));
    assert_eq!(cause.phase, Some(SafeText::new("build")));
    assert!(
        cause
            .component
            .as_ref()
            .unwrap()
            .as_str()
            .contains("script0")
    );
    assert_eq!(cause.error.as_str(), "Stderr: no such package: htpd");
    let tail: Vec<_> = cause.tail.iter().map(SafeText::as_str).collect();
    assert_eq!(
        tail[..3],
        [
            "Step Run",
            "Stdout: about to fail",
            "Stderr: no such package: htpd"
        ]
    );
}

#[test]
fn the_cause_has_at_most_50_lines() {
    let mut log = BuildLog::default();
    let lines: Vec<_> = (0..500)
        .map(|at| (at, "Stdout: x"))
        .chain([(501, "ExitCode 1")])
        .collect();
    log.apply(&page(LogPart::Newer, &lines));
    assert_eq!(log.cause().unwrap().tail.len(), 50);
    assert_eq!(BuildLog::default().cause(), None);
}

fn cause_of(lines: &[&str]) -> Option<LogCause> {
    let mut log = BuildLog::default();
    for (at, text) in (0..).zip(lines) {
        log.apply(&page(LogPart::Newer, &[(at, text)]));
    }
    log.cause().map(|cause| LogCause::clone(cause))
}

fn words(texts: &[SafeText]) -> Vec<&str> {
    texts.iter().map(SafeText::as_str).collect()
}

const APPLY: &str = "Started step ApplyBuildComponents with action ExecuteComponents";
const SCRIPT: &str = "Document arn:aws:imagebuilder:us-east-1:1:component/script-0/1.0.0/1";

#[test]
fn a_bare_exit_code_is_explained_by_the_last_words_before_it() {
    let cause = cause_of(&[
        APPLY,
        SCRIPT,
        "Phase build",
        "Step Prepare",
        "Stderr: warning: harmless",
        "ExitCode 0",
        "Step Run",
        "Stdout: begins",
        "Stderr: + dnf install x",
        "Stderr: my-tool: cannot open /etc/my-tool.conf",
        "CmdExecution: Stderr: bye",
        "CmdExecution: ExitCode 17",
        "ExecuteBash: FINISHED EXECUTION",
        "TOE has completed execution with failure - Execution failed!",
    ])
    .unwrap();
    assert_eq!(cause.exit_code, Some(17));
    assert_eq!(cause.step, Some(SafeText::new("Run")));
    assert_eq!(
        cause.workflow_step,
        Some(SafeText::new("ApplyBuildComponents"))
    );
    assert_eq!(
        cause.error.as_str(),
        "Stderr: my-tool: cannot open /etc/my-tool.conf"
    );
    assert_eq!(
        words(&cause.said),
        [
            "+ dnf install x",
            "my-tool: cannot open /etc/my-tool.conf",
            "bye"
        ]
    );
}

/// A command may write much before it exits, and other lines may follow.
#[test]
fn the_standard_error_of_a_failed_command_is_found_behind_other_output() {
    let noise: Vec<_> = (0..200)
        .map(|at| format!("Stdout: unpacked {at}"))
        .collect();
    let noise: Vec<_> = noise.iter().map(String::as_str).collect();
    let begin = ["Document arn:c", "Phase build", "Step Run"];
    let error = "Stderr: my-tool: cannot open /etc/my-tool.conf";
    let exit = ["CmdExecution: ExitCode 17"];
    let end = ["TOE has completed execution with failure - Execution failed!"];
    for lines in [
        [&begin[..], &[error], &noise, &exit, &end].concat(),
        [&begin[..], &[error], &exit, &noise, &end].concat(),
        [&begin[..], &[error], &exit, &end, &noise].concat(),
        [&begin[..], &noise, &[error], &exit, &end].concat(),
    ] {
        let cause = cause_of(&lines).unwrap();
        assert_eq!(cause.exit_code, Some(17));
        assert_eq!(cause.error.as_str(), error);
        assert_eq!(
            words(&cause.said),
            ["my-tool: cannot open /etc/my-tool.conf"]
        );
        assert!(
            cause.tail.iter().any(|line| line.as_str() == error),
            "{:?}",
            cause.tail
        );
        assert!(cause.tail.len() <= 50);
    }
}

#[test]
fn output_that_sounds_like_a_failure_says_more_than_a_standard_error_far_before_it() {
    let noise = ["Stdout: unpacked"; 100];
    let begin = ["Document arn:c", "Step Run", "Stderr: 100 1024k  100 1024k"];
    let end = ["Stdout: ERROR: no licence", "CmdExecution: ExitCode 1"];
    let cause = cause_of(&[&begin[..], &noise, &end].concat()).unwrap();
    assert_eq!(cause.error.as_str(), "Stdout: ERROR: no licence");
}

#[test]
fn a_script_that_writes_nothing_to_its_standard_error_has_its_last_output() {
    let cause = cause_of(&[
        "Document arn:c",
        "Phase build",
        "Step Run",
        "Stdout: begins",
        "Stdout: gave up",
        "CmdExecution: ExitCode 126",
    ])
    .unwrap();
    assert_eq!(cause.exit_code, Some(126));
    assert_eq!(words(&cause.said), ["begins", "gave up"]);
    let silent = cause_of(&["Document arn:c", "Step Run", "ExitCode 127"]).unwrap();
    assert_eq!(silent.exit_code, Some(127));
    assert_eq!(silent.error.as_str(), "ExitCode 127");
}

#[test]
fn an_error_that_was_handled_is_no_cause() {
    let handled = [
        APPLY,
        SCRIPT,
        "Phase build",
        "Step Download",
        "Stderr: curl: (6) Could not resolve host: example.com",
        "Stdout: again, with another mirror",
        "ExitCode 0",
    ];
    assert_eq!(cause_of(&handled), None);
    let ignored = [
        APPLY,
        SCRIPT,
        "Step A",
        "ExitCode 1",
        "Step B",
        "ExitCode 0",
    ];
    assert!(cause_of(&ignored).is_some());
    let whole = [&ignored[..], &["TOE has completed execution successfully"]].concat();
    assert_eq!(cause_of(&whole), None);
    let later = [
        &ignored[..],
        &["Image transitioned to TESTING state for Image ARN: x"],
    ]
    .concat();
    assert_eq!(cause_of(&later), None);
}

/// As in the list of places: see `place.rs`.
#[test]
fn an_error_after_all_components_is_of_the_workflows_step_alone() {
    let cause = cause_of(&[
        APPLY,
        SCRIPT,
        "Phase build",
        "Step Download",
        "ExitCode 0",
        "TOE has completed execution successfully",
        "Error: the instance was lost",
        "Image transitioned to FAILED state for Image ARN: x",
    ])
    .unwrap();
    assert_eq!(cause.error.as_str(), "Error: the instance was lost");
    assert!(cause.workflow_step.is_some());
    let inner = (&cause.component, &cause.phase, &cause.step);
    assert_eq!(inner, (&None, &None, &None));
}

#[test]
fn a_test_component_and_a_distribution_have_a_cause_too() {
    let test = cause_of(&[
        APPLY,
        SCRIPT,
        "Step A",
        "ExitCode 0",
        "TOE has completed execution successfully",
        "Image transitioned to TESTING state for Image ARN: x",
        "Started step ApplyTestComponents with action ExecuteComponents",
        "Document arn:aws:imagebuilder:us-east-1:1:component/validate/1.0.0/1",
        "Phase test",
        "Step Check",
        "Stdout: slurmctld is not there: failed",
        "ExitCode 2",
        "Document arn:aws:imagebuilder:us-east-1:1:component/validate/1.0.0/1 failed!",
    ])
    .unwrap();
    assert_eq!(
        test.workflow_step,
        Some(SafeText::new("ApplyTestComponents"))
    );
    assert_eq!(
        (test.phase, test.exit_code),
        (Some(SafeText::new("test")), Some(2))
    );
    assert_eq!(
        test.error.as_str(),
        "Stdout: slurmctld is not there: failed"
    );
    let distribution = cause_of(&[
        "Image transitioned to DISTRIBUTING state for Image ARN: x",
        "Started step DistributeImage with action DistributeImage",
        "Copying the AMI to eu-west-1",
        "Failed to copy the AMI to eu-west-1: not authorized to use the KMS key",
        "Image transitioned to FAILED state for Image ARN: x",
    ])
    .unwrap();
    assert!(distribution.error.as_str().starts_with("Failed to copy"));
    assert_eq!(
        distribution.workflow_step,
        Some(SafeText::new("DistributeImage"))
    );
    assert_eq!(distribution.component, None);
}

#[test]
fn restarts_are_a_cause_only_when_a_step_asks_for_them_again_and_again() {
    let mut lines = vec![APPLY, SCRIPT, "Phase build"];
    let restart = [
        "Step Reboot",
        "Stdout: restarting",
        "CmdExecution: ExitCode 194",
    ];
    lines.extend(restart);
    assert_eq!(cause_of(&lines), None);
    lines.extend(restart);
    lines.extend(restart);
    let cause = cause_of(&lines).unwrap();
    assert_eq!(cause.exit_code, Some(194));
    assert_eq!(cause.error.as_str(), "CmdExecution: ExitCode 194");
    assert_eq!(cause.known, Some(cause.error.clone()));
}

#[test]
fn the_first_error_of_chef_is_the_cause_and_the_line_with_a_remedy_is_found() {
    let cause = cause_of(&[
        APPLY,
        "Document arn:aws:imagebuilder:us-east-1:1:component/parallelclusterimage-x/3.16.1/1",
        "Phase build",
        "Step InstallPClusterPackages",
        "Stderr: Error: Unable to find a match: kernel-devel-5.14.0-570.12.1.el9_6.x86_64",
        "Stdout: Error executing action `run` on resource 'bash[install efa]'",
        "Stdout: Mixlib::ShellOut::ShellCommandFailed",
        "Stderr: FATAL: Mixlib::ShellOut::ShellCommandFailed: had an error",
        "CmdExecution: ExitCode 1",
    ])
    .unwrap();
    assert!(cause.error.as_str().contains("Error executing action"));
    assert_eq!(cause.exit_code, Some(1));
    let known = cause.known.unwrap();
    assert!(known.as_str().contains("Unable to find a match"), "{known}");
}

#[test]
fn the_cause_stays_when_its_lines_are_dropped_and_goes_when_the_error_was_handled() {
    let mut log = BuildLog::default();
    log.apply(&page(LogPart::Newer, &[(0, "Step Run"), (1, "ExitCode 1")]));
    let cause = log.cause().cloned();
    assert!(cause.is_some());
    log.dropped = 1;
    log.rows.pop_oldest();
    log.rows.pop_oldest();
    log.apply(&page(LogPart::Newer, &[(2, "bye")]));
    assert_eq!(log.cause().cloned(), cause);
}
