//! Serialises the list of images: a table for the user, or one JSON object per line, with the fields of
//! docs/scripting.md. Tests: `tests/it/headless/list.rs`.

use serde::Serialize;

use crate::domain::listing::{ListedImage, ListedStatus};
use crate::domain::stack_event::format_time;
use crate::domain::status::StatusClass;
use crate::output::history::Look;
use crate::output::text::paint;
use crate::text::safe::{SafeText, escape_json, one_line};
use crate::text::width::{pad, truncate_middle, width};

const HEADINGS: [&str; 5] = ["IMAGE", "STATUS", "SINCE", "VERSION", "AMI OR STACK"];
const IMAGE: usize = 0;
const STATUS: usize = 1;
const SINCE: usize = 2;
const VERSION: usize = 3;
const RESULT: usize = 4;
/// The columns that become narrower until the table fits, in this order, and how narrow.
const FLEXIBLE: [(usize, usize); 4] = [(RESULT, 21), (IMAGE, 16), (VERSION, 8), (IMAGE, 8)];
const GAP: &str = "  ";

type Row = [String; HEADINGS.len()];

/// The list as a table; empty without images.
pub(crate) fn images_table(images: &[&ListedImage], look: Look<'_>) -> String {
    if images.is_empty() {
        return String::new();
    }
    let theme = look.theme;
    let mut headings = HEADINGS.map(str::to_owned);
    if look.utc {
        headings[SINCE] += " (UTC)";
    }
    let rows: Vec<_> = images.iter().map(|image| row(image, look)).collect();
    let widest = |column: usize| {
        let cells = rows.iter().map(|row| width(&row[column]));
        cells.chain([width(&headings[column])]).max().unwrap_or(0)
    };
    let mut widths = [IMAGE, STATUS, SINCE, VERSION, RESULT].map(widest);
    let gaps = GAP.len() * (widths.len() - 1);
    for (column, least) in FLEXIBLE {
        let over = (widths.iter().sum::<usize>() + gaps)
            .saturating_sub(look.columns.unwrap_or(usize::MAX));
        let spare = widths[column].saturating_sub(least);
        widths[column] -= over.min(spare);
    }
    let ellipsis = theme.glyphs().ellipsis;
    let line = |cells: Row, style| {
        let cells = cells.into_iter().zip(widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| {
            let cell = pad(&truncate_middle(&cell, width, ellipsis), width);
            match style {
                Some(style) if column == STATUS => paint(style, &cell),
                _ => cell,
            }
        });
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned() + "\n"
    };
    let mut table = line(headings, None);
    for (image, cells) in images.iter().zip(rows) {
        table += &line(cells, Some(theme.status(class(image.status))));
    }
    theme.text(&table).into_owned()
}

pub(crate) const fn class(status: ListedStatus) -> StatusClass {
    match status {
        ListedStatus::Building => StatusClass::Running,
        ListedStatus::Failed => StatusClass::Failed,
        ListedStatus::Available => StatusClass::Complete,
    }
}

fn row(image: &ListedImage, look: Look<'_>) -> Row {
    let cell = |text: &Option<SafeText>| {
        let text = text.as_ref().map(|text| one_line(text.as_str()));
        text.unwrap_or_else(|| "-".to_owned())
    };
    let since = image.since.map_or_else(
        || "-".to_owned(),
        |since| {
            let since = since.with_timezone(&(look.offset)(since));
            since.format("%Y-%m-%d %H:%M").to_string()
        },
    );
    let result = image.ami_id.clone().or_else(|| image.stack_status.clone());
    let sign = look.theme.glyphs().status(class(image.status));
    [
        one_line(image.image_id.as_str()),
        format!("{sign} {}", image.status.as_str()),
        since,
        cell(&image.version),
        cell(&result),
    ]
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImageLine<'a> {
    kind: &'static str,
    image_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ami_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_status: Option<&'a str>,
}

/// The list as JSON lines.
pub(crate) fn images_json(images: &[&ListedImage]) -> String {
    images.iter().map(|image| json_line(image) + "\n").collect()
}

fn json_line(image: &ListedImage) -> String {
    let line = ImageLine {
        kind: "image",
        image_id: image.image_id.as_str(),
        region: image.region.as_ref().map(SafeText::as_str),
        status: image.status.as_str(),
        since: image.since.map(format_time),
        ami_id: image.ami_id.as_ref().map(SafeText::as_str),
        version: image.version.as_ref().map(SafeText::as_str),
        stack_id: image.stack_id.as_ref().map(SafeText::as_str),
        stack_status: image.stack_status.as_ref().map(SafeText::as_str),
    };
    escape_json(&serde_json::to_string(&line).unwrap_or_default())
}
