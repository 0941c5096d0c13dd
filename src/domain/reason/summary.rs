//! One line about a failure that names its cause: the words of the remedy's class where it has some, else the service's
//! message without what wraps it.
//!
//! Room is short, so the cause comes first. ARNs become the names of their resources, and what does not fit is left out
//! at the end of a sentence or of a clause.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::reason::fit::{Keep, fit, fit_cause, middle};
use crate::domain::reason::known::Match;
use crate::domain::reason::parse::compiled;
use crate::domain::reason::parts::{Label, Reason, resource_of_arn};
use crate::domain::reason::said::{first_error, further_errors, telling};
use crate::text::safe::{SafeText, one_line};
use crate::text::width::width;

/// The widest summary, in terminal columns.
pub(crate) const SUMMARY_COLUMNS: usize = 90;
/// The widest name in a summary, which leaves room for the cause.
const NAME_COLUMNS: usize = 40;
/// The fewest columns of the resource of a denied action.
const LEAST_TARGET: usize = 16;
/// The most columns of the regions of further errors.
const REGIONS_COLUMNS: usize = 34;
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
static ARN: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r#"arn:[a-z0-9-]*:[a-z0-9-]*:[a-z0-9-]*:[0-9]*:[^\s'",;)\]]*[^\s'",;)\].:!]"#)
});
/// What a component says behind its failure.
static FAILED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"(?is)^['"]? (?:has )?failed ?[!:.]\s*(?<said>[^\s'"].*)$"#));
/// The words before the name of a component that only say that it is one.
static NAMES_IT: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"(?i)(?:document|component)(?: arn)?:? ?['"]?$"#));
/// The policy that denies an action, or does not allow it.
static POLICY: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"(?i)\bexplicit deny(?: in (?:an? |the )?[a-z-]+(?: [a-z-]+)? (?:polic(?:y|ies)|boundary))?|\bno (?:permissions boundary|(?:service control|resource control|session|VPC endpoint|resource-based) policy) allows",
    )
});
static ENCODED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?i)\.? ?encoded authorization (?:failure )?message:.*$"));

/// The summary of a reason. `known` is the failure that it is, if known, and `words` are those of its class, longest
/// first; `component` is the logical id of the component that the reason names by its ARN, if known.
pub(crate) fn summarize(
    reason: &Reason,
    known: Option<&Match>,
    words: &[String],
    component: Option<&SafeText>,
) -> SafeText {
    let more = further(reason);
    let room = SUMMARY_COLUMNS.saturating_sub(width(&more));
    let fits = |text: &&String| width(text) <= room;
    let head = words.iter().find(fits).cloned();
    let head = head
        .or_else(|| denial(reason, room))
        .or_else(|| hook(reason, room))
        .or_else(|| failed_list(reason))
        .or_else(|| failed_component(reason, known, component, room))
        .unwrap_or_else(|| plain(reason, known, room));
    let head = placed(reason, fit(&head, room), room) + &more;
    let room = SUMMARY_COLUMNS.saturating_sub(width(&head));
    let tail = circumstances(reason)
        .into_iter()
        .find(|tail| width(tail) <= room);
    SafeText::new(&(head + &tail.unwrap_or_default()))
}

/// The further errors of a distribution.
fn further(reason: &Reason) -> String {
    let (count, regions) = further_errors(reason.message());
    let regions = regions.join(", ");
    match count {
        0 => String::new(),
        _ if !regions.is_empty() && width(&regions) <= REGIONS_COLUMNS => {
            format!(" ({count} more: {regions})")
        }
        _ => format!(" ({count} more)"),
    }
}

fn plain(reason: &Reason, known: Option<&Match>, room: usize) -> String {
    let message = match (reason.message(), reason.get(Label::HandlerCode)) {
        ("", Some(code)) => return format!("no message, {}", head_of(code)),
        ("", None) => return "no message".to_owned(),
        (message, _) => message,
    };
    let place = target_region(reason).map_or(0, |region| width(region) + width(": "));
    cause(message, known, room.saturating_sub(place))
}

/// The region that a failed distribution goes to.
fn target_region(reason: &Reason) -> Option<&str> {
    let region = reason.get(Label::TargetRegion);
    region.filter(|_| reason.part(Label::Job).is_some())
}

/// The text behind the region that a distribution goes to. The shorter that is, the more room has the cause.
fn placed(reason: &Reason, text: String, room: usize) -> String {
    let region = target_region(reason).filter(|region| !text.contains(region));
    let Some(region) = region else { return text };
    let places = [
        format!("distributing to {region} failed: "),
        format!("distributing to {region}: "),
        format!("{region}: "),
    ];
    let is_distribution = !reason.message().contains("ntegration job");
    let places = if is_distribution {
        &places[..]
    } else {
        &places[2..]
    };
    let fits = |place: &&String| width(place) + width(&text) <= room;
    let place = places.iter().find(fits);
    place.map_or_else(|| text.clone(), |place| format!("{place}{text}"))
}

/// The cause in a message, in at most `columns` columns.
fn cause(message: &str, known: Option<&Match>, columns: usize) -> String {
    let message = first_error(message);
    let names_cause = |line: &str| known.is_some_and(|known| known.is_cause_in(&normal(line)));
    let said = telling(message, names_cause);
    let keep = Keep {
        core: known.and_then(Match::core),
        names_cause: &names_cause,
        of_command: said.is_some(),
    };
    let text = said.map_or_else(
        || unwrapped(message),
        |line| with_names(&normal(&line)).into_owned(),
    );
    fit_cause(&text, columns, keep)
}

/// The text without what wraps it, on one line.
fn unwrapped(message: &str) -> String {
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

/// A text on one line, in plain quotation marks, with ends of lines as they are written in a sentence.
pub(crate) fn normal(text: &str) -> String {
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
pub(crate) fn with_kinds(text: &str) -> String {
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

fn failed_component(
    reason: &Reason,
    known: Option<&Match>,
    logical_id: Option<&SafeText>,
    room: usize,
) -> Option<String> {
    let arn = reason.get(Label::Component)?;
    let (before, after) = reason.message().split_once(arn)?;
    let name = logical_id.map_or_else(|| name_of_arn(arn), SafeText::as_str);
    let component = format!("component {}", middle(name, NAME_COLUMNS));
    // What it says itself is the cause.
    if let Some(said) = FAILED.captures(after).and_then(|found| found.name("said")) {
        let label = format!("{component}: ");
        let room = room.saturating_sub(width(&label));
        return Some(label + &cause(said.as_str(), known, room));
    }
    let before = one_line(head_of(before));
    let before = NAMES_IT.replace(&before, "");
    let after = head_of(after).trim_start_matches(['\'', '"']);
    let after = after.trim_end_matches(['!', '.', ' ', '\'']);
    let texts = [
        one_line(&format!("{before}{component}{after}")),
        one_line(&format!("{component}{after}")),
    ];
    let fits = |text: &&String| width(text) <= room;
    Some(texts.iter().find(fits).unwrap_or(&texts[1]).clone())
}

/// A denied action, its resource as far as there is room, and the policy that denies it.
fn denial(reason: &Reason, room: usize) -> Option<String> {
    let action = reason.get(Label::Action)?;
    let policy = POLICY.captures(reason.message());
    let policy = policy.map_or_else(String::new, |found| {
        let words = found.get(0).map_or("", |words| words.as_str());
        let words = one_line(words);
        let verb = if words.ends_with(" allows") {
            " it"
        } else {
            ""
        };
        format!(": {words}{verb}")
    });
    let target = reason.get(Label::Target).map(resource_of_arn);
    let target = target.map_or_else(String::new, |target| {
        format!(" on {}", one_line(head_of(target)))
    });
    let left = room.saturating_sub(width(action) + width(&policy));
    let short = (left >= LEAST_TARGET).then(|| middle(&target, left));
    let start = "not authorized to perform ";
    let texts = match (policy.as_str(), short) {
        ("", _) => {
            let left = room.saturating_sub(width(start) + width(action));
            vec![format!("{start}{action}{}", middle(&target, left))]
        }
        (_, Some(short)) => vec![
            format!("{start}{action}{target}{policy}"),
            format!("{action}{target}{policy}"),
            format!("{action}{short}{policy}"),
        ],
        (_, None) => vec![format!("{action}{policy}")],
    };
    let fits = |text: &&String| width(text) <= room;
    texts.iter().find(fits).or(texts.last()).cloned()
}

fn hook(reason: &Reason, room: usize) -> Option<String> {
    let name = middle(reason.get(Label::Hook)?, NAME_COLUMNS);
    let Some(said) = reason.get(Label::HookReason) else {
        return Some(format!("hook {name} failed"));
    };
    let said = unwrapped(said);
    let said = said.strip_prefix("ValidationError ").unwrap_or(&said);
    let said = said.split(" [FIX]").next().unwrap_or(said);
    let start = format!("hook {name}: ");
    let room = room.saturating_sub(width(&start));
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
