//! The errors of AWS's own services, in XML (CloudFormation, EC2) and in JSON (Image Builder), recognised by their code.
//! The status is no evidence: the same code comes with another one from each service.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::aws::context::RequestContext;
use crate::aws::http::Response;
use crate::aws::refusal::{AwsRefusal, Cause, ErrorResponse, request_id};
use crate::domain::fault::{Fault, FaultKind};
use crate::text::safe::SafeText;

const REGION_HINT: &str = "enable the region for the account, or pass another one with --region";

/// An error of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceError {
    /// The code as sent, without namespace and address; empty where the response is not the service's.
    pub(crate) code: String,
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<SafeText>,
}

#[derive(Deserialize)]
struct XmlError {
    #[serde(rename = "Error")]
    error: Option<Detail>,
    #[serde(rename = "Errors")]
    errors: Option<Errors>,
    #[serde(rename = "RequestId", alias = "RequestID")]
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct Errors {
    #[serde(rename = "Error", default)]
    errors: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(rename = "Code")]
    code: Option<String>,
    #[serde(rename = "Message")]
    message: Option<String>,
}

impl ServiceError {
    /// Takes an unsuccessful response apart.
    pub(crate) fn read(response: &Response) -> Self {
        let text = String::from_utf8_lossy(&response.body);
        let mut error = match text
            .trim_start_matches('\u{feff}')
            .trim_start()
            .chars()
            .next()
        {
            Some('<') => Self::from_xml(&text),
            Some('{') => Self::from_json(&text),
            _ => Self::default(),
        };
        if error.code.is_empty() {
            let header = response.header("x-amzn-errortype").unwrap_or_default();
            code_of(header).clone_into(&mut error.code);
        }
        error.request_id = error.request_id.or_else(|| request_id(response));
        error
    }

    fn from_xml(text: &str) -> Self {
        let Ok(read) = quick_xml::de::from_str::<XmlError>(text) else {
            return Self::default();
        };
        let of_list = read.errors.and_then(|list| list.errors.into_iter().next());
        let Some(detail) = read.error.or(of_list) else {
            return Self::default();
        };
        Self {
            code: detail.code.unwrap_or_default(),
            message: detail.message.filter(|message| !message.is_empty()),
            request_id: read.request_id.as_deref().map(SafeText::new),
        }
    }

    fn from_json(text: &str) -> Self {
        let fields: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let message = text("message").or_else(|| text("Message"));
        Self {
            code: code_of(text("__type").unwrap_or_default()).to_owned(),
            message: message.filter(|text| !text.is_empty()).map(str::to_owned),
            request_id: None,
        }
    }

    pub(crate) fn mentions(&self, words: &str) -> bool {
        let message = self.message.as_deref().unwrap_or_default();
        message.to_lowercase().contains(words)
    }

    /// The fault for the user, and what another try could change.
    pub(crate) fn to_fault(
        &self,
        context: &RequestContext<'_>,
        response: &Response,
    ) -> (Fault, Cause) {
        let message = self.message.as_deref().unwrap_or_default();
        let error = ErrorResponse {
            response,
            name: self.code.trim_end_matches("Exception"),
            lower: message.to_lowercase(),
            message: self.message.clone(),
        };
        let (fault, cause) = match Self::refusal(&error) {
            Some(refusal) => (refusal.to_fault(context, &error), refusal.cause()),
            None => (self.other(context, &error), Cause::Other),
        };
        let request_id = self.request_id.clone();
        (
            Fault {
                request_id,
                ..fault
            },
            cause,
        )
    }

    fn refusal(error: &ErrorResponse<'_>) -> Option<AwsRefusal> {
        if let Some(shared) = error.by_name() {
            return Some(shared);
        }
        match error.name {
            "AuthFailure" | "MissingAuthenticationToken" => Some(AwsRefusal::UnknownKeys),
            "UnauthorizedOperation" | "Forbidden" => Some(AwsRefusal::Denied),
            _ => None,
        }
    }

    /// A fault that only this call has. One without a code comes from something in between, so it may pass.
    fn other(&self, context: &RequestContext<'_>, error: &ErrorResponse<'_>) -> Fault {
        let quote = error.quote(context.host);
        if error.name == "OptInRequired" {
            return context.fault_with_hint(FaultKind::Misconfigured, quote, REGION_HINT);
        }
        let server = [
            "Internal",
            "ServiceUnavailable",
            "Service",
            "RequestTimeout",
            "Unavailable",
        ];
        let is_servers = server.iter().any(|name| error.name.starts_with(name))
            || error.status().is_server_error()
            || error.status() == StatusCode::REQUEST_TIMEOUT
            || self.code.is_empty();
        let kind = if is_servers {
            FaultKind::Transient
        } else {
            FaultKind::Misconfigured
        };
        context.fault(kind, quote)
    }
}

/// `namespace#Code:http://address/` → `Code`
fn code_of(text: &str) -> &str {
    let text = text.rsplit('#').next().unwrap_or_default();
    text.split(':').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;
    use crate::aws::operation::Operation;

    fn response(status: u16, error_type: Option<&'static str>, body: &str) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(value) = error_type {
            headers.insert("x-amzn-errortype", HeaderValue::from_static(value));
        }
        Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: body.to_owned().into(),
        }
    }

    fn cloudformation(code: &str, message: &str) -> String {
        format!(
            r#"<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"#
        )
    }

    #[test]
    fn the_shapes_of_all_services_are_read() {
        let cfn = response(
            400,
            None,
            &cloudformation("ValidationError", "Stack [img] does not exist"),
        );
        let ec2 = response(
            400,
            None,
            r#"<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>InvalidAMIID.NotFound</Code><Message>no</Message></Error></Errors><RequestID>r-1</RequestID></Response>"#,
        );
        let builder = response(
            404,
            Some("ResourceNotFoundException:http://x/"),
            r#"{"message":"gone"}"#,
        );
        let json = response(
            400,
            None,
            r#"{"__type":"a.b#ThrottlingException","Message":"slow"}"#,
        );
        for (response, code, message) in [
            (cfn, "ValidationError", "Stack [img] does not exist"),
            (ec2, "InvalidAMIID.NotFound", "no"),
            (builder, "ResourceNotFoundException", "gone"),
            (json, "ThrottlingException", "slow"),
        ] {
            let error = ServiceError::read(&response);
            assert_eq!(
                (error.code.as_str(), error.message.as_deref()),
                (code, Some(message))
            );
        }
        for other in [
            "",
            "<html><body>Bad gateway</body></html>",
            "<Error",
            "{",
            "[]",
        ] {
            assert_eq!(
                ServiceError::read(&response(502, None, other)).code,
                "",
                "{other}"
            );
        }
    }

    /// Every code, with statuses that other services send it with.
    #[test]
    fn codes_decide_and_statuses_do_not() {
        let context = RequestContext {
            operation: Operation::DescribeStackEvents,
            subject: "img",
            host: "h.example",
            signed: true,
        };
        for (code, message, kind) in [
            ("Throttling", "Rate exceeded", FaultKind::Throttled),
            ("RequestLimitExceeded", "", FaultKind::Throttled),
            ("ThrottlingException", "", FaultKind::Throttled),
            ("ExpiredToken", "", FaultKind::Expired),
            ("ExpiredTokenException", "", FaultKind::Expired),
            ("InvalidClientTokenId", "", FaultKind::Expired),
            ("AuthFailure", "", FaultKind::Expired),
            ("AccessDenied", "not authorized", FaultKind::Denied),
            ("AccessDeniedException", "", FaultKind::Denied),
            ("UnauthorizedOperation", "", FaultKind::Denied),
            ("OptInRequired", "", FaultKind::Misconfigured),
            ("SignatureDoesNotMatch", "", FaultKind::Misconfigured),
            (
                "SignatureDoesNotMatch",
                "Signature expired: x",
                FaultKind::Transient,
            ),
            ("RequestTimeTooSkewed", "", FaultKind::Transient),
            ("RequestExpired", "", FaultKind::Transient),
            ("ServiceUnavailable", "", FaultKind::Transient),
            ("InternalFailure", "", FaultKind::Transient),
        ] {
            for status in [400, 403, 503] {
                let response = response(status, None, &cloudformation(code, message));
                let (fault, _) = ServiceError::read(&response).to_fault(&context, &response);
                assert_eq!(fault.kind, kind, "{code} {status}");
                assert_eq!(fault.request_id, Some(SafeText::new("r-1")));
            }
        }
    }

    #[test]
    fn a_denial_names_the_action() {
        let context = RequestContext {
            operation: Operation::DescribeImages,
            subject: "img",
            host: "h.example",
            signed: true,
        };
        let response = response(403, None, &cloudformation("UnauthorizedOperation", "no"));
        let (fault, _) = ServiceError::read(&response).to_fault(&context, &response);
        assert!(fault.to_string().contains("ec2:DescribeImages"), "{fault}");
    }
}
