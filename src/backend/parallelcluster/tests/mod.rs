//! The client against a scripted server on a loopback port.

use std::collections::VecDeque;
use std::future;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use chrono::{DateTime, Utc};

use crate::aws::credentials::fault::FixedKeys;
use crate::aws::credentials::identity::{Identity, Resolution, Resolve};
use crate::aws::signer::Signer;
use crate::aws::testing::home::Home;
use crate::aws::testing::server::{Server, Step, json, response};
use crate::backend::parallelcluster::*;

mod clock_skew;
mod recovery;
mod signing;
mod tls;
mod transport;

const PAGE: &str = r#"{"events":[{"eventId":"e","stackId":"s"}],"nextToken":"t/ +"}"#;

/// Small enough that no test waits long.
const LIMITS: Limits = Limits {
    deadline: Duration::from_secs(20),
    body: 1000,
};

fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2022-03-01T12:00:00Z")
        .unwrap()
        .to_utc()
}

fn source_at(url: &str, limits: Limits) -> ParallelCluster {
    let settings = Settings {
        api_url: url.parse().unwrap(),
        image_id: "img-1".parse().unwrap(),
        region: Some("eu-west-1".to_owned()),
        profile: None,
        signing: Signing::Unsigned,
        headers: reqwest::header::HeaderMap::new(),
        ca_bundle: None,
    };
    let (shared, clock) = (Shared::default(), Clock::scenario(noon(), 1.0));
    ParallelCluster::with_limits(settings, &shared, clock, limits)
}

fn unsigned(server: &Server) -> ParallelCluster {
    source_at(&format!("http://{}/prod", server.address), LIMITS)
}

/// Resolves to one key after the other.
struct Keys(Mutex<VecDeque<&'static str>>);

impl Resolve for Keys {
    fn resolve(&self, _now: DateTime<Utc>) -> Resolution {
        let key = self.0.lock().unwrap().pop_front().expect("one more key");
        let credentials =
            Credentials::new(key, "canary-secret", Some("canary-token".into()), None, "");
        Box::pin(future::ready(Ok(Identity {
            region: Some("eu-west-1".to_owned()),
            signer: Some(Signer {
                credentials,
                region: "us-east-1".to_owned(),
            }),
            fixed_keys: None,
        })))
    }
}

/// Resolves to a key of the environment.
struct FixedKey;

impl Resolve for FixedKey {
    fn resolve(&self, now: DateTime<Utc>) -> Resolution {
        let key = Keys(Mutex::new(["AKID"].into())).resolve(now);
        Box::pin(async move {
            Ok(Identity {
                fixed_keys: Some(FixedKeys::OfEnvironment { expire: None }),
                ..key.await?
            })
        })
    }
}

fn signed(server: &Server, keys: &[&'static str]) -> ParallelCluster {
    let keys = keys.iter().copied().collect();
    ParallelCluster {
        signed: true,
        identity: IdentityCache::new(Keys(Mutex::new(keys))),
        ..unsigned(server)
    }
}

async fn events_fault(source: &mut ParallelCluster) -> Fault {
    match source.events(None).await {
        Err(EventsError::Fault(fault)) => fault,
        other => panic!("not a fault: {other:?}"),
    }
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

#[tokio::test]
async fn pages_and_descriptions_are_fetched_on_one_connection() {
    let image = r#"{"imageId":"img-1","imageBuildStatus":"BUILD_IN_PROGRESS"}"#;
    let server = Server::start([json(200, PAGE), json(200, "{}"), json(200, image)]).await;
    let mut source = unsigned(&server);

    let Ok(EventsResponse::Page(page)) = source.events(None).await else {
        panic!("no page");
    };
    assert_eq!(page.events.len(), 1);
    let Ok(EventsResponse::Page(last)) = source.events(page.next.as_ref()).await else {
        panic!("no second page");
    };
    assert!(last.next.is_none());
    let described = source.image().await.unwrap();
    assert!(matches!(described, ImageAnswer::Described(_)));

    let requests = server.requests();
    let lines: Vec<_> = requests
        .iter()
        .filter_map(|head| head.lines().next())
        .collect();
    assert_eq!(
        lines,
        [
            "GET /prod/v3/images/custom/img-1/stackevents?region=eu-west-1 HTTP/1.1",
            "GET /prod/v3/images/custom/img-1/stackevents?nextToken=t%2F%20%2B&region=eu-west-1 HTTP/1.1",
            "GET /prod/v3/images/custom/img-1?region=eu-west-1 HTTP/1.1",
        ]
    );
    for request in &requests {
        let agent = concat!("bakewatch/", env!("CARGO_PKG_VERSION"));
        assert_eq!(header(request, "user-agent"), Some(agent));
        assert_eq!(header(request, "authorization"), None);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn refusals_become_the_results_that_the_walk_handles() {
    let gone = r#"{"message":"Stack [img-1] does not exist"}"#;
    let absent =
        r#"{"message":"No image or stack associated with ParallelCluster image id: img-1."}"#;
    let foreign = r#"{"message":"No artifact directory found in image tag"}"#;
    let token = r#"{"message":"Invalid nextToken"}"#;
    let server = Server::start([
        json(500, gone),
        json(404, absent),
        json(500, foreign),
        json(500, token),
        json(404, r#"{"message":"Not Found"}"#),
    ])
    .await;
    let mut source = unsigned(&server);
    assert!(matches!(
        source.events(None).await,
        Ok(EventsResponse::Gone)
    ));
    assert_eq!(source.image().await, Ok(ImageAnswer::Absent));
    assert_eq!(source.image().await, Ok(ImageAnswer::Foreign));
    let rejected = source.events(Some(&NextToken::new("t"))).await;
    assert!(matches!(rejected, Err(EventsError::TokenRejected(_))));
    let fault = events_fault(&mut source).await;
    assert_eq!(fault.kind, FaultKind::Misconfigured);
}

#[tokio::test]
async fn html_with_status_200_names_the_host_and_its_beginning() {
    let html = "<html>\n<title>Log in to\u{1b}[2J the hotel</title>";
    let server = Server::start([response(200, "content-type: text/html\r\n", html)]).await;
    let fault = events_fault(&mut unsigned(&server)).await;
    assert_eq!(fault.kind, FaultKind::Malformed);
    let message = fault.message.as_str();
    assert!(
        message.contains(&format!("{} responded with status 200", server.address)),
        "{message}"
    );
    assert!(
        message.contains("<title>Log in to␛[2J the hotel"),
        "{message}"
    );
}

#[tokio::test]
async fn json_under_another_content_type_is_still_json() {
    let server = Server::start([response(200, "content-type: text/plain\r\n", PAGE)]).await;
    assert!(unsigned(&server).events(None).await.is_ok());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// In a process of its own: `tracing` caches for all threads whether a subscriber wants a line, and the other tests'
/// threads, which have no subscriber, may be the first to reach it.
#[tokio::test]
async fn the_log_has_one_line_a_request_and_no_secrets() {
    let home = Home::new("log", "");
    let test = format!("{}::read_the_log", module_path!());
    assert_eq!(home.run(&test, &[]).await, "one clean line");
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn read_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start([response(200, "x-amzn-requestid: 1234\r\n", "{}")]).await;
    let mut source = signed(&server, &["canary-key"]);
    let token = NextToken::new("canary-page");
    source.events(Some(&token)).await.unwrap();

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!log.contains("canary"), "{log}");
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("bakewatch::"))
        .collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let path = r#"path="/prod/v3/images/custom/img-1/stackevents""#;
    for part in [r#"method="GET""#, path, "status=200", "ms=", r#"id="1234""#] {
        assert!(lines[0].contains(part), "{part} is not in {}", lines[0]);
    }
    println!("found: one clean line");
}
