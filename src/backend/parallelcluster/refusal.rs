//! The refusals of the ParallelCluster API: how API Gateway, the application behind it and everything between them
//! and this program refuse a request.
//!
//! `x-amzn-ErrorType` is the best evidence, then the status, then the message. The refusals that all AWS services
//! share are recognised by [`crate::aws::refusal`]. A missing image is believed only where the application itself
//! reports this very image missing: a fault of the watching must never look like one.

use reqwest::header::LOCATION;
use reqwest::{StatusCode, Url};

use crate::aws::context::RequestContext;
use crate::aws::http::Response;
use crate::aws::operation::Operation;
use crate::aws::refusal::{self, AwsRefusal, Cause, ErrorResponse};
use crate::aws::transport_error::proxy_authorization;
use crate::backend::parallelcluster::ApiCall;
use crate::domain::fault::{Fault, FaultKind};
use crate::text::safe::SafeText;

const USER_ROLE_HINT: &str = "the API's default policy admits only its own user role: pass --role-arn with \
     the stack output ParallelClusterApiUserRole";
const SERVER_ROLE_HINT: &str =
    "the API's own role lacks this permission; the administrator of the API can grant it";
const PRIVATE_HINT: &str = "a private API responds only through its VPC endpoint, and by the endpoint's own DNS \
     name only with --header x-apigw-api-id=API_ID; else check the custom domain's mapping, the API key and the web \
     application firewall";
const STAGE_HINT: &str = "check the API's URL: an invoke URL ends with its stage (such as /prod), a custom \
     domain has none";
const UNSIGNED_HINT: &str = "this API requires signed requests: leave out --no-sign-request; else check the \
     API's URL and its stage";
const REDIRECT_HINT: &str =
    "pass the API's own address with --api-url; a network that requires a login redirects too";

/// The meaning of an unsuccessful response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no stack, or no image, of this name.
    Absent,
    /// There is a stack of this name that ParallelCluster did not make.
    Foreign(Fault),
    /// The page token has expired, or belongs to a stack that was replaced.
    TokenRejected(Fault),
    /// The API did not do what was requested.
    Fault(Fault, Cause),
}

impl Refusal {
    /// A fault that another try does not change.
    pub(crate) const fn other(fault: Fault) -> Self {
        Self::Fault(fault, Cause::Other)
    }

    fn with_request_id(mut self, id: Option<SafeText>) -> Self {
        match &mut self {
            Self::Absent => {}
            Self::Foreign(fault) | Self::TokenRejected(fault) | Self::Fault(fault, _) => {
                fault.request_id = id;
            }
        }
        self
    }
}

/// Finds the meaning of an unsuccessful response to a call.
pub(crate) fn classify(
    call: ApiCall<'_>,
    context: &RequestContext<'_>,
    response: &Response,
) -> Refusal {
    let classifier = Classifier {
        call,
        context,
        error: ErrorResponse::new(response),
    };
    let refusal = classifier
        .by_name()
        .unwrap_or_else(|| classifier.by_status());
    refusal.with_request_id(request_id(response))
}

/// The service's ID of a request, else the gateway's.
pub(crate) fn request_id(response: &Response) -> Option<SafeText> {
    let of_gateway = || response.header("x-amz-apigw-id").map(SafeText::new);
    refusal::request_id(response).or_else(of_gateway)
}

struct Classifier<'a> {
    call: ApiCall<'a>,
    context: &'a RequestContext<'a>,
    error: ErrorResponse<'a>,
}

impl Classifier<'_> {
    fn by_name(&self) -> Option<Refusal> {
        let status = self.error.status();
        // A 304 names no other address; it comes from a cache, and is out of place here.
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Some(self.redirected());
        }
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Some(Refusal::other(proxy_authorization(self.context)));
        }
        if self.is_throttled_by_gateway() {
            return Some(self.shared(AwsRefusal::Throttled));
        }
        if let Some(refusal) = self.error.by_name() {
            return Some(self.shared(refusal));
        }
        match self.error.name {
            "MissingAuthenticationToken" => Some(self.unrecognised_request()),
            "Forbidden" => Some(self.forbidden()),
            _ => None,
        }
    }

    /// Where AWS throttles the application behind API Gateway, the application waits until the gateway gives up on it.
    /// The gateway's own name for an exceeded quota is not that of other services.
    fn is_throttled_by_gateway(&self) -> bool {
        self.error.status() == StatusCode::GATEWAY_TIMEOUT || self.error.name == "LimitExceeded"
    }

    fn by_status(&self) -> Refusal {
        let status = self.error.status();
        match status {
            StatusCode::NOT_FOUND => self.not_found(),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.unauthorized(),
            StatusCode::REQUEST_TIMEOUT => self.fault(FaultKind::Transient),
            _ if status.is_client_error() => self.bad_request(),
            _ => self.server_failure(),
        }
    }

    /// A refusal that every AWS service has.
    fn shared(&self, refusal: AwsRefusal) -> Refusal {
        if refusal == AwsRefusal::Denied {
            return self.denied();
        }
        let fault = refusal.to_fault(self.context, &self.error);
        Refusal::Fault(fault, refusal.cause())
    }

    /// A fault that quotes the service.
    fn fault(&self, kind: FaultKind) -> Refusal {
        let quote = self.error.quote(self.context.host);
        Refusal::other(self.context.fault(kind, quote))
    }

    /// The same with a hint for the user.
    fn fault_with_hint(&self, kind: FaultKind, hint: &str) -> Refusal {
        let quote = self.error.quote(self.context.host);
        Refusal::other(self.context.fault_with_hint(kind, quote, hint))
    }

    fn redirected(&self) -> Refusal {
        let location = self.error.response.header(LOCATION.as_str());
        let target = location.and_then(|location| Url::parse(location).ok());
        let target = target.as_ref().and_then(Url::host_str);
        let why = format!(
            "{} redirects to {} ({}); redirects are not followed",
            self.context.host,
            target.unwrap_or("another path of its own"),
            self.error.status().as_u16()
        );
        Refusal::other(
            self.context
                .fault_with_hint(FaultKind::Misconfigured, why, REDIRECT_HINT),
        )
    }

    /// The gateway's response to an unsigned request, and to a path or stage that it does not have.
    fn unrecognised_request(&self) -> Refusal {
        let hint = if self.context.signed {
            STAGE_HINT
        } else {
            UNSIGNED_HINT
        };
        self.fault_with_hint(FaultKind::Misconfigured, hint)
    }

    fn denied(&self) -> Refusal {
        self.fault_with_hint(FaultKind::Denied, USER_ROLE_HINT)
    }

    fn forbidden(&self) -> Refusal {
        self.fault_with_hint(FaultKind::Misconfigured, PRIVATE_HINT)
    }

    /// 401 and 403 without a known error name: the same cases by their messages.
    fn unauthorized(&self) -> Refusal {
        let error = &self.error;
        if let Some(refusal) = error.by_message() {
            self.shared(refusal)
        } else if error.mentions("missing authentication token") {
            self.unrecognised_request()
        } else if error.lower == "forbidden"
            || error.message.is_none() && !error.response.body.is_empty()
        {
            self.forbidden()
        } else if !self.context.signed {
            self.fault_with_hint(FaultKind::Denied, UNSIGNED_HINT)
        } else {
            self.denied()
        }
    }

    fn not_found(&self) -> Refusal {
        if self.reports_a_missing_image() {
            return Refusal::Absent;
        }
        self.fault_with_hint(FaultKind::Misconfigured, STAGE_HINT)
    }

    /// Whether the application's message reports this very image, or its stack, missing.
    fn reports_a_missing_image(&self) -> bool {
        let error = &self.error;
        let is_missing = if self.is_about_events() {
            error.mentions("stack") && error.mentions("does not exist")
        } else {
            error.mentions("no image or stack associated")
        };
        let message = error.message.as_deref().unwrap_or_default();
        is_missing && names(message, self.context.subject)
    }

    fn is_about_events(&self) -> bool {
        self.call.operation() == Operation::GetImageStackEvents
    }

    fn bad_request(&self) -> Refusal {
        let is_about_token =
            self.error.status() == StatusCode::BAD_REQUEST || self.mentions_the_page_token();
        if self.call.has_token() && is_about_token {
            return self.token_rejected();
        }
        self.fault(FaultKind::Misconfigured)
    }

    /// In words of our own: the service's message repeats the token.
    fn token_rejected(&self) -> Refusal {
        let why = "the service rejected the page token";
        Refusal::TokenRejected(self.context.fault(FaultKind::Transient, why))
    }

    /// The application has no status of its own for a bad token: it passes CloudFormation's message on.
    fn mentions_the_page_token(&self) -> bool {
        self.error.mentions("token")
            && !["security token", "authentication token", "identity token"]
                .iter()
                .any(|words| self.error.mentions(words))
    }

    fn server_failure(&self) -> Refusal {
        let error = &self.error;
        if self.is_about_events() && self.reports_a_missing_image() {
            return Refusal::Absent;
        }
        if !self.is_about_events() && error.mentions("no artifact directory found") {
            let why = "ParallelCluster did not make the stack of this name";
            return Refusal::Foreign(self.context.fault(FaultKind::Misconfigured, why));
        }
        // IAM writes "is not authorized to perform", EC2 "you are not authorized to perform this operation".
        if error.mentions("not authorized to") {
            return self.fault_with_hint(FaultKind::Denied, SERVER_ROLE_HINT);
        }
        if self.call.has_token() && self.mentions_the_page_token() {
            return self.token_rejected();
        }
        self.fault(FaultKind::Transient)
    }
}

/// Whether a message names this very image. An id may be the beginning of another one, or of another name, or an ordinary
/// word, so the id must stand whole where the application puts it.
fn names(message: &str, image_id: &str) -> bool {
    const BEFORE: [&str; 4] = [
        "stack for image ",
        "image id: ",
        "stack [",
        "stack with id ",
    ];
    let ends = |character: char| {
        character.is_whitespace() || matches!(character, '\'' | '"' | ']' | ')' | ',' | ';' | ':')
    };
    let mut ids = BEFORE.iter().filter_map(|before| {
        let at = message.to_ascii_lowercase().find(before)?;
        let rest = message.get(at + before.len()..)?;
        let id = rest.trim_start_matches(['\'', '"']).split(ends).next()?;
        // The end of the sentence.
        Some(id.trim_end_matches('.'))
    });
    ids.any(|id| id == image_id)
}

#[cfg(test)]
mod tests;
