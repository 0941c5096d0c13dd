//! The messages of refusals, and the secrets that they must not show.

use crate::backend::parallelcluster::refusal::tests::*;

#[test]
fn a_redirect_names_the_target_host_only() {
    let target = [("location", "https://login.example/portal?token=canary")];
    for status in [301, 302, 307, 308] {
        let fault = fault(refusal(Events, true, &response(status, &target, "")));
        assert_eq!(fault.kind, Misconfigured);
        let text = fault.to_string();
        assert!(text.contains("redirects to login.example"), "{text}");
        assert!(
            !text.contains("canary") && !text.contains("portal"),
            "{text}"
        );
    }
    for headers in [&[][..], &[("location", "/other")]] {
        assert_eq!(
            fault(refusal(Events, true, &response(302, headers, ""))).kind,
            Misconfigured
        );
    }
}

#[test]
fn the_parts_of_the_request_that_a_service_repeats_are_never_shown() {
    let canonical = "The request signature we calculated does not match the signature you provided. \
         The Canonical String for this request should have been 'GET\n/prod\n\nhost:x\nx-amz-security-token:canary'";
    let messages = [
        ("InvalidSignatureException", canonical),
        ("", canonical),
        ("AccessDeniedException", canonical),
        (
            "",
            "Authorization header requires 'Signature' parameter. Authorization=AWS4 canary",
        ),
        (
            "IncompleteSignatureException",
            "'canary' not a valid key=value pair",
        ),
        (
            "",
            "Invalid key=value pair in Authorization header: 'canary'",
        ),
        ("", "bad query X-Amz-Signature=canary"),
        ("", "refused: X-AMZ-SECURITY-TOKEN: canary"),
    ];
    for (error_type, message) in messages {
        for status in [400, 403, 404, 500] {
            let body = serde_json::json!({ "message": message }).to_string();
            let response = response(status, &[("x-amzn-errortype", error_type)], &body);
            let fault = fault(refusal(Events, true, &response));
            assert!(!format!("{fault} {fault:?}").contains("canary"), "{fault}");
        }
    }
    // A description that was cut short would show its presigned URL.
    let cut = response(500, &[], r#"{"imageConfiguration":{"url":"https://canary"#);
    let fault = fault(refusal(Image, true, &cut));
    assert!(!fault.to_string().contains("canary"), "{fault}");
}

#[test]
fn faults_are_one_line_with_a_hint_and_the_request_id() {
    let headers = [
        ("x-amzn-requestid", "11111111-2222"),
        ("x-amz-apigw-id", "other"),
    ];
    let body = r#"{"message":"Bad Request:\n 'x'\u001b[31m does\n not match"}"#;
    let bad = fault(refusal(Events, true, &response(400, &headers, body)));
    assert_eq!(
        bad.to_string(),
        "failed to read the stack events of img-1: Bad Request: 'x'␛[31m does not match (400) \
         (request id 11111111-2222)"
    );
    let gateway = fault(refusal(Image, true, &response(500, &headers[1..], "")));
    assert_eq!(
        gateway.request_id.as_ref().map(SafeText::as_str),
        Some("other")
    );

    let hint = |on, signed, status, body: &str| {
        let fault = fault(refusal(on, signed, &response(status, &[], body)));
        fault.hint.map(|hint| hint.to_string()).unwrap_or_default()
    };
    let deny = r#"{"Message":"User: x is not authorized to perform: y with an explicit deny"}"#;
    assert!(hint(Events, true, 403, deny).contains("--role-arn"));
    assert!(hint(Events, true, 403, deny).contains("ParallelClusterApiUserRole"));
    assert!(hint(Events, false, 403, deny).contains("--no-sign-request"));
    let server = r#"{"message":"User: x is not authorized to perform: y"}"#;
    assert!(hint(Image, true, 500, server).contains("the API's own role"));
    let path = r#"{"message":"Missing Authentication Token"}"#;
    assert!(hint(Events, true, 403, path).contains("stage"));
    assert!(hint(Events, false, 403, path).contains("--no-sign-request"));
    let forbidden = r#"{"message":"Forbidden"}"#;
    assert!(hint(Events, true, 403, forbidden).contains("VPC endpoint"));
}

#[test]
fn a_long_message_is_cut() {
    let body = serde_json::json!({ "message": "x".repeat(5000) }).to_string();
    let fault = fault(refusal(Events, true, &response(400, &[], &body)));
    assert!(fault.message.as_str().chars().count() < 400);
}
