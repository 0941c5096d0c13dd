//! The cases in which the AWS SDKs agree on how a wrong clock is measured and corrected, played against the
//! real client: times pass on a paused clock, and the dates are read off the requests.

use chrono::{NaiveDateTime, TimeDelta};

use crate::backend::parallelcluster::tests::*;

/// One try: seconds of this machine's clock, counted from [`noon`].
struct Try {
    sent: u64,
    received: u64,
    /// The answer's status, and the error's name where it is one.
    status: u16,
    error: &'static str,
    /// What the server's clock says in the answer, where it does.
    date: Option<i64>,
    /// Whether a cache answered.
    cached: bool,
    /// What the request is to be signed for.
    signed_for: i64,
}

/// A case: operations on one client, each of one or two tries, with the skew that is known after it.
struct Case {
    name: &'static str,
    /// The skew that is known before, in seconds.
    skew: i64,
    operations: Vec<(Vec<Try>, i64)>,
}

/// A good answer after two seconds.
fn good(sent: u64, signed_for: i64, date: i64) -> Try {
    Try {
        sent,
        received: sent + 2,
        status: 200,
        error: "",
        date: Some(date),
        cached: false,
        signed_for,
    }
}

/// A refusal after two seconds.
fn refused(sent: u64, signed_for: i64, status: u16, error: &'static str, date: i64) -> Try {
    Try {
        status,
        error,
        ..good(sent, signed_for, date)
    }
}

fn from_cache(sent: u64, date: i64) -> Try {
    Try {
        cached: true,
        ..good(sent, i64::try_from(sent).unwrap(), date)
    }
}

const SKEWED: &str = "RequestTimeTooSkewed";
const SIGNATURE: &str = "InvalidSignatureException";

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn cases() -> Vec<Case> {
    let case = |name, skew, operations| Case {
        name,
        skew,
        operations,
    };
    vec![
        case("clocks that agree", 0, vec![(vec![good(0, 0, 1)], 0)]),
        case(
            "a refused date is corrected at once, and stays corrected",
            0,
            vec![
                (
                    vec![refused(0, 0, 403, SKEWED, 301), good(2, 302, 303)],
                    300,
                ),
                (vec![good(60, 360, 361)], 300),
            ],
        ),
        case(
            // Theirs has no second try left. Ours always has one, and after it none.
            "a refused date is learnt from where no further try is left",
            0,
            vec![(
                vec![
                    refused(0, 0, 403, SKEWED, 301),
                    refused(2, 302, 403, SKEWED, 303),
                ],
                300,
            )],
        ),
        case(
            "an answer after more than fifteen minutes says nothing about the clock",
            0,
            vec![
                (
                    vec![Try {
                        received: 960,
                        ..good(0, 0, 600)
                    }],
                    0,
                ),
                (vec![good(1020, 1020, 1321)], 300),
            ],
        ),
        case(
            "a clock that was set right is noticed by a good answer",
            300,
            vec![(vec![good(0, 300, 1)], 0)],
        ),
        case(
            "two minutes are no reason to sign anew, but are learnt from",
            0,
            vec![(vec![refused(0, 0, 400, SIGNATURE, 121)], 120)],
        ),
        case(
            "a signature that is refused without a word about dates, five minutes off, is made anew",
            0,
            vec![(
                vec![refused(0, 0, 400, SIGNATURE, 301), good(2, 302, 303)],
                300,
            )],
        ),
        case(
            "without a date there is nothing to correct by",
            0,
            vec![(
                vec![Try {
                    date: None,
                    ..refused(0, 0, 403, SKEWED, 0)
                }],
                0,
            )],
        ),
        case(
            "what a cache answers says nothing about the clock",
            0,
            vec![
                (vec![from_cache(0, -17_279)], 0),
                (vec![good(10, 10, 311)], 300),
            ],
        ),
        case(
            "what a cache answers does not spoil the next date either",
            0,
            vec![
                (vec![from_cache(0, -17_279)], 0),
                (vec![good(10, 10, 11)], 0),
            ],
        ),
        case(
            "a clock that is fast is corrected as one that is slow",
            0,
            vec![(
                vec![refused(0, 0, 403, SIGNATURE, -599), good(2, -598, -597)],
                -600,
            )],
        ),
    ]
}

fn http_date(seconds: i64) -> String {
    let date = noon() + TimeDelta::seconds(seconds);
    format!("date: {}\r\n", date.format("%a, %d %b %Y %H:%M:%S GMT"))
}

fn step(attempt: &Try) -> Step {
    let date = attempt.date.map(http_date).unwrap_or_default();
    let age = if attempt.cached { "age: 17280\r\n" } else { "" };
    let error = attempt.error;
    let error = match error {
        "" => String::new(),
        name => format!("x-amzn-errortype: {name}\r\n"),
    };
    let Step::Write(text) = answer(attempt.status, &format!("{date}{age}{error}"), "{}") else {
        panic!("an answer is written");
    };
    Step::WriteLate(Duration::from_secs(attempt.received - attempt.sent), text)
}

/// Seconds after noon, of a request's signature.
fn signed_for(request: &str) -> i64 {
    let date = header(request, "x-amz-date").unwrap();
    let date = NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ").unwrap();
    (date.and_utc() - noon()).num_seconds()
}

async fn play(case: &Case) {
    let tries: Vec<_> = case
        .operations
        .iter()
        .flat_map(|(tries, _)| tries)
        .collect();
    let known = answer(200, &http_date(case.skew), "{}");
    let server = Server::start([known].into_iter().chain(tries.iter().map(|one| step(one)))).await;
    let limits = Limits {
        deadline: Duration::from_hours(1),
        ..LIMITS
    };
    let keys = Keys(Mutex::new(["AKID"; 99].into()));
    let mut source = ParallelCluster {
        signed: true,
        identity: IdentityCache::new(keys),
        ..source_at(&format!("http://{}", server.address), limits)
    };
    let began = Instant::now();
    source.events(None).await.unwrap();
    let name = case.name;
    for (tries, skew) in &case.operations {
        tokio::time::sleep_until(began + Duration::from_secs(tries[0].sent)).await;
        let succeeded = source.events(None).await.is_ok();
        assert_eq!(succeeded, tries.last().unwrap().status == 200, "{name}");
        let off = source.server_time() - source.clock.now() - TimeDelta::seconds(*skew);
        assert!(off.abs() < TimeDelta::seconds(1), "{name}: {off}");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), tries.len() + 1, "{name}");
    for (request, attempt) in requests.iter().skip(1).zip(tries) {
        let off = signed_for(request) - attempt.signed_for;
        assert!(off.abs() <= 1, "{name}: signed {off} s off");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_corrected_as_the_sdks_do_it() {
    for case in cases() {
        play(&case).await;
    }
}

#[tokio::test]
async fn a_watch_goes_by_the_apis_time_where_the_machines_is_wrong() {
    let clock = Clock::wall();
    let at = |minutes| {
        let date = clock.uncorrected() + TimeDelta::minutes(minutes);
        let date = date.format("date: %a, %d %b %Y %H:%M:%S GMT\r\n");
        answer(200, &date.to_string(), "{}")
    };
    let server = Server::start([at(0), at(-10), at(-10), at(0)]).await;
    let mut source = ParallelCluster {
        clock: clock.clone(),
        ..unsigned(&server)
    };
    let mut seen = Vec::new();
    for _ in 0..4 {
        source.events(None).await.unwrap();
        seen.push(clock.behind());
    }
    let round = |behind: &TimeDelta| (behind.as_seconds_f64() / 60.0).round();
    assert_eq!(
        seen.iter().map(round).collect::<Vec<_>>(),
        [0.0, -10.0, -10.0, 0.0]
    );
    assert_eq!(seen[1], seen[2], "times do not twitch");
}
