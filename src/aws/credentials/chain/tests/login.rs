//! Profiles of `aws login`, with a scripted sign-in service: aws-config reads the login of the AWS CLI, and renews it.

use super::{Home, Server, fs, response, run};

const CONFIG: &str =
    "[profile work]\nregion = us-east-1\nlogin_session = arn:aws:iam::123456789012:user/ci-user\n";
/// By the SHA-256 of the session's ARN.
const TOKEN: &str =
    ".aws/login/cache/44d9ab86e9bef4b3e707ff8ba1a2da7fe091d96199f6bae00048d3c0d90adac6.json";
/// Made for this test.
const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEEIMaI2dF7CZxk8I7sqXeTblg+3531WXuw44kN1v2g5h2LoAoGCCqGSM49\\n\
     AwEHoUQDQgAEaLObHqu7GwRnYSgcszlgGG5z0M8vzdg/iW/56WXs/AzNr6+ZaIBS\\nfdklye52EdMO9Vv1bqbFZCm4RssiaLH1Gw==\\n\
     -----END EC PRIVATE KEY-----\\n";

/// A home with a login that is valid until a time.
fn home(test: &str, expiry: &str) -> Home {
    let home = Home::new(test, CONFIG);
    let path = home.path().join(TOKEN);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let token = format!(
        r#"{{"accessToken": {{"accessKeyId": "FROMLOGIN", "secretAccessKey": "s", "sessionToken": "t",
        "accountId": "123456789012", "expiresAt": "{expiry}"}}, "tokenType": "aws_sigv4",
        "refreshToken": "first", "idToken": "i", "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": "{KEY}"}}"#
    );
    fs::write(path, token).unwrap();
    home
}

#[tokio::test]
async fn a_valid_login_is_used_without_a_request() {
    let server = Server::start([]).await;
    let endpoint = format!("http://{}", server.address);
    let home = home("login-valid", "2099-01-01T00:00:00Z");
    let environment = [("AWS_ENDPOINT_URL_SIGNIN", endpoint.as_str())];
    let found = run(&home, "profile_work", &environment).await;
    assert_eq!(found, "FROMLOGIN in us-east-1, signed for us-east-1");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn an_expired_login_is_renewed_and_kept_for_the_aws_cli() {
    let renewed = r#"{"accessToken": {"accessKeyId": "RENEWED", "secretAccessKey": "s", "sessionToken": "t"},
        "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "second"}"#;
    let server =
        Server::start([response(200, "content-type: application/json\r\n", renewed)]).await;
    let endpoint = format!("http://{}", server.address);
    let home = home("login-expired", "2021-01-01T00:00:00Z");
    let environment = [("AWS_ENDPOINT_URL_SIGNIN", endpoint.as_str())];
    let found = run(&home, "profile_work", &environment).await;
    assert_eq!(found, "RENEWED in us-east-1, signed for us-east-1");
    let requests = server.requests();
    let [request] = &requests[..] else {
        panic!("{requests:?}");
    };
    let lower = request.to_lowercase();
    assert!(lower.starts_with("post /v1/token"), "{request}");
    assert!(lower.contains("\ndpop: "), "{request}");
    assert!(request.contains(r#""refreshToken":"first""#), "{request}");
    let kept = fs::read_to_string(home.path().join(TOKEN)).unwrap();
    assert!(
        kept.contains("RENEWED") && kept.contains("second"),
        "{kept}"
    );
}

#[tokio::test]
async fn a_login_that_is_over_names_its_command() {
    let refusal = r#"{"error": "TOKEN_EXPIRED", "message": "over"}"#;
    let headers = "x-amzn-errortype: AccessDeniedException\r\ncontent-type: application/json\r\n";
    let server = Server::start([response(401, headers, refusal)]).await;
    let endpoint = format!("http://{}", server.address);
    let home = home("login-over", "2021-01-01T00:00:00Z");
    let environment = [("AWS_ENDPOINT_URL_SIGNIN", endpoint.as_str())];
    let found = run(&home, "profile_work", &environment).await;
    assert_eq!(found, r#"SignIn(Console("work"))"#);
}
