//! The table of refusals, row by row.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::backend::NextToken;
use crate::backend::parallelcluster::refusal::*;

mod messages;

/// The call of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
enum On {
    /// The newest page.
    Events,
    /// A page by its token.
    Token,
    Image,
}

/// The expected refusal of a row.
#[derive(Debug, PartialEq)]
enum Means {
    Absent,
    Foreign,
    TokenRejected(FaultKind),
    Fault(FaultKind, Cause),
}

use FaultKind::{Denied, Expired, Misconfigured, Throttled, Transient};
use On::{Events, Image, Token};

const fn other(kind: FaultKind) -> Means {
    Means::Fault(kind, Cause::Other)
}

fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> Response {
    let headers = headers.iter().map(|(name, value)| {
        let value = HeaderValue::from_str(value).unwrap();
        (HeaderName::from_static(name), value)
    });
    Response {
        status: StatusCode::from_u16(status).unwrap(),
        headers: headers.collect::<HeaderMap>(),
        body: body.to_owned().into(),
    }
}

fn refusal(on: On, signed: bool, response: &Response) -> Refusal {
    let token = NextToken::new("t");
    let call = match on {
        Events => ApiCall::StackEvents(None),
        Token => ApiCall::StackEvents(Some(&token)),
        Image => ApiCall::Description,
    };
    let context = RequestContext {
        operation: call.operation(),
        subject: "img-1",
        host: "api.example",
        signed,
    };
    classify(call, &context, response)
}

fn fault(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Fault(fault, _) | Refusal::Foreign(fault) | Refusal::TokenRejected(fault) => fault,
        Refusal::Absent => panic!("not a fault"),
    }
}

fn check(rows: &[(On, u16, &str, &str, Means)]) {
    for (on, status, error_type, body, means) in rows {
        let response = response(*status, &[("x-amzn-errortype", error_type)], body);
        let found = match refusal(*on, true, &response) {
            Refusal::Absent => Means::Absent,
            Refusal::Foreign(_) => Means::Foreign,
            Refusal::TokenRejected(fault) => Means::TokenRejected(fault.kind),
            Refusal::Fault(fault, cause) => Means::Fault(fault.kind, cause),
        };
        assert_eq!(&found, means, "{on:?} {status} {error_type} {body}");
    }
}

#[test]
fn a_missing_image_is_believed_only_in_the_applications_own_words() {
    let gone = r#"{"message":"CloudFormation Stack for Image img-1 does not exist."}"#;
    let race = r#"{"message":"Stack [img-1] does not exist"}"#;
    let absent =
        r#"{"message":"No image or stack associated with ParallelCluster image id: img-1."}"#;
    let route = r#"{"message":"The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."}"#;
    check(&[
        (Events, 404, "", gone, Means::Absent),
        (Token, 404, "", gone, Means::Absent),
        (Events, 500, "", race, Means::Absent),
        (Token, 500, "", race, Means::Absent),
        (Image, 404, "", absent, Means::Absent),
        // The right words in the wrong place.
        (Image, 404, "", gone, other(Misconfigured)),
        (Events, 404, "", absent, other(Misconfigured)),
        (Image, 500, "", race, other(Transient)),
        (Image, 500, "", absent, other(Transient)),
        (Events, 403, "", gone, other(Denied)),
        (
            Events,
            404,
            "",
            r#"{"message":"Stack [other] does not exist"}"#,
            other(Misconfigured),
        ),
        (
            Events,
            404,
            "",
            r#"{"message":"img-1 does not exist"}"#,
            other(Misconfigured),
        ),
        // Another image, whose id begins or ends with this one's.
        (
            Events,
            404,
            "",
            r#"{"message":"CloudFormation Stack for Image img-1-b does not exist."}"#,
            other(Misconfigured),
        ),
        (
            Image,
            404,
            "",
            r#"{"message":"No image or stack associated with ParallelCluster image id: my-img-1."}"#,
            other(Misconfigured),
        ),
        (
            Events,
            404,
            "",
            r#"{"message":"CloudFormation Stack for Image other does not exist (img-1)."}"#,
            other(Misconfigured),
        ),
        // Servers between here and the API send 404 in many forms.
        (Events, 404, "", route, other(Misconfigured)),
        (Image, 404, "", route, other(Misconfigured)),
        (
            Events,
            404,
            "",
            r#"{"message":"Not Found"}"#,
            other(Misconfigured),
        ),
        (
            Image,
            404,
            "NotFoundException",
            r#"{"message":"Not Found"}"#,
            other(Misconfigured),
        ),
        (Events, 404, "", "", other(Misconfigured)),
        (
            Events,
            404,
            "",
            "<html>CloudFormation Stack for Image img-1 does not exist.</html>",
            other(Misconfigured),
        ),
        (Events, 410, "", gone, other(Misconfigured)),
    ]);
}

#[test]
fn throttling_is_recognised_in_every_spelling() {
    check(&[
        (
            Events,
            429,
            "",
            r#"{"message":"Too Many Requests"}"#,
            other(Throttled),
        ),
        (Events, 429, "", "", other(Throttled)),
        (
            Image,
            429,
            "LimitExceededException",
            r#"{"message":"Limit Exceeded"}"#,
            other(Throttled),
        ),
        (
            Events,
            504,
            "",
            r#"{"message":"Endpoint request timed out"}"#,
            other(Throttled),
        ),
        (
            Events,
            504,
            "",
            "<html>gateway timeout</html>",
            other(Throttled),
        ),
        (
            Events,
            500,
            "",
            r#"{"message":"Rate exceeded"}"#,
            other(Throttled),
        ),
        (
            Token,
            500,
            "",
            r#"{"message":"Rate exceeded"}"#,
            other(Throttled),
        ),
        (
            Token,
            400,
            "",
            r#"{"message":"Rate exceeded"}"#,
            other(Throttled),
        ),
        (
            Events,
            500,
            "",
            r#"{"Message":"Throttling: Rate exceeded"}"#,
            other(Throttled),
        ),
        (
            Image,
            500,
            "",
            r#"{"message":"Unable to get image img-1, due to Request limit exceeded.."}"#,
            other(Throttled),
        ),
        (
            Events,
            400,
            "ThrottlingException:http://x/",
            "{}",
            other(Throttled),
        ),
    ]);
}

#[test]
fn refused_signatures_dates_and_credentials_are_distinguished() {
    let late = r#"{"message":"Signature expired: 20220330T231500Z is now earlier than 20220330T232133Z (20220330T232633Z - 5 min.)"}"#;
    let early = r#"{"message":"Signature not yet current: 20220330T233500Z is still later than 20220330T233133Z"}"#;
    let mismatch = r#"{"message":"The request signature we calculated does not match the signature you provided."}"#;
    let expired = r#"{"message":"The security token included in the request is expired"}"#;
    let invalid = r#"{"message":"The security token included in the request is invalid."}"#;
    let date = || Means::Fault(Transient, Cause::Date);
    let signature = || Means::Fault(Misconfigured, Cause::Date);
    let renew = || Means::Fault(Expired, Cause::Credentials);
    check(&[
        (Events, 403, "InvalidSignatureException", late, date()),
        (Events, 403, "InvalidSignatureException", early, date()),
        (Events, 403, "", late, date()),
        (Events, 401, "", early, date()),
        (Events, 403, "RequestExpired", "{}", date()),
        (Events, 403, "RequestTimeTooSkewed", "", date()),
        (
            Events,
            403,
            "InvalidSignatureException",
            mismatch,
            signature(),
        ),
        (Events, 403, "", mismatch, signature()),
        (Events, 403, "SignatureDoesNotMatch", "", signature()),
        (Events, 403, "ExpiredTokenException", expired, renew()),
        (Events, 403, "ExpiredToken", "", renew()),
        (Image, 403, "com.amazon#ExpiredToken:http://x/", "", renew()),
        (Events, 403, "", expired, renew()),
        (Events, 401, "", expired, renew()),
        (Token, 400, "ExpiredTokenException", expired, renew()),
        (Events, 403, "UnrecognizedClientException", invalid, renew()),
        (Events, 403, "", invalid, renew()),
    ]);
}

#[test]
fn refusals_by_policy_and_by_address_are_distinguished() {
    let deny = r#"{"Message":"User: arn:aws:iam::123456789012:user/me is not authorized to perform: execute-api:Invoke on resource: arn with an explicit deny"}"#;
    let server = r#"{"message":"Unable to get image img-1, due to User: arn:aws:sts::1:assumed-role/x is not authorized to perform: cloudformation:DescribeStacks"}"#;
    let ec2 = r#"{"message":"Unable to get image img-1, due to You are not authorized to perform this operation.."}"#;
    let path = r#"{"message":"Missing Authentication Token"}"#;
    check(&[
        (Events, 403, "AccessDeniedException", deny, other(Denied)),
        (Events, 403, "", deny, other(Denied)),
        (Events, 403, "", "", other(Denied)),
        (
            Events,
            401,
            "UnauthorizedException",
            r#"{"message":"Unauthorized"}"#,
            other(Denied),
        ),
        (Image, 500, "", ec2, other(Denied)),
        (Image, 500, "", server, other(Denied)),
        (Token, 500, "", server, other(Denied)),
        (
            Events,
            403,
            "MissingAuthenticationTokenException",
            path,
            other(Misconfigured),
        ),
        (Token, 403, "", path, other(Misconfigured)),
        (
            Events,
            403,
            "ForbiddenException",
            r#"{"message":"Forbidden"}"#,
            other(Misconfigured),
        ),
        (
            Events,
            403,
            "",
            r#"{"message":"Forbidden"}"#,
            other(Misconfigured),
        ),
        (
            Events,
            403,
            "",
            "<html>Request blocked</html>",
            other(Misconfigured),
        ),
        (Events, 407, "", "", other(Misconfigured)),
    ]);
}

#[test]
fn a_page_token_is_rejected_only_where_one_was_sent() {
    let reject = || Means::TokenRejected(Transient);
    let session = r#"{"message":"The security token included in the request is invalid."}"#;
    for message in [
        "Invalid nextToken",
        "NextToken is not valid",
        "An error occurred (ValidationError): 1 validation error detected: Value at 'nextToken'",
        "The pagination token has expired",
        "Token is invalid",
        "bm90IGEgdG9rZW4= is not a valid NextToken",
    ] {
        let body = serde_json::json!({ "message": message }).to_string();
        check(&[
            (Token, 400, "", &body, reject()),
            (Token, 500, "", &body, reject()),
            (Token, 422, "", &body, reject()),
            (Events, 400, "", &body, other(Misconfigured)),
            (Events, 500, "", &body, other(Transient)),
        ]);
    }
    check(&[
        (Token, 400, "", r#"{"message":"Bad Request"}"#, reject()),
        (Token, 400, "", "", reject()),
        (Token, 500, "", session, other(Transient)),
        (
            Token,
            500,
            "",
            r#"{"message":"Internal server error"}"#,
            other(Transient),
        ),
        (Token, 422, "", "{}", other(Misconfigured)),
    ]);
}

#[test]
fn other_refusals_are_classified_by_status() {
    let bad = r#"{"message":"Bad Request: invalid or unsupported region 'x'"}"#;
    let foreign =
        r#"{"message":"No artifact directory found in image tag and cloudformation stack tag."}"#;
    check(&[
        (Events, 400, "", bad, other(Misconfigured)),
        (Image, 400, "", bad, other(Misconfigured)),
        (Events, 405, "", "", other(Misconfigured)),
        (Events, 408, "", "", other(Transient)),
        (Events, 304, "", "", other(Transient)),
        (Image, 500, "", foreign, Means::Foreign),
        (Events, 500, "", foreign, other(Transient)),
        (
            Events,
            500,
            "",
            r#"{"message":"Internal server error"}"#,
            other(Transient),
        ),
        (
            Events,
            502,
            "",
            r#"{"message":"Internal server error"}"#,
            other(Transient),
        ),
        (
            Events,
            503,
            "",
            "<html>Service Unavailable</html>",
            other(Transient),
        ),
        (Events, 500, "", "", other(Transient)),
    ]);
}

#[test]
fn a_message_about_another_image_does_not_name_this_one() {
    for (rest, is_named) in [
        ("", true),
        (".", true),
        ("' does not exist", true),
        ("] does not exist", true),
        (".1 does not exist", false),
        ("-2", false),
        ("_2", false),
        ("/2", false),
        ("\u{e9}", false),
        (".img", false),
    ] {
        for before in ["Stack [", "stack with id ", "image id: '"] {
            let message = format!("{before}img{rest}");
            assert_eq!(names(&message, "img"), is_named, "{message}");
        }
    }
}
