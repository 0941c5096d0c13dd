//! Any text as the time of an event, among events of ordinary times: it is a time, or it is kept as it came.
//! No date breaks a duration, an axis or a line of output.
#![no_main]

#[path = "../../tests/support"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod support {
    pub(crate) mod api;
    pub(crate) mod story;
}

use bakewatch::testing::domain::{StackEvent, format_time, parse_time};
use bakewatch::testing::style::Theme;
use bakewatch::testing::view::view;
use libfuzzer_sys::fuzz_target;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::json;
use support::story::{IMAGE, Story};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let json = json!({"eventId": "odd", "logicalResourceId": "Odd", "timestamp": text,
        "resourceStatus": "CREATE_COMPLETE"});
    let event = StackEvent::from_json(&json.to_string(), None);
    assert_eq!(event.timestamp, parse_time(&text));
    assert!(
        event.as_sent().contains(&json["timestamp"].to_string()),
        "it is kept as it came"
    );
    let Some(time) = parse_time(&text) else {
        return;
    };
    let written = format_time(time);
    let again = parse_time(&written).expect("what is written as a time is read as one");
    assert_eq!(format_time(again), written);
    assert!(
        (time - again).num_milliseconds().abs() < 1,
        "milliseconds are kept"
    );
    let mut story = Story::new(120, 40);
    story.events(&[(
        0,
        IMAGE,
        "AWS::CloudFormation::Stack",
        "CREATE_IN_PROGRESS",
        "",
    )]);
    story.raw_page(&[json.to_string()], true);
    story.events(&[(9, "Later", "AWS::X", "CREATE_IN_PROGRESS", "")]);
    let area = Rect::new(0, 0, 120, 40);
    for keys in ["", "k>", "t", "u", "<2", "z", "+", "lh0", "3"] {
        story.keys(keys);
        view(
            &story.model,
            &Theme::default(),
            area,
            &mut Buffer::empty(area),
        );
    }
});
