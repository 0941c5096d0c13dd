//! Recordings of watches: what the API said, and when, in a file that can be resumed, replayed and read by
//! other programs.
//!
//! ```text
//!  Report ─► Transcript ─► lines ─► Recorder ─► FILE.jsonl ─► Recording ─► Report (resume, replay)
//! ```
//! One JSON object a line. The first line is the [`Header`]; lines are only ever added. An event is written
//! once the walk that brought it is whole, so every beginning of a file is a state in which a watch once was:
//! that is why a watch that is taken up again goes on in the same file. A copy could be cut short, and would
//! then be a second, lesser truth.

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

/// The version of the format that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// What was watched, by which program: the first line of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The version of the format.
    #[serde(rename = "bakewatchRecording")]
    pub version: u32,
    /// The version of the program that began it.
    pub program: String,
    /// The image's id.
    pub image_id: String,
    /// The region that was asked for, by flag or environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The profile that tells the region where none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The API, without scheme and credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// When the recording was begun.
    #[serde(with = "format::stamp")]
    pub started_at: DateTime<Utc>,
}

impl Header {
    /// Whether an API was watched, and not something that stands in for one.
    pub fn is_of_an_api(&self) -> bool {
        self.api.is_some()
    }

    /// Whether both recordings answer the same question: the same image, asked about at the same place.
    pub fn asks_the_same_as(&self, other: &Self) -> bool {
        let question = |header: &Self| {
            let Self {
                image_id,
                region,
                profile,
                api,
                ..
            } = header.clone();
            (image_id, region, profile, api)
        };
        question(self) == question(other)
    }
}
