//! Recordings: how they are written, replayed, listed and reported on.

use bakewatch::testing::recording::{Header, VERSION};
use chrono::{DateTime, Utc};

mod background;
mod choice;
mod failures;
mod format_1;
mod history;
mod places;
mod record_and_replay;
mod report;
mod resume;
mod saved_events;

fn header(started_at: DateTime<Utc>) -> Header {
    Header {
        stack: None,
        version: VERSION,
        program: "0".to_owned(),
        backend: "parallelcluster".to_owned(),
        account: None,
        partition: None,
        image_id: "img".to_owned(),
        region: None,
        profile: None,
        api: None,
        started_at,
    }
}
