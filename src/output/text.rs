//! Serialises entries as aligned text lines for users, logs and grep.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use crossterm::style::Stylize;
use ratatui::backend::IntoCrossterm;
use ratatui::style::{Color, Style};

use crate::app::effect::Label;
use crate::app::model::Model;
use crate::app::status::heartbeat::Progress;
use crate::app::status::summary::summary;
use crate::domain::failure::failure_line;
use crate::domain::outcome::Outcome;
use crate::domain::resume::in_words;
use crate::domain::stack_event::StackEvent;
use crate::domain::status::StatusClass;
use crate::domain::steps::StepChange;
use crate::domain::verdict::OutcomeKind;
use crate::style::Theme;
use crate::style::sgr::with_basic_colours;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::pad;

/// The lines of the build log that explain a failure.
const LOG_LINES: usize = 12;

/// The width of the status: the longest of a build is `ROLLBACK_IN_PROGRESS`.
const STATUS: usize = 20;
/// The width of the logical ID: the longest of a build is `DeleteStackFunctionExecutionRole`.
const LOGICAL_ID: usize = 32;
/// The width of the type: the longest is `AWS::ImageBuilder::InfrastructureConfiguration`.
const TYPE: usize = 46;

/// One event: time (UTC), status, logical id, type, reason.
pub(super) fn event(event: &StackEvent, theme: &Theme) -> String {
    let time = event.timestamp.map_or_else(|| "-".to_owned(), seconds);
    let reason = event
        .reason
        .as_ref()
        .map(SafeText::as_str)
        .unwrap_or_default();
    let line = format!(
        "{time:20} {} {} {} {}",
        paint(
            theme.status(event.status.class()),
            &cell(event.status.as_str(), STATUS)
        ),
        cell(event.logical_id.as_str(), LOGICAL_ID),
        cell(event.resource_type.as_str(), TYPE),
        one_line(reason),
    );
    line.trim_end().to_owned()
}

/// A step of a workflow: time (UTC), status, step, workflow and action, message.
pub(super) fn step(change: &StepChange, theme: &Theme) -> String {
    let step = &change.step;
    let ended = step.ended_at.filter(|_| step.status.has_ended());
    let time = ended.or(step.started_at);
    let text = |text: &Option<SafeText>| one_line(text.as_ref().map_or("", SafeText::as_str));
    let is_skipped = step.status.class() == StatusClass::Skipped;
    let took = ended
        .filter(|_| !is_skipped)
        .zip(step.started_at)
        .map(|(end, begin)| format!("took {}", duration((end - begin).max(TimeDelta::zero()))));
    let attempt = step.attempt.filter(|attempt| *attempt > 1);
    let notes = attempt.map(|attempt| format!("attempt {attempt}"));
    let notes = took
        .into_iter()
        .chain(notes)
        .chain(Some(text(&step.message)));
    let notes: Vec<_> = notes.filter(|note| !note.is_empty()).collect();
    let of = format!(
        "{} {}",
        one_line(change.workflow.as_str()),
        text(&step.action)
    );
    let line = format!(
        "{:20} {} {} {} {}",
        time.map_or_else(|| "-".to_owned(), seconds),
        paint(
            theme.status(step.status.class()),
            &cell(step.status.as_str(), STATUS)
        ),
        cell(step.name.as_str(), LOGICAL_ID),
        cell(&of, TYPE),
        notes.join(", "),
    );
    line.trim_end().to_owned()
}

/// The colours of builds that are printed together, one after another. No failure is taken for one of them.
const BUILDS: [Color; 8] = [
    Color::Cyan,
    Color::Magenta,
    Color::Blue,
    Color::Yellow,
    Color::LightCyan,
    Color::LightMagenta,
    Color::LightBlue,
    Color::Green,
];

/// The build that a line is about, in the columns before it.
pub(super) fn label(label: &Label, theme: &Theme) -> String {
    let style = if theme.has_colours() {
        Style::new().fg(BUILDS[label.place % BUILDS.len()])
    } else {
        Style::new()
    };
    format!("{} ", paint(style, &pad(&label.text, label.columns)))
}

/// Text on one line, padded to a width.
fn cell(text: &str, columns: usize) -> String {
    pad(&one_line(text), columns)
}

/// The progress of a build: time (UTC), `PROGRESS`, image, and the known facts, most useful first.
pub(super) fn progress(progress: &Progress, theme: &Theme) -> String {
    let stage = progress.stage.as_ref().map(|stage| {
        let stage = one_line(stage.as_str());
        if progress.is_of_image_builder {
            format!("Image Builder: {stage}")
        } else {
            format!("{stage} in progress")
        }
    });
    let ago = |time: DateTime<Utc>| duration((progress.at - time).max(TimeDelta::zero()));
    let step = progress.step.as_ref().map(|step| {
        let name = one_line(step.name.as_str());
        let since = step.length(progress.at);
        let since = since.map(|since| format!(" for {since}"));
        let since = since.unwrap_or_default();
        format!("step {}/{} {name}{since}", step.number, step.total)
    });
    let left = progress.estimate.map(|estimate| {
        let basis = estimate.basis();
        if estimate.left > TimeDelta::zero() {
            format!("about {} left (by {basis})", duration(estimate.left))
        } else {
            format!("{} longer than {basis}", duration(-estimate.left))
        }
    });
    let last_event = match progress.last_event_at {
        Some(time) => format!("last event {} ago", ago(time)),
        None => "no event yet".to_owned(),
    };
    let last_line = progress.log_age.clone();
    let fault = progress.fault.as_ref().map(|(why, since)| {
        let since = since.map_or_else(
            || "the API has not responded yet".to_owned(),
            |time| format!("the API last responded {} ago", ago(time)),
        );
        format!("{since}: {}", one_line(why))
    });
    let label = progress.verdict.label().to_lowercase();
    let elapsed = progress
        .elapsed
        .map(|elapsed| format!("{} elapsed", duration(elapsed)));
    let parts = [
        stage.or(Some(label)),
        step,
        progress.component.clone(),
        elapsed,
        left,
        Some(last_event),
        last_line,
        fault,
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    format!(
        "{:20} {} {}: {}",
        seconds(progress.at),
        paint(
            theme.status(StatusClass::Running),
            &cell("PROGRESS", STATUS)
        ),
        one_line(progress.image_id.as_str()),
        parts.join(", "),
    )
}

/// The last line: the outcome in words.
pub(super) fn outcome(outcome: &Outcome, theme: &Theme) -> String {
    let style = theme.status(class(outcome.kind));
    let mut parts = vec![
        paint(style, &outcome.kind.as_str().to_uppercase()),
        one_line(outcome.image_id.as_str()),
    ];
    let ami_id = outcome.ami_id.as_ref().map(SafeText::as_str);
    parts.extend(ami_id.map(one_line));
    if let Some(took) = outcome.took() {
        parts.push(format!("after {}", duration(took)));
    }
    parts.push(format!("({} events)", outcome.events));
    let mut line = parts.join(" ");
    if outcome.leftover_stack {
        line.push_str("; its stack is left over and can be deleted");
    }
    if outcome.first_failure.is_some() || outcome.summary.is_some() {
        line.push_str(&failure_clause(outcome));
    } else if let Some(reason) = &outcome.reason {
        line.push_str(": ");
        line.push_str(&one_line(reason));
    }
    if outcome.inferred {
        line.push_str("; inferred: the recording has no end of the build, and its AMI was found");
    }
    if let Some(recorded) = &outcome.recorded {
        line.push_str("; the recording says: ");
        line.push_str(&one_line(&in_words(recorded)));
    }
    line
}

/// The last lines of the build log up to the first error: the line of the outcome follows them.
pub(super) fn log_lines(outcome: &Outcome) -> Vec<String> {
    let cause = outcome
        .failure
        .iter()
        .filter_map(|place| place.log.as_deref());
    let lines = cause.flat_map(|cause| cause.before_error(LOG_LINES));
    lines
        .map(|line| format!("log: {}", one_line(line.as_str())))
        .collect()
}

/// The status class whose colour an outcome has.
pub(super) const fn class(kind: OutcomeKind) -> StatusClass {
    match kind {
        OutcomeKind::Succeeded => StatusClass::Complete,
        OutcomeKind::Failed => StatusClass::Failed,
        OutcomeKind::Building => StatusClass::Running,
        OutcomeKind::Deleted => StatusClass::Deleting,
        OutcomeKind::NotFound | OutcomeKind::Unknown => StatusClass::Unknown,
    }
}

/// The verdict's glyph and the summary.
pub(super) fn farewell(model: &Model, theme: &Theme) -> String {
    let labels = model.labels();
    let lines = model.in_order().into_iter().map(|session| {
        let verdict = session.verdict();
        let glyph = theme.glyphs().verdict(verdict);
        let name = labels.get(&session.id).map(|label| label.text.as_str());
        let name = name.unwrap_or(&session.target.image_id);
        let summary = summary(name, session, model.now);
        format!("{} {summary}", paint(theme.verdict(verdict), glyph))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The first failure: the cause and what helps, then the service's own words.
fn failure_clause(outcome: &Outcome) -> String {
    let text = |text: Option<&SafeText>| text.map(|text| one_line(text.as_str()));
    let failure = outcome.first_failure.as_ref();
    let event = failure.and_then(|failure| failure.event.as_ref());
    let summary = text(outcome.summary.as_ref()).unwrap_or_default();
    let mut clause = failure.map_or_else(String::new, |failure| {
        let kind = text(event.map(|event| &event.resource_type)).unwrap_or_default();
        let line = failure_line(&failure.logical_id, &format!(" ({kind})"), None);
        format!(": first failure {}", one_line(&line))
    });
    clause = format!("{clause}: {summary}");
    if let Some(remedy) = &outcome.remedy {
        clause = format!("{clause}; remedy: {}", one_line(remedy.advice.as_str()));
        let command = text(remedy.command.as_ref());
        clause += &command.map_or_else(String::new, |command| format!(" Command: {command}"));
    }
    let reason = failure.and_then(|failure| text(failure.reason.as_ref()));
    let reason = reason.or_else(|| outcome.reason.as_deref().map(one_line));
    if let Some(reason) = reason.filter(|reason| *reason != summary) {
        clause = format!("{clause}; reason: {reason}");
    }
    clause
}

/// A time in UTC, with seconds.
pub(super) fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Text in the foreground colour of a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    match style.fg {
        Some(colour) => with_basic_colours(&text.with(colour.into_crossterm()).to_string()),
        None => text.to_owned(),
    }
}
