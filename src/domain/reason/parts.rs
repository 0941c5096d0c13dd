//! Parses the service's reason for a failure: the service, the execution, its status, and the message. The explanation
//! summarises it, hints match it, and the failure view lists its parts.
//!
//! CloudFormation wraps the words of a resource handler, which wraps those of a service. Every part is searched for by
//! itself, so that nothing can fail: text that is not recognised stays in the message. The forms are those of real stacks;
//! AWS documents none of them.

use crate::domain::reason::parse::{Found, OPERATION};
use crate::text::safe::SafeText;

/// The longest text that is parsed, in bytes. No service writes as much; it is parsed after every observation.
const LONGEST: usize = 8 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// The service that failed: `imagebuilder`, `Iam`, `SSM`, …
    Service,
    /// The id of a Systems Manager execution on the build instance.
    SsmExecution,
    /// The id of an Image Builder workflow execution: `wf-…`
    Workflow,
    /// The id of a distribution or integration job.
    Job,
    /// The ARN of the image that was being built.
    Image,
    /// The status of the execution: `Failed`, `TimedOut`, …
    Status,
    /// The stage that Image Builder was in: `BUILDING`, `TESTING`, …
    State,
    /// The error message, without its wrapping.
    Message,
    /// The ARN of the component that failed.
    Component,
    /// The ARN of the caller that was denied.
    Caller,
    /// The denied action, such as `iam:CreateRole`.
    Action,
    /// The resource of the denied action.
    Target,
    /// The encoded explanation of a denial, which only `sts decode-authorization-message` can read.
    Encoded,
    /// The region that a distribution goes to.
    TargetRegion,
    /// The account that a distribution goes to.
    TargetAccount,
    /// The id of the build instance.
    Instance,
    /// The CloudFormation hook that rejected a resource.
    Hook,
    /// The words of that hook.
    HookReason,
    /// The exit code of a command on the build instance.
    ExitCode,
    /// The operation that failed on a stack's resources: `create`, `delete`, …
    Operation,
    /// Those resources, separated by `, `.
    Resources,
    /// The HTTP status code of the service's response.
    StatusCode,
    /// The service's own error code.
    ErrorCode,
    /// The id of the request to the service.
    RequestId,
    /// The token of CloudFormation's request to the handler.
    RequestToken,
    /// CloudFormation's class of the error: `GeneralServiceException`, `AlreadyExists`, …
    HandlerCode,
}

impl Label {
    /// The name of the part on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::SsmExecution => "ssm execution",
            Self::Workflow => "workflow",
            Self::Job => "job",
            Self::Image => "image",
            Self::Status => "status",
            Self::State => "state",
            Self::Message => "message",
            Self::Component => "component",
            Self::Caller => "caller",
            Self::Action => "action",
            Self::Target => "on",
            Self::Encoded => "encoded message",
            Self::TargetRegion => "to region",
            Self::TargetAccount => "to account",
            Self::Instance => "instance",
            Self::Hook => "hook",
            Self::HookReason => "hook's reason",
            Self::ExitCode => "exit code",
            Self::Operation => "failed to",
            Self::Resources => "resources",
            Self::StatusCode => "status code",
            Self::ErrorCode => "error code",
            Self::RequestId => "request id",
            Self::RequestToken => "request token",
            Self::HandlerCode => "handler code",
        }
    }

    /// The label of a `key: value` in brackets at the end of a reason.
    pub(crate) fn of_field(key: &str) -> Option<Self> {
        Some(match key {
            "Service" => Self::Service,
            "Status Code" => Self::StatusCode,
            "Error Code" => Self::ErrorCode,
            "Request ID" => Self::RequestId,
            "RequestToken" => Self::RequestToken,
            "HandlerErrorCode" => Self::HandlerCode,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub label: Label,
    /// The service's own words.
    pub text: SafeText,
}

/// A parsed reason. It has at most one part of each label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    parts: Vec<Part>,
    is_of_image_builder: bool,
}

impl Reason {
    /// Parses any text, in a time that grows with its length. A reason that is longer than any service's is all message.
    pub fn parse(text: &SafeText) -> Self {
        if text.as_str().len() > LONGEST {
            let (label, text) = (Label::Message, text.clone());
            return Self {
                parts: vec![Part { label, text }],
                is_of_image_builder: false,
            };
        }
        let text = text.as_str();
        let mut found = Found::default();
        found.read(text);
        let start = text.as_ptr().addr();
        found
            .0
            .sort_by_key(|(_, part)| part.as_ptr().addr() - start);
        let parts = found.0.into_iter().map(|(label, part)| Part {
            label,
            text: SafeText::new(part),
        });
        Self {
            parts: parts.collect(),
            is_of_image_builder: text.contains(OPERATION),
        }
    }

    /// The parts, in the order of the text.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub fn part(&self, label: Label) -> Option<&SafeText> {
        let part = self.parts.iter().find(|part| part.label == label)?;
        Some(&part.text)
    }

    pub(crate) fn get(&self, label: Label) -> Option<&str> {
        self.part(label).map(SafeText::as_str)
    }

    /// The error message of the service; empty if it has none.
    pub fn message(&self) -> &str {
        self.get(Label::Message).unwrap_or_default()
    }

    /// Whether the whole text is the message, so that nothing was taken out of it.
    pub fn is_plain(&self) -> bool {
        self.parts.iter().all(|part| part.label == Label::Message)
    }

    /// Whether Image Builder failed while it built, tested or distributed the image.
    pub(crate) fn is_of_image_builder(&self) -> bool {
        self.is_of_image_builder
    }

    /// Whether it is longer than any service's, and was not parsed.
    pub(crate) fn is_too_long(&self) -> bool {
        self.message().len() > LONGEST
    }

    /// The resources that the stack names as failed.
    pub fn failed_resources(&self) -> impl Iterator<Item = &str> {
        let names = self.get(Label::Resources).into_iter();
        names.flat_map(|names| names.split(',')).map(str::trim)
    }
}

/// The resource part of an ARN; any other text is returned unchanged.
pub(crate) fn resource_of_arn(arn: &str) -> &str {
    let is_arn = arn.starts_with("arn:");
    let resource = arn.splitn(6, ':').nth(5);
    resource.filter(|_| is_arn).unwrap_or(arn)
}
