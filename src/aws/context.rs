//! The circumstances of a request that its errors are explained from, and the form that all errors have:
//! `failed to X: why; what to do`.

use std::fmt;

use crate::aws::operation::Operation;
use crate::domain::fault::{Fault, FaultKind};
use crate::text::safe::SafeText;

/// The subject of the requests that list images.
pub(crate) const YOUR_IMAGES: &str = "your images";

/// A request's operation, subject and server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestContext<'a> {
    pub(crate) operation: Operation,
    /// The name of the thing that the operation reads.
    pub(crate) subject: &'a str,
    /// The server's host, with its port where that is not the usual one.
    pub(crate) host: &'a str,
    /// Whether the request carries a signature.
    pub(crate) signed: bool,
}

impl RequestContext<'_> {
    pub(crate) fn fault(&self, kind: FaultKind, why: impl fmt::Display) -> Fault {
        let subject = self.subject;
        let about = match subject {
            // What each of the requests is for is the action's to say, where one is denied.
            YOUR_IMAGES => "list",
            _ => self.operation.about(),
        };
        Fault {
            kind,
            message: SafeText::new(&format!("failed to {about} {subject}: {why}")),
            hint: None,
            request_id: None,
        }
    }

    /// The same with a hint for the user.
    pub(crate) fn fault_with_hint(
        &self,
        kind: FaultKind,
        why: impl fmt::Display,
        hint: impl AsRef<str>,
    ) -> Fault {
        Fault {
            hint: Some(SafeText::new(hint.as_ref())),
            ..self.fault(kind, why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_asked_for_the_list_is_to_list_the_images() {
        let context = RequestContext {
            operation: Operation::DescribeImages,
            subject: YOUR_IMAGES,
            host: "h.example",
            signed: true,
        };
        let fault = context.fault(FaultKind::Lost, "no AWS credentials found");
        assert_eq!(
            fault.to_string(),
            "failed to list your images: no AWS credentials found"
        );
    }

    #[test]
    fn a_fault_names_the_operation_its_subject_the_reason_and_the_hint() {
        let context = RequestContext {
            operation: Operation::DescribeImage,
            subject: "img-1",
            host: "h.example",
            signed: true,
        };
        let fault = context.fault_with_hint(FaultKind::Transient, "it rained", "wait for the sun");
        assert_eq!(
            fault.to_string(),
            "failed to describe img-1: it rained; wait for the sun"
        );
    }
}
