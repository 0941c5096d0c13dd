//! Unfolds the branches that a search matches, since folded text can't be found. Called before the page is
//! searched.

use serde_json::Value;

use crate::app::views::detail::tree::below;
use crate::app::views::detail::{Detail, DetailMode, DetailSubject};
use crate::app::views::page::PageLine;
use crate::domain::properties::{Properties, safe_excerpt};
use crate::text::pattern::Pattern;
use crate::text::safe::SafeText;

impl Detail {
    /// Unfolds every branch that contains a match, and keeps the marked line.
    pub(super) fn unfold(&mut self, subject: DetailSubject<'_>, pattern: &Pattern) {
        let event = subject.event_with_properties();
        let (DetailMode::Read, Some(rendered), Some(event)) =
            (self.mode, &self.rendered_from, event)
        else {
            return;
        };
        let Properties::Tree(tree) = event.properties() else {
            return;
        };
        let columns = rendered.columns;
        let mut branches = Vec::new();
        collect(&tree, "", pattern, &mut branches);
        let marked = self.marked();
        for path in branches {
            // The root is open by default.
            let is_open = path.is_empty() != self.toggled.contains(&path);
            if !is_open && !self.toggled.remove(&path) {
                self.toggled.insert(path);
            }
        }
        self.folds += 1;
        self.settle(Some(subject), columns, 0);
        self.mark(marked);
    }

    /// The marked line, by a position that unfolding does not change.
    fn marked(&self) -> Marked {
        let is_in_tree =
            |line: &PageLine| matches!(line, PageLine::Node { .. } | PageLine::Continued { .. });
        let lines = self.page.lines.get(..=self.page.cursor).unwrap_or_default();
        let nodes = lines.iter().rev().take_while(|line| is_in_tree(line));
        let node = nodes.enumerate().find_map(|(below, line)| match line {
            PageLine::Node { path, .. } => Some((path.clone(), below)),
            _ => None,
        });
        match node {
            Some((path, below)) => Marked::InTree(path, below),
            None if lines.iter().any(is_in_tree) => {
                Marked::AboveEnd(self.page.lines.len() - self.page.cursor)
            }
            None => Marked::BelowTop(self.page.cursor),
        }
    }

    fn mark(&mut self, marked: Marked) {
        let lines = &self.page.lines;
        let found = match marked {
            Marked::BelowTop(line) => Some(line),
            Marked::AboveEnd(line) => lines.len().checked_sub(line),
            Marked::InTree(wanted, below) => {
                let is_it = |line: &PageLine| matches!(line, PageLine::Node { path, .. } if *path == wanted);
                lines.iter().position(is_it).map(|first| first + below)
            }
        };
        self.page.cursor = found.unwrap_or(self.page.cursor);
    }
}

/// A line by its distance from a fixed point.
enum Marked {
    /// Lines below the page's first.
    BelowTop(usize),
    /// Lines below the line of this branch or leaf.
    InTree(String, usize),
    /// Lines above the page's end, below the tree.
    AboveEnd(usize),
}

/// Collects the paths of the branches that contain a match. True if the value itself does.
fn collect(value: &Value, path: &str, pattern: &Pattern, branches: &mut Vec<String>) -> bool {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            fields.map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(at, item)| (at.to_string(), item)).collect()
        }
        Value::String(text) => {
            let text = safe_excerpt(text);
            let has = text.as_str().lines().any(|line| pattern.is_in(line));
            if has && text.as_str().trim_end().contains('\n') {
                branches.push(path.to_owned());
            }
            return has;
        }
        other => return pattern.is_in(&other.to_string()),
    };
    let mut has = false;
    for (name, child) in children {
        let path = below(path, &name);
        // The name and the value share a line.
        let line = format!("{} {}", SafeText::new(&name), leaf(child));
        has |= pattern.is_in(&line) | collect(child, &path, pattern, branches);
    }
    if has {
        branches.push(path.to_owned());
    }
    has
}

/// The text beside the name of a value; empty for a branch.
fn leaf(value: &Value) -> String {
    match value {
        Value::String(text) if !text.trim_end().contains('\n') => {
            safe_excerpt(text).as_str().to_owned()
        }
        Value::String(_) | Value::Object(_) | Value::Array(_) => String::new(),
        other => other.to_string(),
    }
}
