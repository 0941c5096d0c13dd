//! The application as data: a [`model::Model`], the [`msg::Msg`]s that it learns from, one
//! [`update::update`] that turns one into the next, and the [`effect::Effect`]s that it asks for.
//!
//! `update` is total, synchronous and deterministic: the same messages always give the same model and the
//! same effects. There is no clock, no terminal and no network here.

pub mod action;
mod announced;
pub mod axis;
pub mod bar;
pub mod commands;
pub mod detail;
pub mod effect;
pub mod ending;
pub mod failure;
pub mod filter;
pub mod filter_menu;
pub mod help;
pub mod key;
pub mod keymap;
pub mod layout;
pub mod link;
pub mod list;
pub mod model;
pub mod msg;
pub mod notice;
pub mod outcome;
pub mod page;
pub mod prompt;
pub mod resources;
pub mod rows;
pub mod search;
pub mod summary;
pub mod tab;
pub mod times;
pub mod update;
