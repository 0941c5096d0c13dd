//! The list of recordings: a table for people, or one JSON object a line; its fields are in the README,
//! "History".

use serde::Serialize;

use crate::domain::failure::Reason;
use crate::domain::stack_event::format_time;
use crate::domain::summary::{RecordedBuild, RecordedWatch};
use crate::output::OutputFormat;
use crate::output::text::{class, paint, seconds};
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, escape_json, one_line};
use crate::text::width::{pad, truncate, width};

/// Columns of the longest cell.
const LONGEST: usize = 64;
/// The names of the columns.
const HEADINGS: [&str; 7] = [
    "BEGAN",
    "IMAGE",
    "REGION",
    "VERDICT",
    "TOOK",
    "RECORDING",
    "RESULT",
];
/// The column that has a colour.
const VERDICT: usize = 3;

/// Writes the list.
pub(crate) fn history(watches: &[RecordedWatch], form: &OutputFormat) -> String {
    match form {
        OutputFormat::Text(_) if watches.is_empty() => String::new(),
        OutputFormat::Text(theme) => table(watches, theme),
        OutputFormat::Json => watches.iter().map(|watch| line(watch) + "\n").collect(),
    }
}

fn table(watches: &[RecordedWatch], theme: &Theme) -> String {
    let rows: Vec<_> = watches.iter().map(|watch| row(watch, theme)).collect();
    let mut widths = HEADINGS.map(width);
    for cells in &rows {
        for (widest, cell) in widths.iter_mut().zip(cells) {
            *widest = width(cell).max(*widest);
        }
    }
    let mut table = line_of(HEADINGS.map(str::to_owned), widths, |cell| cell);
    for (watch, cells) in watches.iter().zip(rows) {
        let style = watch.build.as_ref().map_or(theme.dim(), |told| {
            theme.status(class(told.summary.outcome))
        });
        table += &line_of(cells, widths, |verdict| paint(style, &verdict));
    }
    table
}

fn line_of(
    cells: [String; HEADINGS.len()],
    widths: [usize; HEADINGS.len()],
    paint: impl Fn(String) -> String,
) -> String {
    let cells = cells.into_iter().zip(widths).enumerate();
    let cells = cells.map(|(column, (cell, width))| {
        let cell = pad(&cell, width);
        if column == VERDICT { paint(cell) } else { cell }
    });
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
}

fn row(watch: &RecordedWatch, theme: &Theme) -> [String; HEADINGS.len()] {
    let name = watch.file.file_stem().unwrap_or_default();
    let name = one_line(SafeText::new(&name.to_string_lossy()).as_str());
    let began = seconds(watch.began);
    let cell = |text: &SafeText| {
        let text = one_line(text.as_str());
        truncate(&text, LONGEST, theme.glyphs().ellipsis)
    };
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    match &watch.build {
        Err(why) => {
            let none = || "-".to_owned();
            let verdict = "UNREADABLE".to_owned();
            [began, none(), none(), verdict, none(), name, cell(why)]
        }
        Ok(told) => {
            let outcome = told.summary.outcome;
            let sign = theme.glyphs().status(class(outcome));
            [
                began,
                cell(&told.image_id),
                or_none(told.region().map(cell)),
                format!("{sign} {}", outcome.as_str().to_uppercase()),
                or_none(told.summary.took().map(duration)),
                name,
                or_none(result(told).as_ref().map(cell)),
            ]
        }
    }
}

/// What came of it: the AMI, or what failed first and why.
fn result(told: &RecordedBuild) -> Option<SafeText> {
    let summary = &told.summary;
    if let (Some(ami), true) = (&summary.ami_id, summary.leftover_stack) {
        return Some(SafeText::new(&format!("{ami}, its stack is left over")));
    }
    summary.ami_id.clone().or_else(|| {
        let failure = summary.first_failure.as_ref()?;
        let why = failure.reason.as_ref().map(Reason::parse);
        let why = why.map(|reason| format!(": {}", reason.summary(None)));
        let text = format!("{}{}", failure.logical_id, why.unwrap_or_default());
        Some(SafeText::new(&text))
    })
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
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
    first_failure: Option<FirstFailure<'a>>,
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
struct FirstFailure<'a> {
    logical_resource_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

fn line(watch: &RecordedWatch) -> String {
    let mut line = Line {
        kind: "recording",
        file: watch.file.to_string_lossy().into_owned(),
        ..Line::default()
    };
    match &watch.build {
        Err(why) => line.error = Some(why.as_str()),
        Ok(told) => {
            let summary = &told.summary;
            let failure = summary.first_failure.as_ref();
            line = Line {
                outcome: Some(summary.outcome.as_str()),
                image_id: Some(told.image_id.as_str()),
                region: told.region().map(SafeText::as_str),
                ami_id: summary.ami_id.as_ref().map(SafeText::as_str),
                first_failure: failure.map(|failure| FirstFailure {
                    logical_resource_id: failure.logical_id.as_str(),
                    reason: failure.reason.as_ref().map(SafeText::as_str),
                }),
                leftover_stack: Some(summary.leftover_stack),
                started_at: summary.started_at.map(format_time),
                ended_at: summary.ended_at.map(format_time),
                events: Some(summary.events),
                ..line
            };
        }
    }
    escape_json(&serde_json::to_string(&line).unwrap_or_default())
}
