//! Two builds side by side: the lines of a comparison, which `bakewatch diff` prints and the screen shows over the picker.
//! `update::builds` acts in it, `view::overlays::comparison` draws it.

use std::collections::HashMap;

use chrono::TimeDelta;
use ratatui::layout::{Rect, Size};

use crate::app::layout::popup;
use crate::app::overlays::picker::Picker;
use crate::domain::comparison::{Difference, DifferenceKind, NONE};
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{pad, truncate, truncate_middle, width, wrap};

/// The least columns of a duration.
const TOOK: usize = 10;
/// A shorter part of a name says too little.
const LEAST_NAME: usize = 16;
/// What is kept of the text before the first difference of two long values.
const CONTEXT: usize = 16;

/// A comparison on the screen.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The two builds, in words.
    pub names: [String; 2],
    pub differences: Vec<Difference>,
    /// The first line on the screen.
    pub top: usize,
    /// The picker that it was asked for in.
    pub beneath: Box<Picker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Heading,
    /// A value of the first or of the second build, after its letter.
    Before,
    After,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub tone: Tone,
    pub text: String,
}

/// The letter of a build before its value.
pub(crate) const LETTER: usize = " A ".len();

/// The area of a comparison on a screen.
pub(crate) fn area(size: Size) -> Rect {
    popup(size, size.width, size.height)
}

impl Comparison {
    pub(crate) fn rows(&self, size: Size, ellipsis: &str) -> Vec<Row> {
        let columns = usize::from(area(size).width).saturating_sub(2 + LETTER - 1);
        let names = [self.names[0].as_str(), self.names[1].as_str()];
        rows(&self.differences, names, columns, ellipsis)
    }

    pub(crate) fn page(size: Size) -> usize {
        usize::from(area(size).height.saturating_sub(2))
    }

    /// Keeps the last lines on the screen.
    pub(crate) fn settle(&mut self, size: Size) {
        let rows = self.rows(size, "").len();
        self.top = self.top.min(rows.saturating_sub(Self::page(size)));
    }
}

/// The lines of a comparison that fit a width.
pub(crate) fn rows(
    differences: &[Difference],
    names: [&str; 2],
    columns: usize,
    ellipsis: &str,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |tone, text: String| rows.push(Row { tone, text });
    for (letter, name) in ["A", "B"].into_iter().zip(names) {
        let name = format!("{letter}: {}", one_line(name));
        add(Tone::Plain, truncate_middle(&name, columns, ellipsis));
    }
    let (times, values): (Vec<_>, Vec<_>) = differences.iter().partition(|one| one.kind.is_time());
    for one in &values {
        let name = one_line(one.name.as_str());
        let room = columns.saturating_sub(LETTER);
        let [before, after] = excerpts([&one.before, &one.after], room, ellipsis);
        add(Tone::Plain, String::new());
        add(Tone::Heading, truncate_middle(&name, columns, ellipsis));
        add(Tone::Before, format!(" A {before}"));
        add(Tone::After, format!(" B {after}"));
    }
    if values.is_empty() {
        add(Tone::Plain, String::new());
        let none = "No differences in the facts and the properties of the two.";
        for line in wrap(none, columns) {
            add(Tone::Plain, line);
        }
    }
    rows.extend(durations(&times, columns, ellipsis));
    let lacks = |one: &&Difference| (0..2).any(|side| one.took(side) == NONE);
    if times.into_iter().any(|one| lacks(&one)) {
        rows.push(Row {
            tone: Tone::Plain,
            text: String::new(),
        });
        let meaning = format!("{NONE} not in this build, not yet, or not known");
        let lines = wrap(&meaning, columns).into_iter();
        rows.extend(lines.map(|text| Row {
            tone: Tone::Plain,
            text,
        }));
    }
    rows
}

/// The table of what took a time. Where a name has no room beside the times, it has a line of its own.
fn durations(times: &[&Difference], columns: usize, ellipsis: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    if times.is_empty() {
        return rows;
    }
    let mut add = |tone, text: String| rows.push(Row { tone, text });
    let mut cells = vec![["A", "B", "B TOOK"].map(str::to_owned)];
    cells.extend(
        times
            .iter()
            .map(|one| [one.took(0), one.took(1), longer(one)]),
    );
    let widest = |column: usize| {
        cells
            .iter()
            .map(|cells| width(&cells[column]))
            .max()
            .unwrap_or(0)
    };
    let widths = [widest(0).max(TOOK), widest(1).max(TOOK), widest(2)];
    let room = columns.saturating_sub(widths.iter().sum::<usize>() + widths.len());
    let names = names(times, room);
    let needed = names.iter().map(|name| width(name)).max().unwrap_or(0);
    add(Tone::Plain, String::new());
    if room < needed.min(LEAST_NAME) {
        let line = |cells: [&str; 3]| {
            let [before, after, change] = cells;
            let (before, after) = (pad(before, widths[0]), pad(after, widths[1]));
            truncate(
                format!(" {before} {after} {change}").trim_end(),
                columns,
                ellipsis,
            )
        };
        add(Tone::Heading, truncate(&names[0], columns, ellipsis));
        add(Tone::Heading, line(["A", "B", "B - A"]));
        for (one, name) in times.iter().zip(&names[1..]) {
            let change = one.longer.map_or_else(String::new, change);
            add(Tone::Plain, truncate_middle(name, columns, ellipsis));
            add(Tone::Plain, line([&one.took(0), &one.took(1), &change]));
        }
        return rows;
    }
    let name_width = needed.min(room);
    for (place, (name, [before, after, longer])) in names.iter().zip(&cells).enumerate() {
        let tone = if place == 0 {
            Tone::Heading
        } else {
            Tone::Plain
        };
        let name = pad(&truncate_middle(name, name_width, ellipsis), name_width);
        let (before, after) = (pad(before, widths[0]), pad(after, widths[1]));
        let line = format!("{name} {before} {after} {longer}");
        add(tone, line.trim_end().to_owned());
    }
    rows
}

/// The names below their heading; a step stands under the image. Where they have no room, a step's is without its
/// workflow, unless another workflow has a step of this name.
fn names(times: &[&Difference], room: usize) -> Vec<String> {
    let named = |time_name: &dyn Fn(&Difference) -> String| {
        let heading = std::iter::once("DURATION".to_owned());
        let names = times.iter().map(|one| time_name(one));
        heading.chain(names).collect::<Vec<_>>()
    };
    let full = named(&time_name);
    if full.iter().all(|name| width(name) <= room) {
        return full;
    }
    let mut steps: HashMap<&str, usize> = HashMap::new();
    for one in times.iter().filter(|one| one.kind == DifferenceKind::Step) {
        *steps.entry(without_workflow(one)).or_default() += 1;
    }
    named(&|one| {
        let step = without_workflow(one);
        match one.kind {
            DifferenceKind::Step if steps[step] == 1 => format!("step {}", one_line(step)),
            _ => time_name(one),
        }
    })
}

fn without_workflow(step: &Difference) -> &str {
    let name = step.name.as_str();
    name.split_once(": ").map_or(name, |(_, step)| step)
}

/// The name of what took a time; a step stands under the image.
fn time_name(one: &Difference) -> String {
    let name = one_line(one.name.as_str());
    match one.kind {
        DifferenceKind::Step => format!("step {name}"),
        _ => name,
    }
}

fn longer(one: &Difference) -> String {
    let Some(longer) = one.longer else {
        return String::new();
    };
    let already = if one.is_running() { "already " } else { "" };
    match longer.num_seconds() {
        0 => "the same".to_owned(),
        seconds if seconds > 0 => format!("{already}{} longer", duration(longer)),
        _ => format!("{already}{} shorter", duration(-longer)),
    }
}

/// How much longer, in few columns.
fn change(longer: TimeDelta) -> String {
    match longer.num_seconds() {
        0 => "0s".to_owned(),
        seconds if seconds > 0 => format!("+{}", duration(longer)),
        _ => format!("-{}", duration(-longer)),
    }
}

/// Two values in one line each. Of long ones the part is shown in which they differ.
fn excerpts(values: [&Option<SafeText>; 2], room: usize, ellipsis: &str) -> [String; 2] {
    let texts = values.map(|value| {
        let text = value.as_ref().map(|text| one_line(text.as_str()));
        text.unwrap_or_else(|| NONE.to_owned())
    });
    let is_long = texts.iter().any(|text| width(text) > room);
    let both = values[0].is_some() && values[1].is_some();
    let shared = texts[0].chars().zip(texts[1].chars());
    let shared = shared.take_while(|(one, other)| one == other).count();
    let skipped = if is_long && both {
        shared.saturating_sub(CONTEXT)
    } else {
        0
    };
    texts.map(|text| {
        if skipped == 0 {
            return truncate_middle(&text, room, ellipsis);
        }
        let rest: String = text.chars().skip(skipped).collect();
        let text = format!("{ellipsis}{rest}");
        truncate(&text, room, ellipsis)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::comparison::Ending;

    fn value(text: &str) -> SafeText {
        SafeText::new(text)
    }

    #[test]
    fn long_values_are_shown_where_they_differ() {
        let script = "echo begin\n".repeat(30);
        let (one, other) = (
            format!("{script}dnf update"),
            format!("{script}dnf upgrade"),
        );
        let [one, other] = excerpts([&Some(value(&one)), &Some(value(&other))], 40, "...");
        assert!(one.ends_with("dnf update"), "{one}");
        assert!(other.ends_with("dnf upgrade"), "{other}");
        let [short, none] = excerpts([&Some(value("ami-1")), &None], 40, "...");
        assert_eq!((short.as_str(), none.as_str()), ("ami-1", "-"));
    }

    #[test]
    fn every_line_fits_the_width() {
        let time = |name: &str| Difference {
            kind: DifferenceKind::Step,
            name: SafeText::new(name),
            before: Some(value("1h 23m 45s")),
            after: Some(value("2h 46m 50s")),
            longer: Some(TimeDelta::seconds(5005)),
            endings: [Ending::Success, Ending::Cancelled],
        };
        let long = "x".repeat(300);
        let differences = [
            Difference {
                kind: DifferenceKind::Property,
                before: Some(value(&long)),
                after: Some(value(&format!("{long}y"))),
                longer: None,
                ..time(&long)
            },
            time("build-image: LaunchBuildInstance"),
            time(&long),
        ];
        for columns in [0, 1, 12, 36, 46, 66, 80, 100, 200] {
            for values in [&differences[..], &differences[1..]] {
                for row in rows(values, ["a", "b"], columns, "...") {
                    // A letter and a space stand before a value, however narrow it is.
                    let most = columns.max(LETTER);
                    assert!(width(&row.text) <= most, "{columns}: {}", row.text);
                }
            }
        }
    }

    /// In the frame of a screen of 40 columns.
    #[test]
    fn thirty_six_columns_have_every_duration_whole() {
        let time = |before: &str, after: &str, longer| Difference {
            kind: DifferenceKind::Step,
            name: SafeText::new("build-image: ApplyBuildComponents"),
            before: Some(value(before)),
            after: Some(value(after)),
            longer: Some(TimeDelta::seconds(longer)),
            endings: [Ending::Success; 2],
        };
        let all = [time("1:23:45", "2:47:10", 5005), time("45s", "5s", -40)];
        let rows = rows(&all, ["a", "b"], 36, "...");
        let texts: Vec<_> = rows.iter().map(|row| row.text.as_str()).collect();
        let last = &texts[texts.len() - 6..];
        assert_eq!(last[..2], ["DURATION", " A          B          B - A"]);
        assert!(last[2].starts_with("step build-image"), "{last:?}");
        assert_eq!(last[3], " 1:23:45    2:47:10    +1:23:25");
        assert_eq!(last[5], " 45s        5s         -0:40");
    }

    fn texts(endings: [Ending; 2], longer: Option<i64>, columns: usize) -> String {
        let time = |name: &str| Difference {
            kind: DifferenceKind::Step,
            name: SafeText::new(name),
            before: Some(value("31:44")),
            after: Some(value("28:15")),
            longer: longer.map(TimeDelta::seconds),
            endings,
        };
        let all = [time("build-image: ApplyBuildComponents")];
        let rows = rows(&all, ["a", "b"], columns, "...");
        rows.last().unwrap().text.clone()
    }

    #[test]
    fn a_duration_stands_with_its_end_and_what_runs_is_longer_so_far() {
        let failed = texts([Ending::Success, Ending::Failed], Some(-209), 120);
        let expected =
            "step build-image: ApplyBuildComponents 31:44      28:15 failed 3:29 shorter";
        assert_eq!(failed, expected);
        let runs = texts([Ending::Running, Ending::Success], Some(-209), 80);
        let expected = "step ApplyBuildComponents 31:44 so far 28:15      already 3:29 shorter";
        assert_eq!(runs, expected);
        let both = texts([Ending::Running; 2], None, 36);
        assert_eq!(both, " 31:44 so far 28:15 so far");
        let only = Difference {
            kind: DifferenceKind::Step,
            name: SafeText::new("s"),
            before: None,
            after: Some(value("1:00")),
            longer: None,
            endings: [Ending::Success; 2],
        };
        let rows = rows(&[only], ["a", "b"], 80, "...");
        let texts: Vec<_> = rows.iter().rev().take(3).map(|row| &*row.text).collect();
        let expected = [
            "- not in this build, not yet, or not known",
            "",
            "step s   -          1:00",
        ];
        assert_eq!(texts, expected);
    }
}
