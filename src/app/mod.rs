//! The application as data: a [`model::Model`], the [`msg::Msg`]s that it learns from, one
//! [`update::update`] that turns one into the next, and the [`effect::Effect`]s that it asks for.
//!
//! `update` is total, synchronous and deterministic: the same messages always give the same model and the
//! same effects. There is no clock, no terminal and no network here.

pub(crate) mod effect;
pub(crate) mod keys;
pub(crate) mod layout;
pub(crate) mod model;
pub(crate) mod msg;
pub(crate) mod overlays;
pub(crate) mod status;
pub(crate) mod update;
pub(crate) mod views;
