//! app/keys

pub(crate) mod action;
pub(crate) mod commands;
pub(crate) mod key;
pub(crate) mod keymap;
