use super::*;

fn line(millis: i64, text: &str) -> Arc<LogLine> {
    Arc::new(LogLine {
        timestamp: DateTime::from_timestamp_millis(millis).unwrap(),
        ingested_at: None,
        message: LogLine::text(text),
        stream: SafeText::new("s"),
        late: false,
    })
}

fn page(part: LogPart, lines: &[(i64, &str)]) -> LogPage {
    LogPage {
        lines: lines.iter().map(|(at, text)| line(*at, text)).collect(),
        part,
        state: LogState::Reading,
        has_first: true,
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
    let text = "x".repeat(16 * 1024);
    log.set_filter(FilterSlot::Listed, Pattern::new("x", false).ok());
    for page_number in 0..50 {
        let lines: Vec<_> = (0..100)
            .map(|at| (page_number * 100 + at, text.as_str()))
            .collect();
        log.apply(&page(LogPart::Newer, &lines));
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
    assert!(cause.component.unwrap().as_str().contains("script0"));
    assert_eq!(cause.error.as_str(), "CmdExecution: ExitCode 17");
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
