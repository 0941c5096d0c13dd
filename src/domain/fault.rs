//! Failed requests, classified by their remedy. A backend makes them; the poller, the status line and the exit policy act
//! on the kind.

use std::fmt;

use crate::text::safe::SafeText;

/// The kind of failure, which decides what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The API, the gateway or CloudFormation throttles; waiting helps.
    Throttled,
    /// No response, or a server-side failure; a retry helps.
    Transient,
    /// A response that is not the API's: cut short, not JSON, from something in between. A retry helps.
    Malformed,
    /// The credentials have expired or are missing; renewing them helps.
    Expired,
    /// The credentials were refused, and this process can't get others; only the user can.
    Lost,
    /// A role needs an MFA code, which the user has to enter.
    CodeNeeded,
    /// The API knows the caller and denies the request; other permissions help.
    Denied,
    /// The request can't work as configured: address, region, certificate, or a rejected parameter.
    Misconfigured,
}

impl FaultKind {
    /// Whether it may pass by itself. Any other kind ends a headless watch that has seen no response.
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient | Self::Malformed)
    }

    /// Whether the identity failed: every other call of the identity fails like this one.
    pub(crate) const fn is_of_credentials(self) -> bool {
        matches!(self, Self::Expired | Self::Lost | Self::CodeNeeded)
    }
}

/// A failed request, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// The failure and its reason: one lower-case line without secrets.
    pub message: SafeText,
    /// The remedy, if one is known.
    pub hint: Option<SafeText>,
    /// The service's id of the request, for a support case.
    pub request_id: Option<SafeText>,
}

#[cfg(test)]
impl Fault {
    /// Of this kind, for tests that look at nothing else.
    pub(crate) fn of_test(kind: FaultKind) -> Self {
        Self {
            kind,
            message: SafeText::new("no"),
            hint: None,
            request_id: None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.message, formatter)?;
        if let Some(id) = &self.request_id {
            write!(formatter, " (request id {id})")?;
        }
        if let Some(hint) = &self.hint {
            write!(formatter, "; {hint}")?;
        }
        Ok(())
    }
}
