//! Signatures, their dates and their credentials.

use chrono::TimeDelta;
use reqwest::header::HeaderValue;

use crate::backend::parallelcluster::tests::*;

const LATE: &str = r#"{"message":"Signature expired: 20220301T115000Z is now earlier than 20220301T115500Z (20220301T120000Z - 5 min.)"}"#;
const EXPIRED: &str = r#"{"message":"The security token included in the request is expired"}"#;

fn request_to(host: &str, target: &str) -> Request {
    let url = format!("http://{host}{target}").parse().unwrap();
    Request::new(Operation::GetImageStackEvents, url)
}

#[tokio::test]
async fn the_signed_request_is_the_sent_request() {
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
    let identity = signer.resolve(date.and_utc()).await.unwrap();
    let expected = identity
        .signer
        .unwrap()
        .sign(request_to(host, target), date.and_utc())
        .unwrap()
        .headers;
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
async fn a_refused_date_is_corrected_by_the_servers_and_retried_once() {
    let date = "date: Tue, 01 Mar 2022 12:10:00 GMT\r\n";
    let server = Server::start([response(403, date, LATE), response(200, date, "{}")]).await;
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
async fn a_date_that_is_refused_without_skew_or_twice_is_a_fault() {
    let near = "date: Tue, 01 Mar 2022 12:03:30 GMT\r\n";
    let far = "date: Tue, 01 Mar 2022 11:00:00 GMT\r\n";
    for (headers, attempts) in [(near, 1), ("", 1), (far, 2)] {
        let script = [response(403, headers, LATE), response(403, headers, LATE)];
        let server = Server::start(script).await;
        let fault = events_fault(&mut signed(&server, &["AKID"])).await;
        assert_eq!(fault.kind, FaultKind::Transient);
        assert_eq!(server.requests().len(), attempts, "{headers}");
    }
}

#[tokio::test]
async fn a_server_whose_dates_jump_is_not_retried_for_ever() {
    let at = |time: &str| response(403, &format!("date: Tue, 01 Mar 2022 {time} GMT\r\n"), LATE);
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
async fn refused_keys_that_can_not_be_renewed_are_called_that() {
    let server = Server::start([json(403, EXPIRED), json(403, EXPIRED)]).await;
    let mut source = signed(&server, &[]);
    source.identity = IdentityCache::new(FixedKey);
    let fault = events_fault(&mut source).await;
    assert_eq!(fault.kind, FaultKind::Lost);
    let said = fault.to_string();
    assert!(
        said.contains("have expired; they are keys of this process's environment"),
        "{said}"
    );
}

#[tokio::test]
async fn headers_of_the_user_are_sent_signed_and_never_repeated() {
    const KEY: &str = r#"c4n4ry-"key"#;
    let echo = r#"{"message":"no such key: c4n4ry-\"key, c4n4ry-"key"}"#;
    let server = Server::start([json(403, echo), json(403, "c4n4ry-\"key")]).await;
    let mut source = signed(&server, &["AKID"]);
    let mut value = HeaderValue::from_static(KEY);
    value.set_sensitive(true);
    source.headers.insert("x-api-key", value);
    for _ in 0..2 {
        let fault = events_fault(&mut source).await;
        assert!(
            !format!("{fault} {fault:?} {source:?}").contains("c4n4ry"),
            "{fault}"
        );
    }
    let request = &server.requests()[0];
    assert_eq!(header(request, "x-api-key"), Some(KEY));
    let authorization = header(request, "authorization").unwrap();
    assert!(authorization.contains(";x-api-key"), "{authorization}");
}

#[tokio::test]
async fn every_response_corrects_the_clock() {
    let ahead = "date: Tue, 01 Mar 2022 12:02:00 GMT\r\n";
    let server = Server::start([
        response(404, ahead, "{}"),
        response(
            200,
            "age: 60\r\ndate: Tue, 01 Mar 2022 10:00:00 GMT\r\n",
            "{}",
        ),
    ])
    .await;
    let mut source = signed(&server, &["AKID"]);
    for _ in 0..2 {
        let _response = source.events(None).await;
        let off = source.clock.server_time() - noon();
        assert!(
            (off - TimeDelta::minutes(2)).abs() < TimeDelta::seconds(30),
            "{off}"
        );
    }
}

#[tokio::test]
async fn no_secret_is_in_the_debug_output_of_the_backend() {
    let server = Server::start([json(200, "{}")]).await;
    let mut source = signed(&server, &["canary-key"]);
    source.events(None).await.unwrap();
    assert!(!format!("{source:?}").contains("canary"), "{source:?}");
}
