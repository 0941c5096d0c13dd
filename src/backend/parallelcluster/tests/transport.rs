//! Connections that fail, and responses that are incomplete or late.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::backend::parallelcluster::tests::*;

/// A client that works without the platform's certificates, since a bare container has none.
fn trusting_ca(url: &str) -> ParallelCluster {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws/testing");
    trusting(url, format!("{folder}/ca.pem").into())
}

pub(crate) fn trusting(url: &str, ca_bundle: PathBuf) -> ParallelCluster {
    let settings = Settings {
        api_url: url.parse().unwrap(),
        image_id: "img-1".parse().unwrap(),
        region: Some("eu-west-1".to_owned()),
        profile: None,
        signing: Signing::Unsigned,
        headers: reqwest::header::HeaderMap::new(),
        ca_bundle: Some(ca_bundle),
    };
    ParallelCluster::new(settings, Clock::wall())
}

#[tokio::test]
async fn redirects_are_not_followed_and_the_target_gets_no_request() {
    let target = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    target.set_nonblocking(true).unwrap();
    let location = format!("location: http://{}/x\r\n", target.local_addr().unwrap());
    let server = Server::start([response(302, &location, "")]).await;
    let fault = events_fault(&mut signed(&server, &["AKID"])).await;
    assert_eq!(fault.kind, FaultKind::Misconfigured);
    assert!(
        fault
            .message
            .as_str()
            .contains("redirects to 127.0.0.1 (302)"),
        "{fault}"
    );
    let accepted = target.accept().map_err(|error| error.kind());
    assert_eq!(accepted.unwrap_err(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn bodies_are_capped_with_and_without_a_length() {
    let long = "x".repeat(LIMITS.body + 1);
    let in_chunks = |parts: &[&str]| {
        let chunk = |part: &&str| format!("{:x}\r\n{part}\r\n", part.len());
        let chunks: String = parts.iter().map(chunk).collect();
        Step::Write(format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
        ))
    };
    let (half, rest) = long.split_at(LIMITS.body / 2);
    let chunked = [in_chunks(&[&long]), in_chunks(&[half, rest])];
    for step in chunked.into_iter().chain([json(200, &long)]) {
        let server = Server::start([step]).await;
        let fault = events_fault(&mut unsigned(&server)).await;
        assert_eq!(fault.kind, FaultKind::Malformed);
        assert!(fault.message.as_str().contains("is larger than"), "{fault}");
    }
    let exact = format!(r#"{{"x":"{}"}}"#, "x".repeat(LIMITS.body - 8));
    assert_eq!(exact.len(), LIMITS.body);
    let (first, rest) = exact.split_at(3);
    for step in [json(200, &exact), in_chunks(&[first, rest])] {
        let server = Server::start([step]).await;
        assert!(unsigned(&server).events(None).await.is_ok());
    }
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_malformed_and_not_retried() {
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
async fn a_new_connection_that_is_closed_is_not_retried() {
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
async fn a_missing_and_a_slow_response_end_at_the_deadline() {
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
            fault
                .message
                .as_str()
                .contains("did not respond within 0 s"),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn a_refused_connection_and_a_foreign_protocol_have_messages_of_their_own() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let fault = events_fault(&mut source_at(&closed, LIMITS)).await;
    assert_eq!(fault.kind, FaultKind::Transient);
    assert!(
        fault.message.as_str().contains("connection refused by"),
        "{fault}"
    );

    let server = Server::start([Step::WriteAndClose("SSH-2.0-OpenSSH\r\n\r\n".to_owned())]).await;
    let fault = events_fault(&mut unsigned(&server)).await;
    assert_eq!(fault.kind, FaultKind::Malformed);
    assert!(
        fault.message.as_str().contains("does not speak HTTP"),
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
        fault.message.as_str().contains("TLS handshake with"),
        "{fault}"
    );
}

#[tokio::test]
async fn loopback_is_never_reached_through_a_proxy() {
    let proxy = Server::start([]).await;
    let address = format!("http://{}", proxy.address);
    let home = Home::new("proxy", "");
    let test = format!("{}::request_from_loopback", module_path!());
    let environment = [
        ("HTTP_PROXY", address.as_str()),
        ("ALL_PROXY", address.as_str()),
    ];
    assert_eq!(home.run(&test, &environment).await, "a page");
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
#[ignore = "run by another test, in an environment of its own"]
async fn request_from_loopback() {
    let server = Server::start([json(200, "{}")]).await;
    match unsigned(&server).events(None).await {
        Ok(_) => println!("found: a page"),
        Err(error) => println!("found: {error:?}"),
    }
}

#[tokio::test]
async fn after_a_sleep_new_connections_are_used() {
    let server = Server::start([json(200, "{}"), json(200, "{}"), json(200, "{}")]).await;
    let mut source = unsigned(&server);
    source.events(None).await.unwrap();
    source.events(None).await.unwrap();
    assert_eq!(server.connections(), 1);
    source.reconnect();
    source.events(None).await.unwrap();
    assert_eq!(server.connections(), 2);
}

/// API Gateway gives up on the application after 29 seconds, and responds with 504.
#[tokio::test(start_paused = true)]
async fn the_client_waits_for_the_gateways_own_time_out() {
    let Step::Write(timed_out) = json(504, r#"{"message":"Endpoint request timed out"}"#) else {
        panic!("a response is written");
    };
    let late = Step::WriteLate(Duration::from_secs(29), timed_out);
    let server = Server::start([late]).await;
    let mut source = source_at(&format!("http://{}", server.address), Limits::default());
    let fault = events_fault(&mut source).await;
    assert_eq!(fault.kind, FaultKind::Throttled, "{fault}");
}

/// A response that keeps arriving and is never complete.
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
async fn a_byte_order_mark_before_the_json_is_accepted_and_a_compressed_body_is_not() {
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
    let count = |result| match result {
        Ok(EventsResponse::Page(page)) => page.events.len(),
        other => panic!("no page: {other:?}"),
    };
    assert_eq!(count(source.events(None).await), 1);
    let fault = events_fault(&mut source).await;
    assert_eq!(fault.kind, FaultKind::Malformed);
    let message = fault.message.as_str();
    assert!(message.ends_with("that is not UTF-8 text"), "{fault}");
    // An odd byte of one event does not hide its page.
    assert_eq!(count(source.events(None).await), 1);
    assert_eq!(count(source.events(None).await), 1);
    let requests = server.requests().concat().to_lowercase();
    assert!(
        !requests.contains("accept-encoding"),
        "gzip is not requested"
    );
}

/// The rest of a response whose stated length is too small is not read as the next response.
#[tokio::test]
async fn a_length_that_is_too_small_spoils_one_response_only() {
    let short = format!("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{PAGE}");
    let server = Server::start([Step::Write(short), json(200, PAGE)]).await;
    let mut source = unsigned(&server);
    let fault = events_fault(&mut source).await;
    assert_eq!(fault.kind, FaultKind::Malformed, "{fault}");
    assert!(source.events(None).await.is_ok());
    assert_eq!(server.connections(), 2);
}

/// `.invalid` is reserved: with and without a name server, there is no such name.
#[tokio::test]
async fn an_unknown_host_has_a_message_of_its_own() {
    let fault = events_fault(&mut trusting_ca("https://api.invalid/prod")).await;
    assert_eq!(fault.kind, FaultKind::Transient);
    let message = fault.message.as_str();
    assert!(
        message.ends_with("could not resolve host api.invalid"),
        "{fault}"
    );
}

/// A listener whose queue is full drops new connections: they are neither accepted nor refused.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_is_neither_accepted_nor_refused_has_a_message_of_its_own() {
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
    let why = format!("could not connect to {address} within 5 s");
    assert!(fault.message.as_str().ends_with(&why), "{fault}");
}
