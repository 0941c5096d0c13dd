//! Recordings of watches: the observations in a file that bakewatch can resume and replay, and other programs can read.
//!
//! ```text
//!  Observation ─► Transcript ─► lines ─► Recorder ─► FILE.jsonl ─► Recording ─► Observation (resume, replay)
//! ```
//! One JSON object per line. The first line is the [`Header`]; lines are only appended. An event is written once its walk
//! is complete, so every prefix of a file is a state that the watch was in. Therefore a resumed watch appends to the same
//! file: a copy could be truncated, and would then compete with the original. Tests: `tests/it/recording.rs`,
//! `tests/it/recorded.rs`.

pub(crate) mod folder;
pub(crate) mod format;
pub(crate) mod history;
pub(crate) mod player;
pub(crate) mod reader;
pub(crate) mod recorder;
pub(crate) mod transcript;

use serde::{Deserialize, Serialize};

pub use folder::Folder;
pub(crate) use player::play;
pub(crate) use reader::ReadError;
pub use reader::Recording;
pub use recorder::Recorder;

use chrono::{DateTime, Utc};

/// The version of the format that bakewatch writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// The first line of a recording: the target of the watch, and the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The version of the format.
    #[serde(rename = "bakewatchRecording")]
    pub version: u32,
    /// The version of the program that created the file.
    pub program: String,
    pub image_id: String,
    /// The requested region: from the flag, the environment or the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The profile that determines the region, if none was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The API, without scheme and credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    #[serde(with = "format::stamp")]
    pub started_at: DateTime<Utc>,
}

impl Header {
    /// Whether the watch was of a real API, not of a simulated one.
    pub fn is_of_an_api(&self) -> bool {
        self.api.is_some()
    }

    /// Whether both recordings are of the same image, region, profile and API.
    pub fn has_same_target(&self, other: &Self) -> bool {
        let target = |header: &Self| {
            let Self {
                image_id,
                region,
                profile,
                api,
                ..
            } = header.clone();
            (image_id, region, profile, api)
        };
        target(self) == target(other)
    }
}
