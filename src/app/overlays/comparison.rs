//! Two builds side by side: the lines of a comparison, which `bakewatch diff` prints and the screen shows over the picker.
//! `update::builds` acts in it, `view::overlays::comparison` draws it.

use chrono::TimeDelta;
use ratatui::layout::{Rect, Size};

use crate::app::layout::popup;
use crate::app::overlays::picker::Picker;
use crate::domain::comparison::{Difference, DifferenceKind};
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{pad, truncate, truncate_middle, width, wrap};

/// The columns of a duration, and of how much longer one was: `1h 23m 45s shorter`.
const TOOK: usize = 11;
const LONGER: usize = 18;
/// The columns of a duration where there are few.
const SHORT: usize = 10;
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
    rows
}

/// The table of what took a time. Where a name has no room beside the times, it has a line of its own.
fn durations(times: &[&Difference], columns: usize, ellipsis: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    if times.is_empty() {
        return rows;
    }
    let mut add = |tone, text: String| rows.push(Row { tone, text });
    let took = |took: &Option<SafeText>| took.as_ref().map_or("-", SafeText::as_str).to_owned();
    let widest = times.iter().map(|one| width(&time_name(one))).max();
    let widest = widest.unwrap_or(0).max("DURATION".len());
    let room = columns.saturating_sub(2 * TOOK + LONGER + 3);
    add(Tone::Plain, String::new());
    if room < widest.min(LEAST_NAME) {
        let line = |cells: [&str; 3]| {
            let [before, after, change] = cells;
            let line = format!(" {} {} {change}", pad(before, SHORT), pad(after, SHORT));
            truncate(line.trim_end(), columns, ellipsis)
        };
        let heading = truncate("DURATION", columns, ellipsis);
        add(Tone::Heading, heading);
        add(Tone::Heading, line(["A", "B", "B - A"]));
        for one in times {
            let name = truncate_middle(&time_name(one), columns, ellipsis);
            let change = one.longer.map_or_else(String::new, change);
            add(Tone::Plain, name);
            add(
                Tone::Plain,
                line([&took(&one.before), &took(&one.after), &change]),
            );
        }
        return rows;
    }
    let names = widest.min(room);
    let line = |cells: [&str; 4]| {
        let [name, before, after, longer] = cells;
        let name = pad(&truncate_middle(name, names, ellipsis), names);
        let line = format!("{name} {} {} {longer}", pad(before, TOOK), pad(after, TOOK));
        line.trim_end().to_owned()
    };
    add(Tone::Heading, line(["DURATION", "A", "B", "B TOOK"]));
    for one in times {
        let longer = one.longer.map_or_else(String::new, longer);
        let (before, after) = (took(&one.before), took(&one.after));
        add(
            Tone::Plain,
            line([&time_name(one), &before, &after, &longer]),
        );
    }
    rows
}

/// The name of what took a time; a step stands under the image.
fn time_name(one: &Difference) -> String {
    let name = one_line(one.name.as_str());
    match one.kind {
        DifferenceKind::Step => format!("step {name}"),
        _ => name,
    }
}

fn longer(longer: TimeDelta) -> String {
    match longer.num_seconds() {
        0 => "the same".to_owned(),
        seconds if seconds > 0 => format!("{} longer", duration(longer)),
        _ => format!("{} shorter", duration(-longer)),
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
        text.unwrap_or_else(|| "-".to_owned())
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
}
