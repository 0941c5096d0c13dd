//! Marked credentials, and a server that repeats them in its responses.

use bakewatch::testing::demo::{FaultPlan, FaultRule, InjectedFault, Route};
use serde_json::json;

use super::aws::Aws;
use super::server::{STACK, Server};

pub(crate) const ACCESS_KEY: &str = "AKIACANARYCANARYCANA";

pub(crate) const SECRET: &str = "canary-secret-0123456789abcdefghijklmnop";

pub(crate) const TOKEN: &str = "canary/session+token==";

pub(crate) const SIGNATURE: &str = "canary-signature-of-the-presigned-url";

pub(crate) const CANARIES: [&str; 5] = [
    ACCESS_KEY,
    SECRET,
    TOKEN,
    "canary%2Fsession%2Btoken%3D%3D",
    SIGNATURE,
];

/// A server that repeats the canonical request in its response, with the session token in it.
pub(crate) fn talkative_server() -> Server {
    let mismatch = InjectedFault::Response {
        status: 403,
        error_type: Some("InvalidSignatureException".to_owned()),
        body: json!({
            "message": format!(
                "The request signature we calculated does not match the signature you provided. The Canonical String \
                 for this request should have been 'GET\n/prod\n\nx-amz-security-token:{TOKEN}\n\n{ACCESS_KEY}'"
            )
        })
        .to_string(),
    };
    let plan = FaultPlan::new(vec![
        FaultRule::requests(2..=3, mismatch).of(Route::StackEvents),
    ]);
    let mut server = Server::start(plan);
    server.begin_build(STACK);
    server.world.set_image(Some(json!({
        "imageId": "img", "region": "us-east-1", "version": "3.16.1", "imageBuildStatus": "BUILD_IN_PROGRESS",
        "imageConfiguration": {"url": format!("https://bucket.s3.example/c?AWSAccessKeyId={ACCESS_KEY}&X-Amz-Signature={SIGNATURE}")},
        "imagebuilderImageStatus": "BUILDING",
    })));
    server
}

pub(crate) fn environment() -> [(&'static str, &'static str); 3] {
    [
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", TOKEN),
    ]
}

pub(crate) fn assert_clean(what: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} is in the {what}:\n{text}");
    }
}

/// Lines with a secret each, and the secrets. The lines follow each other.
const LOG_SECRETS: [(&str, &str); 24] = [
    (
        "+ export AWS_SECRET_ACCESS_KEY=canaryAAAA0123456789abcdefghij0123456789",
        "canaryAAAA",
    ),
    (
        "+ export AWS_SESSION_TOKEN='canaryBBBB0123/+=='",
        "canaryBBBB",
    ),
    (
        "+ curl -fsSL -u bot:canaryCCCC https://x.example.com/a",
        "canaryCCCC",
    ),
    ("+ tool --password=canaryDDDD --verbose", "canaryDDDD"),
    ("+ tool --password canaryEEEE --verbose", "canaryEEEE"),
    (
        "+ docker login -u bot -p canaryFFFF registry.example.com",
        "canaryFFFF",
    ),
    (
        "Looking in indexes: https://bot:canaryGGGG@pypi.example.com/simple",
        "canaryGGGG",
    ),
    (
        "GET https://b.s3.amazonaws.com/k?X-Amz-Credential=x&X-Amz-Signature=canaryHHHH0123",
        "canaryHHHH",
    ),
    (
        r#"{"url":"https:\/\/b\/k?a=1\u0026X-Amz-Signature\u003dcanaryIIII0123"}"#,
        "canaryIIII",
    ),
    (
        "go?to=https%3A%2F%2Fb%3FX-Amz-Signature%3DcanaryJJJJ0123%26a%3D1",
        "canaryJJJJ",
    ),
    ("see https://b/k?X-Amz-Date=1&X-Amz-Signa", "canaryKKKK"),
    ("ture=canaryKKKK0123456789abcdef", "canaryKKKK"),
    (
        "see https://b/k?X-Amz-Signature=canaryLLLL0123456789",
        "canaryLLLL",
    ),
    (
        "canaryLLLL0123456789abcdef0123456789 and more",
        "canaryLLLL",
    ),
    ("-----BEGIN RSA PRIVATE KEY-----", "canaryMMMM"),
    (
        "canaryMMMMIBAAKCAQEA7ZqXk0pX9v3n5WbJq1uQkq0b2mVvYw1x8m2Zz7xw0QWc",
        "canaryMMMM",
    ),
    ("canaryMMMM==", "canaryMMMM"),
    ("-----END RSA PRIVATE KEY-----", "canaryMMMM"),
    (
        "-----BEGIN PRIVATE KEY-----\ncanaryNNNNIBAAKCAQ\ncanaryNNNN==\n-----END PRIVATE KEY-----",
        "canaryNNNN",
    ),
    (
        "Authorization: Bearer canaryOOOO.0123456789abcdef",
        "canaryOOOO",
    ),
    ("< Set-Cookie: session=canaryPPPP; Path=/", "canaryPPPP"),
    ("echo 'root:canaryQQQQ' | chpasswd", "canaryQQQQ"),
    ("password\u{1b}[0m=\u{202e}canaryRRRR\u{7}", "canaryRRRR"),
    (
        "\u{1b}]52;c;Y2FuYXJ5\u{7} token=canarySSSS0123456789abcdef0123456789abcdef",
        "canarySSSS",
    ),
];

/// Adds these lines to the build log, as the output of a script that fails, behind a prefix.
pub(crate) fn push_secrets(aws: &Aws, prefix: &str) {
    const BEGAN: i64 = 1_800_000_000_000;
    let begin = ["Document arn:aws:c/1", "Phase build", "Step RunScript"];
    let begin = begin.into_iter().map(str::to_owned);
    let lines = LOG_SECRETS.iter().map(|(line, _)| {
        let is_rest = line.starts_with("ture=") || line.starts_with("canaryLLLL");
        format!("{}{line}", if is_rest { "" } else { prefix })
    });
    let end = ["CmdExecution: ExitCode 17".to_owned()];
    let all = begin.chain(lines).chain(end);
    aws.push_log((0..).zip(all).map(|(at, line)| (BEGAN + at, line)));
}

/// Checks a text for the secrets, also for one that is broken over several rows, and for control characters.
pub(crate) fn assert_no_secret_of_a_log(what: &str, text: &str) {
    let joined: String = text.split('\n').map(str::trim).collect();
    for (line, secret) in LOG_SECRETS {
        let is_in = text.contains(secret) || joined.contains(secret);
        assert!(!is_in, "{what}: {line:?}\n{text}");
    }
    let is_inert = |character: char| character == '\n' || !character.is_control();
    assert!(text.chars().all(is_inert), "{what}: {text:?}");
    assert!(!text.contains('\u{202e}'), "{what}");
}
