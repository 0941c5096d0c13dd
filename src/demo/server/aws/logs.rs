//! CloudWatch Logs: the build log, in the order of time and arrival. A token names a line by its time and place, so a line
//! that arrives late and is older than a token is not returned by it, as with the service itself.

use serde::Deserialize;
use serde_json::json;

use crate::demo::server::requests::LoggedRequest;
use crate::demo::server::response::Response;
use crate::demo::world::{LogEntry, World};

/// The bytes of a page, and what the service adds to each line.
const PAGE_BYTES: usize = 1024 * 1024;
const PER_LINE: usize = 26;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Query {
    log_group_name: String,
    log_stream_name: Option<String>,
    log_stream_names: Vec<String>,
    start_time: i64,
    end_time: Option<i64>,
    start_from_head: bool,
    limit: usize,
    next_token: Option<String>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            log_group_name: String::new(),
            log_stream_name: None,
            log_stream_names: Vec::new(),
            start_time: 0,
            end_time: None,
            start_from_head: false,
            limit: 10_000,
            next_token: None,
        }
    }
}

/// The place of a line: when it was written and when it arrived, both in milliseconds.
type Place = (i64, i64);

const fn place(entry: &LogEntry) -> Place {
    (entry.written, entry.ingested)
}

/// Like the service's own tokens: a direction and a number whose upper bits are the time.
fn token(direction: char, (written, ingested): Place) -> String {
    let delay = ingested
        .saturating_sub(written)
        .clamp(0, i64::from(u32::MAX));
    let number = (u128::try_from(written).unwrap_or(0) << 64) | u128::try_from(delay).unwrap_or(0);
    format!("{direction}/{number:039}")
}

fn read_token(token: &str) -> Option<Place> {
    let number: u128 = token.get(2..)?.parse().ok()?;
    let written = i64::try_from(number >> 64).ok()?;
    let delay = i64::try_from(number & u128::from(u64::MAX)).ok()?;
    Some((written, written.saturating_add(delay)))
}

pub(super) fn read(world: &World, action: &str, request: &LoggedRequest) -> Response {
    let Ok(query) = serde_json::from_slice::<Query>(&request.body) else {
        return failure(400, "SerializationException", "no JSON");
    };
    let group = format!(
        "/aws/imagebuilder/ParallelClusterImage-{}",
        world.image_id()
    );
    let is_known = query.log_group_name == group && !world.log(<[LogEntry]>::is_empty);
    if !is_known {
        let message = "The specified log group does not exist.";
        return failure(400, "ResourceNotFoundException", message);
    }
    let after = match query.next_token.as_deref().map(read_token) {
        None => None,
        Some(Some(place)) => Some(place),
        Some(None) => return bad_token(),
    };
    world.log(|lines| {
        if action == "FilterLogEvents" {
            filter(lines, &query, after)
        } else {
            get(lines, &query, after)
        }
    })
}

fn get(lines: &[LogEntry], query: &Query, after: Option<Place>) -> Response {
    let end = query.end_time.unwrap_or(i64::MAX);
    let begin = lines.partition_point(|line| line.written < query.start_time);
    let end = lines.partition_point(|line| line.written < end).max(begin);
    let old = query.next_token.as_deref();
    let backward = old.map_or(!query.start_from_head, |token| token.starts_with('b'));
    let page = if backward {
        let end = after.map_or(end, |after| {
            lines
                .partition_point(|line| place(line) < after)
                .clamp(begin, end)
        });
        let mut first = end - fitting(lines[begin..end].iter().rev(), query.limit);
        first = whole_place(lines, first, begin);
        &lines[first..end]
    } else {
        let begin = after.map_or(begin, |after| {
            lines
                .partition_point(|line| place(line) <= after)
                .clamp(begin, end)
        });
        let last = begin + fitting(lines[begin..end].iter(), query.limit);
        &lines[begin..until_place(lines, last, end)]
    };
    let first = page.first().map(place).or(after);
    let last = page.last().map(place).or(after);
    let of =
        |direction, place: Option<Place>| token(direction, place.unwrap_or((query.start_time, 0)));
    let (forward, backward) = match old.filter(|_| page.is_empty()) {
        Some(old) if old.starts_with('f') => (old.to_owned(), of('b', after)),
        Some(old) => (of('f', after), old.to_owned()),
        None => (of('f', last), of('b', first)),
    };
    let events: Vec<_> = page.iter().map(|line| event(line, query, false)).collect();
    Response::ok(
        json!({ "events": events, "nextForwardToken": forward, "nextBackwardToken": backward })
            .to_string(),
    )
}

fn filter(lines: &[LogEntry], query: &Query, after: Option<Place>) -> Response {
    let end = query.end_time.unwrap_or(i64::MAX);
    let begin = lines.partition_point(|line| line.written < query.start_time);
    let end = lines.partition_point(|line| line.written <= end).max(begin);
    let begin = after.map_or(begin, |after| {
        lines
            .partition_point(|line| place(line) <= after)
            .clamp(begin, end)
    });
    let last = begin + fitting(lines[begin..end].iter(), query.limit);
    let page = &lines[begin..until_place(lines, last, end)];
    let events: Vec<_> = page.iter().map(|line| event(line, query, true)).collect();
    let mut body = json!({ "events": events, "searchedLogStreams": [] });
    if let Some(last) = page.last().filter(|_| begin + page.len() < end) {
        body["nextToken"] = token('s', place(last)).into();
    }
    Response::ok(body.to_string())
}

/// The number of lines that fit on a page.
fn fitting<'a>(lines: impl ExactSizeIterator<Item = &'a LogEntry>, limit: usize) -> usize {
    let (mut bytes, available) = (0, lines.len());
    let fits = |line: &&LogEntry| {
        bytes += line.message.len() + PER_LINE;
        bytes <= PAGE_BYTES
    };
    lines
        .take(limit.clamp(1, 10_000))
        .take_while(fits)
        .count()
        .max(1)
        .min(available)
}

/// Lines of one place are on one page: a token could not tell them apart.
fn until_place(lines: &[LogEntry], mut index: usize, end: usize) -> usize {
    while index > 0 && index < end && place(&lines[index]) == place(&lines[index - 1]) {
        index += 1;
    }
    index.min(end)
}

fn whole_place(lines: &[LogEntry], mut index: usize, begin: usize) -> usize {
    while index > begin && index < lines.len() && place(&lines[index]) == place(&lines[index - 1]) {
        index -= 1;
    }
    index.max(begin)
}

fn event(line: &LogEntry, query: &Query, filtered: bool) -> serde_json::Value {
    let mut event = json!({
        "timestamp": line.written,
        "message": line.message,
        "ingestionTime": line.ingested,
    });
    if filtered {
        event["logStreamName"] = query
            .log_stream_names
            .first()
            .cloned()
            .unwrap_or_default()
            .into();
        event["eventId"] = token('e', place(line)).into();
    }
    event
}

pub(super) fn bad_token() -> Response {
    let message = "The specified nextToken is invalid.";
    failure(400, "InvalidParameterException", message)
}

pub(super) fn failure(status: u16, code: &str, message: &str) -> Response {
    Response {
        status,
        ..Response::ok(json!({ "__type": code, "message": message }).to_string())
    }
}
