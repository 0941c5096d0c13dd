//! The cases in which the AWS SDKs agree on how a wrong clock is measured and corrected, played against the real
//! client: time passes on a paused clock, and the dates are read from the requests.

use chrono::{NaiveDateTime, TimeDelta};

use crate::backend::parallelcluster::tests::*;

/// One attempt: seconds of this machine's clock, counted from [`noon`].
struct Attempt {
    sent: u64,
    received: u64,
    /// The response's status, and the error's name where it is one.
    status: u16,
    error: &'static str,
    /// The `Date` of the response, where it has one.
    date: Option<i64>,
    /// Whether a cache responded.
    cached: bool,
    /// The expected date of the signature.
    signed_for: i64,
}

/// A case: operations on one client, each of one or two attempts, with the skew that is known after it.
struct Case {
    name: &'static str,
    /// The skew that is known before, in seconds.
    skew: i64,
    operations: Vec<(Vec<Attempt>, i64)>,
}

/// A successful response after two seconds.
fn good(sent: u64, signed_for: i64, date: i64) -> Attempt {
    Attempt {
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
fn refused(sent: u64, signed_for: i64, status: u16, error: &'static str, date: i64) -> Attempt {
    Attempt {
        status,
        error,
        ..good(sent, signed_for, date)
    }
}

fn from_cache(sent: u64, date: i64) -> Attempt {
    Attempt {
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
            // The SDKs' case has no retry left. This client always has one, and after it none.
            "a refused date corrects the clock where no further retry is left",
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
            "a response after more than fifteen minutes is no evidence of the clock",
            0,
            vec![
                (
                    vec![Attempt {
                        received: 960,
                        ..good(0, 0, 600)
                    }],
                    0,
                ),
                (vec![good(1020, 1020, 1321)], 300),
            ],
        ),
        case(
            "a corrected clock is noticed by a successful response",
            300,
            vec![(vec![good(0, 300, 1)], 0)],
        ),
        case(
            "two minutes do not make it sign again, but correct the clock",
            0,
            vec![(vec![refused(0, 0, 400, SIGNATURE, 121)], 120)],
        ),
        case(
            "a signature that is refused for no stated reason, five minutes off, is made again",
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
                vec![Attempt {
                    date: None,
                    ..refused(0, 0, 403, SKEWED, 0)
                }],
                0,
            )],
        ),
        case(
            "a cached response is no evidence of the clock",
            0,
            vec![
                (vec![from_cache(0, -17_279)], 0),
                (vec![good(10, 10, 311)], 300),
            ],
        ),
        case(
            "a cached response does not change the next date either",
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

fn step(attempt: &Attempt) -> Step {
    let date = attempt.date.map(http_date).unwrap_or_default();
    let age = if attempt.cached { "age: 17280\r\n" } else { "" };
    let error = attempt.error;
    let error = match error {
        "" => String::new(),
        name => format!("x-amzn-errortype: {name}\r\n"),
    };
    let Step::Write(text) = response(attempt.status, &format!("{date}{age}{error}"), "{}") else {
        panic!("a response is written");
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
    let attempts: Vec<_> = case
        .operations
        .iter()
        .flat_map(|(attempts, _)| attempts)
        .collect();
    let known = response(200, &http_date(case.skew), "{}");
    let server = Server::start(
        [known]
            .into_iter()
            .chain(attempts.iter().map(|one| step(one))),
    )
    .await;
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
    for (attempts, skew) in &case.operations {
        tokio::time::sleep_until(began + Duration::from_secs(attempts[0].sent)).await;
        let succeeded = source.events(None).await.is_ok();
        assert_eq!(succeeded, attempts.last().unwrap().status == 200, "{name}");
        let off =
            source.clock.server_time() - source.clock.machine_time() - TimeDelta::seconds(*skew);
        assert!(off.abs() < TimeDelta::seconds(1), "{name}: {off}");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), attempts.len() + 1, "{name}");
    for (request, attempt) in requests.iter().skip(1).zip(attempts) {
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
async fn a_watch_uses_the_apis_time_where_the_machines_is_wrong() {
    let clock = Clock::wall();
    let at = |minutes| {
        let date = clock.now() + TimeDelta::minutes(minutes);
        let date = date.format("date: %a, %d %b %Y %H:%M:%S GMT\r\n");
        response(200, &date.to_string(), "{}")
    };
    let server = Server::start([at(0), at(-10), at(-10), at(0)]).await;
    let mut source = ParallelCluster {
        clock: ServerClock::new(clock.clone()),
        ..unsigned(&server)
    };
    let mut seen = Vec::new();
    for _ in 0..4 {
        source.events(None).await.unwrap();
        seen.push(source.clock_correction());
    }
    let round = |behind: &TimeDelta| (behind.as_seconds_f64() / 60.0).round();
    assert_eq!(
        seen.iter().map(round).collect::<Vec<_>>(),
        [0.0, -10.0, -10.0, 0.0]
    );
    assert_eq!(seen[1], seen[2], "times do not jump");
}
