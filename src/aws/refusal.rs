//! What an unsuccessful answer means: the table of how the gateway, the application behind it and whatever
//! is between them say no.
//!
//! `x-amzn-ErrorType` says most, then the status, then the message. A missing image is believed only where
//! the application itself says so about this very image: a fault of the watching must never look like one.

use reqwest::header::LOCATION;
use reqwest::{StatusCode, Url};

use crate::aws::http::Reply;
use crate::aws::operation::{Asked, Question};
use crate::aws::redact::redact;
use crate::aws::transport_error::proxy_authorization;
use crate::backend::parallelcluster::wire::{error_message, snippet};
use crate::domain::fault::{Fault, FaultKind};
use crate::text::safe::SafeText;

const USER_ROLE_HINT: &str = "the API's default policy lets only its own user role in: pass --role-arn with \
     the stack output ParallelClusterApiUserRole";
const SERVER_ROLE_HINT: &str =
    "it is the API's own role that lacks this permission; whoever deployed the API can grant it";
const RENEW_HINT: &str = "renew the credentials (for SSO: aws sso login --profile NAME)";
const KEYS_HINT: &str = "check the access keys and that they belong to the API's AWS partition";
const CLOCK_HINT: &str = "check this machine's clock";
const PRIVATE_HINT: &str = "a private API answers only through its VPC endpoint; else check the custom \
     domain's mapping and the web application firewall";
const STAGE_HINT: &str = "check the API's URL: an invoke URL ends with its stage (such as /prod), a custom \
     domain has none";
const UNSIGNED_HINT: &str = "this API wants signed requests: leave out --no-sign-request; else check the \
     API's URL and its stage";
const SIGNING_HINT: &str = "check the secret key and --signing-region; a proxy that rewrites requests breaks \
     signatures too";

/// What an unsuccessful answer means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no stack, or no image, of this name.
    Absent,
    /// There is a stack of this name that ParallelCluster did not make.
    Foreign(Fault),
    /// The question was not answered.
    Fault(Fault, Cause),
}

/// What of a request is refused, where another try can do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    PageToken,
    /// The credentials; other ones may be there by now.
    Credentials,
    /// The signature, perhaps for its date.
    Date,
    Other,
}

/// An unsuccessful answer, taken apart.
struct Said<'a> {
    asked: &'a Asked<'a>,
    reply: &'a Reply,
    /// The error's name, without namespace and address.
    error_type: &'a str,
    /// The message of a JSON body.
    message: Option<String>,
    /// The same in lower case.
    lower: String,
}

/// Tells what an unsuccessful answer means.
pub(crate) fn classify(asked: &Asked<'_>, reply: &Reply) -> Refusal {
    let message = error_message(&reply.body);
    let said = Said {
        asked,
        reply,
        error_type: error_type(reply),
        lower: message.as_deref().unwrap_or_default().to_lowercase(),
        message,
    };
    let refusal = said.by_type().unwrap_or_else(|| said.by_status());
    with_request_id(refusal, reply)
}

/// The service's id of an answered request.
pub(crate) fn request_id(reply: &Reply) -> Option<&str> {
    reply
        .header("x-amzn-requestid")
        .or_else(|| reply.header("x-amz-apigw-id"))
}

fn with_request_id(mut refusal: Refusal, reply: &Reply) -> Refusal {
    if let Refusal::Foreign(fault) | Refusal::Fault(fault, _) = &mut refusal {
        fault.request_id = request_id(reply).map(SafeText::new);
    }
    refusal
}

/// `namespace#Name:http://address/` → `Name`
fn error_type(reply: &Reply) -> &str {
    let value = reply.header("x-amzn-errortype").unwrap_or_default();
    let name = value.split(':').next().unwrap_or_default();
    name.rsplit('#').next().unwrap_or_default().trim()
}

/// Whether it names another address. 304 does not: it is a cache's word, out of place here.
fn is_redirect(status: StatusCode) -> bool {
    status.is_redirection() && status != StatusCode::NOT_MODIFIED
}

impl Said<'_> {
    fn by_type(&self) -> Option<Refusal> {
        if is_redirect(self.reply.status) || self.is_throttling() {
            return None;
        }
        match self.error_type.trim_end_matches("Exception") {
            "InvalidSignature" | "SignatureDoesNotMatch" | "IncompleteSignature" => {
                Some(self.signature())
            }
            "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => Some(self.date()),
            "ExpiredToken" => Some(self.expired()),
            "UnrecognizedClient" | "InvalidClientTokenId" => Some(self.wrong_keys()),
            "MissingAuthenticationToken" => Some(self.unrecognised_request()),
            "AccessDenied" => Some(self.denied()),
            "Forbidden" => Some(self.forbidden()),
            _ => None,
        }
    }

    fn by_status(&self) -> Refusal {
        let status = self.reply.status;
        match status {
            _ if is_redirect(status) => self.redirected(),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Refusal::Fault(proxy_authorization(self.asked), Cause::Other)
            }
            _ if self.is_throttling() => self.throttled(),
            StatusCode::NOT_FOUND => self.not_found(),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.unauthorized(),
            StatusCode::REQUEST_TIMEOUT => self.fault(FaultKind::Transient),
            _ if status.is_client_error() => self.bad_request(),
            _ => self.server_failure(),
        }
    }

    fn says(&self, words: &str) -> bool {
        self.lower.contains(words)
    }

    /// A fault that quotes the service.
    fn fault(&self, kind: FaultKind) -> Refusal {
        Refusal::Fault(self.asked.fault(kind, self.quote()), Cause::Other)
    }

    /// The same with what would help.
    fn hinted(&self, kind: FaultKind, hint: &str) -> Refusal {
        Refusal::Fault(self.asked.hinted(kind, self.quote(), hint), Cause::Other)
    }

    /// A fault in words of our own.
    fn explained(&self, kind: FaultKind, why: &str, hint: &str, cause: Cause) -> Refusal {
        Refusal::Fault(self.asked.hinted(kind, why, hint), cause)
    }

    /// The service's words, or whatever came instead of them.
    fn quote(&self) -> String {
        let status = self.reply.status.as_u16();
        let host = self.asked.host;
        if let Some(message) = &self.message {
            return format!("{} ({status})", redact(message));
        }
        match snippet(&self.reply.body) {
            // JSON is not quoted: a description that was cut short holds a presigned URL.
            said if said.is_empty() || said.starts_with(['{', '[']) => {
                format!("{host} answered {status} without a reason")
            }
            said => format!("{host} answered {status} with what is not the API's: {said}"),
        }
    }

    fn redirected(&self) -> Refusal {
        let target = self
            .reply
            .header(LOCATION.as_str())
            .and_then(|location| Url::parse(location).ok());
        let target = target
            .as_ref()
            .and_then(Url::host_str)
            .unwrap_or("another path of its own");
        let why = format!(
            "{} redirects to {target} ({}); redirects are not followed",
            self.asked.host,
            self.reply.status.as_u16()
        );
        self.explained(
            FaultKind::Misconfigured,
            &why,
            "give the API's own address with --api-url; a network that wants a login redirects too",
            Cause::Other,
        )
    }

    fn is_throttling(&self) -> bool {
        let status = self.reply.status;
        // CloudFormation's throttling makes the application wait until the gateway gives up on it.
        matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::GATEWAY_TIMEOUT
        ) || ["Throttling", "TooManyRequests", "LimitExceeded"]
            .contains(&self.error_type.trim_end_matches("Exception"))
            || [
                "rate exceeded",
                "throttling",
                "request limit exceeded",
                "too many requests",
            ]
            .iter()
            .any(|words| self.says(words))
    }

    fn throttled(&self) -> Refusal {
        let why = format!("asked to slow down: {}", self.quote());
        Refusal::Fault(self.asked.fault(FaultKind::Throttled, why), Cause::Other)
    }

    fn signature(&self) -> Refusal {
        if self.says("signature expired") || self.says("not yet current") {
            return self.date();
        }
        // The service's message repeats the request, session token included. It need not tell of the date
        // where that is what is wrong.
        let why = "the signature does not match";
        self.explained(FaultKind::Misconfigured, why, SIGNING_HINT, Cause::Date)
    }

    /// Transient, since every answer corrects the clock, and a laptop that slept between signing and
    /// sending is refused for the same reason.
    fn date(&self) -> Refusal {
        let why = "the signature's date is refused: this machine's clock and the server's differ";
        self.explained(FaultKind::Transient, why, CLOCK_HINT, Cause::Date)
    }

    fn expired(&self) -> Refusal {
        let why = "the credentials have expired";
        self.explained(FaultKind::Expired, why, RENEW_HINT, Cause::Credentials)
    }

    fn wrong_keys(&self) -> Refusal {
        let why = "the credentials are not known to the service";
        self.explained(FaultKind::Expired, why, KEYS_HINT, Cause::Credentials)
    }

    /// What the gateway says to an unsigned request, and to a path or stage that it does not have.
    fn unrecognised_request(&self) -> Refusal {
        let hint = if self.asked.signed {
            STAGE_HINT
        } else {
            UNSIGNED_HINT
        };
        self.hinted(FaultKind::Misconfigured, hint)
    }

    fn denied(&self) -> Refusal {
        self.hinted(FaultKind::Denied, USER_ROLE_HINT)
    }

    fn forbidden(&self) -> Refusal {
        self.hinted(FaultKind::Misconfigured, PRIVATE_HINT)
    }

    /// 401 and 403 without a telling error type: the same cases by their messages.
    fn unauthorized(&self) -> Refusal {
        let is = |words| self.says(words);
        if is("signature expired") || is("not yet current") {
            self.date()
        } else if is("request signature") || is("canonical string") || is("authorization header") {
            self.signature()
        } else if is("security token") && is("expired") {
            self.expired()
        } else if is("security token") && is("invalid") {
            self.wrong_keys()
        } else if is("missing authentication token") {
            self.unrecognised_request()
        } else if self.lower == "forbidden" || self.message.is_none() && !self.reply.body.is_empty()
        {
            self.forbidden()
        } else if !self.asked.signed {
            self.hinted(FaultKind::Denied, UNSIGNED_HINT)
        } else {
            self.denied()
        }
    }

    fn not_found(&self) -> Refusal {
        if self.is_about_a_missing_image() {
            return Refusal::Absent;
        }
        self.hinted(FaultKind::Misconfigured, STAGE_HINT)
    }

    /// The application's own words about this image or its stack.
    fn is_about_a_missing_image(&self) -> bool {
        let says_so = match self.asked.question {
            Question::StackEvents(_) => self.says("stack") && self.says("does not exist"),
            Question::Description => self.says("no image or stack associated"),
        };
        let image = self.asked.image.as_str();
        says_so
            && self
                .message
                .as_deref()
                .is_some_and(|message| message.contains(image))
    }

    fn bad_request(&self) -> Refusal {
        let status = self.reply.status;
        let of_token = status == StatusCode::BAD_REQUEST || self.is_about_the_page_token();
        if self.asked.with_token() && of_token {
            return self.token_rejected();
        }
        self.fault(FaultKind::Misconfigured)
    }

    /// In words of our own: the service's repeat the token.
    fn token_rejected(&self) -> Refusal {
        let why = "the service does not take the page token any more";
        Refusal::Fault(
            self.asked.fault(FaultKind::Transient, why),
            Cause::PageToken,
        )
    }

    /// The application has no status of its own for a bad token: it fails with CloudFormation's words.
    fn is_about_the_page_token(&self) -> bool {
        self.says("token")
            && !["security token", "authentication token", "identity token"]
                .iter()
                .any(|words| self.says(words))
    }

    fn server_failure(&self) -> Refusal {
        let of_events = matches!(self.asked.question, Question::StackEvents(_));
        if of_events && self.is_about_a_missing_image() {
            return Refusal::Absent;
        }
        if !of_events && self.says("no artifact directory found") {
            let why = "the stack of this name is not ParallelCluster's";
            return Refusal::Foreign(self.asked.fault(FaultKind::Misconfigured, why));
        }
        // IAM says "is not authorized to perform", EC2 "you are not authorized to perform this operation".
        if self.says("not authorized to") {
            return self.hinted(FaultKind::Denied, SERVER_ROLE_HINT);
        }
        if self.asked.with_token() && self.is_about_the_page_token() {
            return self.token_rejected();
        }
        self.fault(FaultKind::Transient)
    }
}

#[cfg(test)]
mod tests;
