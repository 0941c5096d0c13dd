//! Connections that fail, and answers that do not end well.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::super::test_home::Home;
use super::*;

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
