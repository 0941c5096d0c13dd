//! A frame, a key and a filter cost what is on the screen, not what is in memory. `cargo bench` has the numbers
//! for a million events; here a hundred times the events must not be many times the cost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bakewatch::app::key::Key;
use bakewatch::app::model::{Mode, Model, Target};
use bakewatch::app::msg::Msg;
use bakewatch::app::update::update;
use bakewatch::config::keys::built_in;
use bakewatch::domain::event::{StackEvent, StackId};
use bakewatch::domain::news::{News, PageNews, Report};
use bakewatch::style::Theme;
use bakewatch::view::view;
use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// A scan of all events would make this a hundred; a tree's depth makes it less than two.
const MOST: u32 = 8;

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
    let page = PageNews {
        stack_id: Some(StackId::from("s")),
        restarted: true,
        fresh: (0..events).rev().map(event).collect(),
        commit: Some(Vec::new()),
        audit: false,
    };
    let report = Report {
        at: now,
        elapsed: std::time::Duration::ZERO,
        next_poll: now,
        news: News::Page(page),
    };
    let _ = update(&mut model, Msg::Report(report));
    assert_eq!(model.rows().len(), events);
    model
}

/// How long keys and the frames after them take; the least of several tries, since others use the machine too.
fn cost(model: &mut Model, keys: &str) -> Duration {
    let area = Rect::from((ratatui::layout::Position::ORIGIN, model.size));
    let mut buffer = Buffer::empty(area);
    let mut run = || {
        let began = Instant::now();
        for key in keys.chars() {
            let _ = update(model, Msg::Key(Key::Char(key)));
            buffer.reset();
            view(model, &Theme::default(), area, &mut buffer);
        }
        began.elapsed()
    };
    (0..10).map(|_| run()).min().unwrap_or_default()
}

#[test]
fn a_hundred_times_the_events_cost_a_frame_a_key_and_a_filter_about_the_same() {
    let (mut few, mut many) = (screen(FEW), screen(MANY));
    // The second round is under a filter of one status, in the middle of the list.
    for keys in ["kkjj", "gG", "f af", "f jkf", "gGkkjj"] {
        let (small, large) = (cost(&mut few, keys), cost(&mut many, keys));
        assert!(
            large < small * MOST,
            "{keys:?}: {large:?} with {MANY} events, {small:?} with {FEW}"
        );
    }
}
