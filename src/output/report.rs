//! The Markdown report of a build, to share with a maintainer: the facts that they request first.
//!
//! Its size is bounded for any build, so that it can be pasted into an issue. Tests: `tests/it/recording/report.rs`.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use crate::domain::build::{Build, Cleanup};
use crate::domain::failure::{Diagnosis, Explanation, failure_line};
use crate::domain::log::LogCause;
use crate::domain::outcome::verdict_reason;
use crate::domain::reason::{Reason, Remedy};
use crate::domain::search::Selection;
use crate::domain::span::{End, Span, spans};
use crate::domain::stack_event::{StackEvent, StackId};
use crate::domain::timeline::{Row, Timeline};
use crate::domain::verdict::Verdict;
use crate::output::markdown::{heading, inert, table};
use crate::output::steps;
use crate::output::text::seconds;
use crate::text::duration::duration;
use crate::text::safe::SafeText;

/// The maximum width of names and IDs.
pub(super) const MAX_NAME: usize = 256;
/// The maximum width of a reason in a list.
const MAX_REASON: usize = 512;
/// The maximum width of the reason for the failure.
const MAX_FAILURE_REASON: usize = 4096;
/// The listed events: the oldest and the newest. An ordinary build has fewer than a hundred.
const OLDEST: usize = 100;
const NEWEST: usize = 200;
/// The listed resources.
const MAX_RESOURCES: usize = 100;

/// The subject of a report besides the build.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub image_id: &'a str,
    /// The region, if known without the build.
    pub region: Option<&'a SafeText>,
    /// The stand-in for the API, if any.
    pub note: Option<&'a str>,
    /// The version of bakewatch that made the recording, if the report is from one.
    pub recorded_by: Option<&'a str>,
    /// The time for durations that have not ended.
    pub now: DateTime<Utc>,
}

/// The report as Markdown.
pub fn report(build: &Build, subject: &Subject<'_>) -> String {
    let image_id = inert(&SafeText::new(subject.image_id), MAX_NAME);
    let mut out = format!("# {image_id}: {}\n\n", build.verdict().label());
    let succeeded = build.verdict() == Verdict::Succeeded;
    let region = region(build, subject);
    let region = region.as_ref().map(SafeText::as_str);
    let explanation = Explanation::of(build, subject.image_id, region);
    let unexplained = if succeeded {
        Diagnosis::default()
    } else {
        Diagnosis::without_event(build, subject.image_id, region)
    };
    let why = match &explanation {
        Some(why) => explained(why, succeeded),
        None => diagnosed(unexplained.summary.as_ref(), unexplained.remedy.as_ref()),
    };
    let facts = overview(build, subject, why);
    table(&mut out, ["build", ""], rows(facts));
    if let Some(why) = explanation {
        push_failure(&mut out, &why, succeeded);
    } else {
        push_unexplained(&mut out, build, &unexplained);
    }
    if let Some(cause) = build.log_cause() {
        push_log(&mut out, cause);
    }
    if let Some(timeline) = build.current() {
        steps::push(&mut out, build, subject.now);
        push_resources(&mut out, build, timeline, subject.now);
        push_events(&mut out, build, timeline);
    }
    out
}

/// A row of a table with two columns; without a value it is omitted.
type Fact = (&'static str, Option<String>);

/// The rows of the facts with a value.
fn rows(facts: impl IntoIterator<Item = Fact>) -> impl Iterator<Item = [String; 2]> {
    let row = |(name, text): Fact| Some([name.to_owned(), text?]);
    facts.into_iter().filter_map(row)
}

fn name(text: &SafeText) -> String {
    inert(text, MAX_NAME)
}

fn region(build: &Build, subject: &Subject<'_>) -> Option<SafeText> {
    build.region().or_else(|| subject.region.cloned())
}

/// Why it failed, for the overview: in the words of the screen and of the history.
fn explained(why: &Explanation, succeeded: bool) -> Vec<Fact> {
    if succeeded {
        return Vec::new();
    }
    let summary = why.summary.as_ref().map(SafeText::as_str);
    let line = failure_line(&why.cause.logical_id, "", summary);
    let line = inert(&SafeText::new(&line), MAX_REASON);
    let mut facts = diagnosed(None, why.remedy.as_ref());
    facts.insert(0, ("first failure", Some(line)));
    facts
}

/// The cause and what helps, before the service's own words.
fn diagnosed(summary: Option<&SafeText>, remedy: Option<&Remedy>) -> Vec<Fact> {
    let command = remedy.and_then(|remedy| remedy.command.as_ref());
    vec![
        ("summary", summary.map(|text| inert(text, MAX_REASON))),
        (
            "remedy",
            remedy.map(|remedy| inert(&remedy.advice, MAX_FAILURE_REASON)),
        ),
        (
            "command",
            command.map(|text| inert(text, MAX_FAILURE_REASON)),
        ),
    ]
}

fn overview(build: &Build, subject: &Subject<'_>, why: Vec<Fact>) -> Vec<Fact> {
    let image = build.image();
    let of_image = |text: Option<&SafeText>| text.map(name);
    let count = build.current().map_or(0, Timeline::len);
    let is_complete = |timeline: &Timeline| timeline.is_whole() && !timeline.has_gaps();
    let whole = build.current().is_none_or(is_complete);
    let incomplete = "; the history is incomplete, so some may be missing";
    // The end of a build that was deleted midway is unknown.
    let ended = build
        .ended_at()
        .filter(|_| build.verdict() != Verdict::Deleted);
    let earlier = build.timelines().len().saturating_sub(1);
    let recorded = subject.recorded_by.map(|version| {
        let version = inert(&SafeText::new(version), MAX_NAME);
        format!("; recorded by {version}")
    });
    let mut facts = vec![("verdict", Some(verdict(build, subject.now)))];
    facts.extend(why);
    facts.extend([
        ("image", Some(name(&SafeText::new(subject.image_id)))),
        ("region", region(build, subject).as_ref().map(name)),
        ("AMI", build.ami().map(|ami| name(&ami.id))),
        (
            "ParallelCluster",
            of_image(image.and_then(|image| image.version.as_ref())),
        ),
        (
            "bakewatch",
            Some(format!(
                "{}{}",
                env!("BAKEWATCH_VERSION"),
                recorded.unwrap_or_default()
            )),
        ),
        (
            "source",
            subject
                .note
                .map(|what| inert(&SafeText::new(what), MAX_NAME)),
        ),
        (
            "stack",
            build.stack_id().map(StackId::to_safe).as_ref().map(name),
        ),
        (
            "stack status",
            build
                .root()
                .map(|root| inert(&SafeText::new(root.status.as_str()), MAX_NAME)),
        ),
        ("started", build.started_at().map(seconds)),
        ("ended", ended.map(seconds)),
        (
            "Image Builder",
            of_image(image.and_then(|image| image.builder_status.as_ref())),
        ),
        (
            "Image Builder's reason",
            image
                .and_then(|image| image.builder_reason.as_ref())
                .map(|reason| inert(reason, MAX_REASON)),
        ),
        (
            "reason",
            verdict_reason(build).map(|reason| inert(&SafeText::new(&reason), MAX_REASON)),
        ),
        (
            "events",
            Some(format!("{count}{}", if whole { "" } else { incomplete })),
        ),
        (
            "earlier stacks",
            (earlier > 0).then(|| format!("{earlier} of this name, not in this report")),
        ),
    ]);
    facts
}

/// The verdict and the duration.
fn verdict(build: &Build, now: DateTime<Utc>) -> String {
    let verdict = build.verdict();
    let mut text = verdict.label().to_owned();
    match (verdict, build.elapsed(now).map(duration)) {
        (Verdict::Deleted, _) | (_, None) => {}
        (_, Some(took)) if verdict.is_final() => {
            let _ = write!(text, " after {took}");
        }
        (_, Some(took)) => {
            let _ = write!(text, ", {took} so far");
        }
    }
    if verdict == Verdict::Succeeded && build.cleanup() == Cleanup::Leftover {
        text += "; its stack is left over";
    }
    text
}

/// The first failure and its reason; for a build that succeeded, the reason that its stack still exists.
fn push_failure(out: &mut String, why: &Explanation, succeeded: bool) {
    let title = if succeeded {
        "Why the stack still exists"
    } else {
        "First failure"
    };
    heading(out, title);
    table(out, ["failure", ""], rows(failure(why)));
    let parts = why.reason.as_ref().map_or(&[][..], Reason::parts);
    if parts.len() > 1 {
        let parts = parts
            .iter()
            .map(|part| (part.label.name(), Some(inert(&part.text, MAX_REASON))));
        let resolved = ("component's resource", why.component.as_ref().map(name));
        heading(out, "Parts of the reason");
        table(out, ["part", ""], rows(parts.chain([resolved])));
    }
}

/// The lines of the build log around the first error.
fn push_log(out: &mut String, cause: &LogCause) {
    heading(out, "Build log");
    let facts = [
        ("component", cause.component.as_ref().map(name)),
        ("step", cause.step.as_ref().map(name)),
        ("exit code", cause.exit_code.map(|code| code.to_string())),
        ("first error", Some(inert(&cause.error, MAX_REASON))),
    ];
    table(out, ["failure", ""], rows(facts));
    out.push('\n');
    let lines = cause.tail.iter().map(|line| [inert(line, MAX_REASON)]);
    table(out, ["log"], lines);
}

/// A failure that no event explains: what Image Builder reports before any event does, or what is wrong with the AMI.
fn push_unexplained(out: &mut String, build: &Build, diagnosis: &Diagnosis) {
    if diagnosis.summary.is_none() {
        return;
    }
    let is_of_builder = build.builder_failure().is_some();
    heading(
        out,
        if is_of_builder {
            "Image Builder's failure"
        } else {
            "The AMI"
        },
    );
    let facts = diagnosed(diagnosis.summary.as_ref(), diagnosis.remedy.as_ref());
    table(out, ["failure", ""], rows(facts));
}

fn failure(why: &Explanation) -> Vec<Fact> {
    let cause = &why.cause;
    let mut facts = vec![
        ("resource", Some(name(&cause.logical_id))),
        ("type", Some(name(&cause.resource_type))),
        (
            "status",
            Some(inert(&SafeText::new(cause.status.as_str()), MAX_NAME)),
        ),
        ("at", cause.timestamp.map(seconds)),
        (
            "after",
            why.after
                .map(|after| format!("{} of work on the resource", duration(after))),
        ),
    ];
    facts.extend(diagnosed(why.summary.as_ref(), why.remedy.as_ref()));
    facts.extend([
        (
            "reason",
            why.builder_reason
                .as_ref()
                .or(cause.reason.as_ref())
                .map(|reason| inert(reason, MAX_FAILURE_REASON)),
        ),
        (
            "failed events caused by it",
            Some(why.consequences.to_string()),
        ),
        (
            "other resources that failed later",
            Some(why.others.to_string()),
        ),
    ]);
    facts
}

/// The duration of each operation on each resource.
fn push_resources(out: &mut String, build: &Build, timeline: &Timeline, now: DateTime<Utc>) {
    let open_until = build.open_until(now);
    let more = timeline.count_resources().saturating_sub(MAX_RESOURCES);
    let resources = timeline.resources().take(MAX_RESOURCES);
    let rows = resources.flat_map(|resource| {
        let newest = timeline.events_of(resource).next_back();
        let kind = newest.map_or_else(|| SafeText::new(""), |event| event.resource_type.clone());
        let spans = spans(timeline.events_of(resource)).into_iter();
        spans.map(move |span| span_row(build, resource, &kind, &span, open_until))
    });
    heading(out, "Durations");
    let headings = [
        "resource",
        "type",
        "operation",
        "started after",
        "took",
        "ended as",
    ];
    table(out, headings, rows);
    if more > 0 {
        let _ = writeln!(out, "\n{more} more resources are not listed.");
    }
}

fn span_row(
    build: &Build,
    resource: &SafeText,
    kind: &SafeText,
    span: &Span,
    open_until: Option<DateTime<Utc>>,
) -> [String; 6] {
    let took = span.length(open_until).map(duration);
    let so_far = if span.is_open() { " so far" } else { "" };
    let ended = match span.end {
        End::Ended(_) => span.class.label(),
        End::Superseded(_) => "superseded",
        End::Open if open_until.is_some() => "(in progress)",
        End::Open => "(end unknown)",
    };
    [
        name(resource),
        name(kind),
        inert(&SafeText::new(&span.operation), MAX_NAME),
        since_start(build, span.began),
        took.map_or_else(|| "-".to_owned(), |took| took + so_far),
        ended.to_owned(),
    ]
}

pub(super) fn since_start(build: &Build, time: Option<DateTime<Utc>>) -> String {
    let since = build
        .started_at()
        .zip(time)
        .map(|(start, time)| duration(time - start));
    since.unwrap_or_else(|| "-".to_owned())
}

/// The events, oldest first.
fn push_events(out: &mut String, build: &Build, timeline: &Timeline) {
    let count = timeline.rows(Selection::ALL);
    let left_out = count.saturating_sub(OLDEST + NEWEST);
    let rows = (0..count).filter_map(|index| {
        if left_out > 0 && index == OLDEST {
            return Some(note(&format!("{left_out} events omitted")));
        }
        if (OLDEST..OLDEST + left_out).contains(&index) {
            return None;
        }
        Some(match timeline.row(Selection::ALL, index)? {
            Row::Event(event) => event_row(build, event),
            Row::Gap => note("events may be missing here"),
        })
    });
    heading(out, "Events");
    let headings = [
        "time (UTC)",
        "after",
        "status",
        "resource",
        "type",
        "reason",
    ];
    table(out, headings, rows);
}

/// A row that is not an event.
fn note(text: &str) -> [String; 6] {
    let mut cells = [const { String::new() }; 6];
    text.clone_into(&mut cells[5]);
    cells
}

fn event_row(build: &Build, event: &StackEvent) -> [String; 6] {
    let reason = event.reason.as_ref();
    [
        event.timestamp.map_or_else(|| "-".to_owned(), seconds),
        since_start(build, event.timestamp),
        inert(&SafeText::new(event.status.as_str()), MAX_NAME),
        name(&event.logical_id),
        name(&event.resource_type),
        reason.map_or_else(|| "-".to_owned(), |reason| inert(reason, MAX_REASON)),
    ]
}
