//! Keys and their actions. One key on its way: `key` (as the terminal sent it) → `keymap` (its action in this
//! context) → `update::keys` (what the action does).
//!
//! - `action`: the actions and the contexts
//! - `commands`: the table of names, contexts, help and hints
//! - `key`: a key and its spelling
//! - `keymap`: the keys of each action

pub(crate) mod action;
pub(crate) mod commands;
pub(crate) mod key;
pub(crate) mod keymap;
