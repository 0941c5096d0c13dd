//! Explains why there are no credentials, and names the command or setting that helps. The errors come from the
//! [`chain`](crate::aws::credentials::chain) and from the cache's own deadlines.

mod words;

use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use chrono::{DateTime, Utc};

use crate::aws::context::RequestContext;
use crate::aws::excerpt::excerpt_without_request;
use crate::domain::fault::{Fault, FaultKind};
use crate::text::safe::SafeText;

use words::in_plain_words;
pub(crate) use words::shell_word;

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

#[cfg(test)]
mod tests;
