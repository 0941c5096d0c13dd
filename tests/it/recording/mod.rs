//! Recordings: how they are written, replayed, listed and reported on.

mod format_1;
mod history;
mod record_and_replay;
mod report;
mod resume;
mod saved_events;
