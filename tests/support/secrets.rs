//! Marked credentials, and a server that repeats them in its responses.

use bakewatch::testing::demo::{FaultPlan, FaultRule, InjectedFault, Route};
use serde_json::json;

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
