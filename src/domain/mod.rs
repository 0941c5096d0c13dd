//! What a machine-image build is, without any I/O: stack events, their order, and the verdict.
//!
//! Everything here is pure: no clock, no network, no terminal. Time comes in as an argument, bytes come in
//! as text, and the same input always gives the same answer.

pub mod build;
pub mod event;
pub mod facts;
pub mod fault;
pub mod image;
pub mod news;
pub mod properties;
pub mod secret;
pub mod status;
pub mod stretch;
pub mod summary;
pub mod text;
pub mod timeline;
pub mod verdict;
