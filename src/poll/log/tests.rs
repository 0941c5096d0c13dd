//! The schedule against a model of the service: late lines, many in one millisecond, empty pages, expired tokens, failures.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::backend::{LogRead, LogRequest, NextToken};
use crate::domain::log_line::{LogLine, LogPart};

const START: i64 = 1_777_777_777_000;
const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/MyImg/1";

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap()
}

/// A line of the model: its time, when the service has it, and its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ModelLine {
    written: i64,
    ingested: i64,
    text: String,
}

struct Service {
    /// In the service's order.
    lines: Vec<ModelLine>,
    page: usize,
    random: fastrand::Rng,
    /// Of a hundred requests.
    failing: u8,
    tokens: u32,
    requests: Vec<LogRequest>,
}

impl Service {
    fn chance(&mut self, of_a_hundred: u8) -> bool {
        self.random.u8(0..100) < of_a_hundred
    }

    /// A token names the line that it follows; the rest tells two of the same place apart.
    fn token(
        &mut self,
        direction: char,
        place: (i64, i64),
        is_same: bool,
        old: Option<&str>,
    ) -> NextToken {
        if is_same && let Some(old) = old {
            return NextToken::new(old);
        }
        self.tokens += 1;
        let (written, ingested) = place;
        NextToken::new(format!("{direction}/{written}/{ingested}/{}", self.tokens))
    }

    #[expect(
        clippy::too_many_lines,
        reason = "all rules of the service in one place"
    )]
    fn respond(&mut self, now: Duration, request: &LogRequest) -> Result<LogResponse, LogError> {
        self.requests.push(request.clone());
        if self.chance(self.failing) {
            return Err(LogError::Fault(Fault::of_test(FaultKind::Transient)));
        }
        let old = request
            .token
            .as_ref()
            .map(|token| token.as_str().to_owned());
        if old.is_some() && self.failing > 0 && self.chance(8) {
            return Err(LogError::TokenRejected(Fault::of_test(
                FaultKind::Transient,
            )));
        }
        let now = START + i64::try_from(now.as_millis()).unwrap();
        let until = request
            .until
            .map_or(i64::MAX, |until| until.timestamp_millis());
        let range = request.from.timestamp_millis()..=until;
        let visible: Vec<_> = self
            .lines
            .iter()
            .filter(|line| line.ingested <= now && range.contains(&line.written))
            .cloned()
            .collect();
        if !self.lines.iter().any(|line| line.ingested <= now) {
            return Ok(LogResponse::Absent);
        }
        let place = old.as_deref().map(|old| {
            let mut parts = old
                .split('/')
                .skip(1)
                .map(|part| part.parse::<i64>().unwrap());
            (parts.next().unwrap(), parts.next().unwrap())
        });
        let key = |line: &ModelLine| (line.written, line.ingested);
        let is_empty = self.chance(15);
        let backward = request.read == LogRead::Backward;
        let candidates: Vec<_> = if backward {
            let before = visible
                .into_iter()
                .filter(|line| place.is_none_or(|place| key(line) < place));
            before.rev().collect()
        } else {
            let after = visible
                .into_iter()
                .filter(|line| place.is_none_or(|place| key(line) > place));
            after.collect()
        };
        // Lines of one place are not split: the model's tokens can't.
        let mut end = if is_empty {
            0
        } else {
            self.page.min(candidates.len())
        };
        while end > 0
            && end < candidates.len()
            && key(&candidates[end]) == key(&candidates[end - 1])
        {
            end += 1;
        }
        let is_last = end == candidates.len() && !is_empty;
        let mut page: Vec<_> = candidates.into_iter().take(end).collect();
        if backward {
            page.reverse();
        }
        let first = page.first().map(key).or(place).unwrap_or((i64::MIN, 0));
        let last = page.last().map(key).or(place).unwrap_or((i64::MIN, 0));
        let is_same = page.is_empty() && is_last;
        let lines = page.iter().map(|line| LogLine {
            timestamp: at(line.written),
            ingested_at: Some(at(line.ingested)),
            message: LogLine::text(&line.text),
            stream: SafeText::new("s"),
            late: false,
            again: false,
        });
        let lines = lines.collect();
        let (next, opposite) = match request.read {
            LogRead::Search => {
                let more = (!is_last).then_some(());
                (more.map(|()| self.token('s', last, false, None)), None)
            }
            LogRead::Forward => {
                let next = self.token('f', last, is_same, old.as_deref());
                (Some(next), None)
            }
            LogRead::Backward => {
                // An empty page has no place of its own: what follows begins at the first line.
                let first = if page.is_empty() && place.is_none() {
                    (i64::MAX, 0)
                } else {
                    first
                };
                let next = self.token('b', first, is_same, old.as_deref());
                (Some(next), Some(self.token('f', last, false, None)))
            }
        };
        Ok(LogResponse::Page(LogBatch {
            lines,
            next,
            opposite,
        }))
    }
}

fn page(events: &[(&str, &str, &str)], now: i64) -> Seen {
    let event = |(logical, physical, status): &(&str, &str, &str)| {
        let time = at(now).to_rfc3339();
        let json = format!(
            r#"{{"stackId":"{STACK}","eventId":"{logical}-{status}","logicalResourceId":"{logical}",
               "physicalResourceId":"{physical}","resourceStatus":"{status}","timestamp":"{time}"}}"#
        );
        Arc::new(StackEvent::from_json(&json, None))
    };
    Seen::Page(WalkStep {
        stack_id: Some(STACK.into()),
        fresh: events.iter().map(event).collect(),
        commit: Some(Vec::new()),
        ..WalkStep::default()
    })
}

const ARN: &str = "arn:aws:imagebuilder:us-east-1:1:image/parallelclusterimage-myimg/3.16.1/1";

fn schedule(start: LogStart) -> LogSchedule {
    let mut schedule = LogSchedule::new(start, None, fastrand::Rng::with_seed(1));
    let created = page(&[(IMAGE_RESOURCE, ARN, "CREATE_IN_PROGRESS")], START);
    schedule.on_other(Duration::ZERO, &created, Duration::ZERO);
    schedule
}

/// Reads until the log is complete; the build ends at this time. Returns every page.
fn read(schedule: &mut LogSchedule, service: &mut Service, ends: Duration) -> Vec<LogPage> {
    read_with(schedule, service, ends, None)
}

/// The same; before this request, or at the end, the lines are dropped and read again.
fn read_with(
    schedule: &mut LogSchedule,
    service: &mut Service,
    ends: Duration,
    mut again_at: Option<usize>,
) -> Vec<LogPage> {
    let (mut now, mut has_ended) = (Duration::ZERO, false);
    let mut pages = Vec::new();
    for request in 0..200_000 {
        let is_over = schedule.next().is_none();
        if again_at.take_if(|at| is_over || *at == request).is_some() {
            schedule.command(now, PollCommand::ReadLogAgain);
        }
        if now >= ends && !has_ended {
            has_ended = true;
            let ended = page(&[(IMAGE_RESOURCE, ARN, "CREATE_COMPLETE")], START);
            schedule.on_other(now, &ended, now);
        }
        let Some((ApiRequest::Log(request), due)) = schedule.next() else {
            return pages;
        };
        now = now.max(due) + Duration::from_millis(40);
        let response = service.respond(now, &request);
        if let Some(Seen::Log(page)) = schedule.on_response(now, response) {
            pages.push(page);
        }
    }
    panic!("the log is never complete");
}

fn counted<T: Ord>(all: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

fn service(seed: u64, failing: u8, count: usize) -> Service {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut written = START + 1_000;
    let mut lines = Vec::new();
    for number in 0..count {
        // Many lines are of one millisecond, and many have the same text.
        written += match random.u8(0..10) {
            0..=6 => 0,
            7..=8 => random.i64(1..400),
            _ => random.i64(1..20_000),
        };
        let delay = match random.u8(0..20) {
            0 => random.i64(0..280_000),
            _ => random.i64(0..6_000),
        };
        let text = if random.bool() {
            number.to_string()
        } else {
            "same".to_owned()
        };
        lines.push(ModelLine {
            written,
            ingested: written + delay,
            text,
        });
    }
    // A stream that is older than the build.
    lines.push(ModelLine {
        written: START - 3_600_000,
        ingested: START - 3_600_000,
        text: "of an earlier build".to_owned(),
    });
    lines.sort_by_key(|line| (line.written, line.ingested));
    Service {
        lines,
        page: random.usize(1..12),
        random,
        failing,
        tokens: 0,
        requests: Vec::new(),
    }
}

fn check(seed: u64, failing: u8, start: LogStart) {
    let mut service = service(seed, failing, 80);
    let own = service.lines.iter().skip(1);
    let last = own.clone().map(|line| line.ingested).max().unwrap();
    let expected = counted(own.map(|line| (line.written, line.text.clone())));
    let ends = Duration::from_millis(u64::try_from(last - START).unwrap());
    let mut schedule = schedule(start);
    let pages = read(&mut schedule, &mut service, ends);
    let lines = pages.iter().flat_map(|page| &page.lines);
    let shown = lines.map(|line| {
        (
            line.timestamp.timestamp_millis(),
            line.message.as_str().to_owned(),
        )
    });
    assert!(counted(shown) == expected, "seed {seed}");
    let newer = pages.iter().filter(|page| page.part != LogPart::Older);
    let in_time = newer.flat_map(|page| &page.lines).filter(|line| !line.late);
    let times: Vec<_> = in_time.map(|line| line.timestamp).collect();
    assert!(times.is_sorted(), "seed {seed}");
    let end = pages.last().unwrap();
    assert_eq!(end.state, LogState::Complete, "seed {seed}");
    assert!(end.has_first, "seed {seed}");
}

fn check_again(seed: u64) {
    let mut service = service(seed, 33, 80);
    let own = service.lines.iter().skip(1);
    let last = own.clone().map(|line| line.ingested).max().unwrap();
    let expected = counted(own.map(|line| (line.written, line.text.clone())));
    let ends = Duration::from_millis(u64::try_from(last - START).unwrap());
    let start = if seed.is_multiple_of(2) {
        LogStart::First
    } else {
        LogStart::Newest
    };
    let mut schedule = schedule(start);
    let again_at = usize::try_from(seed % 300).unwrap() + 1;
    let pages = read_with(&mut schedule, &mut service, ends, Some(again_at));
    let line = |line: &LogLine| {
        let text = line.message.as_str().to_owned();
        (line.timestamp.timestamp_millis(), text)
    };
    let all = pages.iter().flat_map(|page| &page.lines);
    let new = all.filter(|line| !line.again).map(|one| line(one));
    assert!(counted(new) == expected, "seed {seed}");
    let restart = pages.iter().rposition(|page| page.restarts).unwrap_or(0);
    let since = pages[restart..].iter().flat_map(|page| &page.lines);
    assert!(
        counted(since.map(|one| line(one))) == expected,
        "seed {seed}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_line_comes_once_and_in_time_order(seed: u64) {
        check(seed, 33, LogStart::First);
    }

    #[test]
    fn a_log_that_is_read_from_its_newest_lines_comes_whole(seed: u64) {
        check(seed, 33, LogStart::Newest);
    }

    #[test]
    fn lines_that_were_dropped_are_read_again_and_no_other_is_repeated(seed: u64) {
        check_again(seed);
    }

    #[test]
    fn without_failures_too(seed: u64) {
        check(seed, 0, LogStart::First);
        check(seed, 0, LogStart::Newest);
    }
}

/// Pages of any size, read in any direction, and lines that come late.
#[test]
fn a_key_is_redacted_wherever_its_pages_are_cut() {
    let body = "canaryIBAAKCAQEA7ZqXk0pX9v3n5WbJq1uQkq0b2mVvYw1x8m2Zz7xw0QWcAbCd";
    let key = [
        "Stdout: -----BEGIN RSA PRIVATE KEY-----",
        &format!("Stdout: {body}"),
        body,
        "Stdout: canary0=",
        "Stdout: -----END RSA PRIVATE KEY-----",
        "Stdout: done",
    ];
    for (start, late) in [
        (LogStart::First, 0),
        (LogStart::Newest, 0),
        (LogStart::First, 20_000),
    ] {
        for page in 1..8 {
            let mut service = service(3, 0, 0);
            service.page = page;
            let line = |(number, text): (i64, &&str)| {
                let written = START + 1_000 + number;
                ModelLine {
                    written,
                    ingested: written + late,
                    text: (*text).to_owned(),
                }
            };
            service.lines.extend((0..).zip(&key).map(line));
            service.lines.push(line((8_000, &"Stdout: newer")));
            service
                .lines
                .sort_by_key(|line| (line.written, line.ingested));
            let ends = Duration::from_mins(1);
            let pages = read(&mut schedule(start), &mut service, ends);
            let lines = pages.iter().flat_map(|page| &page.lines);
            let texts: Vec<_> = lines.map(|line| line.message.to_string()).collect();
            assert_eq!(texts.len(), key.len() + 1, "{texts:?}");
            assert!(!texts.concat().contains("canary"), "{page}: {texts:?}");
            assert!(texts.iter().any(|text| text == "Stdout: done"), "{texts:?}");
        }
    }
}

/// The page with the second half is shown before that with the first.
#[test]
fn a_value_is_redacted_wherever_its_pages_are_cut() {
    let texts = [
        "Stdout: see https://b/k?X-Amz-Date=1&X-Amz-Signature=canary80f77d5fa3",
        "canary80f77d5fa3beca038a24 and more",
        "Stdout: done",
    ];
    for start in [LogStart::First, LogStart::Newest] {
        for page in 1..5 {
            let mut service = service(3, 0, 0);
            service.page = page;
            service.lines = (0..)
                .zip(texts)
                .map(|(number, text)| ModelLine {
                    written: START + 1_000 + number,
                    ingested: START + 1_000 + number,
                    text: text.to_owned(),
                })
                .collect();
            let ends = Duration::from_mins(1);
            let pages = read(&mut schedule(start), &mut service, ends);
            let lines = pages.iter().flat_map(|page| &page.lines);
            let texts: Vec<_> = lines.map(|line| line.message.to_string()).collect();
            assert_eq!(texts.len(), 3, "{texts:?}");
            assert!(!texts.concat().contains("canary"), "{page}: {texts:?}");
            assert!(texts.iter().any(|text| text == "Stdout: done"), "{texts:?}");
        }
    }
}

#[test]
fn the_newest_lines_of_a_long_log_take_two_requests() {
    let mut service = service(1, 0, 100_000);
    for line in &mut service.lines {
        line.ingested = START - 10;
    }
    service.page = 10_000;
    let newest = service.lines.last().unwrap().written;
    let mut schedule = schedule(LogStart::Newest);
    let mut now = Duration::ZERO;
    let mut found = false;
    for _ in 0..2 {
        let Some((ApiRequest::Log(request), due)) = schedule.next() else {
            panic!("a request is due");
        };
        now = now.max(due);
        let response = service.respond(now, &request);
        if let Some(Seen::Log(page)) = schedule.on_response(now, response) {
            found |= page.lines.iter().any(|line| line.timestamp == at(newest));
        }
    }
    assert!(found);
}

#[test]
fn the_group_keeps_the_case_of_the_id_and_the_stream_is_the_arns() {
    let path = path(&STACK.into(), ARN).unwrap();
    assert_eq!(path.group, "/aws/imagebuilder/ParallelClusterImage-MyImg");
    assert_eq!(path.stream, "3.16.1/1");
    let other = super::path(
        &STACK.into(),
        "arn:aws:imagebuilder:r:1:image/other/1.0.0/2",
    )
    .unwrap();
    assert_eq!(other.group, "/aws/imagebuilder/other");
    assert!(super::path(&STACK.into(), "arn:aws:imagebuilder:r:1:image/other").is_none());
}

#[test]
fn a_refused_log_is_not_asked_for_again_before_the_user_retries() {
    let mut schedule = schedule(LogStart::First);
    let denied = || LogError::Fault(Fault::of_test(FaultKind::Denied));
    let seen = schedule.on_response(Duration::ZERO, Err(denied()));
    assert!(matches!(seen, Some(Seen::Refused(_))));
    assert!(schedule.next().is_none());
    schedule.command(Duration::ZERO, PollCommand::PollNow);
    assert!(schedule.next().is_some());
}

#[test]
fn without_the_search_late_lines_are_found_by_reading_again() {
    let mut service = service(3, 0, 150);
    let last = service
        .lines
        .iter()
        .map(|line| line.ingested)
        .max()
        .unwrap();
    let ends = Duration::from_millis(u64::try_from(last - START).unwrap());
    let mut schedule = schedule(LogStart::First);
    let (mut now, mut lines, mut has_ended) = (Duration::ZERO, 0, false);
    while let Some((ApiRequest::Log(request), due)) = schedule.next() {
        now = now.max(due) + Duration::from_millis(40);
        if now >= ends && !has_ended {
            has_ended = true;
            schedule.on_other(now, &Seen::StackGone, now);
        }
        let response = if request.read == LogRead::Search {
            Err(LogError::Fault(Fault::of_test(FaultKind::Denied)))
        } else {
            service.respond(now, &request)
        };
        if let Some(Seen::Log(page)) = schedule.on_response(now, response) {
            lines += page.lines.len();
        }
    }
    assert_eq!(lines, 150);
}

#[test]
fn a_moving_log_is_asked_for_every_3_seconds_and_a_quiet_one_every_10() {
    let mut schedule = schedule(LogStart::First);
    let token = || Some(NextToken::new("f/1"));
    let full = LogBatch {
        lines: vec![line(START)],
        next: token(),
        opposite: None,
    };
    let empty = || LogBatch {
        next: token(),
        ..LogBatch::default()
    };
    let due = |schedule: &LogSchedule| schedule.next().unwrap().1.as_secs();
    let _ = schedule.on_response(Duration::ZERO, Ok(LogResponse::Page(full.clone())));
    assert_eq!(due(&schedule), 0, "another page may follow");
    let _ = schedule.on_response(Duration::ZERO, Ok(LogResponse::Page(full)));
    assert_eq!(due(&schedule), 3);
    let _ = schedule.on_response(Duration::from_secs(3), Ok(LogResponse::Page(empty())));
    assert_eq!(due(&schedule), 13);
}

fn line(millis: i64) -> LogLine {
    LogLine {
        timestamp: at(millis),
        ingested_at: None,
        message: SafeText::new("a"),
        stream: SafeText::new("s"),
        late: false,
        again: false,
    }
}

/// The searches of a log in so many seconds: when each begins, and from when on it reads. Lines come at their seconds, by the
/// tail or late.
fn searches(
    seconds: u64,
    mut newer: Vec<(u64, LogLine)>,
    mut late: Vec<(u64, LogLine)>,
) -> Vec<(u64, i64)> {
    let mut schedule = schedule(LogStart::First);
    let (mut now, mut searches) = (Duration::ZERO, Vec::new());
    while now.as_secs() < seconds {
        let Some((ApiRequest::Log(request), due)) = schedule.next() else {
            panic!("the log is not asked for");
        };
        now = now.max(due);
        let is_search = request.read == LogRead::Search;
        let lines = if is_search { &mut late } else { &mut newer };
        let here = lines.extract_if(.., |(second, _)| *second <= now.as_secs());
        let lines = here.map(|(_, line)| line).collect();
        if is_search {
            let from = request.from.timestamp_millis() - START;
            searches.push((now.as_secs(), from / 1000));
        }
        let next = Some(NextToken::new("f/1")).filter(|_| !is_search);
        let batch = LogBatch {
            lines,
            next,
            opposite: None,
        };
        let _ = schedule.on_response(now, Ok(LogResponse::Page(batch)));
    }
    searches
}

#[test]
fn a_quiet_log_is_searched_less_often_until_a_line_comes() {
    let newer = vec![(0, line(START)), (540, line(START + 540_000))];
    let late = vec![(700, line(START + 400_000))];
    let searches = searches(910, newer, late);
    let intervals = searches.windows(2).map(|pair| pair[1].0 - pair[0].0);
    assert_eq!(searches[0].0, 30);
    let expected = [30, 60, 120, 240, 90, 30, 60, 120, 30, 60];
    assert_eq!(intervals.collect::<Vec<_>>(), expected);
    // A line of the same time as the newest one is one, too.
    let newer = vec![(0, line(START)), (200, line(START))];
    let searches = self::searches(300, newer, Vec::new());
    let times = searches.iter().map(|(second, _)| *second);
    assert_eq!(times.collect::<Vec<_>>(), [30, 60, 120, 230, 260]);
}

/// Lines may have come late while the log was quiet, and a newer line moves the minutes that are searched.
#[test]
fn a_search_leaves_out_nothing_since_the_one_before() {
    let newer = vec![(0, line(START + 600_000)), (70, line(START + 1_500_000))];
    let froms = searches(130, newer, Vec::new())
        .into_iter()
        .map(|(_, from)| from);
    assert_eq!(froms.collect::<Vec<_>>(), [300, 300, 300, 1_200]);
}
