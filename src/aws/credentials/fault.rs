//! Explains why there are no credentials, and names the command or setting that helps. The errors come from the
//! [`chain`](crate::aws::credentials::chain) and from the cache's own deadlines.

use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use chrono::{DateTime, Utc};

use crate::aws::context::RequestContext;
use crate::aws::excerpt::excerpt_without_request;
use crate::domain::fault::{Fault, FaultKind};
use crate::text::redact::redact_words;
use crate::text::safe::SafeText;

/// The reason why there is no identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdentityFault {
    /// The resolution continues.
    Slow(Duration),
    /// The resolution was abandoned.
    TimedOut(Duration),
    /// No provider of the chain has credentials.
    Missing,
    /// The profile that the user selected by name is gone, or has no credentials.
    MissingIn {
        profile: String,
    },
    /// The region to sign for is unknown.
    NoRegion,
    /// The user has to log in.
    SignIn(Login),
    /// A file or a setting is wrong.
    Misconfigured(String),
    RoleDenied(String),
    /// The keys have expired or are unknown, and this process can't get others.
    Lost {
        keys: FixedKeys,
        why: String,
    },
    /// A role needs an MFA code, which the user has to enter.
    CodeNeeded {
        profile: String,
        /// The device.
        serial: String,
        /// There was a code, and AWS refused it.
        refused: bool,
        /// Whether there is a screen to enter it on.
        can_ask: bool,
    },
    /// A request of this program's own failed.
    Request(Box<Fault>),
    /// The network failed on the way to the credentials.
    Unreachable(String),
    /// The certificate of a service on the way to the credentials was rejected.
    Untrusted(String),
    /// A provider failed.
    Failed(String),
}

/// Keys that stay as they are until the user replaces them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FixedKeys {
    OfEnvironment {
        expire: Option<DateTime<Utc>>,
    },
    /// Session keys in a profile of this name.
    OfProfile(String),
}

impl FixedKeys {
    /// The fault for a request whose credentials were refused.
    pub(crate) fn lost(&self, fault: Fault) -> Fault {
        Fault {
            kind: FaultKind::Lost,
            hint: Some(SafeText::new(&self.hint())),
            ..fault
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::OfEnvironment { expire } => {
                let until = expire.map(|time| format!(" valid until {}", time.format("%F %TZ")));
                format!(
                    "they are keys of this process's environment{}, which it cannot renew: start bakewatch again with \
                     new ones, or use a profile that renews itself (--profile)",
                    until.unwrap_or_default()
                )
            }
            Self::OfProfile(name) => {
                let name = shell_word(name);
                format!(
                    "they are fixed keys with a session token in the profile {name}, which this process cannot renew: \
                     replace them there"
                )
            }
        }
    }
}

/// The argument of `aws sso login` or of `aws login`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// An `[sso-session …]`, which profiles share.
    Session(String),
    /// A profile that has its own portal.
    Profile(String),
    /// A profile that uses the user's login to the AWS console.
    Console(String),
}

impl Login {
    fn label(&self) -> String {
        match self {
            Self::Session(name) => format!("the SSO session {name}"),
            Self::Profile(name) => format!("the SSO session of profile {name}"),
            Self::Console(name) => format!("the login session of profile {name}"),
        }
    }

    fn command(&self) -> String {
        let (command, name) = match self {
            Self::Session(name) => ("sso login --sso-session", name),
            Self::Profile(name) => ("sso login --profile", name),
            Self::Console(name) => ("login --profile", name),
        };
        format!("aws {command} {}", shell_word(name))
    }
}

/// The token of `aws login` in the causes, in lower case.
const LOGIN_TOKEN: &str = "cached login token";
/// Parts of the causes of a failed login, in lower case: no token, an expired one, a revoked one.
const SIGN_IN: [&str; 8] = [
    LOGIN_TOKEN,
    "login/cache",
    "sso token",
    "sso/cache",
    "unauthorizedexception",
    "session token not found or invalid",
    "invalid_grant",
    "invalidgrantexception",
];
/// Parts of the causes where STS refused the keys.
const REFUSED_KEYS: [&str; 3] = ["expiredtoken", "invalidclienttokenid", "unrecognizedclient"];
/// Parts of the causes of a network failure.
const NETWORK: [&str; 4] = ["dispatch failure", "timeout", "timed out", "connect error"];

impl IdentityFault {
    /// Classifies an error of the chain. `causes` are the texts of the error and all its causes; the user selected
    /// `profile` by name; `login` helps if the user has to log in.
    pub(crate) fn new(
        error: &CredentialsError,
        causes: &str,
        profile: Option<&str>,
        login: Login,
    ) -> Self {
        let lower = causes.to_lowercase();
        let causes = &in_plain_words(causes);
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        match error {
            CredentialsError::CredentialsNotLoaded(_) => match profile {
                Some(name) => Self::MissingIn {
                    profile: name.to_owned(),
                },
                None => Self::Missing,
            },
            CredentialsError::InvalidConfiguration(_) => {
                Self::Misconfigured(excerpt_without_request(causes))
            }
            // The token could not be renewed, and may still be good.
            _ if has(&[LOGIN_TOKEN]) && has(&NETWORK) => {
                Self::Unreachable(excerpt_without_request(causes))
            }
            // SSO first: its unread token is an I/O error too.
            _ if has(&SIGN_IN) => Self::SignIn(login),
            _ if has(&["accessdenied"]) => Self::RoleDenied(excerpt_without_request(causes)),
            _ if has(&["invalid peer certificate"]) => {
                Self::Untrusted(excerpt_without_request(causes))
            }
            _ if has(&NETWORK) => Self::Unreachable(excerpt_without_request(causes)),
            _ => Self::Failed(excerpt_without_request(causes)),
        }
    }

    /// The same where the credentials come from these keys: if they were refused, there are no others.
    #[must_use]
    pub(crate) fn with_fixed_keys(self, keys: Option<FixedKeys>) -> Self {
        match (self, keys) {
            (Self::Failed(why), Some(keys))
                if REFUSED_KEYS
                    .iter()
                    .any(|word| why.to_lowercase().contains(word)) =>
            {
                Self::Lost { keys, why }
            }
            (fault, _) => fault,
        }
    }

    /// The fault for the user.
    pub(crate) fn to_fault(&self, context: &RequestContext<'_>) -> Fault {
        context.fault_with_hint(self.kind(), self.why(), self.hint())
    }

    fn kind(&self) -> FaultKind {
        match self {
            Self::Slow(_) | Self::Unreachable(_) => FaultKind::Transient,
            Self::TimedOut(_)
            | Self::Missing
            | Self::MissingIn { .. }
            | Self::SignIn(_)
            | Self::Failed(_) => FaultKind::Expired,
            Self::NoRegion | Self::Misconfigured(_) | Self::Untrusted(_) => {
                FaultKind::Misconfigured
            }
            Self::RoleDenied(_) => FaultKind::Denied,
            Self::Lost { .. } => FaultKind::Lost,
            Self::CodeNeeded { .. } => FaultKind::CodeNeeded,
            Self::Request(fault) => fault.kind,
        }
    }

    fn why(&self) -> String {
        match self {
            Self::Slow(took) => {
                format!("still waiting for credentials after {} s", took.as_secs())
            }
            Self::TimedOut(took) => {
                format!("failed to get credentials within {} s", took.as_secs())
            }
            Self::Missing => "no AWS credentials found".to_owned(),
            Self::MissingIn { profile } => {
                format!("the AWS profile {profile} is gone or has no credentials")
            }
            Self::NoRegion => "the region to sign requests for is unknown".to_owned(),
            Self::SignIn(login) => format!("{} has expired or was never started", login.label()),
            Self::Misconfigured(why) => format!("invalid AWS configuration: {why}"),
            Self::RoleDenied(why) => format!("failed to assume the role: {why}"),
            Self::Unreachable(why) | Self::Untrusted(why) => {
                format!("failed to reach the source of the credentials: {why}")
            }
            Self::CodeNeeded {
                serial,
                refused: true,
                ..
            } => format!("AWS refused the MFA code of {serial}; each code works once"),
            Self::CodeNeeded {
                profile, serial, ..
            } => format!("the role of profile {profile} needs an MFA code of {serial}"),
            Self::Request(fault) => fault.message.to_string(),
            Self::Failed(why) | Self::Lost { why, .. } => {
                format!("failed to get credentials: {why}")
            }
        }
    }

    fn hint(&self) -> String {
        let hint = match self {
            Self::Slow(_) | Self::TimedOut(_) => {
                "check the profile's credential process, the SSO login or the metadata service"
            }
            Self::Missing => {
                "select a profile with --profile, set AWS_PROFILE, or run aws configure"
            }
            Self::NoRegion => "pass the region of the API with --signing-region",
            Self::SignIn(login) => return format!("run {}", login.command()),
            Self::Lost { keys, .. } => return keys.hint(),
            Self::CodeNeeded { can_ask: true, .. } => "enter the code; r asks for it again",
            Self::CodeNeeded { profile, .. } => {
                let profile = shell_word(profile);
                return format!(
                    "without a screen no code can be entered: run `aws sts get-caller-identity --profile {profile}` \
                     on a terminal, then watch with a profile that has `credential_process = aws configure \
                     export-credentials --profile {profile}`"
                );
            }
            Self::Request(fault) => {
                let hint = fault.hint.as_ref().map(ToString::to_string);
                return hint.unwrap_or_else(|| "check the network and the proxy".to_owned());
            }
            Self::Misconfigured(_) | Self::MissingIn { .. } => {
                "check the AWS config and credentials files"
            }
            Self::RoleDenied(_) => {
                "the role's trust policy must name the caller, and the caller needs sts:AssumeRole"
            }
            Self::Unreachable(_) => "check the network and the proxy",
            Self::Untrusted(_) => {
                "if a private CA or an inspecting proxy issues certificates, pass that CA's PEM file with \
                 --ca-bundle"
            }
            Self::Failed(_) => "renew the credentials, or select a profile with --profile",
        };
        hint.to_owned()
    }
}

/// How much of what a credential process printed is quoted, in characters.
const LONGEST_CAUSE: usize = 200;

/// The causes without the AWS SDK's own words, without secrets and what looks like one, and without the full stop that the hint would follow.
fn in_plain_words(causes: &str) -> String {
    let mut text = without_container_address(&redact_words(causes)).replace(['\n', '\r'], " ");
    for (jargon, plain) in [
        ("dispatch failure: ", ""),
        ("dispatch failure", "the connection failed"),
        ("unhandled error: ", ""),
        ("unhandled error", "it responded with an error"),
        ("service error: ", ""),
        ("service error", "it responded with an error"),
        ("response error: ", ""),
        ("response error", "the response was not understood"),
        ("construction failure: ", ""),
        ("io error: ", ""),
        ("client error (Connect): ", ""),
        ("client error (Connect)", "could not connect"),
        ("client error (SendRequest): ", ""),
        ("other: ", ""),
        ("provider error: ", ""),
    ] {
        text = text.replace(jargon, plain);
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches(['.', ':', ';', ',', ' ']);
    match line.char_indices().nth(LONGEST_CAUSE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// The causes without the address of a container's credentials, whose query or user name may be secret.
fn without_container_address(causes: &str) -> String {
    let named = [
        (
            "invalid full URI for ECS provider",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ),
        (
            "invalid relative URI for ECS provider",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        ),
    ];
    for (words, variable) in named {
        if let Some((_, rest)) = causes.split_once(words) {
            let why = rest
                .trim_start()
                .strip_prefix('(')
                .and_then(|rest| rest.split_once("):"));
            return match why {
                Some((why, _address)) => format!("{variable} is not allowed: {why}"),
                None => format!("{variable} is not allowed"),
            };
        }
    }
    causes.to_owned()
}

/// A name as a word of a shell command: some names have spaces.
pub(super) fn shell_word(name: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.@+/".contains(character);
    if name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::operation::Operation;

    #[test]
    fn errors_of_the_chain_are_classified_by_their_remedy() {
        let provider = || CredentialsError::provider_error("x");
        for (error, causes, expected) in [
            (
                CredentialsError::not_loaded_no_source(),
                "x",
                IdentityFault::Missing,
            ),
            (
                CredentialsError::invalid_configuration("x"),
                "a loop",
                IdentityFault::Misconfigured("a loop".into()),
            ),
            (
                provider(),
                "the SSO token has expired and cannot be refreshed",
                IdentityFault::SignIn(Login::Profile("p".into())),
            ),
            (
                provider(),
                "service error: UnauthorizedException: Session token not found or invalid",
                IdentityFault::SignIn(Login::Profile("p".into())),
            ),
            (
                provider(),
                "service error: AccessDenied: not you",
                IdentityFault::RoleDenied("AccessDenied: not you".into()),
            ),
            (
                provider(),
                "dispatch failure: invalid peer certificate: UnknownIssuer",
                IdentityFault::Untrusted("invalid peer certificate: UnknownIssuer".into()),
            ),
            (
                provider(),
                "dispatch failure: io error: client error (Connect)",
                IdentityFault::Unreachable("could not connect".into()),
            ),
            (
                provider(),
                "SignatureDoesNotMatch: The Canonical String is 'x-amz-security-token:canary'",
                IdentityFault::Failed("SignatureDoesNotMatch: The [redacted]".into()),
            ),
            (
                provider(),
                "odd\nlines",
                IdentityFault::Failed("odd lines".into()),
            ),
        ] {
            let login = Login::Profile("p".into());
            assert_eq!(
                IdentityFault::new(&error, causes, None, login),
                expected,
                "{causes}"
            );
        }
    }

    #[test]
    fn causes_are_put_in_plain_words_without_secrets() {
        for (causes, shown) in [
            ("dispatch failure", "the connection failed"),
            (
                "unhandled error: service error.",
                "it responded with an error",
            ),
            ("the process failed:\n ;", "the process failed"),
            (
                "Error retrieving credentials: External process exited with code 1. Stderr: aws_secret_access_key = c4n4ry",
                "Error retrieving credentials: External process exited with code 1. Stderr: aws_secret_access_key = [redacted]",
            ),
            (
                "External process exited with code 1. Stderr: no profile /opt/python3/creds, wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                "External process exited with code 1. Stderr: no profile /opt/python3/creds, [redacted]",
            ),
            (
                "invalid full URI for ECS provider (URI did not refer to an allowed IP address): http://c4n4ry:x@h/?y=c4n4ry: more",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is not allowed: URI did not refer to an allowed IP address",
            ),
        ] {
            assert_eq!(in_plain_words(causes), shown);
        }
        let long = in_plain_words(&"word ".repeat(10_000));
        assert!(
            long.ends_with('…') && long.chars().count() == LONGEST_CAUSE + 1,
            "{long}"
        );
    }

    #[test]
    fn each_fault_has_a_hint() {
        let context = RequestContext {
            operation: Operation::DescribeImage,
            subject: "img-1",
            host: "h",
            signed: true,
        };
        let took = Duration::from_secs(12);
        let session = IdentityFault::SignIn(Login::Session("my org".into()));
        let profile = "p".to_owned();
        let gone = IdentityFault::MissingIn { profile };
        let sign_in = |profile: &str| IdentityFault::SignIn(Login::Profile(profile.into()));
        for (fault, kind, hint) in [
            (
                IdentityFault::Slow(took),
                FaultKind::Transient,
                "credential process",
            ),
            (
                IdentityFault::TimedOut(took),
                FaultKind::Expired,
                "credential process",
            ),
            (IdentityFault::Missing, FaultKind::Expired, "--profile"),
            (gone, FaultKind::Expired, "config"),
            (
                IdentityFault::NoRegion,
                FaultKind::Misconfigured,
                "--signing-region",
            ),
            (
                sign_in("dev"),
                FaultKind::Expired,
                "aws sso login --profile dev",
            ),
            (
                sign_in("my dev"),
                FaultKind::Expired,
                "aws sso login --profile 'my dev'",
            ),
            (
                sign_in("a'b"),
                FaultKind::Expired,
                r"aws sso login --profile 'a'\''b'",
            ),
            (
                session,
                FaultKind::Expired,
                "aws sso login --sso-session 'my org'",
            ),
            (
                IdentityFault::RoleDenied("x".into()),
                FaultKind::Denied,
                "trust policy",
            ),
            (
                IdentityFault::Misconfigured("x".into()),
                FaultKind::Misconfigured,
                "config",
            ),
            (
                IdentityFault::Untrusted("x".into()),
                FaultKind::Misconfigured,
                "--ca-bundle",
            ),
            (
                IdentityFault::Failed("x".into()),
                FaultKind::Expired,
                "renew",
            ),
        ] {
            let shown = fault.to_fault(&context);
            assert_eq!(shown.kind, kind, "{shown}");
            let found = shown
                .hint
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(found.contains(hint), "{shown}");
        }
    }
}
