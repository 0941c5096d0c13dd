//! Properties as the lines of a tree: branches that fold, values that align, documents under their names.
//!
//! It appends [`PageLine`]s; the pane keeps the state of the branches.

use std::collections::HashSet;

use serde_json::Value;

use crate::app::views::detail::INDENT;
use crate::app::views::page::PageLine;
use crate::domain::properties::safe_excerpt;
use crate::text::safe::SafeText;
use crate::text::width::{pad, width, wrap};

/// The JSON pointer (RFC 6901) of a name below a path.
pub(crate) fn below(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

pub(crate) struct TreeWriter<'a> {
    /// Branches that are not in their default state, by their paths.
    pub(crate) toggled: &'a HashSet<String>,
    /// The width of the pane.
    pub(crate) columns: usize,
    pub(crate) lines: &'a mut Vec<PageLine>,
}

impl TreeWriter<'_> {
    /// Appends a value and everything that is open below it.
    pub(crate) fn node(&mut self, name: &str, value: &Value, path: &str, indent: usize) {
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
            Value::String(text) => self.leaf(name, &safe_excerpt(text), path, indent, 0),
            other => self.leaf(name, &SafeText::new(&other.to_string()), path, indent, 0),
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
            self.leaf(
                name,
                &SafeText::new(&format!("{left}{right}")),
                path,
                indent,
                0,
            );
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
            let path = below(path, name);
            match value {
                Value::String(text) if !text.trim_end().contains('\n') => {
                    self.leaf(
                        name,
                        &safe_excerpt(text),
                        &path,
                        indent + INDENT,
                        names.unwrap_or(0),
                    );
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {
                    self.leaf(
                        name,
                        &SafeText::new(&value.to_string()),
                        &path,
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
        let text = safe_excerpt(text);
        let summary = format!("document, {} lines", text.as_str().lines().count());
        self.push_fold(name, open, summary, path, indent);
        if open {
            let indent = indent + INDENT;
            let columns = self.columns.saturating_sub(indent + INDENT);
            for text in wrap(text.as_str().trim_end(), columns) {
                self.lines.push(PageLine::Continued { indent, text });
            }
        }
    }

    /// A name and a value; `names` is the width of the longest name beside it, so that values align.
    fn leaf(&mut self, name: &str, value: &SafeText, path: &str, indent: usize, names: usize) {
        let name = SafeText::new(name);
        let names = names.min(self.columns / 2).max(width(name.as_str()));
        let label = pad(name.as_str(), names);
        let start = indent + INDENT + names + 2;
        let room = self.columns.saturating_sub(start);
        // In a narrow pane a long value is easier to read below its name than in a sliver beside it.
        if room < self.columns / 2 && width(value.as_str()) > room {
            self.push_node(indent, path, None, label, String::new());
            self.push_continued(value, indent + INDENT);
            return;
        }
        let mut parts = wrap(value.as_str(), room).into_iter();
        self.push_node(indent, path, None, label, parts.next().unwrap_or_default());
        self.lines.extend(parts.map(|text| PageLine::Continued {
            indent: start - INDENT,
            text,
        }));
    }

    fn push_continued(&mut self, value: &SafeText, indent: usize) {
        let columns = self.columns.saturating_sub(indent + INDENT);
        let parts = wrap(value.as_str(), columns).into_iter();
        self.lines
            .extend(parts.map(|text| PageLine::Continued { indent, text }));
    }

    fn push_node(
        &mut self,
        indent: usize,
        path: &str,
        open: Option<bool>,
        name: String,
        value: String,
    ) {
        self.lines.push(PageLine::Node {
            indent,
            path: path.to_owned(),
            open,
            name,
            value,
        });
    }

    fn push_fold(&mut self, name: &str, open: bool, value: String, path: &str, indent: usize) {
        let name = SafeText::new(name).as_str().to_owned();
        self.push_node(indent, path, Some(open), name, value);
    }

    fn is_open(&self, path: &str, usually: bool) -> bool {
        usually != self.toggled.contains(path)
    }
}
