//! Serialises the history: a table for the user, or one JSON object per line, with the fields of docs/recordings.md.
//! Tests: `tests/it/recording/history.rs`.

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;

use crate::domain::failure::{failure_line, summary_of};
use crate::domain::outcome::{Outcome, RecordedWatch};
use crate::domain::stack_event::format_time;
use crate::output::text::{class, paint};
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, escape_json, one_line};
use crate::text::width::{pad, truncate, truncate_middle, width};

/// The maximum width of a cell.
const MAX_WIDTH: usize = 64;
const HEADINGS: [&str; 7] = [
    "STARTED", "IMAGE", "REGION", "OUTCOME", "TOOK", "NAME", "RESULT",
];
const STARTED: usize = 0;
const IMAGE: usize = 1;
const REGION: usize = 2;
/// The coloured column.
const OUTCOME: usize = 3;
const TOOK: usize = 4;
const NAME: usize = 5;
const RESULT: usize = 6;
/// The columns that become narrower until the table fits, in this order, and how narrow. An AMI ID has 21 characters.
const FLEXIBLE: [(usize, usize); 8] = [
    (RESULT, 21),
    (NAME, 10),
    (IMAGE, 11),
    (REGION, 9),
    (RESULT, 12),
    (IMAGE, 6),
    (RESULT, 6),
    (TOOK, 8),
];
const GAP: &str = "  ";

type Row = [String; HEADINGS.len()];
type Widths = [usize; HEADINGS.len()];

/// How a table of the history is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look<'a> {
    pub(crate) theme: &'a Theme,
    /// The width that it fits, at least 80.
    pub(crate) columns: usize,
    /// Whether the times are in UTC.
    pub(crate) utc: bool,
    /// The offset of the shown time from UTC at a time.
    pub(crate) offset: fn(DateTime<Utc>) -> FixedOffset,
}

/// The list as JSON lines.
pub(crate) fn history_json(watches: &[RecordedWatch]) -> String {
    watches
        .iter()
        .map(|watch| json_line(watch) + "\n")
        .collect()
}

/// The list as a table. Without recordings it is empty.
pub(crate) fn history_table(watches: &[RecordedWatch], look: Look<'_>) -> String {
    if watches.is_empty() {
        return String::new();
    }
    let theme = look.theme;
    let mut headings = HEADINGS.map(str::to_owned);
    if look.utc {
        headings[STARTED] += " (UTC)";
    }
    let rows: Vec<_> = watches.iter().map(|watch| row(watch, look)).collect();
    let widths = widths(&headings, &rows, look.columns);
    let ellipsis = theme.glyphs().ellipsis;
    let mut table = table_line(headings, widths, ellipsis, |cell| cell);
    for (watch, cells) in watches.iter().zip(rows) {
        let outcome = watch.outcome.as_ref();
        let style = outcome.map_or(theme.dim(), |outcome| theme.status(class(outcome.kind)));
        let painted = |outcome: String| paint(style, &outcome);
        table += &table_line(cells, widths, ellipsis, painted);
    }
    theme.text(&table).into_owned()
}

/// The widths with which a table fits. A column without a width is not shown: one region says nothing.
fn widths(headings: &Row, rows: &[Row], columns: usize) -> Widths {
    let mut widths = headings.each_ref().map(|heading| width(heading));
    for cells in rows {
        for (widest, cell) in widths.iter_mut().zip(cells) {
            *widest = width(cell).max(*widest);
        }
    }
    let mut regions = rows.iter().map(|cells| &cells[REGION]);
    if regions
        .next()
        .is_some_and(|first| regions.all(|one| one == first))
    {
        widths[REGION] = 0;
    }
    let shown = widths.iter().filter(|width| **width > 0).count();
    let gaps = GAP.len() * shown.saturating_sub(1);
    for (column, least) in FLEXIBLE {
        let over = (widths.iter().sum::<usize>() + gaps).saturating_sub(columns);
        let spare = widths[column].saturating_sub(least);
        widths[column] -= over.min(spare);
    }
    widths
}

fn table_line(
    cells: Row,
    widths: Widths,
    ellipsis: &str,
    paint: impl Fn(String) -> String,
) -> String {
    let cells = cells.into_iter().zip(widths).enumerate();
    let cells = cells.filter(|(_, (_, width))| *width > 0);
    let cells = cells.map(|(column, (cell, width))| {
        let cell = match column {
            RESULT => truncate(&cell, width, ellipsis),
            _ => truncate_middle(&cell, width, ellipsis),
        };
        let cell = pad(&cell, width);
        if column == OUTCOME { paint(cell) } else { cell }
    });
    cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned() + "\n"
}

fn row(watch: &RecordedWatch, look: Look<'_>) -> Row {
    let theme = look.theme;
    let name = one_line(watch.name.as_str());
    let began = watch.began.with_timezone(&(look.offset)(watch.began));
    let started = began.format("%Y-%m-%d %H:%M").to_string();
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
                one_line(outcome.image_id.as_str()),
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
    summary: Option<&'a str>,
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
                summary: outcome.summary.as_ref().map(SafeText::as_str),
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
