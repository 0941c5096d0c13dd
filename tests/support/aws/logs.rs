//! CloudWatch Logs of the scripted AWS: one stream.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::answers::image_builder_error;

/// Lines with their times.
pub(super) type Lines = Vec<(DateTime<Utc>, String)>;

/// The action of a request to CloudWatch Logs, by its header.
pub(super) fn action(target: &str) -> Option<&str> {
    target.strip_prefix("Logs_20140328.")
}

/// Lines that follow each other by a second.
pub(super) fn lines(texts: &[&str]) -> Lines {
    let first: DateTime<Utc> = "2026-01-01T10:00:10Z".parse().unwrap();
    let seconds = (0..).map(TimeDelta::seconds);
    let texts = texts.iter().map(|text| (*text).to_owned());
    seconds.map(|after| first + after).zip(texts).collect()
}

/// The answer to GetLogEvents or FilterLogEvents.
pub(super) fn answer(lines: Option<&Lines>, action: &str, body: &[u8]) -> (u16, String) {
    let Some(lines) = lines else {
        let message = "The specified log group does not exist.";
        return image_builder_error(400, "ResourceNotFoundException", message);
    };
    let body: Value = serde_json::from_slice(body).unwrap();
    let token = body["nextToken"].as_str();
    let place = |kind: &str| {
        let token = token.and_then(|token| token.strip_prefix(kind));
        token.map(|place| place.parse::<usize>().unwrap())
    };
    let (begin, end) = match (place("f/"), place("b/")) {
        (Some(begin), _) => (begin, lines.len()),
        (_, Some(end)) => (0, end),
        _ => (0, lines.len()),
    };
    let from = body["startTime"].as_i64().unwrap_or(i64::MIN);
    let until = body["endTime"].as_i64().unwrap_or(i64::MAX);
    let events = lines[begin..end].iter().filter_map(|(at, message)| {
        let at = at.timestamp_millis();
        let event = json!({ "timestamp": at, "message": message, "ingestionTime": at });
        (from <= at && at <= until).then_some(event)
    });
    let events: Vec<_> = events.collect();
    let answer = if action == "FilterLogEvents" {
        json!({ "events": events, "searchedLogStreams": [] })
    } else {
        json!({
            "events": events,
            "nextForwardToken": format!("f/{end}"),
            "nextBackwardToken": format!("b/{begin}"),
        })
    };
    (200, answer.to_string())
}
