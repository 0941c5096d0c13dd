//! Parses the service's reason for a failure: the service, the execution, its status, and the message. The explanation
//! summarises it, hints match it, and the failure view lists its parts.
//!
//! CloudFormation wraps the words of a resource handler, which wraps those of a service. Every part is searched for by
//! itself, so that nothing can fail: text that is not recognised stays in the message. The forms are those of real stacks;
//! AWS documents none of them.

use crate::text::safe::{SafeText, one_line};
use crate::text::width::truncate;

/// The widest summary, in terminal columns.
pub(crate) const SUMMARY_COLUMNS: usize = 90;
/// The widest end of a summary: the state and the execution.
const TAIL_COLUMNS: usize = 48;
/// The widest name of a component in a summary, which leaves room for the message.
const NAME_COLUMNS: usize = 34;
/// Fields in brackets that don't help the user.
const NOISE: [&str; 3] = ["Proxy", "SDK Attempt Count", "Extended Request ID"];
/// The longest text that is parsed, in bytes. No service writes as much; it is parsed after every observation.
const LONGEST: usize = 8 * 1024;
/// The bytes of a text that a summary reads.
const HEAD: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// The service that failed: `imagebuilder`, `Iam`, `SSM`, …
    Service,
    /// The id of a Systems Manager execution on the build instance.
    SsmExecution,
    /// The id of an Image Builder workflow execution: `wf-…`
    Workflow,
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
            Self::Image => "image",
            Self::Status => "status",
            Self::State => "state",
            Self::Message => "message",
            Self::Component => "component",
            Self::Caller => "caller",
            Self::Action => "action",
            Self::Target => "on",
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
    fn of_field(key: &str) -> Option<Self> {
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
}

impl Reason {
    /// Parses any text, in a time that grows with its length. A reason that is longer than any service's is all message.
    pub fn parse(text: &SafeText) -> Self {
        if text.as_str().len() > LONGEST {
            let (label, text) = (Label::Message, text.clone());
            return Self {
                parts: vec![Part { label, text }],
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

    fn get(&self, label: Label) -> Option<&str> {
        self.part(label).map(SafeText::as_str)
    }

    /// The error message of the service; empty if it has none.
    pub fn message(&self) -> &str {
        self.get(Label::Message).unwrap_or_default()
    }

    /// Whether it is longer than any service's, and was not parsed.
    pub(super) fn is_too_long(&self) -> bool {
        self.message().len() > LONGEST
    }

    /// The resources that the stack names as failed.
    pub fn failed_resources(&self) -> impl Iterator<Item = &str> {
        let names = self.get(Label::Resources).into_iter();
        names.flat_map(|names| names.split(',')).map(str::trim)
    }

    /// Whether no part but the message was recognised, so that a summary can only cut it.
    pub fn is_plain(&self) -> bool {
        let structured = [
            Label::SsmExecution,
            Label::Workflow,
            Label::Component,
            Label::Action,
            Label::Resources,
        ];
        !self
            .parts
            .iter()
            .any(|part| structured.contains(&part.label))
    }

    /// One line for the user, of at most [`SUMMARY_COLUMNS`] columns. `component` is the logical id of the component that
    /// the reason names by its ARN, if known.
    pub fn summary(&self, component: Option<&SafeText>) -> SafeText {
        let head = self
            .denial()
            .or_else(|| self.failed_list())
            .or_else(|| self.failed_component(component))
            .unwrap_or_else(|| self.plain());
        let tail = cut(&self.circumstances(), TAIL_COLUMNS);
        let room = SUMMARY_COLUMNS - TAIL_COLUMNS.min(crate::text::width::width(&tail));
        let head = cut(&head, room);
        SafeText::new(&format!("{head}{tail}"))
    }

    fn plain(&self) -> String {
        match (self.message(), self.get(Label::HandlerCode)) {
            ("", Some(code)) => format!("no message, {}", head_of(code)),
            ("", None) => "no message".to_owned(),
            (message, _) => head_of(message).to_owned(),
        }
    }

    fn failed_component(&self, logical_id: Option<&SafeText>) -> Option<String> {
        let arn = self.get(Label::Component)?;
        let (before, after) = self.message().split_once(arn)?;
        let before = before.strip_suffix("Document ").unwrap_or(before);
        let after = head_of(after).trim_end_matches(['!', '.', ' ']);
        let name = logical_id.map_or_else(|| component_name(arn), SafeText::as_str);
        let name = cut(name, NAME_COLUMNS);
        Some(format!("{}component {name}{after}", head_of(before)))
    }

    fn denial(&self) -> Option<String> {
        let action = self.get(Label::Action)?;
        let target = self.get(Label::Target).map(resource_of_arn);
        let target = target.map_or_else(String::new, |target| format!(" on {target}"));
        Some(format!("not authorized to perform {action}{target}"))
    }

    fn failed_list(&self) -> Option<String> {
        let operation = self.get(Label::Operation)?;
        let names = head_of(self.get(Label::Resources)?);
        Some(format!("failed to {operation}: {names}"))
    }

    /// The state of the build, and the execution.
    fn circumstances(&self) -> String {
        let state = self.get(Label::State);
        let state = state.map_or_else(String::new, |state| format!(" while {state}"));
        let status = self.get(Label::Status).unwrap_or("failed");
        let execution = if self.get(Label::SsmExecution).is_some() {
            format!(" (SSM execution {status})")
        } else if self.get(Label::Workflow).is_some() {
            format!(" (workflow execution {status})")
        } else {
            String::new()
        };
        format!("{state}{execution}")
    }
}

/// The part of a text that a line can show at most.
fn head_of(text: &str) -> &str {
    text.get(..text.floor_char_boundary(HEAD)).unwrap_or(text)
}

/// A text on one line of at most `columns` columns; its first space stays.
fn cut(text: &str, columns: usize) -> String {
    let space = if text.starts_with(' ') { " " } else { "" };
    let line = format!("{space}{}", one_line(head_of(text)));
    truncate(&line, columns, "...")
}

/// The name in a component's ARN, `arn:aws:imagebuilder:REGION:ACCOUNT:component/NAME/VERSION/BUILD`.
fn component_name(arn: &str) -> &str {
    resource_of_arn(arn).split('/').nth(1).unwrap_or(arn)
}

/// The resource part of an ARN; any other text is returned unchanged.
pub(super) fn resource_of_arn(arn: &str) -> &str {
    let is_arn = arn.starts_with("arn:");
    let resource = arn.splitn(6, ':').nth(5);
    resource.filter(|_| is_arn).unwrap_or(arn)
}

/// The parts that have been found so far, each a slice of the text.
#[derive(Default)]
struct Found<'a>(Vec<(Label, &'a str)>);

impl<'a> Found<'a> {
    fn read(&mut self, text: &'a str) {
        let body = self.handler(text.trim());
        let body = self.service_call(body);
        let message = self.operation(body).trim();
        self.add(Label::Message, Some(message).filter(|text| *text != "null"));
        self.add(Label::Component, component_arn(message));
        self.denial(message);
        self.list(message);
        self.infer_service(body);
    }

    /// Keeps the first part of each label; an empty one is none.
    fn add(&mut self, label: Label, part: impl Into<Option<&'a str>>) {
        let known = self.0.iter().any(|(known, _)| *known == label);
        let part = part.into().filter(|part| !part.is_empty() && !known);
        self.0.extend(part.map(|part| (label, part)));
    }

    fn get(&self, label: Label) -> Option<&'a str> {
        let found = self.0.iter().find(|(known, _)| *known == label);
        found.map(|(_, part)| *part)
    }

    /// `Resource handler returned message: "…" (RequestToken: …, HandlerErrorCode: …)`; returns the inside.
    fn handler(&mut self, text: &'a str) -> &'a str {
        let text = self.bracket(text, "(RequestToken: ");
        let Some(inner) = text.strip_prefix("Resource handler returned message: \"") else {
            return text;
        };
        inner.strip_suffix('"').unwrap_or(inner)
    }

    /// `… (Service: X, Status Code: N, Request ID: Y) (SDK Attempt Count: 1)`, and the older form with `;` and
    /// an `Error Code`; returns the text before.
    fn service_call(&mut self, text: &'a str) -> &'a str {
        let text = self.bracket(text, "(SDK Attempt Count: ");
        self.bracket(text, "(Service: ")
    }

    /// Reads the last bracket that begins with `open`, and returns the text without it. A bracket before other text, or
    /// with unknown fields, stays.
    fn bracket(&mut self, text: &'a str, open: &str) -> &'a str {
        let Some((before, bracket)) = text.rfind(open).and_then(|at| text.split_at_checked(at))
        else {
            return text;
        };
        let inside = bracket.strip_prefix('(').unwrap_or(bracket);
        let (inside, after) = inside.split_once(')').unwrap_or((inside, ""));
        let mut is_known = after.trim_matches(['.', ' ']).is_empty();
        for field in inside.split([',', ';']) {
            is_known &= self.field(field);
        }
        if is_known { before.trim_end() } else { text }
    }

    /// Reads a `key: value`. True if the text without it loses nothing.
    fn field(&mut self, field: &'a str) -> bool {
        let Some((key, value)) = field.split_once(':') else {
            return false;
        };
        let (key, value) = (key.trim(), value.trim());
        let Some(label) = Label::of_field(key) else {
            return NOISE.contains(&key);
        };
        self.add(label, Some(value).filter(|value| *value != "null"));
        true
    }

    /// `Error occurred during operation '…'.`, and Image Builder's message inside; returns the message.
    fn operation(&mut self, body: &'a str) -> &'a str {
        let inner = match body.strip_prefix("Error occurred during operation '") {
            Some(inner) => unquoted_end(inner.strip_suffix('.').unwrap_or(inner)),
            None => body,
        };
        let quoted = inner.split_once("failure message = '");
        let quoted = quoted.map(|(head, message)| (head, unquoted_end(message)));
        let reason = || inner.split_once("failed with reason: ");
        let (head, message) = quoted.or_else(reason).unwrap_or((inner, inner));
        let marks = [
            (Label::SsmExecution, "SSM execution '"),
            (Label::Workflow, "Workflow Execution ID: '"),
            (Label::Image, "for image arn: '"),
            (Label::Status, "with status = '"),
            (Label::State, "in state = '"),
        ];
        for (label, mark) in marks {
            let part = head
                .split_once(mark)
                .and_then(|(_, rest)| rest.split_once('\''));
            self.add(label, part.map(|(part, _)| part));
        }
        message
    }

    /// `User: CALLER is not authorized to perform: ACTION on resource: TARGET because …`
    fn denial(&mut self, message: &'a str) {
        let mark = " is not authorized to perform: ";
        let Some((before, after)) = message.split_once(mark) else {
            return;
        };
        self.add(Label::Action, first_word(after));
        let caller = before
            .rsplit_once("User: ")
            .map(|(_, caller)| first_word(caller));
        self.add(Label::Caller, caller);
        let target = after.split_once(" on resource: ").map(|(_, rest)| rest);
        self.add(Label::Target, target.map(target_of));
    }

    /// `The following resource(s) failed to create: [A, B]. `
    fn list(&mut self, message: &'a str) {
        let list = message
            .split_once("resource(s) failed to ")
            .and_then(|(_, rest)| rest.split_once(": ["))
            .and_then(|(operation, rest)| Some((operation, rest.split_once(']')?.0)));
        if let Some((operation, names)) = list
            && operation.len() <= "rollback".len()
        {
            self.add(Label::Operation, operation.trim());
            self.add(Label::Resources, names.trim());
        }
    }

    /// Infers the service, if the reason does not name it, from the image, the action or the execution.
    fn infer_service(&mut self, body: &'a str) {
        let image = self.get(Label::Image).filter(|arn| arn.starts_with("arn:"));
        self.add(Label::Service, image.and_then(|arn| arn.split(':').nth(2)));
        let action = self.get(Label::Action);
        let action = action.and_then(|action| action.split_once(':'));
        self.add(Label::Service, action.map(|(service, _)| service));
        if self.get(Label::SsmExecution).is_some() {
            let ssm = body.find("SSM").and_then(|at| body.get(at..at + 3));
            self.add(Label::Service, ssm);
        }
    }
}

fn unquoted_end(text: &str) -> &str {
    text.strip_suffix('\'').unwrap_or(text)
}

/// The ARN of an Image Builder component in a text.
fn component_arn(text: &str) -> Option<&str> {
    let at = text.find(":component/")?;
    let start = text.get(..at)?.rfind("arn:")?;
    Some(first_word(text.get(start..)?))
}

/// The first word of a text, without the punctuation after it.
fn first_word(text: &str) -> &str {
    let ends = |character: char| character.is_whitespace() || matches!(character, '"' | '\'' | ',');
    let word = text.split(ends).next().unwrap_or_default();
    word.trim_end_matches(['.', ';', '!', ')'])
}

/// The resource of a denied action: an ARN, or words such as `role X`.
fn target_of(text: &str) -> &str {
    if text.starts_with("arn:") || text.starts_with('*') {
        return first_word(text);
    }
    let ends = [" because ", " with an explicit deny", " (", "\""];
    let end = ends.iter().filter_map(|end| text.find(end)).min();
    let target = end.and_then(|end| text.get(..end)).unwrap_or(text);
    target.trim().trim_end_matches('.')
}
