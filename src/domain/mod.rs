//! What a machine-image build is, without any I/O: stack events, their order, and the verdict.
//!
//! Everything here is pure: no clock, no network, no terminal. Time comes in as an argument, bytes come in
//! as text, and the same input always gives the same answer.

pub mod build;
mod by_resource;
pub mod changes;
pub mod estimate;
pub mod event;
mod expression;
pub mod facts;
pub mod failure;
pub mod fault;
pub mod image;
mod index;
pub mod lens;
pub mod names;
pub mod news;
pub mod pattern;
pub mod properties;
pub mod secret;
pub mod span;
pub mod status;
pub mod stretch;
pub mod summary;
pub mod text;
pub mod timeline;
pub mod verdict;
pub mod work;
