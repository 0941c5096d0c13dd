//! The detail pane: one event, or one resource with its operations and events, as a page of lines. `settle` makes
//! the lines when their input changes; `view::views::detail` draws them.
//!
//! It has three modes: reading (a tree of properties), the JSON of the response, and the changes since the same
//! resource's previous event.
//!
//! - `event`, `resource`, `changes`: the lines of a subject and mode
//! - `tree`: properties as lines that fold
//! - `unfold`: opens the branches that a search matches

mod changes;
mod event;
mod resource;
mod tree;
mod unfold;

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::app::views::action::ViewAction;
use crate::app::views::page;
use crate::app::views::page::{Page, PageLine};
use crate::domain::properties::{Properties, safe_excerpt};
use crate::domain::stack_event::{EventId, EventKey, StackEvent, StackId};
use crate::domain::timeline::Timeline;
use crate::text::pattern::Pattern;
use crate::text::safe::SafeText;
use tree::TreeWriter;

/// Columns by which each level of the tree is indented.
const INDENT: usize = 2;

#[derive(Clone, Copy, Debug)]
pub enum DetailSubject<'a> {
    Event(&'a Timeline, &'a Arc<StackEvent>),
    /// A resource of a stack, or the stack itself.
    Resource(&'a Timeline, &'a SafeText),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DetailMode {
    /// Reason, properties as a tree, fields.
    #[default]
    Read,
    /// The JSON of the response.
    Raw,
    /// The changes since the resource's previous event.
    Changes,
}

/// The input of the lines: they are made again only when it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct DetailInput {
    /// The event; of a resource its newest.
    event: EventKey,
    /// The resource and its number of events, if the subject is a resource.
    resource: Option<(SafeText, usize)>,
    /// The previous event, if it is shown, and whether events may be missing between the two.
    before: Option<(EventKey, bool)>,
    mode: DetailMode,
    columns: usize,
    /// The number of times that something was folded or unfolded.
    folds: usize,
}

impl DetailInput {
    /// The part of the input that decides whether the cursor stays on its line.
    fn position(&self) -> (StackId, Option<EventId>, Option<SafeText>, DetailMode) {
        let resource = self.resource.as_ref().map(|(id, _)| id.clone());
        let event = resource.is_none().then(|| self.event.event_id.clone());
        (self.event.stack_id.clone(), event, resource, self.mode)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Detail {
    pub page: Page,
    pub mode: DetailMode,
    /// Branches that are not in their default state: open at the top level, folded below.
    toggled: HashSet<String>,
    folds: usize,
    rendered_from: Option<DetailInput>,
}

impl<'a> DetailSubject<'a> {
    /// The event of the subject; of a resource its newest one.
    pub fn event(self) -> Option<&'a Arc<StackEvent>> {
        match self {
            Self::Event(_, event) => Some(event),
            Self::Resource(timeline, id) => timeline.events_of(id).next_back(),
        }
    }

    /// The event whose properties are shown: of a resource the newest one that has any.
    pub fn event_with_properties(self) -> Option<&'a Arc<StackEvent>> {
        match self {
            Self::Event(_, event) => Some(event),
            Self::Resource(timeline, id) => {
                let mut newest = timeline.events_of(id).rev().take(NEWEST);
                newest.find(|event| event.properties() != Properties::Absent)
            }
        }
    }
}

/// This number of a resource's newest events is searched for properties: usually each of them has some.
const NEWEST: usize = 8;

impl Detail {
    /// Brings the lines in line with the subject and the pane's size.
    pub fn settle(&mut self, subject: Option<DetailSubject<'_>>, columns: usize, height: usize) {
        let wanted = subject.and_then(|subject| self.wanted(subject, columns));
        if wanted != self.rendered_from {
            let position =
                |rendered: &Option<DetailInput>| rendered.as_ref().map(DetailInput::position);
            if position(&wanted) != position(&self.rendered_from) {
                self.page.rewind();
            }
            let lines = subject.map(|subject| self.lines_of(subject, columns));
            self.page.lines = lines.unwrap_or_default();
            self.rendered_from = wanted;
        }
        self.page.settle(height);
    }

    fn wanted(&self, subject: DetailSubject<'_>, columns: usize) -> Option<DetailInput> {
        let event = subject.event()?;
        let (resource, before) = match subject {
            DetailSubject::Event(timeline, _) if self.mode == DetailMode::Changes => {
                (None, timeline.before(event))
            }
            DetailSubject::Event(..) => (None, None),
            DetailSubject::Resource(timeline, id) => {
                (Some((id.clone(), timeline.count_of(id))), None)
            }
        };
        Some(DetailInput {
            event: event.key(),
            resource,
            before: before.map(|before| (before.event.key(), before.gap)),
            mode: self.mode,
            columns,
            folds: self.folds,
        })
    }

    fn lines_of(&self, subject: DetailSubject<'_>, columns: usize) -> Vec<PageLine> {
        match (subject, self.mode) {
            (DetailSubject::Resource(timeline, id), DetailMode::Read) => {
                resource::lines(self, timeline, id, columns)
            }
            (_, DetailMode::Raw) => subject
                .event()
                .map(|event| raw(event, columns))
                .unwrap_or_default(),
            (DetailSubject::Event(_, event), DetailMode::Read) => {
                event::lines(self, event, columns)
            }
            (
                DetailSubject::Event(timeline, _) | DetailSubject::Resource(timeline, _),
                DetailMode::Changes,
            ) => {
                let event = subject.event();
                let lines =
                    event.map(|event| changes::lines(timeline.before(event), event, columns));
                lines.unwrap_or_default()
            }
        }
    }

    /// Switches to a mode, or from it to reading.
    pub fn toggle_mode(&mut self, mode: DetailMode) {
        self.mode = if self.mode == mode {
            DetailMode::Read
        } else {
            mode
        };
    }

    pub(crate) fn act(&mut self, action: ViewAction) {
        match action {
            ViewAction::Enter | ViewAction::Toggle => self.fold(None),
            ViewAction::Left => self.fold(Some(false)),
            ViewAction::Right => self.fold(Some(true)),
            ViewAction::Zoom(_)
            | ViewAction::NewestFirst
            | ViewAction::Wrap
            | ViewAction::NextStep
            | ViewAction::PreviousStep => {}
        }
    }

    /// Marks a line of the pane; a branch that is marked already is folded or unfolded.
    pub(crate) fn click(&mut self, line: usize) {
        let index = self.page.top + line;
        let again = index == self.page.cursor;
        self.page.cursor = index;
        let marked = self.page.lines.get(index);
        if again && matches!(marked, Some(PageLine::Node { open: Some(_), .. })) {
            self.fold(None);
        }
    }

    /// Marks the next or previous match, in folded branches too. Returns a toast if there is none.
    pub(crate) fn find(
        &mut self,
        pattern: &Pattern,
        forward: bool,
        subject: Option<DetailSubject<'_>>,
    ) -> Option<String> {
        if let Some(subject) = subject {
            self.unfold(subject, pattern);
        }
        self.page.find(pattern, forward)
    }

    /// Folds or unfolds the marked branch: to the given state, or to the other one. If the marked line is
    /// no branch, or is folded already, folding goes to its parent.
    pub fn fold(&mut self, open: Option<bool>) {
        let Some(line) = self.page.lines.get(self.page.cursor) else {
            return;
        };
        match line {
            PageLine::Node {
                open: Some(is_open),
                path,
                ..
            } if open.is_none_or(|open| open != *is_open) => {
                let path = path.clone();
                if !self.toggled.remove(&path) {
                    self.toggled.insert(path);
                }
                self.folds += 1;
            }
            _ if open == Some(false) => self.mark_parent(),
            _ => {}
        }
    }

    fn mark_parent(&mut self) {
        let indent_of = |line: &PageLine| match line {
            PageLine::Node { indent, .. } | PageLine::Continued { indent, .. } => Some(*indent),
            _ => None,
        };
        let Some(indent) = self.page.lines.get(self.page.cursor).and_then(indent_of) else {
            return;
        };
        let parent = (0..self.page.cursor).rev().find(|index| {
            let line = self.page.lines.get(*index);
            matches!(line, Some(PageLine::Node { indent: of_line, .. }) if *of_line < indent)
        });
        self.page.cursor = parent.unwrap_or(self.page.cursor);
    }

    /// The name and the whole text that a copy of the marked line takes, even if the pane shows only a part of it.
    pub fn copyable(&self, subject: DetailSubject<'_>) -> Option<(String, String)> {
        let lines = self.page.lines.get(..=self.page.cursor)?;
        let begins = |line: &&PageLine| !matches!(line, PageLine::Continued { .. });
        match lines.iter().rev().find(begins)? {
            PageLine::Node { path, .. } => {
                let Properties::Tree(tree) = subject.event_with_properties()?.properties() else {
                    return None;
                };
                let name = path.rsplit('/').next().filter(|name| !name.is_empty());
                let name = name.unwrap_or("properties").to_owned();
                Some((name, text_of(tree.pointer(path)?)))
            }
            line => line.copyable(),
        }
    }

    /// Appends the properties of an event.
    fn push_properties(
        &self,
        event: Option<&StackEvent>,
        columns: usize,
        lines: &mut Vec<PageLine>,
    ) {
        match event.map_or(Properties::Absent, StackEvent::properties) {
            Properties::Absent => lines.push(PageLine::Text("no properties".to_owned())),
            Properties::Text(text) => {
                lines.push(PageLine::Heading("properties".to_owned()));
                lines.extend(page::text_lines(text.as_str(), columns));
            }
            Properties::Tree(tree) => {
                let mut writer = TreeWriter {
                    toggled: &self.toggled,
                    columns,
                    lines,
                };
                writer.node("properties", &tree, "", 0);
            }
        }
    }
}

/// The JSON of the response, one field a line.
fn raw(event: &StackEvent, columns: usize) -> Vec<PageLine> {
    let raw = event.raw();
    let pretty = serde_json::from_str::<Value>(&raw);
    let pretty = pretty.and_then(|value| serde_json::to_string_pretty(&value));
    let text = pretty.unwrap_or(raw);
    page::text_lines(safe_excerpt(&text).as_str(), columns).collect()
}

/// A value as it is copied: text unchanged, other values as JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    use crate::text::pattern::Pattern;
    use crate::text::width::width;

    fn event(properties: &Value) -> Arc<StackEvent> {
        let json = json!({
            "stackId": "s", "eventId": "e", "logicalResourceId": "L", "resourceStatus": "CREATE_COMPLETE",
            "resourceProperties": properties.to_string(),
        });
        Arc::new(StackEvent::from_json(&json.to_string(), None))
    }

    /// Makes the pane show an event that is alone in its stack.
    fn settle(detail: &mut Detail, event: &Arc<StackEvent>, columns: usize) {
        let timeline = Timeline::new(StackId::from("s"));
        detail.settle(Some(DetailSubject::Event(&timeline, event)), columns, 20);
    }

    fn nodes(detail: &Detail) -> Vec<String> {
        let show = |line: &PageLine| match line {
            PageLine::Node {
                indent,
                name,
                value,
                ..
            } => Some(format!("{}{name} {value}", " ".repeat(*indent))),
            PageLine::Continued { indent, text } => {
                Some(format!("{}| {text}", " ".repeat(*indent)))
            }
            _ => None,
        };
        detail.page.lines.iter().filter_map(show).collect()
    }

    #[test]
    fn properties_are_a_tree_that_folds() {
        let event = event(&json!({"Tags": {"k": "v"}, "Name": "n", "Data": "a\nb"}));
        let mut detail = Detail::default();
        settle(&mut detail, &event, 60);
        let folded = [
            "properties ",
            "  Tags {1}",
            "  Name n",
            "  Data document, 2 lines",
        ];
        assert_eq!(nodes(&detail), folded);
        let line_of = |detail: &Detail, wanted: &str| {
            detail
                .page
                .lines
                .iter()
                .position(|line| matches!(line, PageLine::Node { name, .. } if name == wanted))
                .unwrap()
        };
        detail.page.cursor = line_of(&detail, "Tags");
        detail.fold(None);
        settle(&mut detail, &event, 60);
        assert_eq!(nodes(&detail)[1..3], ["  Tags ", "    k v"]);
        detail.page.cursor = line_of(&detail, "Data");
        detail.fold(Some(true));
        settle(&mut detail, &event, 60);
        assert_eq!(nodes(&detail)[5..], ["    | a", "    | b"]);
    }

    #[test]
    fn the_cursor_stays_on_the_line_that_is_folded() {
        let event = event(&json!({"A": "1", "B": "2", "Tags": {"k": "v"}}));
        let mut detail = Detail::default();
        settle(&mut detail, &event, 60);
        let line = detail
            .page
            .lines
            .iter()
            .position(|line| line.search_text().starts_with("Tags"));
        detail.page.cursor = line.unwrap();
        for open in [true, false] {
            detail.fold(Some(open));
            settle(&mut detail, &event, 60);
            assert_eq!(Some(detail.page.cursor), line);
        }
    }

    #[test]
    fn a_search_finds_folded_text() {
        let deep = json!({"A": {"in": [{"key": "needle"}]}, "B": "middle", "C": "one\nneedle too", "D": {"x": "no"}});
        let event = event(&deep);
        let timeline = Timeline::new(StackId::from("s"));
        let subject = DetailSubject::Event(&timeline, &event);
        let pattern = Pattern::new("needle", false).unwrap();
        let mut detail = Detail::default();
        settle(&mut detail, &event, 60);
        let marked = |detail: &Detail| detail.page.lines[detail.page.cursor].search_text();
        let mut lines = detail.page.lines.iter();
        detail.page.cursor = lines
            .position(|line| line.search_text() == "B middle")
            .unwrap();
        detail.unfold(subject, &pattern);
        assert_eq!(marked(&detail), "B middle");
        let mut found = Vec::new();
        for _ in 0..3 {
            assert!(detail.page.mark_next_match(&pattern, true));
            found.push(marked(&detail));
        }
        assert_eq!(found, ["needle too", "key needle", "needle too"]);
        let unfolded = nodes(&detail);
        assert_eq!(
            unfolded.last().unwrap(),
            "  D {1}",
            "nothing else is unfolded"
        );
        // From below the tree, the search continues at the top.
        let mut again = Detail::default();
        settle(&mut again, &event, 60);
        again.page.move_by(isize::MAX);
        let last = marked(&again);
        again.unfold(subject, &pattern);
        assert_eq!(marked(&again), last);
        assert!(again.page.mark_next_match(&pattern, true));
        assert_eq!(marked(&again), "key needle");
        // A branch that is open already stays open.
        detail.unfold(subject, &pattern);
        settle(&mut detail, &event, 60);
        assert_eq!(nodes(&detail), unfolded);
        assert_eq!(marked(&detail), "needle too");
    }

    #[test]
    fn folding_a_leaf_goes_to_its_branch() {
        let event = event(&json!({"Name": "n"}));
        let mut detail = Detail::default();
        settle(&mut detail, &event, 60);
        let root = detail
            .page
            .lines
            .iter()
            .position(|line| matches!(line, PageLine::Node { .. }))
            .unwrap();
        detail.page.cursor = root + 1;
        detail.fold(Some(false));
        assert_eq!(detail.page.cursor, root);
    }

    #[test]
    fn no_line_is_wider_than_the_pane() {
        let long = "x".repeat(200);
        let event = event(&json!({"AVeryLongPropertyNameIndeed": long, "b": {"c": [1, 2]}}));
        for columns in [1, 10, 20, 33, 80] {
            let mut detail = Detail::default();
            settle(&mut detail, &event, columns);
            for line in &detail.page.lines {
                if let PageLine::Continued { indent, text } = line {
                    assert!(
                        indent + INDENT + width(text) <= columns.max(indent + INDENT + 1),
                        "{columns}: {line:?}"
                    );
                }
            }
        }
    }
}
