//! Any search pattern, as text and as a regular expression, in any text.
//! The first line is the pattern, the rest is searched.
#![no_main]

use bakewatch::testing::domain::{StackEvent, is_in_event, matching_field};
use bakewatch::testing::text::Pattern;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let typed = String::from_utf8_lossy(data);
    let (pattern, text) = typed.split_once('\n').unwrap_or((&typed, &typed));
    let json =
        json!({"eventId": "e", "resourceStatusReason": text, "odd": [text, {"field": text}]});
    let event = StackEvent::from_json(&json.to_string(), None);
    for is_regex in [false, true] {
        let made = match Pattern::new(pattern, is_regex) {
            Ok(made) => made,
            Err(reason) => {
                assert!(is_regex, "plain text is always a pattern: {reason}");
                assert!(!reason.is_empty() && !reason.contains('\n'));
                continue;
            }
        };
        assert!((1..=128).contains(&made.weight()));
        let mut end = 0;
        for place in made.matches(text) {
            assert!(
                end <= place.start && place.start < place.end,
                "places are in order and not empty"
            );
            let found = text
                .get(place.clone())
                .expect("places are between characters");
            assert!(
                is_regex || found.to_lowercase() == pattern.to_lowercase() || made.is_in(found)
            );
            end = place.end;
        }
        assert!(end == 0 || made.is_in(text));
        assert!(
            !made.is_in(text) || is_in_event(&made, &event),
            "each field is searched to its end"
        );
        assert_eq!(
            matching_field(&made, &event).is_some(),
            is_in_event(&made, &event)
        );
    }
});
