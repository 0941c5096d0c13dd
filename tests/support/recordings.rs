//! Recordings as the documentation describes them, written by hand.

use std::fs;
use std::path::{Path, PathBuf};

use bakewatch::testing::domain::format_time;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

/// The folder of an image's recordings. Makes it.
pub(crate) fn folder_of(state: &Path, image: &str) -> PathBuf {
    let folder = state.join("bakewatch/recordings").join(image);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn start() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

/// Writes a recording as it is documented: of a build that began this number of hours after a common beginning, and
/// took this number of minutes.
pub(crate) fn write(
    folder: &Path,
    name: &str,
    hours: i64,
    minutes: i64,
    outcome: &str,
    api: Option<&str>,
) {
    let began = start() + TimeDelta::hours(hours);
    let ended = began + TimeDelta::minutes(minutes);
    let mut header = json!({"bakewatchRecording": 1, "program": "0.1.0", "imageId": "img", "startedAt": format_time(began)});
    if let Some(api) = api {
        header["api"] = json!(api);
    }
    // Longer than the part of a file's end that is read first.
    let reason = "long ".repeat(4000);
    let ended = json!({"kind": "ended", "at": format_time(ended), "summary": {
        "outcome": outcome, "startedAt": format_time(began), "endedAt": format_time(ended), "leftoverStack": false, "events": 9,
        "firstFailure": {"logicalResourceId": "R", "reason": reason},
    }});
    fs::write(
        folder.join(name),
        format!("{header}\n{{not read}}\n{ended}\n"),
    )
    .unwrap();
}
