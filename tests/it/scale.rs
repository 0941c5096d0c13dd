//! A frame, a key and a filter cost what is on the screen, not what is in memory. `cargo bench` has the times
//! for a million events; here it is counted how many events are looked at.

use std::sync::Arc;

use bakewatch::testing::app::{Key, Mode, Model, Msg, Target, update};
use bakewatch::testing::config::built_in_keys as built_in;
use bakewatch::testing::domain::{Observation, Seen, StackEvent, StackId, WalkStep};
use bakewatch::testing::store::visits;
use bakewatch::testing::style::Theme;
use bakewatch::testing::view::view;
use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

const FEW: usize = 1_000;
const MANY: usize = 100_000;

fn screen(events: usize) -> Model {
    let target = Target {
        image_id: "img".to_owned(),
        region: None,
        note: None,
    };
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let mut model = Model::new(target, Mode::Screen, built_in().unwrap(), now);
    let size = Size {
        width: 120,
        height: 40,
    };
    let _ = update(&mut model, Msg::Resized(size));
    let event = |number: usize| {
        let status = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_FAILED"][number % 3];
        let json = format!(
            r#"{{"stackId":"s","eventId":"e{number}","logicalResourceId":"R{}","resourceStatus":"{status}"}}"#,
            number % 100
        );
        Arc::new(StackEvent::from_json(&json, None))
    };
    let page = WalkStep {
        stack_id: Some(StackId::from("s")),
        restarted: true,
        fresh: (0..events).rev().map(event).collect(),
        commit: Some(Vec::new()),
        audit: false,
    };
    let report = Observation {
        at: now,
        elapsed: std::time::Duration::ZERO,
        next_poll: now,
        news: Seen::Page(page),
    };
    let _ = update(&mut model, Msg::Observed(report));
    assert_eq!(model.rows().len(), events);
    model
}

/// How many events are looked at by each key and the frame after it, the most of them.
fn cost(model: &mut Model, keys: &str) -> usize {
    let area = Rect::from((ratatui::layout::Position::ORIGIN, model.size));
    let mut buffer = Buffer::empty(area);
    let mut step = |key| {
        let _ = visits();
        let _ = update(model, Msg::Key(Key::Char(key)));
        buffer.reset();
        view(model, &Theme::default(), area, &mut buffer);
        visits()
    };
    keys.chars().map(&mut step).max().unwrap_or_default()
}

#[test]
fn a_hundred_times_the_events_cost_a_frame_a_key_and_a_filter_about_the_same() {
    let (mut few, mut many) = (screen(FEW), screen(MANY));
    // Under a filter of one status, in the middle of the list, from failure to failure, read in every form.
    for keys in [
        "kkjj", "gG", "f af", "f jkf", "gGkkjj", "ee", "d", "J", "3", "1s",
    ] {
        let (small, large) = (cost(&mut few, keys), cost(&mut many, keys));
        // A search for a place takes a few steps more among more events.
        assert!(
            large <= small * 2,
            "{keys:?}: {large} with {MANY} events, {small} with {FEW}"
        );
    }
}

#[test]
fn a_row_of_the_resources_costs_its_newest_events_whatever_else_there_is() {
    let mut many = screen(MANY);
    let cost = cost(&mut many, "2kkjj");
    // Each of the hundred has a thousand events; a span is made from 256 of them at most.
    let rows = usize::from(many.size.height);
    assert!(cost <= rows * 300, "{cost}");
}
