//! The cost of a frame, a key and a filter grows with the screen and not with the history. `cargo bench` has the times
//! for a million events; these tests count the events that are read.

use std::sync::Arc;
use std::time::Duration;

use bakewatch::testing::app::{
    Key, Mode, Model, Msg, Preferences, Session, SessionId, Target, update,
};
use bakewatch::testing::config::built_in_keys as built_in;
use bakewatch::testing::domain::{Seen, StackEvent, WalkStep};
use bakewatch::testing::store::visits;
use bakewatch::testing::style::Theme;
use bakewatch::testing::view::view;
use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::support::api;

const FEW: usize = 1_000;
const MANY: usize = 100_000;

fn screen(events: usize) -> Model {
    let target = Target {
        image_id: "img".to_owned(),
        region: None,
        backend: None,
        note: None,
    };
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let preferences = Preferences::new(Mode::Screen, built_in().unwrap());
    let session = Session::new(SessionId::default(), target, None);
    let mut model = Model::new(preferences, session, now);
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
    let page = api::page("s", (0..events).rev().map(event).collect(), true);
    let page = WalkStep {
        restarted: true,
        ..page
    };
    let observation = api::observation(now, Duration::ZERO, Seen::Page(page));
    let _ = update(
        &mut model,
        Msg::Observed(SessionId::default(), vec![observation].into()),
    );
    assert_eq!(model.shown.rows().len(), events);
    model
}

/// The most events that a key and the frame after it read.
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
fn the_cost_of_frames_keys_and_filters_does_not_grow_with_the_events() {
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
fn a_resource_row_reads_only_its_newest_events() {
    let mut many = screen(MANY);
    let cost = cost(&mut many, "2kkjj");
    // Each of the hundred has a thousand events; a span is made from 256 of them at most.
    let rows = usize::from(many.size.height);
    assert!(cost <= rows * 300, "{cost}");
}
