//! The application as data: [`update::update`] applies one [`msg::Msg`] to the [`model::Model`] and returns the
//! [`effect::Effect`]s that it requests from the runtime. The view draws the model.
//!
//! ```text
//! key          Msg::Key      → update::keys → overlays::prompt (it types), or keys::keymap → Action
//! → update::{keys, navigation, find, step, copy} → model, Effects
//! mouse        Msg::Mouse    → update::mouse → layout (which region) → the same functions as keys
//! observation  Msg::Observed → domain::Build::apply → status::{connection, exit_policy, verdict_notice}
//! → Effects (printed entries, notification, command, exit)
//! then always  Model::settle → layout, views and overlays adapt to the new build and the new size
//! ```
//!
//! `update` is total, synchronous and deterministic: the same messages always produce the same model and the
//! same effects. There is no clock, no terminal and no network here.
//!
//! `keys`: keys and actions · `views`: the state of each view · `overlays`: the state of what is open over them ·
//! `status`: connection, notices, tabs, outcome and exit · `update`: the only writer of the model.

pub(crate) mod effect;
pub(crate) mod keys;
pub(crate) mod layout;
pub(crate) mod model;
pub(crate) mod msg;
pub(crate) mod overlays;
pub(crate) mod status;
pub(crate) mod update;
pub(crate) mod views;
