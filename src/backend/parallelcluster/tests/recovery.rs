//! Credentials that change, expire and come back during a watch, with the real chain and real files.
//!
//! Each test runs one of the ignored tests at the end in a process and a home directory of its own.

use std::fs;

use crate::backend::parallelcluster::tests::*;

const EXPIRED: &str = r#"{"message":"The security token included in the request is expired"}"#;

/// The SSO session's name is `s`; the AWS CLI names the file of its token by the name's SHA-1.
const SSO: &str = "[profile work]\nregion = eu-west-1\nsso_session = s\nsso_account_id = 123456789012\n\
     sso_role_name = r\n\
     [sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n";
const SSO_TOKEN: &str = ".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json";

fn keys(name: &str) -> String {
    format!("[work]\naws_access_key_id = {name}\naws_secret_access_key = s\n")
}

/// A watch by the profile `work`.
fn by_profile(server: &Server) -> ParallelCluster {
    let settings = Settings {
        api_url: format!("http://{}/prod", server.address).parse().unwrap(),
        image_id: "img-1".parse().unwrap(),
        region: Some("eu-west-1".to_owned()),
        profile: Some("work".to_owned()),
        headers: reqwest::header::HeaderMap::new(),
        signing: Signing::SigV4 {
            region: Some("eu-west-1".to_owned()),
            role_arn: None,
            external_id: None,
            mfa: MfaSessions::default(),
        },
        ca_bundle: None,
    };
    ParallelCluster::new(settings, Clock::wall())
}

/// The outcome of a request for events, as text.
async fn outcome(source: &mut ParallelCluster) -> String {
    match source.events(None).await {
        Ok(_) => "a page".to_owned(),
        Err(EventsError::Fault(fault) | EventsError::TokenRejected(fault)) => {
            format!("{:?}: {fault}", fault.kind)
        }
    }
}

/// The access keys that the requests were signed with.
fn keys_of(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let keys = requests
        .iter()
        .filter_map(|head| header(head, "authorization")?.split(['=', '/']).nth(1));
    keys.map(str::to_owned).collect()
}

async fn run(home: &Home, test: &str, variables: &[(&str, &str)]) -> String {
    home.run(&format!("{}::{test}", module_path!()), variables)
        .await
}

#[tokio::test]
async fn rotated_keys_are_read_again_when_the_old_ones_are_refused() {
    let home = Home::new("rotated", "");
    assert_eq!(run(&home, "rotation", &[]).await, "OLD OLD NEW");
}

#[tokio::test]
async fn a_profile_that_is_deleted_and_comes_back_is_named_and_used_again() {
    let home = Home::new("deleted", "");
    let found = run(&home, "deletion", &[]).await;
    let (faults, keys) = found.rsplit_once("; ").unwrap();
    assert!(faults.contains("work"), "the profile is named: {faults}");
    assert!(!faults.contains("Transient"), "{faults}");
    assert_eq!(keys, "OLD OLD NEW");
}

#[tokio::test]
async fn a_renewed_sso_session_is_used_at_once() {
    let body = r#"{"roleCredentials":{"accessKeyId":"FROMSSO","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}"#;
    let portal = Server::start([json(200, body)]).await;
    let endpoint = format!("http://{}", portal.address);
    let home = Home::new("renewed-sso", SSO);
    let found = run(&home, "renewal", &[("AWS_ENDPOINT_URL_SSO", &endpoint)]).await;
    let (fault, keys) = found.rsplit_once("; ").unwrap();
    assert!(fault.starts_with("Expired: "), "{fault}");
    assert!(
        fault.ends_with("run aws sso login --sso-session s"),
        "{fault}"
    );
    assert_eq!(keys, "FROMSSO");
    assert!(header(&portal.requests()[0], "x-amz-sso_bearer_token") == Some("canary"));
    assert!(!found.contains("canary"), "{found}");
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn rotation() {
    fs::write("credentials", keys("OLD")).unwrap();
    let server = Server::start([json(200, "{}"), json(403, EXPIRED), json(200, "{}")]).await;
    let mut source = by_profile(&server);
    assert_eq!(outcome(&mut source).await, "a page");
    fs::write("credentials", keys("NEW")).unwrap();
    assert_eq!(outcome(&mut source).await, "a page");
    println!("found: {}", keys_of(&server).join(" "));
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn deletion() {
    fs::write("credentials", keys("OLD")).unwrap();
    let server = Server::start([json(200, "{}"), json(403, EXPIRED), json(200, "{}")]).await;
    let mut source = by_profile(&server);
    assert_eq!(outcome(&mut source).await, "a page");
    fs::remove_file("credentials").unwrap();
    println!("found: {}", outcome(&mut source).await);
    fs::write("credentials", keys("NEW")).unwrap();
    source.retry_now();
    assert_eq!(outcome(&mut source).await, "a page");
    println!("found: {}", keys_of(&server).join(" "));
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn renewal() {
    let server = Server::start([json(200, "{}")]).await;
    let mut source = by_profile(&server);
    println!("found: {}", outcome(&mut source).await);
    fs::create_dir_all(".aws/sso/cache").unwrap();
    let token = r#"{"accessToken":"canary","expiresAt":"2099-01-01T00:00:00Z"}"#;
    fs::write(SSO_TOKEN, token).unwrap();
    source.retry_now();
    assert_eq!(outcome(&mut source).await, "a page");
    println!("found: {}", keys_of(&server).join(" "));
}
