//! Why a request failed, told apart by what can be done about it.

use std::fmt;

use crate::text::safe::SafeText;

/// What kind of thing went wrong, and so what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The API, the gateway or CloudFormation asks to slow down; waiting helps.
    Throttled,
    /// No answer, or a server-side failure; trying again helps.
    Transient,
    /// An answer that is not the API's: cut short, not JSON, from something in between. Trying again helps.
    Malformed,
    /// The credentials have expired or can't be had; renewing them helps.
    Expired,
    /// The API understood who asks and said no; other permissions help.
    Denied,
    /// The request can't work as configured: address, region, certificate, or a refused parameter.
    Misconfigured,
}

impl FaultKind {
    /// Whether waiting can mend it. What waiting can't mend ends a headless watch that has seen no answer.
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient | Self::Malformed)
    }
}

/// A failed request, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What can be done about it.
    pub kind: FaultKind,
    /// What failed and why: one lower-case line without secrets.
    pub message: SafeText,
    /// What would help, where that is known.
    pub hint: Option<SafeText>,
    /// The service's id of the request, for a support case.
    pub request_id: Option<SafeText>,
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
