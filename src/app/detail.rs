//! The detail pane's content: one event in full, its properties as a tree that folds, as wrapped lines.
//!
//! Lines are made when the selection, the folds or the width change, not when a frame is drawn.

use std::collections::HashSet;

use crate::domain::event::{EventKey, StackEvent, format_time};
use crate::domain::properties::Properties;
use crate::domain::text::{Clean, width, wrap};

use super::tree::TreeWriter;

/// Columns by which each level of the tree is moved to the right.
pub(super) const INDENT: usize = 2;

/// One line of the pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing, between two parts.
    Blank,
    /// The status, and since when; drawn with the time of the frame.
    Status,
    /// Running text, such as the reason.
    Text(String),
    /// A name and its value; a value that needs more lines goes on in `Value`.
    Field {
        /// The name; empty where the value goes on from the line above.
        name: String,
        /// The value, or the part of it that fits.
        value: String,
    },
    /// A line of the tree.
    Node {
        /// How far it is moved to the right, in columns.
        indent: usize,
        /// Whether it can be unfolded or folded, and which it is.
        fold: Option<Fold>,
        /// The name.
        name: String,
        /// The value, or what is folded away; empty for an unfolded branch.
        value: String,
    },
    /// A line of a document inside the tree, or the rest of a long value.
    Continued {
        /// How far it is moved to the right, in columns.
        indent: usize,
        /// The text.
        text: String,
    },
}

/// A branch that folds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Where it is in the properties: a JSON pointer (RFC 6901).
    pub path: String,
    /// Whether its content is shown.
    pub open: bool,
}

/// What the pane shows.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// The lines.
    pub lines: Vec<Line>,
    /// The first line on the screen.
    pub top: usize,
    /// The marked line, while the pane has the focus.
    pub cursor: usize,
    /// Branches that are not in their usual state: most are open at the top level and folded below.
    switched: HashSet<String>,
    made_for: Option<(EventKey, usize)>,
}

impl Detail {
    /// Brings the lines in line with the selected event and the pane's size.
    pub fn settle(&mut self, event: Option<&StackEvent>, columns: usize, height: usize) {
        let wanted = event.map(|event| (event.key(), columns));
        if wanted != self.made_for {
            let same_event = match (&wanted, &self.made_for) {
                (Some((now, _)), Some((before, _))) => now == before,
                _ => false,
            };
            if !same_event {
                self.top = 0;
                self.cursor = 0;
            }
            self.lines = event
                .map(|event| self.lines_of(event, columns))
                .unwrap_or_default();
            self.made_for = wanted;
        }
        self.scroll(height);
    }

    fn scroll(&mut self, height: usize) {
        let last = self.lines.len().saturating_sub(1);
        self.cursor = self.cursor.min(last);
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if height > 0 && self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
        self.top = self.top.min((last + 1).saturating_sub(height.max(1)));
    }

    /// Marks another line.
    pub fn move_by(&mut self, delta: isize) {
        let last = self.lines.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(delta).min(last);
    }

    /// Folds or unfolds the marked branch: to the given state, or to the other one. Where the marked line is
    /// no branch, or is folded already, folding goes to the branch that it is in.
    pub fn fold(&mut self, open: Option<bool>) {
        let Some(line) = self.lines.get(self.cursor) else {
            return;
        };
        match line {
            Line::Node {
                fold: Some(fold), ..
            } if open.is_none_or(|open| open != fold.open) => {
                let path = fold.path.clone();
                if !self.switched.remove(&path) {
                    self.switched.insert(path);
                }
                self.made_for = None;
            }
            _ if open == Some(false) => self.mark_parent(),
            _ => {}
        }
    }

    fn mark_parent(&mut self) {
        let indent_of = |line: &Line| match line {
            Line::Node { indent, .. } | Line::Continued { indent, .. } => Some(*indent),
            _ => None,
        };
        let Some(indent) = self.lines.get(self.cursor).and_then(indent_of) else {
            return;
        };
        let parent = (0..self.cursor).rev().find(|index| {
            let line = self.lines.get(*index);
            matches!(line, Some(Line::Node { indent: of_line, .. }) if *of_line < indent)
        });
        self.cursor = parent.unwrap_or(self.cursor);
    }

    fn lines_of(&self, event: &StackEvent, columns: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        lines.extend(
            wrap(event.resource_type.as_str(), columns)
                .into_iter()
                .map(Line::Text),
        );
        lines.push(Line::Status);
        if let Some(reason) = &event.reason {
            lines.push(Line::Blank);
            lines.extend(wrap(reason.as_str(), columns).into_iter().map(Line::Text));
        }
        lines.push(Line::Blank);
        self.push_properties(event, columns, &mut lines);
        lines.push(Line::Blank);
        push_fields(event, columns, &mut lines);
        lines
    }

    fn push_properties(&self, event: &StackEvent, columns: usize, lines: &mut Vec<Line>) {
        match event.properties() {
            Properties::Absent => lines.push(Line::Text("no properties".to_owned())),
            Properties::Text(text) => {
                lines.push(Line::Text("properties".to_owned()));
                lines.extend(wrap(text.as_str(), columns).into_iter().map(Line::Text));
            }
            Properties::Tree(tree) => {
                let mut writer = TreeWriter {
                    switched: &self.switched,
                    columns,
                    lines,
                };
                writer.node("properties", &tree, "", 0);
            }
        }
    }
}

/// The fields that identify the event, for looking something up elsewhere.
fn push_fields(event: &StackEvent, columns: usize, lines: &mut Vec<Line>) {
    let time = event.timestamp.map(format_time);
    let token = event.client_request_token();
    let fields = [
        ("time", time.as_deref().map(Clean::new)),
        ("physical id", event.physical_id.clone()),
        ("event id", Some(event.event_id.clean())),
        ("stack", Some(event.stack_id.clean())),
        ("token", token),
    ];
    let names = fields
        .iter()
        .map(|(name, _)| width(name))
        .max()
        .unwrap_or(0)
        + 2;
    for (name, value) in fields {
        let Some(value) = value else { continue };
        for (index, part) in wrap(value.as_str(), columns.saturating_sub(names))
            .into_iter()
            .enumerate()
        {
            let name = if index == 0 { name } else { "" };
            lines.push(Line::Field {
                name: format!("{name:names$}"),
                value: part,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event(properties: &Value) -> StackEvent {
        let json = json!({
            "stackId": "s", "eventId": "e", "logicalResourceId": "L", "resourceStatus": "CREATE_COMPLETE",
            "resourceProperties": properties.to_string(),
        });
        StackEvent::from_json(&json.to_string(), None)
    }

    fn nodes(detail: &Detail) -> Vec<String> {
        let show = |line: &Line| match line {
            Line::Node {
                indent,
                name,
                value,
                ..
            } => Some(format!("{}{name} {value}", " ".repeat(*indent))),
            Line::Continued { indent, text } => Some(format!("{}| {text}", " ".repeat(*indent))),
            _ => None,
        };
        detail.lines.iter().filter_map(show).collect()
    }

    #[test]
    fn properties_are_a_tree_that_folds() {
        let event = event(&json!({"Tags": {"k": "v"}, "Name": "n", "Data": "a\nb"}));
        let mut detail = Detail::default();
        detail.settle(Some(&event), 60, 20);
        let folded = [
            "properties ",
            "  Tags {1}",
            "  Name n",
            "  Data document, 2 lines",
        ];
        assert_eq!(nodes(&detail), folded);
        let line_of = |detail: &Detail, wanted: &str| {
            detail
                .lines
                .iter()
                .position(|line| matches!(line, Line::Node { name, .. } if name == wanted))
                .unwrap()
        };
        detail.cursor = line_of(&detail, "Tags");
        detail.fold(None);
        detail.settle(Some(&event), 60, 20);
        assert_eq!(nodes(&detail)[1..3], ["  Tags ", "    k v"]);
        detail.cursor = line_of(&detail, "Data");
        detail.fold(Some(true));
        detail.settle(Some(&event), 60, 20);
        assert_eq!(nodes(&detail)[5..], ["    | a", "    | b"]);
    }

    #[test]
    fn folding_a_leaf_goes_to_its_branch() {
        let event = event(&json!({"Name": "n"}));
        let mut detail = Detail::default();
        detail.settle(Some(&event), 60, 20);
        let root = detail
            .lines
            .iter()
            .position(|line| matches!(line, Line::Node { .. }))
            .unwrap();
        detail.cursor = root + 1;
        detail.fold(Some(false));
        assert_eq!(detail.cursor, root);
    }

    #[test]
    fn no_line_is_wider_than_the_pane() {
        let long = "x".repeat(200);
        let event = event(&json!({"AVeryLongPropertyNameIndeed": long, "b": {"c": [1, 2]}}));
        for columns in [1, 10, 20, 33, 80] {
            let mut detail = Detail::default();
            detail.settle(Some(&event), columns, 20);
            for line in &detail.lines {
                if let Line::Continued { indent, text } = line {
                    assert!(
                        indent + INDENT + width(text) <= columns.max(indent + INDENT + 1),
                        "{columns}: {line:?}"
                    );
                }
            }
        }
    }
}
