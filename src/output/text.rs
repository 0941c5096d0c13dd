//! Entries as aligned lines for people, logs and grep.

use chrono::{DateTime, SecondsFormat, Utc};
use crossterm::style::Stylize;
use ratatui::backend::IntoCrossterm;
use ratatui::style::Style;

use crate::app::model::Model;
use crate::app::status::outcome::OutcomeRecord;
use crate::app::status::summary::summary;
use crate::domain::stack_event::StackEvent;
use crate::domain::status::StatusClass;
use crate::domain::verdict::Outcome;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::pad;

/// Columns of the status: the longest that a build shows is `ROLLBACK_IN_PROGRESS`.
const STATUS: usize = 20;
/// Columns of the logical id: the longest of a build's resources is `DeleteStackFunctionExecutionRole`.
const LOGICAL_ID: usize = 32;
/// Columns of the type: the longest is `AWS::ImageBuilder::InfrastructureConfiguration`.
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

/// Text on one line, filled up to so many columns.
fn cell(text: &str, columns: usize) -> String {
    pad(&one_line(text), columns)
}

/// How it ended.
pub(super) fn outcome(record: &OutcomeRecord, theme: &Theme) -> String {
    let class = class(record.outcome);
    let mut parts = vec![
        paint(theme.status(class), &record.outcome.as_str().to_uppercase()),
        record.image_id.clone(),
    ];
    let ami_id = record.ami_id.as_ref().map(SafeText::as_str);
    parts.extend(ami_id.map(one_line));
    let ended = matches!(record.outcome, Outcome::Succeeded | Outcome::Failed);
    if let (Some(start), Some(end)) = (record.started_at, record.ended_at.filter(|_| ended)) {
        parts.push(format!("after {}", duration(end - start)));
    }
    parts.push(format!("({} events)", record.events));
    let mut line = parts.join(" ");
    if record.leftover_stack {
        line.push_str("; its stack is left over and can be deleted");
    }
    if let Some(failure) = &record.first_failure {
        let reason = failure
            .reason
            .as_ref()
            .map(|reason| one_line(reason.as_str()))
            .unwrap_or_default();
        line.push_str(&format_failure(failure, &reason));
    } else if let Some(reason) = &record.reason {
        line.push_str(": ");
        line.push_str(&one_line(reason));
    }
    line
}

/// The class of statuses that an outcome looks like.
pub(super) const fn class(outcome: Outcome) -> StatusClass {
    match outcome {
        Outcome::Succeeded => StatusClass::Complete,
        Outcome::Failed => StatusClass::Failed,
        Outcome::Building => StatusClass::Running,
        Outcome::Deleted => StatusClass::Deleting,
        Outcome::NotFound | Outcome::Unknown => StatusClass::Unknown,
    }
}

/// What is known in one line, after the sign of the verdict.
pub(super) fn farewell(model: &Model, theme: &Theme) -> String {
    let verdict = model.build.verdict();
    let sign = theme.glyphs().verdict(verdict);
    format!("{} {}", paint(theme.verdict(verdict), sign), summary(model))
}

fn format_failure(failure: &StackEvent, reason: &str) -> String {
    let (id, kind) = (failure.logical_id.as_str(), failure.resource_type.as_str());
    format!(
        ": first failure {} ({}): {reason}",
        one_line(id),
        one_line(kind)
    )
}

/// A time, to the second, in UTC.
pub(super) fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A word in the colour of a style.
pub(super) fn paint(style: Style, word: &str) -> String {
    match style.fg {
        Some(colour) => word.with(colour.into_crossterm()).to_string(),
        None => word.to_owned(),
    }
}
