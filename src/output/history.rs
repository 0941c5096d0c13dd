//! Serialises the history: a table for the user, or one JSON object per line, with the fields of docs/recordings.md.
//! Tests: `tests/it/recording/history.rs`.

use serde::Serialize;

use crate::domain::failure::{failure_line, summary_of};
use crate::domain::outcome::{Outcome, RecordedWatch};
use crate::domain::stack_event::format_time;
use crate::output::text::{class, paint, seconds};
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, escape_json, one_line};
use crate::text::width::{pad, truncate, width};

/// The maximum width of a cell.
const MAX_WIDTH: usize = 64;
const HEADINGS: [&str; 7] = [
    "STARTED",
    "IMAGE",
    "REGION",
    "OUTCOME",
    "TOOK",
    "RECORDING",
    "RESULT",
];
/// The coloured column.
const OUTCOME: usize = 3;

/// The list as JSON lines.
pub(crate) fn history_json(watches: &[RecordedWatch]) -> String {
    watches
        .iter()
        .map(|watch| json_line(watch) + "\n")
        .collect()
}

/// The list as a table. Without recordings it is empty.
pub(crate) fn history_table(watches: &[RecordedWatch], theme: &Theme) -> String {
    if watches.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = watches.iter().map(|watch| row(watch, theme)).collect();
    let mut widths = HEADINGS.map(width);
    for cells in &rows {
        for (widest, cell) in widths.iter_mut().zip(cells) {
            *widest = width(cell).max(*widest);
        }
    }
    let mut table = table_line(HEADINGS.map(str::to_owned), widths, |cell| cell);
    for (watch, cells) in watches.iter().zip(rows) {
        let outcome = watch.outcome.as_ref();
        let style = outcome.map_or(theme.dim(), |outcome| theme.status(class(outcome.kind)));
        table += &table_line(cells, widths, |outcome| paint(style, &outcome));
    }
    table
}

fn table_line(
    cells: [String; HEADINGS.len()],
    widths: [usize; HEADINGS.len()],
    paint: impl Fn(String) -> String,
) -> String {
    let cells = cells.into_iter().zip(widths).enumerate();
    let cells = cells.map(|(column, (cell, width))| {
        let cell = pad(&cell, width);
        if column == OUTCOME { paint(cell) } else { cell }
    });
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
}

fn row(watch: &RecordedWatch, theme: &Theme) -> [String; HEADINGS.len()] {
    let name = watch.file.file_stem().unwrap_or_default();
    let name = one_line(SafeText::new(&name.to_string_lossy()).as_str());
    let started = seconds(watch.began);
    let cell = |text: &SafeText| {
        let text = one_line(text.as_str());
        truncate(&text, MAX_WIDTH, theme.glyphs().ellipsis)
    };
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    match &watch.outcome {
        Err(why) => {
            let none = || "-".to_owned();
            let unreadable = "UNREADABLE".to_owned();
            [started, none(), none(), unreadable, none(), name, cell(why)]
        }
        Ok(outcome) => {
            let sign = theme.glyphs().status(class(outcome.kind));
            [
                started,
                cell(&outcome.image_id),
                or_none(outcome.region.as_ref().map(cell)),
                format!("{sign} {}", outcome.kind.as_str().to_uppercase()),
                or_none(outcome.took().map(duration)),
                name,
                or_none(result(outcome).as_ref().map(cell)),
            ]
        }
    }
}

/// The last column: the AMI, or the first failure and its reason.
fn result(outcome: &Outcome) -> Option<SafeText> {
    if let (Some(ami), true) = (&outcome.ami_id, outcome.leftover_stack) {
        return Some(SafeText::new(&format!("{ami}, its stack is left over")));
    }
    outcome.ami_id.clone().or_else(|| {
        let failure = outcome.first_failure.as_ref()?;
        // A recording of an older version has no summary.
        let from_reason = || summary_of(failure.reason.as_ref()?);
        let why = outcome.summary.clone().or_else(from_reason);
        let text = failure_line(&failure.logical_id, "", why.as_ref().map(SafeText::as_str));
        Some(SafeText::new(&text))
    })
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordingLine<'a> {
    kind: &'static str,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ami_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_failure: Option<FirstFailureFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leftover_stack: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FirstFailureFields<'a> {
    logical_resource_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

fn json_line(watch: &RecordedWatch) -> String {
    let mut line = RecordingLine {
        kind: "recording",
        file: watch.file.to_string_lossy().into_owned(),
        ..RecordingLine::default()
    };
    match &watch.outcome {
        Err(why) => line.error = Some(why.as_str()),
        Ok(outcome) => {
            let failure = outcome.first_failure.as_ref();
            line = RecordingLine {
                outcome: Some(outcome.kind.as_str()),
                image_id: Some(outcome.image_id.as_str()),
                region: outcome.region.as_ref().map(SafeText::as_str),
                ami_id: outcome.ami_id.as_ref().map(SafeText::as_str),
                first_failure: failure.map(|failure| FirstFailureFields {
                    logical_resource_id: failure.logical_id.as_str(),
                    reason: failure.reason.as_ref().map(SafeText::as_str),
                }),
                leftover_stack: Some(outcome.leftover_stack),
                started_at: outcome.started_at.map(format_time),
                ended_at: outcome.ended_at.map(format_time),
                events: Some(outcome.events),
                ..line
            };
        }
    }
    escape_json(&serde_json::to_string(&line).unwrap_or_default())
}
