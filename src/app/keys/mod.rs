//! app/keys

pub mod action;
pub mod commands;
pub mod key;
pub mod keymap;
