//! What a machine-image build is, without any I/O: stack events, their order, and the verdict.
//!
//! Everything here is pure: no clock, no network, no terminal. Time comes in as an argument, bytes come in
//! as text, and the same input always gives the same answer.

pub(crate) mod build;
pub(crate) mod diff;
pub(crate) mod estimate;
pub(crate) mod facts;
pub(crate) mod failure;
pub(crate) mod fault;
pub(crate) mod image;
pub(crate) mod names;
pub(crate) mod observation;
pub(crate) mod outcome;
pub(crate) mod properties;
pub(crate) mod span;
pub(crate) mod stack_event;
pub(crate) mod status;
pub(crate) mod timeline;
pub(crate) mod verdict;
