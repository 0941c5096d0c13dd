//! The detail pane's content: one event in full, its properties as a tree that folds, as wrapped lines.
//!
//! Lines are made when the selection, the folds or the width change, not when a frame is drawn.

use std::collections::HashSet;

use serde_json::Value;

use crate::domain::event::{EventKey, StackEvent, format_time};
use crate::domain::properties::{Properties, shown};
use crate::domain::text::{Clean, width, wrap};

/// Columns by which each level of the tree is moved to the right.
const INDENT: usize = 2;

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

/// Writes JSON as lines.
struct TreeWriter<'a> {
    switched: &'a HashSet<String>,
    columns: usize,
    lines: &'a mut Vec<Line>,
}

impl TreeWriter<'_> {
    fn node(&mut self, name: &str, value: &Value, path: &str, indent: usize) {
        match value {
            Value::Object(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, value)| (name.clone(), value))
                    .collect();
                self.branch(name, &fields, ('{', '}'), path, indent);
            }
            Value::Array(items) => {
                let items: Vec<_> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| (index.to_string(), item))
                    .collect();
                self.branch(name, &items, ('[', ']'), path, indent);
            }
            Value::String(text) if text.trim_end().contains('\n') => {
                self.document(name, text, path, indent);
            }
            Value::String(text) => self.leaf(name, &shown(text), indent, 0),
            other => self.leaf(name, &Clean::new(&other.to_string()), indent, 0),
        }
    }

    fn branch(
        &mut self,
        name: &str,
        children: &[(String, &Value)],
        brackets: (char, char),
        path: &str,
        indent: usize,
    ) {
        let (left, right) = brackets;
        if children.is_empty() {
            self.leaf(name, &Clean::new(&format!("{left}{right}")), indent, 0);
            return;
        }
        let open = self.is_open(path, indent == 0);
        let summary = format!("{left}{}{right}", children.len());
        self.push_fold(
            name,
            open,
            if open { String::new() } else { summary },
            path,
            indent,
        );
        if !open {
            return;
        }
        let plain = |value: &Value| !value.is_object() && !value.is_array();
        let names = children
            .iter()
            .filter(|(_, value)| plain(value))
            .map(|(name, _)| width(name))
            .max();
        for (name, value) in children {
            let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
            match value {
                Value::String(text) if !text.trim_end().contains('\n') => {
                    self.leaf(name, &shown(text), indent + INDENT, names.unwrap_or(0));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {
                    self.leaf(
                        name,
                        &Clean::new(&value.to_string()),
                        indent + INDENT,
                        names.unwrap_or(0),
                    );
                }
                _ => self.node(name, value, &path, indent + INDENT),
            }
        }
    }

    /// A document inside a string: folded to one line, or its own lines under its name.
    fn document(&mut self, name: &str, text: &str, path: &str, indent: usize) {
        let open = self.is_open(path, false);
        let text = shown(text);
        let summary = format!("document, {} lines", text.as_str().lines().count());
        self.push_fold(name, open, summary, path, indent);
        if open {
            let indent = indent + INDENT;
            let columns = self.columns.saturating_sub(indent + INDENT);
            for text in wrap(text.as_str().trim_end(), columns) {
                self.lines.push(Line::Continued { indent, text });
            }
        }
    }

    /// A name and a value; `names` is the width of the longest name beside it, so that values align.
    fn leaf(&mut self, name: &str, value: &Clean, indent: usize, names: usize) {
        let name = Clean::new(name);
        let names = names.min(self.columns / 2).max(width(name.as_str()));
        let padding = " ".repeat(names - width(name.as_str()));
        let start = indent + INDENT + names + 2;
        let room = self.columns.saturating_sub(start);
        // In a narrow pane a long value is easier to read below its name than in a sliver beside it.
        if room < self.columns / 2 && width(value.as_str()) > room {
            self.push_node(indent, format!("{name}{padding}"), String::new());
            self.push_continued(value, indent + INDENT);
            return;
        }
        let mut parts = wrap(value.as_str(), room).into_iter();
        self.push_node(
            indent,
            format!("{name}{padding}"),
            parts.next().unwrap_or_default(),
        );
        self.lines.extend(parts.map(|text| Line::Continued {
            indent: start - INDENT,
            text,
        }));
    }

    fn push_continued(&mut self, value: &Clean, indent: usize) {
        let columns = self.columns.saturating_sub(indent + INDENT);
        let parts = wrap(value.as_str(), columns).into_iter();
        self.lines
            .extend(parts.map(|text| Line::Continued { indent, text }));
    }

    fn push_node(&mut self, indent: usize, name: String, value: String) {
        self.lines.push(Line::Node {
            indent,
            fold: None,
            name,
            value,
        });
    }

    fn push_fold(&mut self, name: &str, open: bool, value: String, path: &str, indent: usize) {
        let fold = Some(Fold {
            path: path.to_owned(),
            open,
        });
        let name = Clean::new(name).as_str().to_owned();
        self.lines.push(Line::Node {
            indent,
            fold,
            name,
            value,
        });
    }

    fn is_open(&self, path: &str, usually: bool) -> bool {
        usually != self.switched.contains(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
