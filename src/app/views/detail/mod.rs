//! The detail pane: one event, or one resource with its operations and events, as a page of lines. `settle` makes
//! the lines when their input changes; `view::views::detail` draws them.
//!
//! It has three modes: reading (a tree of properties), the JSON of the response, and the changes since the same
//! resource's previous event.
//!
//! - `subject`: the event or the resource
//! - `event`, `resource`, `changes`: the lines of a subject and mode
//! - `tree`: properties as lines that fold; `fold`: folds them
//! - `unfold`: opens the branches that a search matches

mod changes;
mod event;
mod fold;
mod resource;
mod subject;
mod tree;
mod unfold;

use std::collections::HashSet;

use serde_json::Value;

use crate::app::views::page;
use crate::app::views::page::{Page, PageLine};
use crate::domain::properties::{Properties, safe_excerpt};
use crate::domain::stack_event::{EventId, EventKey, StackEvent, StackId};
use crate::text::pattern::Pattern;
use crate::text::safe::SafeText;

pub use subject::DetailSubject;

/// Columns by which each level of the tree is indented.
const INDENT: usize = 2;

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
