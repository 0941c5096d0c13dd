//! Connections that fail, and answers that do not end well.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::aws::test_home::Home;
use crate::backend::parallelcluster::tests::*;

/// A client that needs no certificates of the platform's, of which a bare container has none.
fn trusting_ca(url: &str) -> ParallelCluster {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws/testdata");
    trusting(url, format!("{folder}/ca.pem").into())
}

pub(crate) fn trusting(url: &str, ca_bundle: PathBuf) -> ParallelCluster {
    let settings = Settings {
        api_url: url.parse().unwrap(),
        image_id: "img-1".parse().unwrap(),
        region: Some("eu-west-1".to_owned()),
        profile: None,
        signing: Signing::Unsigned,
        ca_bundle: Some(ca_bundle),
    };
    ParallelCluster::new(settings, Clock::wall()).unwrap()
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
    let mut source = trusting_ca(&format!("https://{address}"));
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
async fn after_a_sleep_no_connection_of_before_is_used() {
    let server = Server::start([json(200, "{}"), json(200, "{}"), json(200, "{}")]).await;
    let mut source = unsigned(&server);
    source.events(None).await.unwrap();
    source.events(None).await.unwrap();
    assert_eq!(server.connections(), 1);
    source.reconnect();
    source.events(None).await.unwrap();
    assert_eq!(server.connections(), 2);
}

/// API Gateway gives up on the application after 29 seconds, and says so.
#[tokio::test(start_paused = true)]
async fn the_gateways_own_time_out_is_waited_for() {
    let Step::Write(timed_out) = json(504, r#"{"message":"Endpoint request timed out"}"#) else {
        panic!("an answer is written");
    };
    let late = Step::WriteLate(Duration::from_secs(29), timed_out);
    let server = Server::start([late]).await;
    let mut source = source_at(&format!("http://{}", server.address), Limits::default());
    let fault = events_fault(&mut source).await;
    assert_eq!(fault.kind, FaultKind::Throttled, "{fault}");
}

/// An answer that never stops coming, and never is whole.
#[tokio::test(start_paused = true)]
async fn a_byte_a_second_ends_at_the_deadline_too() {
    let second = Duration::from_secs(1);
    let head = "HTTP/1.1 200 OK\r\n";
    let body = format!("{head}content-length: 900\r\n\r\n{}", " ".repeat(900));
    for slow in [format!("{head}x: {}", "y".repeat(900)), body] {
        let server = Server::start([Step::Drip(second, slow)]).await;
        let mut source = source_at(&format!("http://{}", server.address), Limits::default());
        let began = Instant::now();
        let fault = events_fault(&mut source).await;
        assert_eq!(began.elapsed().as_secs(), 32, "by the paused clock");
        assert_eq!(fault.kind, FaultKind::Transient, "{fault}");
    }
}

#[tokio::test]
async fn a_mark_before_the_json_is_no_fault_and_other_bytes_are() {
    let bytes = |headers: &str, body: &[u8]| {
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\n\r\n");
        Step::WriteBytes([head.as_bytes(), body].concat())
    };
    let gzip = bytes(
        "content-encoding: gzip\r\n",
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
    );
    let latin_1 = bytes("", b"{\"events\":[{\"eventId\":\"\xfc\"}]}");
    let marked = bytes("", &["\u{feff}".as_bytes(), PAGE.as_bytes()].concat());
    let server = Server::start([marked, gzip, latin_1, json(200, PAGE)]).await;
    let mut source = unsigned(&server);
    let count = |answer| match answer {
        Ok(EventsAnswer::Page(page)) => page.events.len(),
        other => panic!("no page: {other:?}"),
    };
    assert_eq!(count(source.events(None).await), 1);
    for _ in 0..2 {
        let fault = events_fault(&mut source).await;
        assert_eq!(fault.kind, FaultKind::Malformed);
        let message = fault.message.as_str();
        assert!(message.ends_with("that is not UTF-8 text"), "{fault}");
    }
    assert_eq!(count(source.events(None).await), 1);
    let asked = server.requests().concat().to_lowercase();
    assert!(!asked.contains("accept-encoding"), "nobody asks for gzip");
}

/// What is left of an answer that was verdict notice as shorter is not taken for the next one.
#[tokio::test]
async fn a_length_that_is_too_small_spoils_one_answer_only() {
    let short = format!("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{PAGE}");
    let server = Server::start([Step::Write(short), json(200, PAGE)]).await;
    let mut source = unsigned(&server);
    let fault = events_fault(&mut source).await;
    assert_eq!(fault.kind, FaultKind::Malformed, "{fault}");
    assert!(source.events(None).await.is_ok());
    assert_eq!(server.connections(), 2);
}

/// `.invalid` is reserved for names that are nobody's: whoever is asked, or nobody, there is no such name.
#[tokio::test]
async fn a_name_that_no_one_knows_has_words_of_its_own() {
    let fault = events_fault(&mut trusting_ca("https://nobody.invalid/prod")).await;
    assert_eq!(fault.kind, FaultKind::Transient);
    let message = fault.message.as_str();
    assert!(
        message.ends_with("the name nobody.invalid can't be resolved"),
        "{fault}"
    );
}

/// A listener whose queue is full drops what comes: nobody answers, and nobody refuses.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn silence_instead_of_a_connection_has_words_of_its_own() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let a_moment = Duration::from_millis(50);
    let mut queue = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, a_moment) {
        queue.push(stream);
    }
    tokio::time::pause();
    let fault = events_fault(&mut source_at(&format!("http://{address}"), LIMITS)).await;
    assert_eq!(fault.kind, FaultKind::Transient);
    let why = format!("no connection to {address} within 5 s");
    assert!(fault.message.as_str().ends_with(&why), "{fault}");
}
