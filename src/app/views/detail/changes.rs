//! An event as the changes since the same resource's previous event. `domain::diff` compares their fields.
//! `detail` shows these lines in changes mode.

use std::sync::Arc;

use serde_json::Value;

use crate::app::views::page;
use crate::app::views::page::{ChangeKind, PageLine};
use crate::domain::diff::{Change, changes};
use crate::domain::properties::{Properties, safe_excerpt};
use crate::domain::stack_event::StackEvent;
use crate::domain::timeline::Before;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{truncate, wrap};

/// Longer values are cut: their difference cannot be seen in a list.
const LONG: usize = 4096;

pub(crate) fn lines(
    before: Option<Before<'_>>,
    event: &Arc<StackEvent>,
    columns: usize,
) -> Vec<PageLine> {
    let Some(Before { event: before, gap }) = before else {
        let none = format!("no previous event of {} is known", event.logical_id);
        return page::text_lines(&none, columns).collect();
    };
    let since = before
        .timestamp
        .zip(event.timestamp)
        .map(|(before, now)| duration(now - before));
    let since = since.map_or_else(String::new, |since| format!(", {since} later"));
    let mut lines = vec![PageLine::Heading(format!(
        "changed since {}{since}",
        before.status
    ))];
    if gap {
        let note = "incomplete: older events are still being loaded";
        lines.extend(page::text_lines(note, columns));
    }
    lines.push(PageLine::Blank);
    let tree = |event: &StackEvent| {
        let mut fields = serde_json::Map::new();
        let mut put = |name: &str, value: Option<String>| {
            fields.extend(value.map(|value| (name.to_owned(), Value::String(value))));
        };
        put("status", Some(event.status.to_string()));
        put("reason", event.verbatim_reason());
        put(
            "physical id",
            event.physical_id.as_ref().map(ToString::to_string),
        );
        put("type", Some(event.resource_type.to_string()));
        put(
            "token",
            event.client_request_token().map(|token| token.to_string()),
        );
        match event.properties() {
            Properties::Absent => {}
            Properties::Text(text) => put("properties", Some(text.to_string())),
            Properties::Tree(tree) => drop(fields.insert("properties".to_owned(), tree)),
        }
        Value::Object(fields)
    };
    let (old, new) = (tree(before), tree(event));
    let changes = changes(&old, &new);
    for change in &changes {
        push(change, columns, &mut lines);
    }
    if !changes
        .iter()
        .any(|change| change.path.starts_with("properties"))
    {
        lines.push(PageLine::Blank);
        lines.push(PageLine::Text("the properties are unchanged".to_owned()));
    }
    lines
}

fn push(change: &Change, columns: usize, lines: &mut Vec<PageLine>) {
    let path = change.path.as_str();
    let (sign, text) = match (&change.before, &change.after) {
        (None, after) => (ChangeKind::Added, value_text(path, after.as_ref())),
        (before, None) => (ChangeKind::Removed, value_text(path, before.as_ref())),
        (before, after) => {
            let (before, after) = (
                value_text(path, before.as_ref()),
                value_text(path, after.as_ref()),
            );
            (ChangeKind::Changed, format!("{before} -> {after}"))
        }
    };
    let text = format!("{}: {text}", SafeText::new(path));
    // Two columns are for the sign.
    let parts = wrap(&text, columns.saturating_sub(2))
        .into_iter()
        .enumerate();
    lines.extend(parts.map(|(index, text)| match index {
        0 => PageLine::Change { sign, text },
        _ => PageLine::Continued { indent: 0, text },
    }));
}

/// A value, whole as far as it can be read; a document among the properties is only measured.
fn value_text(path: &str, value: Option<&Value>) -> String {
    let text = match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let lines = text.trim_end().lines().count();
    if lines > 1 && path.starts_with("properties") {
        return format!("({lines} lines, {} bytes)", text.len());
    }
    truncate(&one_line(safe_excerpt(&text).as_str()), LONG, "...")
}
