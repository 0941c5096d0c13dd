//! A page of the build log as a line of JSON in the file beside a recording. A line as this program writes it is read in
//! one pass; any other is left to the parser.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::log_line::{LogLine, LogPage, LogPart, LogState};
use crate::domain::stack_event::{Scanner, parse_time};
use crate::recording::format::stamp;
use crate::text::safe::SafeText;

/// The bytes of a line in the file, about.
const USUAL_LINE: usize = 160;

/// The names of the parts and states in the file.
const PARTS: [(LogPart, &str); 3] = [
    (LogPart::Newer, "newer"),
    (LogPart::Older, "older"),
    (LogPart::Late, "late"),
];
const STATES: [(LogState, &str); 4] = [
    (LogState::Absent, "absent"),
    (LogState::Reading, "reading"),
    (LogState::CaughtUp, "caught-up"),
    (LogState::Complete, "complete"),
];

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<'a> {
    #[serde(with = "stamp")]
    at: DateTime<Utc>,
    #[serde(borrow)]
    part: Cow<'a, str>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    #[serde(default)]
    has_first: bool,
    #[serde(borrow, default)]
    lines: Vec<Line<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    /// In milliseconds since 1970, as the service has it.
    timestamp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ingestion_time: Option<i64>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    late: bool,
}

/// Reads a line of the file; none if it is damaged.
pub(super) fn read(line: &str, streams: &mut LastStream) -> Option<(DateTime<Utc>, LogPage)> {
    scan(line, streams).or_else(|| {
        let page: Page<'_> = serde_json::from_str(line).ok()?;
        Some((page.at, page.into_page(streams)?))
    })
}

/// Nearly all lines are of the stream of the line before.
#[derive(Debug, Default)]
pub(super) struct LastStream(SafeText);

impl LastStream {
    fn named(&mut self, name: &str) -> SafeText {
        if self.0.as_str() != name {
            self.0 = SafeText::new(name);
        }
        self.0.clone()
    }
}

/// Reads a page as this program writes it, in one pass; none if it is another line.
fn scan(text: &str, streams: &mut LastStream) -> Option<(DateTime<Utc>, LogPage)> {
    let mut scanner = Scanner::new(text);
    let mut string_after = |token: &str| scanner.skip(token).then(|| scanner.plain_string())?;
    let at = string_after(r#"{"at":"#).and_then(parse_time)?;
    let part = part(string_after(r#","part":"#)?)?;
    let state = state(string_after(r#","state":"#)?)?;
    if !scanner.skip(r#","hasFirst":"#) {
        return None;
    }
    let has_first = scanner.skip("true");
    if !(has_first || scanner.skip("false")) || !scanner.skip(r#","lines":["#) {
        return None;
    }
    let mut lines = Vec::with_capacity(text.len() / USUAL_LINE);
    while !scanner.skip("]") {
        if !lines.is_empty() && !scanner.skip(",") {
            return None;
        }
        lines.push(Arc::new(scan_line(&mut scanner, streams)?));
    }
    let is_whole = scanner.skip("}") && matches!(scanner.rest(), "" | "\n");
    let page = LogPage {
        lines,
        part,
        state,
        has_first,
        restarts: false,
    };
    is_whole.then_some((at, page))
}

fn scan_line(scanner: &mut Scanner<'_>, streams: &mut LastStream) -> Option<LogLine> {
    let mut number_after = |token: &str| scanner.skip(token).then(|| scanner.integer())?;
    let timestamp = number_after(r#"{"timestamp":"#)?;
    let ingested_at = number_after(r#","ingestionTime":"#);
    if !scanner.skip(r#","message":"#) {
        return None;
    }
    let (message, is_plain) = scanner.any_string()?;
    let message = if is_plain {
        LogLine::text(message.get(1..message.len() - 1)?)
    } else {
        LogLine::text(&serde_json::from_str::<String>(message).ok()?)
    };
    if !scanner.skip(r#","stream":"#) {
        return None;
    }
    let stream = streams.named(scanner.plain_string()?);
    let late = scanner.skip(r#","late":true"#);
    scanner.skip("}").then_some(LogLine {
        timestamp: DateTime::from_timestamp_millis(timestamp)?,
        ingested_at: ingested_at.and_then(DateTime::from_timestamp_millis),
        message,
        stream,
        late,
        again: false,
    })
}

fn part(name: &str) -> Option<LogPart> {
    Some(PARTS.iter().find(|(_, known)| *known == name)?.0)
}

fn state(name: &str) -> Option<LogState> {
    Some(STATES.iter().find(|(_, known)| *known == name)?.0)
}

impl<'a> Page<'a> {
    pub(super) fn of(
        at: DateTime<Utc>,
        page: &'a LogPage,
        has_first: bool,
        state: LogState,
    ) -> Self {
        let name_of_part = PARTS.iter().find(|(part, _)| *part == page.part);
        let name_of_state = STATES.iter().find(|(known, _)| *known == state);
        let new = page.lines.iter().filter(|line| !line.again);
        let lines = new.map(|line| Line {
            timestamp: line.timestamp.timestamp_millis(),
            ingestion_time: line.ingested_at.map(|at| at.timestamp_millis()),
            message: line.message.as_str().into(),
            stream: line.stream.as_str().into(),
            late: line.late,
        });
        Self {
            at,
            part: name_of_part.map_or("", |(_, name)| name).into(),
            state: name_of_state.map_or("", |(_, name)| name).into(),
            has_first,
            lines: lines.collect(),
        }
    }

    fn into_page(self, streams: &mut LastStream) -> Option<LogPage> {
        let part = part(&self.part)?;
        let state = state(&self.state)?;
        let lines = self.lines.into_iter().filter_map(|line| {
            Some(Arc::new(LogLine {
                timestamp: DateTime::from_timestamp_millis(line.timestamp)?,
                ingested_at: line
                    .ingestion_time
                    .and_then(DateTime::from_timestamp_millis),
                message: LogLine::text(&line.message),
                stream: streams.named(&line.stream),
                late: line.late,
                again: false,
            }))
        });
        Some(LogPage {
            lines: lines.collect(),
            part,
            state,
            has_first: self.has_first,
            restarts: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::format::append;

    /// The usual lines are read in one pass, and as the parser reads them; others are left to it.
    #[test]
    fn a_page_that_is_read_in_one_pass_is_that_of_the_parser() {
        let texts = [
            "plain",
            "",
            "a \"quote\" and \\ more",
            "\u{1b}[32mgreen\u{1b}[0m",
            "naïve 日本",
            "tab\tline\nbreak\r\n",
            "\u{7}",
            "https://b.s3.amazonaws.com/k?X-Amz-Signature=0123456789abcdef0123",
            "}],\"late\":true",
            "\\u001b",
        ];
        let streams = ["3.16.1/1", "3.16.1/2", "with \"quotes\"", "ü"];
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..5_000 {
            let mut lines = Vec::new();
            for _ in 0..random.usize(..6) {
                let usual = random.u8(..8) > 0;
                let at = random.i64(-5..2_000_000_000_000);
                lines.push(Line {
                    timestamp: if usual { at } else { i64::MAX },
                    ingestion_time: random.bool().then_some(at + 800),
                    message: texts[random.usize(..texts.len())].into(),
                    stream: streams[random.usize(..if usual { 2 } else { streams.len() })].into(),
                    late: random.u8(..5) == 0,
                });
            }
            let page = Page {
                at: DateTime::from_timestamp_millis(1_000).unwrap(),
                part: PARTS[random.usize(..3)].1.into(),
                state: STATES[random.usize(..4)].1.into(),
                has_first: random.bool(),
                lines,
            };
            let is_usual = page
                .lines
                .iter()
                .all(|line| line.timestamp != i64::MAX && !line.stream.contains('"'));
            let mut bytes = Vec::new();
            append(&page, &mut bytes);
            let text = std::str::from_utf8(&bytes).unwrap();
            let parsed: Page<'_> = serde_json::from_str(text).unwrap();
            let expected = (
                parsed.at,
                parsed.into_page(&mut LastStream::default()).unwrap(),
            );
            let scanned = scan(text, &mut LastStream::default());
            assert!(scanned.is_some() || !is_usual, "{text}");
            if let Some(scanned) = scanned {
                assert_eq!(scanned, expected, "{text}");
            }
            for cut in (0..text.len() - 1).step_by(7) {
                let cut = text.get(..cut).unwrap_or_default();
                assert_eq!(scan(cut, &mut LastStream::default()), None);
            }
        }
    }
}
