//! Serialises the history: a table for the user, or one JSON object per line, with the fields of docs/recordings.md.
//! Tests: `tests/it/recording/history.rs`.

use chrono::{DateTime, Datelike, FixedOffset, Utc};
use serde::Serialize;

use crate::domain::failure::{failure_line, summary_of};
use crate::domain::outcome::{Outcome, RecordedWatch};
use crate::domain::stack_event::format_time;
use crate::output::text::{class, paint};
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, escape_json, one_line};
use crate::text::width::{pad, truncate, truncate_middle, width};

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
/// The columns that become narrower until the table fits, in this order, and how narrow: the reason of a failure is worth
/// the most. An AMI ID has 21 characters.
const FLEXIBLE: [(usize, usize); 9] = [
    (NAME, 10),
    (IMAGE, 12),
    (REGION, LEAST_REGION),
    (RESULT, 30),
    (NAME, 6),
    (IMAGE, 10),
    (REGION, 0),
    (TOOK, 8),
    (RESULT, 6),
];
/// The narrowest region that is shown.
const LEAST_REGION: usize = 9;
const GAP: &str = "  ";

type Row = [String; HEADINGS.len()];
type Widths = [usize; HEADINGS.len()];

/// How a table of the history is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look<'a> {
    pub(crate) theme: &'a Theme,
    /// The width that it fits; `None` where nothing is cut.
    pub(crate) columns: Option<usize>,
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
    let mut rows: Vec<_> = watches.iter().map(|watch| row(watch, look)).collect();
    if look.utc {
        headings[STARTED] += " (UTC)";
    }
    if look
        .columns
        .is_some_and(|columns| natural(&headings, &rows) > columns)
    {
        let heading = if look.utc { "UTC" } else { HEADINGS[STARTED] };
        heading.clone_into(&mut headings[STARTED]);
        shorten_times(watches, &mut rows, look);
    }
    let columns = look.columns.unwrap_or(usize::MAX);
    let widths = widths(&headings, &rows, columns);
    let ellipsis = theme.glyphs().ellipsis;
    let mut table = table_line(headings, widths, ellipsis, |cell| cell);
    for (watch, mut cells) in watches.iter().zip(rows) {
        let outcome = watch.outcome.as_ref();
        if let Some(cause) = outcome.ok().and_then(cause)
            && width(&cells[RESULT]) > widths[RESULT]
        {
            // The cause alone says more than the beginning of a line.
            cells[RESULT] = one_line(cause.as_str());
        }
        let style = outcome.map_or(theme.dim(), |outcome| theme.status(class(outcome.kind)));
        let painted = |outcome: String| paint(style, &outcome);
        table += &table_line(cells, widths, ellipsis, painted);
    }
    theme.text(&table).into_owned()
}

/// Times without their year, if it is that of the newest build; else without their time of day.
fn shorten_times(watches: &[RecordedWatch], rows: &mut [Row], look: Look<'_>) {
    let local = |watch: &RecordedWatch| watch.began.with_timezone(&(look.offset)(watch.began));
    let newest = watches.iter().map(|watch| local(watch).year()).max();
    for (watch, cells) in watches.iter().zip(rows) {
        let began = local(watch);
        let form = if Some(began.year()) == newest {
            "%m-%d %H:%M"
        } else {
            "%Y-%m-%d"
        };
        cells[STARTED] = began.format(form).to_string();
    }
}

/// The width of the whole table.
fn natural(headings: &Row, rows: &[Row]) -> usize {
    let widths = widths(headings, rows, usize::MAX);
    let shown = widths.iter().filter(|width| **width > 0).count();
    widths.iter().sum::<usize>() + GAP.len() * shown.saturating_sub(1)
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
    if (1..LEAST_REGION).contains(&widths[REGION]) {
        // The reason has the room of a region that nobody could read.
        let widest = rows.iter().map(|cells| width(&cells[RESULT])).max();
        let widest = widest.unwrap_or_default().max(widths[RESULT]);
        widths[RESULT] = (widths[RESULT] + widths[REGION] + GAP.len()).min(widest);
        widths[REGION] = 0;
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
    let name = one_line(watch.name.as_str());
    let began = watch.began.with_timezone(&(look.offset)(watch.began));
    let started = began.format("%Y-%m-%d %H:%M").to_string();
    let cell = |text: &SafeText| one_line(text.as_str());
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    match &watch.outcome {
        Err(why) => {
            let none = || "-".to_owned();
            let unreadable = "UNREADABLE".to_owned();
            [started, none(), none(), unreadable, none(), name, cell(why)]
        }
        Ok(outcome) => {
            let sign = look.theme.glyphs().status(class(outcome.kind));
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

/// The last column: the AMI, or the first failure and its reason, as on the screen.
fn result(outcome: &Outcome) -> Option<SafeText> {
    if let (Some(ami), true) = (&outcome.ami_id, outcome.leftover_stack) {
        return Some(SafeText::new(&format!("{ami}, its stack is left over")));
    }
    outcome.ami_id.clone().or_else(|| {
        let why = cause(outcome);
        let Some(failure) = &outcome.first_failure else {
            return why;
        };
        let text = failure_line(&failure.logical_id, "", why.as_ref().map(SafeText::as_str));
        Some(SafeText::new(&text))
    })
}

/// Why the build failed, in one short line.
fn cause(outcome: &Outcome) -> Option<SafeText> {
    // A recording of an older version has no summary.
    let from_reason = || summary_of(outcome.first_failure.as_ref()?.reason.as_ref()?);
    outcome.summary.clone().or_else(from_reason)
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
    version: Option<&'a str>,
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
                version: outcome.version.as_ref().map(SafeText::as_str),
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
