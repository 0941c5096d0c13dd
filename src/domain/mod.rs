//! What a machine-image build is, without any I/O: stack events, their order, and the verdict.
//!
//! Everything here is pure: no clock, no network, no terminal. Time comes in as an argument, bytes come in
//! as text, and the same input always gives the same answer.

pub mod build;
pub mod diff;
pub mod estimate;
pub mod facts;
pub mod failure;
pub mod fault;
pub mod image;
pub mod names;
pub mod observation;
pub mod properties;
pub mod span;
pub mod stack_event;
pub mod status;
pub mod summary;
pub mod timeline;
pub mod verdict;
