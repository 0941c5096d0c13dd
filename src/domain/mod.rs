//! The model of an image build: stack events, their order, the verdict, and the explanation of a failure. It sits between
//! the poller, whose observations it applies, and the app, which shows its state.
//!
//! ```text
//!  Observation ──► Build ──┬─► Timeline (one a stack) ──► EntryLog, Facts
//!                          ├─► ImageDescription
//!                          ├─► Steps (of Image Builder's workflows)
//!                          └─► verdict ──► summary, Explanation (failure/)
//! ```
//! Everything here is pure: no clock, no network, no terminal. Time and text come in as arguments, and the same input
//! always gives the same output.

pub(crate) mod build;
pub(crate) mod change;
pub(crate) mod comparison;
pub(crate) mod diff;
pub(crate) mod estimate;
pub(crate) mod facts;
pub(crate) mod failure;
pub(crate) mod fault;
pub(crate) mod image;
pub(crate) mod listing;
pub(crate) mod log;
pub(crate) mod log_line;
pub(crate) mod names;
pub(crate) mod observation;
pub(crate) mod outcome;
pub(crate) mod properties;
pub(crate) mod reason;
pub(crate) mod resume;
pub(crate) mod search;
pub(crate) mod span;
pub(crate) mod stack_event;
pub(crate) mod status;
pub(crate) mod steps;
pub(crate) mod timeline;
pub(crate) mod verdict;
