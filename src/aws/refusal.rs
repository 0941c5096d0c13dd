//! The refusals that every AWS service shares: of the signature, its date, the credentials, a permission or the
//! rate. They are recognised by the error's name, else by the status and the message.
//!
//! A backend takes an [`ErrorResponse`] apart first, handles the refusals that only its API has, and leaves the
//! others to [`AwsRefusal`]. Tests: the tables in the tests of each backend's refusals.

use reqwest::StatusCode;
use serde_json::{Map, Value};

use crate::aws::context::RequestContext;
use crate::aws::excerpt::{excerpt_of_body, excerpt_without_request};
use crate::aws::http::Response;
use crate::domain::fault::{Fault, FaultKind};
use crate::text::safe::SafeText;

const RENEW_HINT: &str = "renew the credentials (for SSO: aws sso login --profile NAME)";
const KEYS_HINT: &str =
    "check the access keys, and that they belong to the AWS partition of the endpoint";
const CLOCK_HINT: &str = "check this machine's clock";
const SIGNING_HINT: &str = "check the secret key and --signing-region; a proxy that rewrites requests breaks \
     signatures too";
/// A request to a service of AWS is signed for the region that its address is of.
const SECRET_HINT: &str =
    "check the secret key; a proxy that rewrites requests breaks signatures too";

/// The names under which services refuse a request because of its rate, without `Exception`.
const THROTTLING: [&str; 12] = [
    "Throttling",
    "TooManyRequests",
    "RequestLimitExceeded",
    "Throttled",
    "RequestThrottled",
    "BandwidthLimitExceeded",
    "LimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2Throttled",
    "CallRateLimitExceeded",
    "ProvisionedThroughputExceeded",
];

/// A refusal that any AWS service can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AwsRefusal {
    Throttled,
    Signature,
    /// The signature's date is too far from the server's time.
    Date,
    Expired,
    UnknownKeys,
    /// A policy does not permit the call.
    Denied,
}

/// The part of a request that was refused, where another try can do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The credentials; by now there may be others.
    Credentials,
    /// The signature, perhaps because of its date.
    Date,
    Other,
}

/// An unsuccessful response, taken apart.
#[derive(Debug)]
pub(crate) struct ErrorResponse<'a> {
    pub(crate) response: &'a Response,
    /// The error's name, without namespace, address and `Exception`.
    pub(crate) name: &'a str,
    /// The message of a JSON body.
    pub(crate) message: Option<String>,
    /// The same in lower case.
    pub(crate) lower: String,
}

impl<'a> ErrorResponse<'a> {
    pub(crate) fn new(response: &'a Response) -> Self {
        let message = error_message(&response.body);
        Self {
            name: error_name(response),
            lower: message.as_deref().unwrap_or_default().to_lowercase(),
            message,
            response,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status
    }

    /// Whether the message contains these lower-case words.
    pub(crate) fn mentions(&self, words: &str) -> bool {
        self.lower.contains(words)
    }

    /// The refusal that the error's name stands for. Throttling comes first: services send it under many names.
    pub(crate) fn by_name(&self) -> Option<AwsRefusal> {
        if self.is_throttling() {
            return Some(AwsRefusal::Throttled);
        }
        match self.name {
            "InvalidSignature" | "SignatureDoesNotMatch" | "IncompleteSignature" => {
                // The name is the same where only the date is wrong.
                Some(if self.mentions_date() {
                    AwsRefusal::Date
                } else {
                    AwsRefusal::Signature
                })
            }
            "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => {
                Some(AwsRefusal::Date)
            }
            "ExpiredToken" => Some(AwsRefusal::Expired),
            "UnrecognizedClient" | "InvalidClientTokenId" => Some(AwsRefusal::UnknownKeys),
            "AccessDenied" => Some(AwsRefusal::Denied),
            _ => None,
        }
    }

    /// The same by the message, for a status of 401 or 403 that comes without a known name.
    pub(crate) fn by_message(&self) -> Option<AwsRefusal> {
        let has = |words| self.mentions(words);
        if self.mentions_date() {
            Some(AwsRefusal::Date)
        } else if has("request signature") || has("canonical string") || has("authorization header")
        {
            Some(AwsRefusal::Signature)
        } else if has("security token") && has("expired") {
            Some(AwsRefusal::Expired)
        } else if has("security token") && has("invalid") {
            Some(AwsRefusal::UnknownKeys)
        } else {
            None
        }
    }

    fn mentions_date(&self) -> bool {
        self.mentions("signature expired") || self.mentions("not yet current")
    }

    fn is_throttling(&self) -> bool {
        self.status() == StatusCode::TOO_MANY_REQUESTS
            || THROTTLING.contains(&self.name)
            || [
                "rate exceeded",
                "throttling",
                "request limit exceeded",
                "too many requests",
            ]
            .iter()
            .any(|words| self.mentions(words))
    }

    /// The service's message, or a description of the response that came instead of one.
    pub(crate) fn quote(&self, host: &str) -> String {
        let status = self.status().as_u16();
        if let Some(message) = &self.message {
            return format!("{} ({status})", excerpt_without_request(message));
        }
        match excerpt_of_body(&self.response.body) {
            // JSON is not quoted: a description that was cut short holds a presigned URL.
            body if body.is_empty() || body.starts_with(['{', '[']) => {
                format!("{host} responded with status {status} and no reason")
            }
            body => {
                format!(
                    "{host} responded with status {status}, and the body is not from the service: {body}"
                )
            }
        }
    }
}

impl AwsRefusal {
    pub(crate) const fn cause(self) -> Cause {
        match self {
            Self::Expired | Self::UnknownKeys => Cause::Credentials,
            // A refusal of the signature need not mention the date where the date is wrong.
            Self::Signature | Self::Date => Cause::Date,
            Self::Throttled | Self::Denied => Cause::Other,
        }
    }

    /// The fault for the user. Refused signatures are put in words of our own: the service's message repeats the
    /// request, session token included.
    pub(crate) fn to_fault(self, context: &RequestContext<'_>, error: &ErrorResponse<'_>) -> Fault {
        let quote = || error.quote(context.host);
        match self {
            Self::Throttled => {
                let quote = quote();
                // Some services say it themselves.
                let said = quote.to_lowercase().starts_with("throttl");
                let why = if said {
                    quote
                } else {
                    format!("throttled: {quote}")
                };
                context.fault(FaultKind::Throttled, why)
            }
            Self::Signature => context.fault_with_hint(
                FaultKind::Misconfigured,
                "the signature does not match",
                if context.operation.service() == "execute-api" {
                    SIGNING_HINT
                } else {
                    SECRET_HINT
                },
            ),
            // Transient, since every response corrects the clock, and a laptop that slept between signing and
            // sending is refused for the same reason.
            Self::Date => context.fault_with_hint(
                FaultKind::Transient,
                "the signature's date was rejected: this machine's clock and the server's differ",
                CLOCK_HINT,
            ),
            Self::Expired => context.fault_with_hint(
                FaultKind::Expired,
                "the credentials have expired",
                RENEW_HINT,
            ),
            Self::UnknownKeys => context.fault_with_hint(
                FaultKind::Expired,
                "AWS does not know the credentials",
                KEYS_HINT,
            ),
            Self::Denied => context.fault_with_hint(
                FaultKind::Denied,
                quote(),
                format!("a policy must allow {}", context.operation.action()),
            ),
        }
    }
}

/// The service's id of a request.
pub(crate) fn request_id(response: &Response) -> Option<SafeText> {
    response.header("x-amzn-requestid").map(SafeText::new)
}

/// `namespace#NameException:http://address/` → `Name`
fn error_name(response: &Response) -> &str {
    let value = response.header("x-amzn-errortype").unwrap_or_default();
    let name = value.split(':').next().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default().trim();
    name.trim_end_matches("Exception")
}

/// The message of an error's body. Services write `message` or `Message`.
fn error_message(body: &[u8]) -> Option<String> {
    let text = str::from_utf8(body).ok()?.trim_start_matches('\u{feff}');
    let fields: Map<String, Value> = serde_json::from_str(text).ok()?;
    ["message", "Message"].iter().find_map(|name| {
        let text = fields.get(*name)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;
    use crate::aws::operation::Operation;

    #[test]
    fn a_denied_call_names_its_iam_action() {
        let name = HeaderValue::from_static("com.amazon#AccessDeniedException:http://x/");
        let response = Response {
            status: StatusCode::FORBIDDEN,
            headers: HeaderMap::from_iter([("x-amzn-errortype".parse().unwrap(), name)]),
            body: bytes::Bytes::new(),
        };
        let error = ErrorResponse::new(&response);
        assert_eq!(error.by_name(), Some(AwsRefusal::Denied));
        let context = RequestContext {
            operation: Operation::DescribeImage,
            subject: "img-1",
            host: "h.example",
            signed: true,
        };
        assert_eq!(
            AwsRefusal::Denied.to_fault(&context, &error).to_string(),
            "failed to describe img-1: h.example responded with status 403 and no reason; \
             a policy must allow execute-api:Invoke"
        );
    }

    #[test]
    fn error_messages_are_found_under_both_names() {
        let message = |body: &str| error_message(body.as_bytes());
        assert_eq!(message(r#"{"message":"a"}"#).as_deref(), Some("a"));
        assert_eq!(
            message("\u{feff} {\"Message\":\"b\"}").as_deref(),
            Some("b")
        );
        assert_eq!(
            message(r#"{"message":null,"Message":"c"}"#).as_deref(),
            Some("c")
        );
        assert_eq!(
            message(r#"{"message":"","Message":"d"}"#).as_deref(),
            Some("d")
        );
        for none in ["{}", "<html>", r#"["message"]"#, r#"{"message":"a""#] {
            assert_eq!(message(none), None, "{none}");
        }
    }
}
