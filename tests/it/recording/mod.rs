//! Recordings: how they are written, replayed, listed and reported on.

mod history;
mod record_and_replay;
mod report;
