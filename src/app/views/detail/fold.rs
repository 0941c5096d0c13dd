//! Folds and unfolds the branches of the detail pane, by keys and clicks, and writes the properties as such branches.
//! `tree` makes their lines.

use crate::app::views::action::ViewAction;
use crate::app::views::detail::Detail;
use crate::app::views::detail::tree::TreeWriter;
use crate::app::views::page;
use crate::app::views::page::PageLine;
use crate::domain::properties::Properties;
use crate::domain::stack_event::StackEvent;

impl Detail {
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

    /// Appends the properties of an event.
    pub(super) fn push_properties(
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::app::views::detail::{DetailSubject, INDENT};
    use crate::domain::stack_event::StackId;
    use crate::domain::timeline::Timeline;
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
