//! Searches a service's reason for its parts. Each part is a slice of the text and is searched for by itself, so that
//! nothing can fail: text that is not recognised stays in the message.
//!
//! Wordings differ between services, releases and partitions, so the marks are regular expressions that ignore case.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::reason::parts::Label;
use crate::domain::reason::said::first_error;

/// How the handler of the image begins what Image Builder says.
pub(crate) const OPERATION: &str = "Error occurred during operation '";
/// Fields in brackets that don't help the user.
const NOISE: [&str; 3] = ["Proxy", "SDK Attempt Count", "Extended Request ID"];

/// The parts that have been found so far, each a slice of the text.
#[derive(Default)]
pub(crate) struct Found<'a>(pub(super) Vec<(Label, &'a str)>);

/// A part is the first group of the first match.
struct Mark(Label, LazyLock<Regex>);

macro_rules! mark {
    ($label:ident, $pattern:literal) => {
        Mark(
            Label::$label,
            LazyLock::new(|| compiled(concat!("(?is)", $pattern))),
        )
    };
}

/// The parts of Image Builder's wrapping.
static EXECUTION: [Mark; 9] = [
    mark!(
        SsmExecution,
        r#"\bSSM (?:automation )?execution(?: id)?:? ?['"]?([0-9a-f][0-9a-f-]{7,})"#
    ),
    mark!(
        Workflow,
        r#"\bworkflow execution(?: id)?:? ?['"]?(wf-[0-9a-z-]+)"#
    ),
    mark!(Job, r#"\bjob ?id:? ?['"]?([0-9a-f][0-9a-f-]{7,})"#),
    mark!(
        Image,
        r#"(arn:[a-z0-9-]*:imagebuilder:[^:\s]*:[^:\s]*:image/[^\s'",;)]*[^\s'",;).])"#
    ),
    mark!(Status, r"\bstatus ?= ?'([^']+)'"),
    mark!(State, r"\bstate ?= ?'([^']+)'"),
    mark!(
        TargetRegion,
        r#"\b(?:in|to) (?:the )?region:? ?['"(]?([a-z]{2,3}(?:-[a-z]+)+-[0-9]{1,2})\b"#
    ),
    mark!(
        TargetAccount,
        r#"\b(?:destination|target) account:? ?\(?(?:id:? ?)?['"]?([0-9]{12})\b"#
    ),
    mark!(Instance, r"\b(i-[0-9a-f]{8,17})\b"),
];

/// The parts of a message, whichever service wrote it.
static MESSAGE: [Mark; 6] = [
    mark!(
        Action,
        r#"not authorized to perform:?\s*["'\[]?([a-z][a-z0-9-]*:[a-z0-9*]+)"#
    ),
    mark!(
        Caller,
        r#"\bUser:\s*["']?(\S+?)["',]?\s+(?:is|are) not authorized to perform"#
    ),
    mark!(
        Encoded,
        r"\bencoded authorization (?:failure )?message:\s*([a-z0-9_-]{20,})"
    ),
    mark!(Hook, r"\bhook\(?s?\)? failed:?\s*\[([^\],\s]+)"),
    mark!(
        HookReason,
        r"\bhook\(?s?\)? failed(?: with message)?:?\s*(?:\[[^\]]*\]\s*:?\s*)?(?:hook failed with message:\s*)?([^\[\s:.].*)"
    ),
    mark!(
        ExitCode,
        r"\b(?:exit (?:code|status)|ResponseCode) ?[:=]? ?\[?([0-9]{1,5})\b"
    ),
];

/// The wrappings of a message; the first group is the message.
static WRAPPINGS: [LazyLock<Regex>; 4] = [
    LazyLock::new(|| compiled(r"(?is)failure message ?[=:] ?'(.*)$")),
    LazyLock::new(|| compiled(r"(?is)failed with reason: ?(.*)$")),
    LazyLock::new(|| compiled(r"(?is)\bjob ?id\b.*?\berror ?[:=] ?'(.*)$")),
    LazyLock::new(|| {
        compiled(
            r"(?is)\b(?:can.?t|cannot|could not|unable to|failed to) start .{1,60}? arn:? ?'?arn:\S+(?: during \w+)?[.:] (.*)$",
        )
    }),
];

/// A pattern of this program; one that does not compile would match nothing, and the tests would say so. The names of
/// AWS are in ASCII: with Unicode's letters a pattern that repeats `\w` would take long to compile.
pub(crate) fn compiled(pattern: &str) -> Regex {
    let pattern = pattern.replace(r"\w", "[0-9A-Za-z_]");
    Regex::new(&pattern)
        .or_else(|_| Regex::new("$^a"))
        .unwrap_or_else(|error| unreachable!("{pattern}: {error}"))
}

/// Words of CloudFormation for a failure that it knows nothing about.
static NOTHING: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?i)^\W*(?:null|none|unknown|internal ?(?:failure|error|service ?error)|general ?service ?exception)?\W*$",
    )
});

/// Whether a message has no cause.
pub(crate) fn says_nothing(message: &str) -> bool {
    NOTHING.is_match(message)
}

impl<'a> Found<'a> {
    pub(crate) fn read(&mut self, text: &'a str) {
        let body = self.handler(text.trim());
        let body = self.service_call(body);
        let message = self.operation(body).trim();
        self.add(Label::Message, Some(message).filter(|text| *text != "null"));
        // Of several errors the first one is explained.
        let first = first_error(message);
        self.add(Label::Component, component_arn(first));
        self.marks(&MESSAGE, first);
        if self.get(Label::Action).is_some() {
            let target = first.split_once(" on resource: ");
            self.add(Label::Target, target.map(|(_, rest)| target_of(rest)));
        }
        self.list(message);
        self.infer_service(body);
    }

    fn marks(&mut self, marks: &[Mark], text: &'a str) {
        for Mark(label, pattern) in marks {
            let part = pattern.captures(text).and_then(|found| found.get(1));
            self.add(*label, part.map(|part| part.as_str().trim()));
        }
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
        let inner = match body.strip_prefix(OPERATION) {
            Some(inner) => unquoted_end(inner.strip_suffix('.').unwrap_or(inner)),
            None => body,
        };
        let wrapped = WRAPPINGS.iter().find_map(|wrapping| {
            let message = wrapping.captures(inner)?.get(1)?;
            Some((inner.get(..message.start())?, message.as_str()))
        });
        if let Some((head, message)) = wrapped {
            self.marks(&EXECUTION, head);
            // Where a distribution failed is behind its cause.
            self.marks(&EXECUTION[6..], first_error(message));
            return if head.ends_with('\'') {
                unquoted_end(message.trim_end().trim_end_matches('.'))
            } else {
                message
            };
        }
        if inner.len() < body.len() || has_execution(inner) {
            self.marks(&EXECUTION, inner);
        }
        inner
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

fn has_execution(text: &str) -> bool {
    EXECUTION[..3].iter().any(|mark| mark.1.is_match(text))
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
    let ends =
        |character: char| character.is_whitespace() || matches!(character, '"' | '\'' | '\\' | ',');
    let word = text.split(ends).next().unwrap_or_default();
    word.trim_end_matches(['.', ';', '!', ')'])
}

/// The resource of a denied action: an ARN, in quotes or not, or words such as `role X`.
fn target_of(text: &str) -> &str {
    let text = text.trim_start_matches(['"', '\'', '\\', ' ']);
    if text.starts_with("arn:") || text.starts_with('*') {
        return first_word(text);
    }
    let ends = [
        " because ",
        " with an explicit deny",
        " (",
        "\"",
        ". ",
        "\n",
    ];
    let end = ends.iter().filter_map(|end| text.find(end)).min();
    let target = end.and_then(|end| text.get(..end)).unwrap_or(text);
    target.trim().trim_end_matches('.')
}
