//! Recordings of watches: the observations in a file that bakewatch can resume and replay, and other programs can read.
//!
//! ```text
//!  Observation ─► RecordingSink ──────────────────────────────────────────► inbox
//!                     └─ Transcript ─► lines ─► Recorder ─► FILE.jsonl ─► Recording ─► Observation (resume, replay)
//! ```
//! One JSON object per line. The first line is the [`Header`]; lines are only appended. An event is written once its
//! walk is complete, so every prefix of a file is a state that the watch was in. Therefore a resumed watch appends to
//! the same file: a copy could be truncated, and would then compete with the original. Only a file of an older format
//! is copied, because its header can't be changed. Tests: `tests/it/recording/record_and_replay.rs`.

pub(crate) mod choice;
pub(crate) mod description;
mod event_lines;
pub(crate) mod folder;
pub(crate) mod format;
pub(crate) mod history;
mod lines;
pub(crate) mod log_file;
pub(crate) mod named;
pub(crate) mod player;
pub(crate) mod reader;
pub(crate) mod recorder;
pub(crate) mod saved_events;
pub(crate) mod steps;
pub(crate) mod transcript;
mod usual_line;
pub(crate) mod writer;

use serde::{Deserialize, Serialize};

pub use folder::Folder;
pub(crate) use player::Player;
pub(crate) use reader::ReadError;
pub use reader::Recording;
pub use recorder::Recorder;
pub(crate) use writer::{RecordingSink, WriteNote, Writer, Writing};

use chrono::{DateTime, Utc};

use crate::domain::stack_event::StackId;

/// The version of the format that bakewatch writes, and the newest that it reads.
pub const VERSION: u32 = 2;

/// The first line of a recording: the target of the watch, and the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The version of the format.
    #[serde(rename = "bakewatchRecording")]
    pub version: u32,
    /// The version of the program that created the file.
    pub program: String,
    /// The kind of API.
    #[serde(default = "parallelcluster")]
    pub backend: String,
    /// The account and the partition of the stack, if its first response preceded the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    pub image_id: String,
    /// The ARN of the stack that is watched instead of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// The requested region: from the flag, the environment or the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The profile that determines the region, if none was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The API, without scheme and credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// The watch was of a service that the demo simulates.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
    #[serde(with = "format::stamp")]
    pub started_at: DateTime<Utc>,
}

/// The name of the backend that reads AWS directly.
pub(crate) fn aws() -> String {
    "aws".to_owned()
}

/// The backend of every recording of format 1.
pub(crate) fn parallelcluster() -> String {
    "parallelcluster".to_owned()
}

impl Header {
    /// The header of a recording by this program. The caller adds what else it knows of the target.
    pub(crate) fn new(image_id: &str, backend: String, started_at: DateTime<Utc>) -> Self {
        Self {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            backend,
            account: None,
            partition: None,
            image_id: image_id.to_owned(),
            stack: None,
            region: None,
            profile: None,
            api: None,
            simulated: false,
            started_at,
        }
    }

    /// Adds the account and the partition from a stack's id, unless they are known.
    pub(crate) fn locate(&mut self, stack_id: &StackId) {
        // arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/…
        let mut parts = stack_id.as_str().splitn(6, ':');
        let (Some("arn"), Some(partition), Some("cloudformation"), _, Some(account)) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return;
        };
        self.partition.get_or_insert_with(|| partition.to_owned());
        self.account.get_or_insert_with(|| account.to_owned());
    }

    /// Whether the watch was of a simulated service. Older versions did not say so: they named the API of a watch, and
    /// none of a demo.
    pub fn is_simulated(&self) -> bool {
        self.simulated || self.backend == parallelcluster() && self.api.is_none()
    }

    /// Whether it is of events that another program has saved, not of a watch.
    pub(crate) fn is_of_saved_events(&self) -> bool {
        self.api.as_deref() == Some(saved_events::API)
    }

    /// Whether both recordings are of the same image, region, profile, API and kind of API.
    pub fn has_same_target(&self, other: &Self) -> bool {
        let target = |header: &Self| {
            let Self {
                backend,
                image_id,
                stack,
                region,
                profile,
                api,
                ..
            } = header.clone();
            (backend, image_id, stack, region, profile, api)
        };
        target(self) == target(other)
    }
}
