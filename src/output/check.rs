//! The answer of `bakewatch check`: who asks where, and which calls are permitted.

use std::fmt::Write;

use crate::text::safe::{SafeText, one_line};

/// One call that a watch makes.
pub(crate) struct CheckedCall {
    pub state: CallState,
    /// The IAM action, or the call of the API.
    pub name: &'static str,
    /// What is lost without it, and why it failed.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallState {
    Permitted,
    Denied,
    /// The credentials are refused, or there are none.
    Unauthorized,
    /// The request can't work as configured: the secret key, for example.
    Misconfigured,
    Throttled,
    Unreachable,
}

impl CallState {
    const fn label(self) -> &'static str {
        match self {
            Self::Permitted => "ok",
            Self::Denied => "denied",
            Self::Unauthorized => "unauthorized",
            Self::Misconfigured => "misconfigured",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
        }
    }
}

/// The whole answer: facts with their names, then the calls.
pub(crate) fn check(facts: &[(&str, String)], calls: &[CheckedCall]) -> String {
    let mut text = String::new();
    let safe = |line: &str| one_line(SafeText::new(line).as_str());
    for (name, value) in facts {
        let _ = writeln!(text, "{name:<14}{}", safe(value));
    }
    text.push('\n');
    for call in calls {
        let detail = if call.detail.is_empty() {
            String::new()
        } else {
            format!(": {}", safe(&call.detail))
        };
        let _ = writeln!(text, "{:<14}{}{detail}", call.state.label(), call.name);
    }
    text
}
