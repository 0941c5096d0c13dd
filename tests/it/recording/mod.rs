//! Recordings: how they are written, replayed, listed and reported on.

mod background;
mod choice;
mod diff;
mod failures;
mod format_1;
mod history;
mod places;
mod record_and_replay;
mod report;
mod resume;
mod saved_events;
