//! The files that are read: a recording and its events as JSON lines, and a recorded log and its lines as text and as
//! JSON lines.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use crate::support::server::STACK;

/// The events of a recording.
pub(crate) const EVENTS: usize = 200_000;
/// The lines of a log.
pub(crate) const LINES: usize = 1_000_000;
/// The most lines that CloudWatch Logs returns at once.
const PAGE: usize = 10_000;

const HEADER: &str = r#"{"bakewatchRecording":2,"program":"0.1.0","backend":"aws","imageId":"img","region":"us-east-1","startedAt":"2026-01-01T00:00:00.000Z"}"#;

/// A recording, and its events alone.
pub(crate) struct EventFiles {
    pub(crate) recording: PathBuf,
    pub(crate) events: PathBuf,
}

impl EventFiles {
    /// `property` tells events with equal properties by an equal number.
    pub(crate) fn write(folder: &Path, name: &str, property: impl Fn(usize) -> usize) -> Self {
        let mut events = String::new();
        let mut recording = format!("{HEADER}\n");
        for number in 0..EVENTS {
            let milliseconds = i64::try_from(number * 10).unwrap();
            let at = time(milliseconds);
            let event = event(number, property(number), &at);
            writeln!(events, "{event}").unwrap();
            writeln!(recording, "{}", recorded(&event, &at)).unwrap();
        }
        let files = Self {
            recording: folder.join(format!("{name}.jsonl")),
            events: folder.join(format!("{name}-events.jsonl")),
        };
        fs::write(&files.recording, recording).unwrap();
        fs::write(&files.events, events).unwrap();
        files
    }

    /// The size of the events' JSON in bytes.
    pub(crate) fn size(&self) -> u64 {
        fs::metadata(&self.events).unwrap().len()
    }
}

/// An event as the service sends it.
fn event(number: usize, property: usize, at: &str) -> String {
    const STATUSES: [&str; 4] = [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_COMPLETE",
    ];
    let (resource, status) = (number % 1_000, STATUSES[number % 4]);
    let filler = "x".repeat(60);
    format!(
        r#"{{"stackId":"{STACK}","eventId":"Resource{resource}-{status}-{number}","stackName":"img","logicalResourceId":"Resource{resource}","physicalResourceId":"phys-{resource}","resourceType":"AWS::Made::Up","timestamp":"{at}","resourceStatus":"{status}","resourceProperties":"{{\"Name\": \"resource-{property}\", \"Tags\": [{{\"Key\": \"a\", \"Value\": \"some value {property}\"}}], \"Data\": \"{filler}\"}}"}}"#
    )
}

fn recorded(event: &str, at: &str) -> String {
    format!(
        r#"{{"kind":"event","at":"{at}","stream":"events","stackId":"{STACK}","event":{event}}}"#
    )
}

/// A recording with a log, and the lines of that log alone.
pub(crate) struct LogFiles {
    pub(crate) recording: PathBuf,
    pub(crate) text: PathBuf,
    pub(crate) json: PathBuf,
    /// The end of the last line.
    pub(crate) last: String,
}

impl LogFiles {
    pub(crate) fn write(folder: &Path) -> Self {
        let files = Self {
            recording: folder.join("log.jsonl"),
            text: folder.join("log.txt"),
            json: folder.join("log-lines.jsonl"),
            last: format!("package {} of {LINES}", LINES - 1),
        };
        let at = time(0);
        let event = recorded(&event(0, 0, &at), &at);
        fs::write(&files.recording, format!("{HEADER}\n{event}\n")).unwrap();
        let (mut text, mut json) = (String::new(), String::new());
        let mut log = String::from("{\"bakewatchLog\":1}\n");
        for first in (0..LINES).step_by(PAGE) {
            let state = if first + PAGE < LINES {
                "reading"
            } else {
                "complete"
            };
            let at = time(i64::try_from(first + PAGE).unwrap());
            write!(
                log,
                r#"{{"at":"{at}","part":"newer","state":"{state}","hasFirst":true,"lines":["#
            )
            .unwrap();
            for number in first..first + PAGE {
                let milliseconds = i64::try_from(number).unwrap();
                let at = time(milliseconds);
                let timestamp = START + milliseconds;
                let message = format!(
                    "Stdout: [build] fetched from the mirror and checked, now unpacking: package {number} of {LINES}"
                );
                writeln!(text, "{at} {message}").unwrap();
                writeln!(json, r#"{{"timestamp":"{at}","message":"{message}"}}"#).unwrap();
                let comma = if number == first { "" } else { "," };
                write!(
                    log,
                    r#"{comma}{{"timestamp":{timestamp},"ingestionTime":{},"message":"{message}","stream":"3.16.1/1"}}"#,
                    timestamp + 500
                )
                .unwrap();
            }
            log.push_str("]}\n");
        }
        fs::write(folder.join("log.jsonl.log"), log).unwrap();
        fs::write(&files.text, text).unwrap();
        fs::write(&files.json, json).unwrap();
        files
    }
}

/// 2026-01-01 in milliseconds since 1970.
const START: i64 = 1_767_225_600_000;

/// So many milliseconds later, as the API writes times.
fn time(milliseconds: i64) -> String {
    let time: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(START + milliseconds);
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
