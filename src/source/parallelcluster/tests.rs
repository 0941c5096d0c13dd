//! The client against a scripted server on a loopback port.

use std::collections::VecDeque;
use std::future;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use chrono::TimeDelta;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::identity::{Identity, Resolution, Resolve};
use super::sign::Signer;
use super::test_home::Home;
use super::test_server::{Server, Step, answer, json};
use super::*;

const PAGE: &str = r#"{"events":[{"eventId":"e","stackId":"s"}],"nextToken":"t/ +"}"#;
const LATE: &str = r#"{"message":"Signature expired: 20220301T115000Z is now earlier than 20220301T115500Z (20220301T120000Z - 5 min.)"}"#;
const EXPIRED: &str = r#"{"message":"The security token included in the request is expired"}"#;

/// Small enough that a test waits for nothing.
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
        ca_bundle: None,
    };
    ParallelCluster::with_limits(settings, Clock::scenario(noon(), 1.0), limits).unwrap()
}

fn unsigned(server: &Server) -> ParallelCluster {
    source_at(&format!("http://{}/prod", server.address), LIMITS)
}

/// Hands out one key after the other.
struct Keys(Mutex<VecDeque<&'static str>>);

impl Resolve for Keys {
    fn resolve(&self) -> Resolution {
        let key = self.0.lock().unwrap().pop_front().expect("one more key");
        let credentials =
            Credentials::new(key, "canary-secret", Some("canary-token".into()), None, "");
        Box::pin(future::ready(Ok(Identity {
            region: Some("eu-west-1".to_owned()),
            signer: Some(Signer {
                credentials,
                region: "us-east-1".to_owned(),
            }),
        })))
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
async fn pages_and_descriptions_are_asked_for_on_one_connection() {
    let image = r#"{"imageId":"img-1","imageBuildStatus":"BUILD_IN_PROGRESS"}"#;
    let server = Server::start([json(200, PAGE), json(200, "{}"), json(200, image)]).await;
    let mut source = unsigned(&server);

    let Ok(EventsAnswer::Page(page)) = source.events(None).await else {
        panic!("no page");
    };
    assert_eq!(page.events.len(), 1);
    let Ok(EventsAnswer::Page(last)) = source.events(page.next.as_ref()).await else {
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
async fn refusals_become_the_answers_that_the_walk_knows() {
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
    assert!(matches!(source.events(None).await, Ok(EventsAnswer::Gone)));
    assert_eq!(source.image().await, Ok(ImageAnswer::Absent));
    assert_eq!(source.image().await, Ok(ImageAnswer::Foreign));
    let rejected = source.events(Some(&NextToken::new("t"))).await;
    assert!(matches!(rejected, Err(EventsError::TokenRejected(_))));
    let fault = events_fault(&mut source).await;
    assert_eq!(fault.kind, FaultKind::Misconfigured);
}

#[tokio::test]
async fn what_is_signed_is_what_is_sent() {
    let server = Server::start([json(200, "{}")]).await;
    let mut source = signed(&server, &["AKID"]);
    source
        .events(Some(&NextToken::new("a/b+c== d~e")))
        .await
        .unwrap();

    let request = &server.requests()[0];
    let target = request.split(' ').nth(1).unwrap();
    let host = header(request, "host").unwrap();
    assert_eq!(host, server.address.to_string());
    let date = header(request, "x-amz-date").unwrap();
    let date = chrono::NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ").unwrap();
    let signer = Keys(Mutex::new(["AKID"].into()));
    let identity = signer.resolve().await.unwrap();
    let expected = identity
        .signer
        .unwrap()
        .sign(
            &Url::parse(&format!("http://{host}{target}")).unwrap(),
            date.and_utc(),
        )
        .unwrap();
    let sent = |name| header(request, name).map(str::as_bytes);
    assert_eq!(
        sent("authorization"),
        expected
            .get("authorization")
            .map(reqwest::header::HeaderValue::as_bytes)
    );
    assert_eq!(sent("x-amz-security-token"), Some(&b"canary-token"[..]));
}

#[tokio::test]
async fn a_refused_date_is_corrected_by_the_servers_and_tried_once_more() {
    let date = "date: Tue, 01 Mar 2022 12:10:00 GMT\r\n";
    let server = Server::start([answer(403, date, LATE), answer(200, date, "{}")]).await;
    let mut source = signed(&server, &["AKID"]);
    source.events(None).await.unwrap();
    let requests = server.requests();
    let dates: Vec<_> = requests
        .iter()
        .filter_map(|head| header(head, "x-amz-date"))
        .collect();
    assert!(dates[0].starts_with("20220301T1200"), "{dates:?}");
    assert!(dates[1].starts_with("20220301T1210"), "{dates:?}");
}

#[tokio::test]
async fn a_date_that_is_refused_for_no_skew_or_again_is_a_fault() {
    let near = "date: Tue, 01 Mar 2022 12:03:30 GMT\r\n";
    let far = "date: Tue, 01 Mar 2022 11:00:00 GMT\r\n";
    for (headers, tries) in [(near, 1), ("", 1), (far, 2)] {
        let script = [answer(403, headers, LATE), answer(403, headers, LATE)];
        let server = Server::start(script).await;
        let fault = events_fault(&mut signed(&server, &["AKID"])).await;
        assert_eq!(fault.kind, FaultKind::Transient);
        assert_eq!(server.requests().len(), tries, "{headers}");
    }
}

#[tokio::test]
async fn a_server_whose_dates_jump_is_not_asked_for_ever() {
    let at = |time: &str| answer(403, &format!("date: Tue, 01 Mar 2022 {time} GMT\r\n"), LATE);
    let server = Server::start([at("11:00:00"), at("13:00:00"), at("11:00:00")]).await;
    let fault = events_fault(&mut signed(&server, &["AKID"])).await;
    assert_eq!(fault.kind, FaultKind::Transient);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn expired_credentials_are_renewed_once_and_then_reported() {
    let server = Server::start([
        json(403, EXPIRED),
        json(200, "{}"),
        json(403, EXPIRED),
        json(403, EXPIRED),
    ])
    .await;
    let mut source = signed(&server, &["OLD", "NEW"]);
    source.events(None).await.unwrap();
    let fault = events_fault(&mut source).await;
    assert_eq!(fault.kind, FaultKind::Expired);
    let requests = server.requests();
    let keys: Vec<_> = requests
        .iter()
        .filter_map(|head| header(head, "authorization")?.split(['=', '/']).nth(1))
        .collect();
    assert_eq!(keys, ["OLD", "NEW", "NEW"], "no second renewal within 30 s");
}

#[tokio::test]
async fn redirects_are_not_followed_and_the_target_hears_nothing() {
    let target = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    target.set_nonblocking(true).unwrap();
    let location = format!("location: http://{}/x\r\n", target.local_addr().unwrap());
    let server = Server::start([answer(302, &location, "")]).await;
    let fault = events_fault(&mut signed(&server, &["AKID"])).await;
    assert_eq!(fault.kind, FaultKind::Misconfigured);
    assert!(
        fault
            .message
            .as_str()
            .contains("redirects to 127.0.0.1 (302)"),
        "{fault}"
    );
    let heard = target.accept().map_err(|error| error.kind());
    assert_eq!(heard.unwrap_err(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn bodies_are_capped_with_and_without_a_length() {
    let long = "x".repeat(LIMITS.body + 1);
    let chunk = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}");
    for step in [json(200, &long), Step::Write(chunked)] {
        let server = Server::start([step]).await;
        let fault = events_fault(&mut unsigned(&server)).await;
        assert_eq!(fault.kind, FaultKind::Malformed);
        assert!(fault.message.as_str().contains("is larger than"), "{fault}");
    }
    let exact = format!(r#"{{"x":"{}"}}"#, "x".repeat(LIMITS.body - 8));
    assert_eq!(exact.len(), LIMITS.body);
    let server = Server::start([json(200, &exact)]).await;
    assert!(unsigned(&server).events(None).await.is_ok());
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_malformed_and_not_tried_again() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"events\":[]}";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{}";
    for cut in [head, chunked] {
        let server = Server::start([json(200, "{}"), Step::WriteAndClose(cut.to_owned())]).await;
        let mut source = unsigned(&server);
        source.events(None).await.unwrap();
        let fault = events_fault(&mut source).await;
        assert_eq!(fault.kind, FaultKind::Malformed);
        assert!(fault.message.as_str().ends_with("was cut short"), "{fault}");
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn html_with_status_200_names_the_host_and_its_beginning() {
    let html = "<html>\n<title>Log in to\u{1b}[2J the hotel</title>";
    let server = Server::start([answer(200, "content-type: text/html\r\n", html)]).await;
    let fault = events_fault(&mut unsigned(&server)).await;
    assert_eq!(fault.kind, FaultKind::Malformed);
    let message = fault.message.as_str();
    assert!(
        message.contains(&format!("{} answered 200", server.address)),
        "{message}"
    );
    assert!(
        message.contains("<title>Log in to␛[2J the hotel"),
        "{message}"
    );
}

#[tokio::test]
async fn json_under_another_content_type_is_still_json() {
    let server = Server::start([answer(200, "content-type: text/plain\r\n", PAGE)]).await;
    assert!(unsigned(&server).events(None).await.is_ok());
}

#[tokio::test]
async fn a_connection_that_died_while_idle_is_replaced_at_once_but_only_once() {
    let close = || Step::WriteAndClose(String::new());
    let server = Server::start([json(200, "{}"), close(), json(200, "{}"), close(), close()]).await;
    let mut source = signed(&server, &["AKID"]);
    source.events(None).await.unwrap();
    source.events(None).await.unwrap();
    assert_eq!((server.requests().len(), server.connections()), (3, 2));

    let fault = events_fault(&mut source).await;
    assert_eq!(fault.kind, FaultKind::Transient);
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn a_fresh_connection_that_is_closed_is_not_tried_again() {
    let server = Server::start([Step::WriteAndClose(String::new())]).await;
    let fault = events_fault(&mut unsigned(&server)).await;
    assert_eq!(fault.kind, FaultKind::Transient);
    assert!(
        fault.message.as_str().contains("was closed before"),
        "{fault}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn silence_and_slowness_end_at_the_deadline() {
    let limits = Limits {
        deadline: Duration::from_millis(50),
        ..LIMITS
    };
    for written in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"] {
        let server = Server::start([Step::WriteAndHang(written.to_owned())]).await;
        let mut source = source_at(&format!("http://{}", server.address), limits);
        let fault = events_fault(&mut source).await;
        assert_eq!(fault.kind, FaultKind::Transient);
        assert!(
            fault.message.as_str().contains("no whole answer from"),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn failures_to_connect_and_to_speak_http_have_words_of_their_own() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let fault = events_fault(&mut source_at(&closed, LIMITS)).await;
    assert_eq!(fault.kind, FaultKind::Transient);
    assert!(
        fault.message.as_str().ends_with("refuses connections"),
        "{fault}"
    );

    let server = Server::start([Step::WriteAndClose("SSH-2.0-OpenSSH\r\n\r\n".to_owned())]).await;
    let fault = events_fault(&mut unsigned(&server)).await;
    assert_eq!(fault.kind, FaultKind::Malformed);
    assert!(
        fault.message.as_str().contains("does not answer in HTTP"),
        "{fault}"
    );
}

#[tokio::test]
async fn a_port_that_does_not_speak_tls_is_a_wrong_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = Settings {
        api_url: format!("https://{address}").parse().unwrap(),
        image_id: "img-1".parse().unwrap(),
        region: Some("eu-west-1".to_owned()),
        profile: None,
        signing: Signing::Unsigned,
        // So that the test needs no certificates of the platform's.
        ca_bundle: Some(
            concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/src/source/parallelcluster/testdata/ca.pem"
            )
            .into(),
        ),
    };
    let mut source = ParallelCluster::new(settings, Clock::wall()).unwrap();
    let plain = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        stream
    };
    let (_stream, fault) = tokio::join!(plain, events_fault(&mut source));
    assert_eq!(fault.kind, FaultKind::Misconfigured);
    assert!(
        fault.message.as_str().contains("no TLS connection to"),
        "{fault}"
    );
}

#[tokio::test]
async fn loopback_is_never_asked_through_a_proxy() {
    let proxy = Server::start([]).await;
    let address = format!("http://{}", proxy.address);
    let home = Home::new("proxy", "");
    let test = format!("{}::ask_own_server", module_path!());
    let environment = [
        ("HTTP_PROXY", address.as_str()),
        ("ALL_PROXY", address.as_str()),
    ];
    assert_eq!(home.run(&test, &environment).await, "a page");
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
#[ignore = "run by another test, in an environment of its own"]
async fn ask_own_server() {
    let server = Server::start([json(200, "{}")]).await;
    match unsigned(&server).events(None).await {
        Ok(_) => println!("found: a page"),
        Err(error) => println!("found: {error:?}"),
    }
}

#[tokio::test]
async fn every_answer_corrects_the_clock() {
    let ahead = "date: Tue, 01 Mar 2022 12:02:00 GMT\r\n";
    let server = Server::start([
        answer(404, ahead, "{}"),
        answer(
            200,
            "age: 60\r\ndate: Tue, 01 Mar 2022 10:00:00 GMT\r\n",
            "{}",
        ),
    ])
    .await;
    let mut source = signed(&server, &["AKID"]);
    for _ in 0..2 {
        let _answer = source.events(None).await;
        let off = source.server_time() - noon();
        assert!(
            (off - TimeDelta::minutes(2)).abs() < TimeDelta::seconds(30),
            "{off}"
        );
    }
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

#[tokio::test]
async fn the_log_has_one_line_a_request_and_no_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start([answer(200, "x-amzn-requestid: 1234\r\n", "{}")]).await;
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
}

#[tokio::test]
async fn no_secret_is_shown_by_the_source_itself() {
    let server = Server::start([json(200, "{}")]).await;
    let mut source = signed(&server, &["canary-key"]);
    source.events(None).await.unwrap();
    assert!(!format!("{source:?}").contains("canary"), "{source:?}");
}
