//! The allow-list of every call that this program can make. All of them only read, except for one that exchanges
//! credentials.
//!
//! A request is made from an [`Operation`] only, which fixes the service that it is signed for and its method;
//! `clippy.toml` disallows the HTTP client's own methods everywhere else.

use reqwest::header::HeaderMap;
use reqwest::{Method, Url};

/// A call that this program can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    GetImageStackEvents,
    DescribeImage,
    ListImages,
    DescribeStackEvents,
    DescribeStacks,
    ListStacks,
    DescribeImages,
    GetImage,
    ListWorkflowExecutions,
    ListWorkflowStepExecutions,
    /// Exchanges credentials, as the credential chain does.
    AssumeRole,
    GetCallerIdentity,
    /// Lines of a log stream, in order.
    GetLogEvents,
    /// The lines of a log stream in a span of time.
    FilterLogEvents,
}

impl Operation {
    /// The service's name in a signature.
    pub(crate) const fn service(self) -> &'static str {
        match self {
            Self::GetImageStackEvents | Self::DescribeImage | Self::ListImages => "execute-api",
            Self::DescribeStackEvents | Self::DescribeStacks | Self::ListStacks => "cloudformation",
            Self::DescribeImages => "ec2",
            Self::GetImage | Self::ListWorkflowExecutions | Self::ListWorkflowStepExecutions => {
                "imagebuilder"
            }
            Self::GetCallerIdentity | Self::AssumeRole => "sts",
            Self::GetLogEvents | Self::FilterLogEvents => "logs",
        }
    }

    pub(crate) const fn method(self) -> Method {
        match self {
            Self::GetImageStackEvents
            | Self::DescribeImage
            | Self::ListImages
            | Self::DescribeStackEvents
            | Self::DescribeStacks
            | Self::ListStacks
            | Self::DescribeImages
            | Self::GetImage
            | Self::GetCallerIdentity => Method::GET,
            // These read by POST, as do all of their services' lists.
            Self::ListWorkflowExecutions
            | Self::ListWorkflowStepExecutions
            | Self::GetLogEvents
            | Self::FilterLogEvents
            | Self::AssumeRole => Method::POST,
        }
    }

    /// The IAM action that permits the call.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::GetImageStackEvents | Self::DescribeImage | Self::ListImages => {
                "execute-api:Invoke"
            }
            Self::DescribeStackEvents => "cloudformation:DescribeStackEvents",
            Self::DescribeStacks => "cloudformation:DescribeStacks",
            Self::ListStacks => "cloudformation:ListStacks",
            Self::DescribeImages => "ec2:DescribeImages",
            Self::GetImage => "imagebuilder:GetImage",
            Self::ListWorkflowExecutions => "imagebuilder:ListWorkflowExecutions",
            Self::ListWorkflowStepExecutions => "imagebuilder:ListWorkflowStepExecutions",
            Self::AssumeRole => "sts:AssumeRole",
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
            Self::GetLogEvents => "logs:GetLogEvents",
            Self::FilterLogEvents => "logs:FilterLogEvents",
        }
    }

    /// The words between "failed to" and the subject in an error message.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::GetImageStackEvents | Self::DescribeStackEvents => "read the stack events of",
            Self::DescribeImage => "describe",
            Self::ListImages => "list",
            Self::DescribeStacks => "describe the stack",
            Self::ListStacks => "list the stacks for",
            Self::DescribeImages => "find the AMI of",
            Self::GetImage => "read the Image Builder image of",
            Self::ListWorkflowExecutions => "list the Image Builder workflows of",
            Self::ListWorkflowStepExecutions => "list the Image Builder steps of",
            Self::AssumeRole => "assume the role",
            Self::GetCallerIdentity => "find the identity of",
            Self::GetLogEvents => "read the build log of",
            Self::FilterLogEvents => "search the build log for late lines of",
        }
    }
}

/// A request of an operation: unsigned until [`Signer::sign`](crate::aws::signer::Signer::sign) has added its
/// headers.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) operation: Operation,
    /// It is signed and sent exactly as it is written here.
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A request without headers and body.
    pub(crate) fn new(operation: Operation, url: Url) -> Self {
        Self {
            operation,
            url,
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The operation after this one. It has no `_` arm, so a new operation does not compile before it is here, and
    /// so in [`all`].
    const fn next(operation: Operation) -> Option<Operation> {
        match operation {
            Operation::GetImageStackEvents => Some(Operation::DescribeImage),
            Operation::DescribeImage => Some(Operation::ListImages),
            Operation::ListImages => Some(Operation::DescribeStackEvents),
            Operation::DescribeStackEvents => Some(Operation::DescribeStacks),
            Operation::DescribeStacks => Some(Operation::ListStacks),
            Operation::ListStacks => Some(Operation::DescribeImages),
            Operation::DescribeImages => Some(Operation::GetImage),
            Operation::GetImage => Some(Operation::ListWorkflowExecutions),
            Operation::ListWorkflowExecutions => Some(Operation::ListWorkflowStepExecutions),
            Operation::ListWorkflowStepExecutions => Some(Operation::GetCallerIdentity),
            Operation::GetCallerIdentity => Some(Operation::AssumeRole),
            Operation::AssumeRole => Some(Operation::GetLogEvents),
            Operation::GetLogEvents => Some(Operation::FilterLogEvents),
            Operation::FilterLogEvents => None,
        }
    }

    pub(crate) fn all() -> impl Iterator<Item = Operation> {
        std::iter::successors(Some(Operation::GetImageStackEvents), |last| next(*last))
    }

    #[test]
    fn every_operation_only_reads() {
        const READS: [&str; 5] = ["Get", "Describe", "List", "Filter", "Head"];
        let exchanges_credentials = |operation: &Operation| *operation == Operation::AssumeRole;
        for operation in all().filter(|operation| !exchanges_credentials(operation)) {
            let name = format!("{operation:?}");
            assert!(READS.iter().any(|verb| name.starts_with(verb)), "{name}");
            let is_api_gateway = operation.service() == "execute-api";
            assert!(
                !is_api_gateway || operation.method() == Method::GET,
                "{name}: an API behind API Gateway tells reads from writes by the method"
            );
        }
    }

    #[test]
    fn an_action_names_the_service_that_a_request_is_signed_for() {
        for operation in all() {
            let (service, action) = operation.action().split_once(':').unwrap();
            assert_eq!(service, operation.service());
            assert!(!action.is_empty());
        }
    }
}
