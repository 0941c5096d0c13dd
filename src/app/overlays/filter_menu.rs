//! The menu of statuses, types and resources to list, with their counts. Keys toggle its choices, `update` sets the
//! filter accordingly, and `view::overlays::filter_menu` draws it.

use std::collections::BTreeMap;

use ratatui::layout::{Rect, Size};

use crate::app::layout::popup;
use crate::app::views::filter::FilterChoice;
use crate::domain::build::Build;
use crate::domain::search::Selection;
use crate::domain::status::{ClassSet, StatusClass};
use crate::text::safe::SafeText;

/// The popup's width, borders included: room for the longest types of ParallelCluster's template.
const COLUMNS: u16 = 58;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterMenuLine {
    Heading(&'static str),
    /// A choice, and the number of its events.
    Choice(FilterChoice, usize),
}

#[derive(Clone, Debug, Default)]
pub struct FilterMenu {
    pub lines: Vec<FilterMenuLine>,
    pub cursor: usize,
    /// The first line on the screen.
    pub top: usize,
    /// The revision of the build that the lines were made from.
    revision: Option<u64>,
}

/// The area of the menu on a screen.
pub(crate) fn area(lines: usize, size: Size) -> Rect {
    let rows = u16::try_from(lines).unwrap_or(u16::MAX);
    popup(size, COLUMNS, rows.saturating_add(2))
}

impl FilterMenu {
    /// Brings the lines in line with the build, and the marked one onto the screen.
    pub(crate) fn settle(&mut self, build: &Build, size: Size) {
        if self.revision != Some(build.revision()) {
            self.revision = Some(build.revision());
            // The marked choice stays marked, wherever it moves among new ones.
            let marked = self.choice().cloned();
            self.lines = lines(build);
            let is_marked = |line: &FilterMenuLine| matches!(line, FilterMenuLine::Choice(choice, _) if Some(choice) == marked.as_ref());
            let index = self.lines.iter().position(is_marked);
            self.cursor = index
                .unwrap_or(self.cursor)
                .min(self.lines.len().saturating_sub(1));
        }
        self.step_off_headings(true);
        let height = usize::from(area(self.lines.len(), size).height.saturating_sub(2));
        if self.cursor < self.top + 1 {
            // Keep the heading above the marked line visible.
            self.top = self.cursor.saturating_sub(1);
        } else if height > 0 && self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
        self.top = self.top.min(self.lines.len().saturating_sub(height));
    }

    /// The marked choice.
    pub fn choice(&self) -> Option<&FilterChoice> {
        match self.lines.get(self.cursor)? {
            FilterMenuLine::Choice(choice, _) => Some(choice),
            FilterMenuLine::Heading(_) => None,
        }
    }

    /// Marks another line.
    pub fn mark(&mut self, line: usize) {
        let down = line >= self.cursor;
        self.cursor = line.min(self.lines.len().saturating_sub(1));
        self.step_off_headings(down);
    }

    fn step_off_headings(&mut self, down: bool) {
        let is_heading =
            |line: usize| matches!(self.lines.get(line), Some(FilterMenuLine::Heading(_)));
        if is_heading(self.cursor) {
            // Every heading has lines below it; only the first has none above.
            self.cursor = if down || self.cursor == 0 {
                self.cursor + 1
            } else {
                self.cursor - 1
            };
        }
    }
}

fn lines(build: &Build) -> Vec<FilterMenuLine> {
    let count = |class| {
        let selection = Selection::of(ClassSet::only(class));
        build
            .timelines()
            .iter()
            .map(|timeline| timeline.count(selection))
            .sum()
    };
    let classes = StatusClass::ALL
        .map(|class| FilterMenuLine::Choice(FilterChoice::Class(class), count(class)));
    let (types, resources) = count_by_name(build);
    let mut lines = vec![FilterMenuLine::Heading("statuses")];
    lines.extend(classes);
    if !resources.is_empty() {
        lines.push(FilterMenuLine::Heading("types"));
        lines.extend(
            types
                .into_iter()
                .map(|(kind, count)| FilterMenuLine::Choice(FilterChoice::Type(kind), count)),
        );
        lines.push(FilterMenuLine::Heading("resources"));
        let choices = resources.into_iter();
        lines.extend(
            choices.map(|(id, count)| FilterMenuLine::Choice(FilterChoice::Resource(id), count)),
        );
    }
    lines
}

/// The types and the resources of all events, with their numbers of events.
fn count_by_name(build: &Build) -> (BTreeMap<SafeText, usize>, Vec<(SafeText, usize)>) {
    let mut types: BTreeMap<SafeText, usize> = BTreeMap::new();
    let mut resources: Vec<(SafeText, usize)> = Vec::new();
    let mut indexes = std::collections::HashMap::new();
    for timeline in build.timelines() {
        for id in timeline.resources() {
            let count = timeline.count_of(id);
            let kind = timeline
                .events_of(id)
                .next_back()
                .map(|event| event.resource_type.clone());
            *types
                .entry(kind.unwrap_or_else(|| SafeText::new("")))
                .or_default() += count;
            let index = *indexes.entry(id.clone()).or_insert_with(|| {
                resources.push((id.clone(), 0));
                resources.len() - 1
            });
            if let Some((_, sum)) = resources.get_mut(index) {
                *sum += count;
            }
        }
    }
    (types, resources)
}
