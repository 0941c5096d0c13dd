//! Any `resourceProperties`, and how they differ from others: a tree, a document, JSON. The shown text grows no faster
//! than the input.
#![no_main]

use std::sync::Arc;

use bakewatch::testing::app::{Detail, DetailMode, DetailSubject};
use bakewatch::testing::domain::{Properties, StackEvent, StackId, Timeline, WalkStep, changes};
use bakewatch::testing::text::SafeText;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (one, other) = text.split_once('\0').unwrap_or((&text, ""));
    let events = [event("1", one), event("2", other)];
    let mut timeline = Timeline::new(StackId::from("s"));
    let seen = WalkStep {
        fresh: events.iter().rev().cloned().collect(),
        commit: Some(Vec::new()),
        ..WalkStep::default()
    };
    assert_eq!(timeline.apply(&seen).len(), 2);
    for event in &events {
        for (form, columns) in [
            (DetailMode::Read, 30),
            (DetailMode::Read, 1),
            (DetailMode::Raw, 80),
            (DetailMode::Changes, 40),
        ] {
            read(&timeline, event, form, columns, text.len());
        }
    }
    let tree = |event: &StackEvent| match event.properties() {
        Properties::Tree(tree) => tree,
        Properties::Text(text) => Value::from(text.as_str()),
        Properties::Absent => Value::Null,
    };
    let [one, other] = [tree(&events[0]), tree(&events[1])];
    assert!(changes(&one, &one).is_empty());
    assert_eq!(changes(&one, &other).is_empty(), one == other);
});

fn event(id: &str, properties: &str) -> Arc<StackEvent> {
    let json = json!({"stackId": "s", "eventId": id, "logicalResourceId": "L", "resourceProperties": properties});
    Arc::new(StackEvent::from_json(&json.to_string(), None))
}

/// Reads an event in the pane, with the first branches unfolded, and copies from the first lines.
fn read(
    timeline: &Timeline,
    event: &Arc<StackEvent>,
    mode: DetailMode,
    columns: usize,
    length: usize,
) {
    let mut detail = Detail::default();
    detail.mode = mode;
    let subject = DetailSubject::Event(timeline, event);
    detail.settle(Some(subject), columns, 20);
    let mut cursor = 0;
    while cursor < detail.page.lines.len().min(24) {
        detail.page.cursor = cursor;
        detail.fold(Some(true));
        let _ = detail.copyable(subject);
        detail.settle(Some(subject), columns, 20);
        cursor += 1;
    }
    // Escaped for JSON a byte is six, made visible up to eight; a line of one column has a character.
    let lines = detail.page.lines.len();
    assert!(
        lines <= 200 + 16 * length,
        "{lines} lines of {length} bytes"
    );
    let mut shown = 0;
    for line in &detail.page.lines {
        let text = line.search_text();
        assert_eq!(SafeText::new(&text).as_str(), text);
        shown += text.len();
    }
    assert!(
        shown <= 4_000 + 32 * length,
        "{shown} bytes are shown of {length}"
    );
}
