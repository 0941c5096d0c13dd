use proptest::prelude::*;

use super::*;
use crate::text::redact::{has_a_trace, redact_secrets};

const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/img/6acc";

#[test]
fn reads_every_documented_field() {
    let json = format!(
        r#"{{"stackId":"{STACK}","eventId":"E1","stackName":"img","logicalResourceId":"ImageRecipe",
           "physicalResourceId":"p","resourceType":"AWS::ImageBuilder::ImageRecipe",
           "timestamp":"2022-03-30T23:26:33.499Z","resourceStatus":"CREATE_IN_PROGRESS",
           "resourceStatusReason":"Resource creation Initiated","resourceProperties":"{{\"a\":\"1\"}}",
           "clientRequestToken":"tok"}}"#
    );
    let event = StackEvent::from_json(&json, None);
    assert_eq!(event.stack_id.as_str(), STACK);
    assert_eq!(event.event_id.as_str(), "E1");
    assert_eq!(event.logical_id.as_str(), "ImageRecipe");
    assert_eq!(
        event.timestamp.map(|time| time.timestamp_subsec_millis()),
        Some(499)
    );
    assert_eq!(
        event.reason.as_ref().map(SafeText::as_str),
        Some("Resource creation Initiated")
    );
    assert_eq!(event.client_request_token().unwrap().as_str(), "tok");
    assert!(!event.is_root);
}

#[test]
fn an_event_is_of_the_stack_itself_when_its_physical_id_is_the_stack() {
    let json = format!(r#"{{"stackId":"{STACK}","physicalResourceId":"{STACK}","eventId":"x"}}"#);
    assert!(StackEvent::from_json(&json, None).is_root);
    assert!(!StackEvent::from_json(r#"{"eventId":"x"}"#, None).is_root);
    let json = format!(r#"{{"physicalResourceId":"{STACK}","stackId":7}}"#);
    let stack = StackId::from(STACK);
    assert!(StackEvent::from_json(&json, Some(&stack)).is_root);
}

#[test]
fn absent_null_empty_and_mistyped_fields_are_accepted() {
    let stack = StackId::from(STACK);
    let json =
        r#"{"physicalResourceId":"","resourceStatusReason":null,"timestamp":17,"eventId":5}"#;
    let event = StackEvent::from_json(json, Some(&stack));
    assert_eq!(event.stack_id, stack);
    assert_eq!(event.event_id.as_str(), "5");
    assert_eq!(
        (event.physical_id.as_ref(), event.reason.as_ref()),
        (None, None)
    );
    assert_eq!(event.timestamp, None);
}

#[test]
fn an_element_that_is_no_event_becomes_a_row() {
    for json in [
        "17",
        "[1]",
        "null",
        r#"{"eventId":"\ud800"}"#,
        r#"{"eventId":1,"eventId":2}"#,
    ] {
        let event = StackEvent::from_json(json, None);
        assert_eq!(event.raw(), json);
        let again = StackEvent::from_json(json, None);
        assert_eq!(
            event.event_id, again.event_id,
            "the same content keeps its id"
        );
    }
}

#[test]
fn the_row_of_an_element_that_is_no_event_shows_its_json() {
    for json in ["17", "[1]", "null", r#"{"eventId":1,"eventId":2}"#] {
        let event = StackEvent::from_json(json, None);
        assert_eq!(event.logical_id.as_str(), "(unreadable event)");
        assert_eq!(event.reason.as_ref().map(SafeText::as_str), Some(json));
    }
}

#[test]
fn raw_keeps_values_and_drops_the_space_between_them() {
    let json = "{ \"a b\" : \"x \\\" y\\\\\" ,\r\n \"n\" : 1.50, \"eventId\": \"e\" }";
    let event = StackEvent::from_json(json, None);
    assert_eq!(event.raw(), r#"{"a b":"x \" y\\","n":1.50,"eventId":"e"}"#);
}

#[test]
fn a_cancelled_sibling_did_not_fail_by_itself() {
    let failed = |reason: &str| {
        let json =
            format!(r#"{{"resourceStatus":"CREATE_FAILED","resourceStatusReason":"{reason}"}}"#);
        StackEvent::from_json(&json, None).is_own_failure
    };
    assert!(failed("component failed!"));
    assert!(!failed("Resource creation cancelled"));
    assert!(failed("Image build was cancelled by user"));
}

#[test]
fn a_time_that_can_not_be_written_again_is_rejected() {
    for stamp in ["9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01"] {
        assert_eq!(parse_time(stamp), None, "{stamp}");
    }
    let leap = parse_time("2016-12-31T23:59:60.999999999Z").unwrap();
    assert_eq!(format_time(leap), "2016-12-31T23:59:60.999Z");
}

proptest! {
    /// Any stamp of the form is a time to its millisecond, or none; either way it is kept verbatim.
    #[test]
    fn a_stamp_is_a_time_or_is_kept_verbatim(
        year in prop_oneof![0..10_000_u32, Just(9999), Just(0)],
        month in 1..13_u32, day in 1..32_u32, hour in 0..25_u32, minute in 0..60_u32, second in 0..62_u32,
        fraction in "(\\.[0-9]{1,12})?",
        offset in "Z|z|[+-]([01][0-9]|2[0-4]):[0-6][0-9]",
    ) {
        let stamp = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}");
        let event = StackEvent::from_json(&format!(r#"{{"timestamp":"{stamp}"}}"#), None);
        prop_assert!(event.raw().contains(&stamp));
        prop_assert_eq!(event.timestamp, parse_time(&stamp));
        if let Some(time) = event.timestamp {
            let written = format_time(time);
            prop_assert_eq!(&written, &time.to_rfc3339_opts(SecondsFormat::Millis, true));
            let again = parse_time(&written);
            prop_assert_eq!(again.map(format_time), Some(written));
            prop_assert_eq!(again.map(|again| (time - again).num_milliseconds()), Some(0));
        } else {
            let is_ordinary = (1..9999).contains(&year) && day < 29 && hour < 24 && second < 60;
            prop_assert!(!is_ordinary || !offset.ends_with(['Z', 'z']), "{stamp}");
        }
    }

    /// One reader makes of any events, one after another, what a reader of its own makes of each; and their JSON is that
    /// of the service.
    #[test]
    fn a_reader_of_several_events_keeps_them_apart(
        events in prop::collection::vec(any_event(), 1..10),
    ) {
        let mut reader = EventReader::default();
        let stack = StackId::from(STACK);
        for (json, fallback) in events {
            let fallback = fallback.then_some(&stack);
            let shared = reader.read(&json, fallback);
            let alone = StackEvent::from_json(&json, fallback);
            prop_assert_eq!(format!("{shared:?}"), format!("{alone:?}"));
            prop_assert_eq!(shared.raw(), &*redact_secrets(&json));
            prop_assert_eq!(shared.as_sent(), &*json);
            let mut written = String::from("x");
            shared.write_as_sent(&mut written);
            prop_assert_eq!(written, format!("x{json}"));
            if let Some(fields) = Fields::scan_whole(&json)
                && fields.have_no_trace(|value| !has_a_trace(value.get()))
            {
                prop_assert!(!has_a_trace(&json), "{json}");
            }
        }
    }
}

/// Events are searched for secrets value by value.
#[test]
fn the_names_of_a_usual_event_have_no_trace_of_a_secret() {
    let json = r#"{"stackId":"a","eventId":"b","stackName":"c","logicalResourceId":"d","physicalResourceId":"e","resourceType":"f","timestamp":"g","resourceStatus":"h","resourceStatusReason":"i","resourceProperties":"j"}"#;
    let fields = Fields::scan_whole(json).unwrap();
    assert!(fields.have_no_trace(|value| !has_a_trace(value.get())));
    assert!(!has_a_trace(json));
    let with_token = json.replace("stackName", "clientRequestToken");
    let fields = Fields::scan_whole(&with_token).unwrap();
    assert!(!fields.have_no_trace(|value| !has_a_trace(value.get())));
}

/// Fields in any order, with values that repeat and values of any form.
fn any_event() -> impl Strategy<Value = (String, bool)> {
    let names = [
        "stackId",
        "eventId",
        "stackName",
        "logicalResourceId",
        "physicalResourceId",
        "resourceType",
        "timestamp",
        "resourceStatus",
        "resourceStatusReason",
        "resourceProperties",
        "clientRequestToken",
        "hookType",
        "other",
    ];
    let values = vec![
        format!("\"{STACK}\""),
        "\"2026-01-01T00:00:00.000Z\"".to_owned(),
        "\"2026-01-01T00:00:00.001Z\"".to_owned(),
        "\"2026-01-01T00:00:00Z\"".to_owned(),
        "\"CREATE_FAILED\"".to_owned(),
        "\"Resource creation cancelled\"".to_owned(),
        "\"{\\\"a\\\":1}\"".to_owned(),
        "{\"a\":[1,\"x\"]}".to_owned(),
        "\"\\u001b[m\"".to_owned(),
        "\"ä\"".to_owned(),
        "\"\"".to_owned(),
        "null".to_owned(),
        "17".to_owned(),
        // Secrets, and names and values that are one together.
        "\"https://x?X-Amz-Signature=0123456789abcdef\"".to_owned(),
        "\"Password\"".to_owned(),
        "\"{\\\"Key\\\":\\\"password\\\",\\\"Value\\\":\\\"hunter2\\\"}\"".to_owned(),
        "\"https://user:hunter2\"".to_owned(),
        "\"x@host\"".to_owned(),
        "\"access\"".to_owned(),
        "\"key=0123456789abcdef0123\"".to_owned(),
    ];
    let value = prop::sample::select(values);
    let fields = prop::sample::subsequence(names.to_vec(), 0..=names.len()).prop_shuffle();
    let fields = fields.prop_flat_map(move |names| {
        let values = prop::collection::vec(value.clone(), names.len());
        (Just(names), values)
    });
    let json = fields.prop_map(|(names, values)| {
        let pairs = names.iter().zip(values);
        let pairs: Vec<_> = pairs
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", pairs.join(","))
    });
    (json, any::<bool>())
}

/// A time in the usual form is read as any other is.
#[test]
fn a_usual_time_is_that_of_any_reader() {
    let mut texts = Vec::new();
    for day in [
        "0000-01-01",
        "2026-02-28",
        "2026-02-29",
        "2024-02-29",
        "2026-13-01",
        "2026-00-10",
        "9999-12-31",
    ] {
        for time in [
            "00:00:00.000Z",
            "23:59:59.999Z",
            "23:59:60.500Z",
            "24:00:00.000Z",
            "12:60:00.000Z",
        ] {
            texts.push(format!("{day}T{time}"));
        }
    }
    for text in texts {
        let any = DateTime::parse_from_rfc3339(&text).ok();
        assert_eq!(parse_time(&text), any.map(|time| time.to_utc()), "{text}");
        if let Some(usual) = parse_canonical_time(&text) {
            assert_eq!(format_time(usual), text);
        }
    }
}
