//! One line about a failure that names its cause: the words of the remedy's class where it has some, else the service's
//! message without what wraps it.
//!
//! Room is short, so the cause comes first. ARNs become the names of their resources, and what does not fit is left out
//! at the end of a sentence or of a clause.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::failure::parse::compiled;
use crate::domain::failure::reason::{Label, Reason, resource_of_arn};
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{truncate, width};

/// The widest summary, in terminal columns.
pub(crate) const SUMMARY_COLUMNS: usize = 90;
/// The widest name in a summary, which leaves room for the cause.
const NAME_COLUMNS: usize = 40;
/// The fewest columns of a cause that ends before its text does.
const LEAST_CLAUSE: usize = 24;
/// The fewest columns of a cause behind a label.
const LEAST_TAIL: usize = 12;
/// The bytes of a text that a summary reads.
const HEAD: usize = 2048;
/// The wrappings around a cause, at most.
const DEPTH: usize = 6;

/// What wraps a cause; the cause is the group of that name.
static WRAPPINGS: LazyLock<[Regex; 10]> = LazyLock::new(|| {
    [
        r#"^resource handler returned message: "(?<cause>.+?)"?$"#,
        r"^not all (?:distribution|integration) jobs are completed\.?,?:? (?:\(?1[).] ?)?(?<cause>.+)$",
        r#"^(?:amazon |aws )?\w+ (?:client|service|server) (?:error|exception): ?['"](?<cause>.+?)['"]\.?(?: (?:when|while|during) .*)?$"#,
        r"^(?:amazon |aws )?\w+ (?:client|service|server) (?:error|exception): (?<cause>.+)$",
        r"^(?:\S+ )?an error occurred \(\w+\) when calling the \w+ operation(?: \([^)]*\))?: (?<cause>.+)$",
        r"^properties validation failed for resource \w+ with message:? (?<cause>.+)$",
        r"^(?<cause>.+?) when distributing the image\b.*$",
        r"^step fails when it is .{1,60}?\. (?<cause>.+)$",
        r"^(?<cause>.+?)\.? (?:please )?(?:refer to|see|consult) [^.]{0,80}(?:guide|documentation)\b.*$",
        r"^(?<cause>.{16,}?[^.])\. (?:please|for more (?:information|details)|to troubleshoot) .*$",
    ]
    .map(|pattern| compiled(&format!("(?i){pattern}")))
});

/// The output of a command in a Systems Manager reason: from its errors on, if it says which these are.
static OUTPUT: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?i)\boutput ?[=:] ?\[(?:.*?-{3,} ?error ?-{3,})?(?<cause>[^\]].*?)(?:\], ?\w+=\[.*|\]\}.*|\])?$",
    )
});
/// The failed document, in an output that is JSON.
static FAILED_DOCUMENT: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"(?i)\\?"failureMessage\\?" ?: ?\\?"(?:document )?(?:TOE_[^\s/]+/)?(?<cause>[^"\\]+)"#,
    )
});
/// A parameter that a service does not accept, and why.
static PARAMETERS: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [
        r"^(?:the )?value supplied for parameter '(?<name>[^']{1,60})' is not valid[.:] (?<cause>.+)$",
        r"^value \([^)]*\) for parameter (?<name>[\w.\[\]-]{1,60}) is invalid\. (?<cause>.+)$",
    ]
    .map(|pattern| compiled(&format!("(?i){pattern}")))
});
/// A resource that CloudFormation names by its type and its identifier, which may be JSON.
static IDENTIFIED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"(?i)^resource of type '(?:\w+::)*(?<kind>\w+)' with identifier '(?:\{"/properties/\w+":")?(?<id>.+?)(?:"\})?' (?<rest>\w.*)$"#,
    )
});
/// What only repeats the exit code behind an output.
static RUN_FAILED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?i);? ?(failed to run commands: exit status [0-9]+)"));
static ARN: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r#"arn:[a-z0-9-]*:[a-z0-9-]*:[a-z0-9-]*:[0-9]*:[^\s'",;)\]]*[^\s'",;)\].:!]"#)
});
/// The places where a text may end: the end of a sentence, then that of a clause.
static ENDS: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [
        r"[.!?;] ",
        r", | because | since | as | by | for this | for more | for details | when | \(",
    ]
    .map(compiled)
});
static ENCODED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?i)\.? ?encoded authorization (?:failure )?message:.*$"));

/// The summary of a reason. `words` are those of its class, longest first; `component` is the logical id of the component
/// that the reason names by its ARN, if known.
pub(super) fn summarize(
    reason: &Reason,
    words: &[String],
    component: Option<&SafeText>,
) -> SafeText {
    let fits = |text: &&String| width(text) <= SUMMARY_COLUMNS;
    let head = words.iter().find(fits).cloned();
    let head = head
        .or_else(|| denial(reason))
        .or_else(|| hook(reason))
        .or_else(|| failed_list(reason))
        .or_else(|| failed_component(reason, component))
        .unwrap_or_else(|| plain(reason));
    let head = fit(&head, SUMMARY_COLUMNS);
    let room = SUMMARY_COLUMNS.saturating_sub(width(&head));
    let tail = circumstances(reason)
        .into_iter()
        .find(|tail| width(tail) <= room);
    SafeText::new(&(head + &tail.unwrap_or_default()))
}

fn plain(reason: &Reason) -> String {
    let message = match (reason.message(), reason.get(Label::HandlerCode)) {
        ("", Some(code)) => return fit(&format!("no message, {}", head_of(code)), SUMMARY_COLUMNS),
        ("", None) => return "no message".to_owned(),
        (message, _) => message,
    };
    let text = cause(message);
    let region = reason
        .get(Label::TargetRegion)
        .filter(|_| reason.part(Label::Job).is_some());
    let Some(region) = region else {
        return fit(&text, SUMMARY_COLUMNS);
    };
    // The shorter the place, the more room has the cause.
    let places = [
        format!("distributing to {region} failed: "),
        format!("distributing to {region}: "),
        format!("{region}: "),
    ];
    let fits = |place: &&String| width(place) + width(&text) <= SUMMARY_COLUMNS;
    let place = places.iter().find(fits).unwrap_or(&places[2]);
    let room = SUMMARY_COLUMNS.saturating_sub(width(place));
    format!("{place}{}", fit(&text, room))
}

/// The text without what wraps it, on one line.
pub(super) fn cause(message: &str) -> String {
    let lines = normal(message);
    let mut cause = lines.as_str();
    for _ in 0..DEPTH {
        let inner = WRAPPINGS.iter().find_map(|wrapping| {
            let inner = wrapping.captures(cause)?.name("cause")?.as_str().trim();
            (!inner.is_empty()).then_some(inner)
        });
        let Some(inner) = inner else { break };
        cause = inner;
    }
    if let Some(said) = output(cause) {
        return with_names(&said).into_owned();
    }
    let cause = ENCODED.replace(cause, "");
    let parameter = PARAMETERS.iter().find_map(|form| form.captures(&cause));
    let text = if let Some(found) = parameter {
        format!("{}: {}", &found["name"], &found["cause"])
    } else if let Some(found) = IDENTIFIED.captures(&cause) {
        let id = middle(&found["id"], NAME_COLUMNS);
        format!("{} {id} {}", &found["kind"], &found["rest"])
    } else {
        cause.into_owned()
    };
    with_names(&text).into_owned()
}

/// What a command said, in a Systems Manager reason.
fn output(text: &str) -> Option<String> {
    let output = OUTPUT.captures(text)?.name("cause")?.as_str();
    if let Some(found) = FAILED_DOCUMENT.captures(output) {
        return Some(format!("document {}", found["cause"].trim_end_matches('!')));
    }
    let said = RUN_FAILED.replace(output, "");
    if !said.trim().is_empty() {
        return Some(said.trim().to_owned());
    }
    let exit = RUN_FAILED.captures(output)?.get(1)?;
    Some(exit.as_str().to_owned())
}

/// A text on one line, in plain quotation marks, with ends of lines as they are written in a sentence.
pub(super) fn normal(text: &str) -> String {
    let head = head_of(text);
    let line = one_line(head.trim());
    line.replace(['’', '‘'], "'").replace(['“', '”'], "\"")
}

/// The text with the names of resources in place of their ARNs.
fn with_names(text: &str) -> Cow<'_, str> {
    ARN.replace_all(text, |found: &regex::Captures<'_>| {
        middle(
            name_of_arn(found.get(0).map_or("", |arn| arn.as_str())),
            NAME_COLUMNS,
        )
    })
}

/// The text with the kind of resource in place of each ARN, for patterns that must not match a name.
pub(super) fn with_kinds(text: &str) -> String {
    let kind = |found: &regex::Captures<'_>| {
        let arn = found.get(0).map_or("", |arn| arn.as_str());
        let service = arn.split(':').nth(2).unwrap_or_default();
        let kind = resource_of_arn(arn).split(['/', ':']).next();
        format!("arn:{service}:{}", kind.unwrap_or_default())
    };
    ARN.replace_all(text, kind).into_owned()
}

/// The name in an ARN, such as that of `…:component/NAME/VERSION/BUILD`.
fn name_of_arn(arn: &str) -> &str {
    let resource = resource_of_arn(arn);
    let parts = resource.split('/');
    match parts.clone().next() {
        Some("component" | "image" | "stack" | "key") => parts.clone().nth(1).unwrap_or(resource),
        Some("role" | "user" | "instance-profile" | "policy") => {
            parts.clone().next_back().unwrap_or(resource)
        }
        _ => resource,
    }
}

fn failed_component(reason: &Reason, logical_id: Option<&SafeText>) -> Option<String> {
    let arn = reason.get(Label::Component)?;
    let (before, after) = reason.message().split_once(arn)?;
    let before = before.strip_suffix("Document ").unwrap_or(before);
    let after = head_of(after).trim_end_matches(['!', '.', ' ']);
    let name = logical_id.map_or_else(|| name_of_arn(arn), SafeText::as_str);
    let name = middle(name, NAME_COLUMNS);
    Some(one_line(&format!(
        "{}component {name}{after}",
        head_of(before)
    )))
}

fn denial(reason: &Reason) -> Option<String> {
    let action = reason.get(Label::Action)?;
    let room =
        SUMMARY_COLUMNS.saturating_sub(width("not authorized to perform  on ") + width(action));
    let target = reason.get(Label::Target).map(resource_of_arn);
    let target = target.map_or_else(String::new, |target| {
        format!(" on {}", middle(&one_line(head_of(target)), room))
    });
    let text = format!("not authorized to perform {action}{target}");
    Some(text)
}

fn hook(reason: &Reason) -> Option<String> {
    let name = middle(reason.get(Label::Hook)?, NAME_COLUMNS);
    let Some(said) = reason.get(Label::HookReason) else {
        return Some(format!("hook {name} failed"));
    };
    let said = cause(said);
    let said = said.strip_prefix("ValidationError ").unwrap_or(&said);
    let said = said.split(" [FIX]").next().unwrap_or(said);
    let start = format!("hook {name}: ");
    let room = SUMMARY_COLUMNS.saturating_sub(width(&start));
    Some(start + &fit(said, room))
}

fn failed_list(reason: &Reason) -> Option<String> {
    let operation = reason.get(Label::Operation)?;
    let names = head_of(reason.get(Label::Resources)?);
    Some(format!("failed to {operation}: {names}"))
}

/// The state of the build, and the execution: the most that could be said, and less.
fn circumstances(reason: &Reason) -> Vec<String> {
    let state = reason.get(Label::State);
    let state = state.map_or_else(String::new, |state| format!(" while {state}"));
    let status = reason.get(Label::Status).unwrap_or("failed");
    let execution = if reason.part(Label::SsmExecution).is_some() {
        format!(" (SSM execution {status})")
    } else if reason.part(Label::Workflow).is_some() {
        format!(" (workflow execution {status})")
    } else {
        String::new()
    };
    vec![format!("{state}{execution}"), state]
}

/// The part of a text that a line can show at most.
fn head_of(text: &str) -> &str {
    text.get(..text.floor_char_boundary(HEAD)).unwrap_or(text)
}

/// A text in at most `columns` columns: whole, else to the end of a sentence, of a clause, or of a word.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let text = text.trim().trim_end_matches(['.', ' ', '"', '\'']);
    let whole = balanced(text);
    if width(&whole) <= columns {
        return whole;
    }
    let room = columns.saturating_sub(3);
    let ends = ENDS.iter().map(|ends| {
        let heads = ends
            .find_iter(text)
            .filter_map(|end| text.get(..end.start()));
        heads
            .filter(|head| (LEAST_CLAUSE.min(room)..=room).contains(&width(head)))
            .last()
    });
    let ends: Vec<_> = ends.collect();
    let trimmed = |text: &str| text.trim_end_matches(['.', ',', ':', ' ']).to_owned();
    if let [Some(sentence), _] = ends[..] {
        return trimmed(sentence);
    }
    if let Some(tail) = last_clause(text, columns) {
        return balanced(tail);
    }
    if let [_, Some(clause)] = ends[..] {
        return format!("{}...", trimmed(clause));
    }
    let cut = truncate(text, room, "");
    let word = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    let word = if width(word) < LEAST_CLAUSE.min(room) {
        &cut
    } else {
        word
    };
    truncate(
        &format!("{}...", word.trim_end_matches([',', ':', ' '])),
        columns,
        "",
    )
}

/// The text without the labels before a colon that keep it from fitting: services put the cause at the end.
fn last_clause(text: &str, columns: usize) -> Option<&str> {
    let clauses = text.match_indices(": ").filter_map(|(at, mark)| {
        let is_label = !text.get(..at)?.contains(['"', '{', '[']);
        let tail = text.get(at + mark.len()..)?.trim();
        let is_sentence = tail.starts_with(char::is_alphabetic);
        (is_label && is_sentence).then_some(tail)
    });
    let fits = |tail: &&str| (LEAST_TAIL..columns).contains(&width(tail));
    clauses.into_iter().find(fits)
}

/// The text with the closing quotation mark that was trimmed from its end.
fn balanced(text: &str) -> String {
    let missing = ['"', '\'']
        .into_iter()
        .find(|mark| text.matches(*mark).count() % 2 == 1 && text.contains(&format!(" {mark}")));
    missing.map_or_else(|| text.to_owned(), |mark| format!("{text}{mark}"))
}

/// A name in at most `columns` columns: its middle is left out.
pub(super) fn middle(name: &str, columns: usize) -> String {
    if width(name) <= columns {
        return name.to_owned();
    }
    let room = columns.saturating_sub(3);
    let head = truncate(name, room.div_ceil(2), "");
    let mut tail = name;
    while width(tail) > room / 2 {
        tail = tail
            .char_indices()
            .nth(1)
            .and_then(|(at, _)| tail.get(at..))
            .unwrap_or_default();
    }
    format!("{head}...{tail}")
}
