//! The cost of a frame, a key, a filter, a search and a burst of new events with a million events in memory.
//!
//! `cargo bench --bench million`. A frame is due 33 ms after a key; each of these must be far below that.

use std::hint::black_box;
use std::sync::Arc;

use bakewatch::testing::app::{
    Key, Mode, Model, Msg, Preferences, Session, SessionId, Target, update,
};
use bakewatch::testing::config::built_in_keys as built_in;
use bakewatch::testing::domain::{Observation, Seen, StackEvent, StackId, Stream, WalkStep};
use bakewatch::testing::style::Theme;
use bakewatch::testing::view::view;
use chrono::{DateTime, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

const EVENTS: usize = 1_000_000;
const SIZE: Size = Size {
    width: 200,
    height: 60,
};

fn event(number: usize) -> Arc<StackEvent> {
    let status = [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "DELETE_COMPLETE",
        "CREATE_FAILED",
    ][number % 4];
    let json = format!(
        r#"{{"stackId":"s","eventId":"e{number}","logicalResourceId":"Resource{}","resourceType":"AWS::Made::Up",
           "timestamp":"2026-01-01T10:00:00.000Z","resourceStatus":"{status}","resourceStatusReason":"because"}}"#,
        number % 1000
    );
    Arc::new(StackEvent::from_json(&json, None))
}

/// A whole walk with these events, newest first.
fn walk(numbers: std::ops::Range<usize>) -> Msg {
    page(numbers.rev().map(event).collect())
}

/// A failure with a reason of two megabytes.
fn long_reason() -> Msg {
    let reason = "word ".repeat(400_000);
    let json = format!(
        r#"{{"stackId":"s","eventId":"e","logicalResourceId":"R","resourceStatus":"CREATE_FAILED",
           "resourceStatusReason":"{reason}"}}"#
    );
    page(vec![Arc::new(StackEvent::from_json(&json, None))])
}

fn page(fresh: Vec<Arc<StackEvent>>) -> Msg {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let seen = Seen::Page(WalkStep {
        stack_id: Some(StackId::from("s")),
        restarted: true,
        fresh,
        commit: Some(Vec::new()),
        ..WalkStep::default()
    });
    let observation = Observation {
        at: now,
        elapsed: std::time::Duration::ZERO,
        stream: Stream::Events,
        next_try: now,
        seen,
    };
    Msg::Observed(SessionId::default(), vec![observation].into())
}

#[expect(clippy::unwrap_used, reason = "a bench that can't continue has failed")]
fn model(history: Msg) -> Model {
    let target = Target {
        image_id: "img".to_owned(),
        region: None,
        backend: None,
        note: None,
    };
    let preferences = Preferences::new(Mode::Screen, built_in().unwrap());
    let session = Session::new(SessionId::default(), target, None);
    let mut model = Model::new(preferences, session, DateTime::<Utc>::UNIX_EPOCH);
    let _ = update(&mut model, Msg::Resized(SIZE));
    let _ = update(&mut model, history);
    model
}

fn press(model: &mut Model, keys: &str) {
    for key in keys.chars() {
        let _ = update(model, Msg::Key(Key::Char(key)));
    }
}

fn press_key(model: &mut Model, key: Key) {
    let _ = update(model, Msg::Key(key));
}

fn million(criterion: &mut Criterion) {
    let mut failure = model(long_reason());
    let mut model = model(walk(0..EVENTS));
    let theme = Theme::default();
    let area = Rect::from((ratatui::layout::Position::ORIGIN, SIZE));
    let mut buffer = Buffer::empty(area);
    let mut frame = |model: &Model| {
        buffer.reset();
        view(model, &theme, area, &mut buffer);
        black_box(&buffer);
    };
    criterion.bench_function("a frame", |bench| bench.iter(|| frame(&model)));
    criterion.bench_function("a row up and down", |bench| {
        bench.iter(|| press(&mut model, "kj"));
    });
    criterion.bench_function("to the first row and to the last", |bench| {
        bench.iter(|| press(&mut model, "gG"));
    });
    // Opens the menu of statuses, toggles the first, and selects all again.
    criterion.bench_function("a filter on and off", |bench| {
        bench.iter(|| press(&mut model, "f>af"));
    });
    press(&mut model, "f>jj f");
    criterion.bench_function("a frame under a filter of two statuses", |bench| {
        bench.iter(|| frame(&model));
    });
    criterion.bench_function("a row up and down under that filter", |bench| {
        bench.iter(|| press(&mut model, "kj"));
    });
    press(&mut model, "fa<");
    // Each key restarts the filter and does one slice of its work; a frame waits for no more than that.
    criterion.bench_function("a key of a filter by text", |bench| {
        bench.iter(|| {
            press(&mut model, "&x");
            press_key(&mut model, Key::Esc);
        });
    });
    press(&mut model, "&Resource77");
    press_key(&mut model, Key::Enter);
    while model.shown.has_index_work() {
        let _ = update(&mut model, Msg::Idle);
    }
    criterion.bench_function("a frame under a filter by text", |bench| {
        bench.iter(|| frame(&model));
    });
    criterion.bench_function("a row up and down under a filter by text", |bench| {
        bench.iter(|| press(&mut model, "kj"));
    });
    press_key(&mut model, Key::Esc);
    press(&mut model, "/Resource77");
    press_key(&mut model, Key::Enter);
    while model.shown.has_index_work() {
        let _ = update(&mut model, Msg::Idle);
    }
    criterion.bench_function("a step of a search and back", |bench| {
        bench.iter(|| press(&mut model, "nN"));
    });
    press_key(&mut model, Key::Esc);
    press(&mut model, "2");
    criterion.bench_function("a frame of a thousand resources", |bench| {
        bench.iter(|| frame(&model));
    });
    press(&mut model, "1");
    for (name, view) in [("of the events", "1"), ("of the explanation", "3")] {
        press(&mut failure, view);
        let name = format!("a frame {name} with a reason of two megabytes");
        criterion.bench_function(&name, |bench| bench.iter(|| frame(&failure)));
    }
    let mut next = EVENTS;
    criterion.bench_function("a burst of 250 new events", |bench| {
        bench.iter_batched(
            || {
                next += 250;
                walk(next - 250..next)
            },
            |burst| update(&mut model, burst),
            criterion::BatchSize::PerIteration,
        );
    });
}

criterion_group!(benches, million);
criterion_main!(benches);
