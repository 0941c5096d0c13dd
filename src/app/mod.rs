//! The application as data: a [`model::Model`], the [`msg::Msg`]s that it learns from, one
//! [`update::update`] that turns one into the next, and the [`effect::Effect`]s that it asks for.
//!
//! `update` is total, synchronous and deterministic: the same messages always give the same model and the
//! same effects. There is no clock, no terminal and no network here.

pub mod effect;
pub mod filter;
pub mod keys;
pub mod layout;
pub mod model;
pub mod msg;
pub mod overlays;
pub mod search;
pub mod status;
pub mod update;
pub mod views;
