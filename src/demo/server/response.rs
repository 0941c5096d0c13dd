//! The responses, in the words of the real API and of the gateway before it.

use crate::demo::faults::InjectedFault;
use crate::demo::world::EventsPage;

const JSON: &str = "application/json";

/// A status and a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub status: u16,
    /// The `x-amzn-ErrorType` header, which the gateway's own responses have.
    pub error_type: Option<String>,
    pub content_type: &'static str,
    pub body: String,
}

impl Response {
    /// 200 with a JSON body.
    pub(crate) fn ok(body: String) -> Self {
        Self {
            status: 200,
            error_type: None,
            content_type: JSON,
            body,
        }
    }

    /// 200 with a page of events.
    pub(crate) fn events(page: &EventsPage) -> Self {
        let events = page.events.join(",");
        let next = page.next.as_ref().map(|token| {
            let token = serde_json::Value::from(token.as_str());
            format!(r#""nextToken":{token},"#)
        });
        let next = next.unwrap_or_default();
        Self::ok(format!(r#"{{{next}"events":[{events}]}}"#))
    }

    /// An error of the application behind the gateway.
    fn application(status: u16, message: &str) -> Self {
        let body = serde_json::json!({ "message": message }).to_string();
        Self {
            status,
            ..Self::ok(body)
        }
    }

    /// An error of the gateway itself.
    fn gateway(status: u16, error_type: &str, message: &str) -> Self {
        Self {
            error_type: Some(error_type.to_owned()),
            ..Self::application(status, message)
        }
    }

    /// GetImageStackEvents where no stack has the image's name.
    pub(crate) fn no_stack(image_id: &str) -> Self {
        let message = format!("CloudFormation Stack for Image {image_id} does not exist.");
        Self::application(404, &message)
    }

    /// DescribeImage where there is neither an image nor a stack.
    pub(crate) fn no_image(image_id: &str) -> Self {
        let message =
            format!("No image or stack associated with ParallelCluster image id: {image_id}.");
        Self::application(404, &message)
    }

    /// A page token that the service does not know: its message, but no status of its own.
    pub(crate) fn bad_token() -> Self {
        Self::application(500, "The provided NextToken is not valid.")
    }

    /// An image id that the API does not accept.
    pub(crate) fn bad_image_id(image_id: &str) -> Self {
        let message = format!("Bad Request: '{image_id}' does not match '^[a-zA-Z][a-zA-Z0-9-]+$'");
        Self::application(400, &message)
    }

    /// The gateway's response to a path, stage or method that it does not have, and to an unsigned request.
    pub(crate) fn wrong_path() -> Self {
        let error_type = "MissingAuthenticationTokenException";
        Self::gateway(403, error_type, "Missing Authentication Token")
    }

    /// The response that a fault puts in the place of the correct one; none where it leaves that one.
    pub(crate) fn of_fault(fault: &InjectedFault) -> Option<Self> {
        let response = match fault {
            InjectedFault::Throttled => {
                Self::gateway(429, "TooManyRequestsException", "Too Many Requests")
            }
            InjectedFault::RateExceeded => Self::application(429, "Rate exceeded"),
            InjectedFault::Status(status) => Self::gateway_failure(*status),
            InjectedFault::Response {
                status,
                error_type,
                body,
            } => Self {
                status: *status,
                error_type: error_type.clone(),
                ..Self::ok(body.clone())
            },
            InjectedFault::Html => Self {
                content_type: "text/html",
                ..Self::ok(PORTAL.to_owned())
            },
            InjectedFault::HalfJson => Self::ok(r#"{"events":[{"stackId":"arn:aws:cl"#.to_owned()),
            InjectedFault::TokenRejected => Self::bad_token(),
            InjectedFault::ExpiredToken => {
                let message = "The security token included in the request is expired";
                Self::gateway(403, "ExpiredTokenException", message)
            }
            InjectedFault::Slow(_) | InjectedFault::Reset | InjectedFault::Truncated => {
                return None;
            }
        };
        Some(response)
    }

    fn gateway_failure(status: u16) -> Self {
        let (error_type, message) = match status {
            503 => ("ServiceUnavailableException", "Service Unavailable"),
            504 => ("IntegrationTimeoutException", "Endpoint request timed out"),
            _ => ("InternalServerErrorException", "Internal server error"),
        };
        Self::gateway(status, error_type, message)
    }
}

const PORTAL: &str = "<!DOCTYPE html>\n<html><head><title>Guest network</title></head>\
    <body><p>Please accept the terms of use to continue.</p></body></html>\n";
