//! Serialises the differences of two builds: a table for the user, or one JSON object per line, with the fields of
//! docs/scripting.md. Tests: `tests/it/recording/diff.rs`.

use serde::Serialize;

use crate::app::overlays::comparison::{LETTER, Tone, rows};
use crate::domain::comparison::Difference;
use crate::domain::status::StatusClass;
use crate::output::text::paint;
use crate::style::Theme;
use crate::text::safe::{SafeText, escape_json};

/// The differences in words. `names` are those of the two builds.
pub(crate) fn diff_text(
    differences: &[Difference],
    names: [&str; 2],
    theme: &Theme,
    columns: usize,
) -> String {
    let line = |tone, text: &str| {
        let class = match tone {
            Tone::Plain | Tone::Heading => return format!("{text}\n"),
            Tone::Before => StatusClass::Deleting,
            Tone::After => StatusClass::Running,
        };
        let (letter, value) = text.split_at(LETTER.min(text.len()));
        format!("{letter}{}\n", paint(theme.status(class), value))
    };
    let rows = rows(differences, names, columns, theme.glyphs().ellipsis);
    let text: String = rows.iter().map(|row| line(row.tone, &row.text)).collect();
    theme.text(&text).into_owned()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DifferenceLine<'a> {
    kind: &'static str,
    of: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    longer: Option<i64>,
    /// Whether one of the two still runs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_end: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_end: Option<&'static str>,
}

/// The differences as JSON lines.
pub(crate) fn diff_json(differences: &[Difference]) -> String {
    let line = |one: &Difference| {
        let line = DifferenceLine {
            kind: "difference",
            of: one.kind.as_str(),
            name: one.name.as_str(),
            before: one.before.as_ref().map(SafeText::as_str),
            after: one.after.as_ref().map(SafeText::as_str),
            longer: one.longer.map(|longer| longer.num_seconds()),
            running: one.is_running(),
            before_end: one.endings[0].as_str(),
            after_end: one.endings[1].as_str(),
        };
        escape_json(&serde_json::to_string(&line).unwrap_or_default()) + "\n"
    };
    differences.iter().map(line).collect()
}
