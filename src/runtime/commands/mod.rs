//! Commands without a watch: the history and Markdown reports.
//!
//! `report` also writes the reports that the user requests on the screen. Tests: `tests/it/recording/history.rs`,
//! `tests/it/recording/report.rs`.

pub(crate) mod diff;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod report;
