//! Serialises the differences of two builds: a table for the user, or one JSON object per line, with the fields of
//! docs/scripting.md. Tests: `tests/it/recording/diff.rs`.

use std::fmt::Write as _;

use chrono::TimeDelta;
use serde::Serialize;

use crate::domain::comparison::{Difference, DifferenceKind};
use crate::domain::status::StatusClass;
use crate::output::text::paint;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, escape_json, one_line};
use crate::text::width::{pad, truncate_middle, width};

/// The columns of the names, and of a duration.
const NAME: usize = 40;
const TOOK: usize = 12;

/// The differences in words. `names` are those of the two builds.
pub(crate) fn diff_text(
    differences: &[Difference],
    names: [&str; 2],
    theme: &Theme,
    columns: usize,
) -> String {
    let [before, after] = names.map(one_line);
    let mut text = format!("A: {before}\nB: {after}\n");
    let of = |kind| differences.iter().filter(move |one| one.kind == kind);
    let ellipsis = theme.glyphs().ellipsis;
    let value = |text: &Option<SafeText>| {
        let text = text
            .as_ref()
            .map_or_else(|| "-".to_owned(), |text| one_line(text.as_str()));
        truncate_middle(&text, columns.saturating_sub(" A ".len()), ellipsis)
    };
    for kind in [DifferenceKind::Build, DifferenceKind::Property] {
        for one in of(kind) {
            let name = one_line(one.name.as_str());
            let (before, after) = (value(&one.before), value(&one.after));
            let _ = writeln!(text, "\n{}", truncate_middle(&name, columns, ellipsis));
            let _ = writeln!(
                text,
                " A {}",
                paint(theme.status(StatusClass::Deleting), &before)
            );
            let _ = writeln!(
                text,
                " B {}",
                paint(theme.status(StatusClass::Running), &after)
            );
        }
    }
    if text.lines().count() == 2 {
        text.push_str("\nNo differences in the facts and the properties of the two.\n");
    }
    let longest = of(DifferenceKind::Duration)
        .map(|one| width(one.name.as_str()))
        .max();
    let Some(longest) = longest else {
        return theme.text(&text).into_owned();
    };
    let names = longest.clamp(8, NAME);
    let heading = [pad("DURATION", names), pad("A", TOOK), pad("B", TOOK)].join(" ");
    let _ = writeln!(text, "\n{heading} B TOOK");
    for one in of(DifferenceKind::Duration) {
        let name = truncate_middle(&one_line(one.name.as_str()), names, ellipsis);
        let took = |took: &Option<SafeText>| took.as_ref().map_or("-", SafeText::as_str).to_owned();
        let longer = one.longer.map_or_else(String::new, longer);
        let line = [
            pad(&name, names),
            pad(&took(&one.before), TOOK),
            pad(&took(&one.after), TOOK),
        ];
        let line = format!("{} {longer}", line.join(" "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    theme.text(&text).into_owned()
}

fn longer(longer: TimeDelta) -> String {
    match longer.num_seconds() {
        0 => "the same".to_owned(),
        seconds if seconds > 0 => format!("{} longer", duration(longer)),
        _ => format!("{} shorter", duration(-longer)),
    }
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
        };
        escape_json(&serde_json::to_string(&line).unwrap_or_default()) + "\n"
    };
    differences.iter().map(line).collect()
}
