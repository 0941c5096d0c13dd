//! The application as data: [`update::update`] applies one [`msg::Msg`] to the [`model::Model`] and returns the
//! [`effect::Effect`]s that it requests from the runtime. Then the view draws the model, or the output prints entries.
//!
//! ```text
//! a key          Msg::Key ─► update::keys ─┬► overlays::prompt   it types, if a prompt is open
//!                                          └► keys::keymap ─► Action ─► update::{navigation, find, step, copy, …}
//! an observation Msg::Observed ─► update::observe ─► domain::build ─► status::connection
//!                                                      ─► status::exit_policy (headless), status::verdict_notice (screen)
//! then           Model::settle: views and overlays adapt to the new build, the layout to the new notices
//! ```
//! `update` is total, synchronous and deterministic: the same messages always produce the same model and the
//! same effects. There is no clock, no terminal and no network here.
//!
//! - `msg`, `update`, `effect`: messages, the function that applies them, its requests
//! - `model`, `session`: the state of the program, and of each watched build
//! - `keys`: actions, their keys and their help
//! - `views`, `overlays`: the state of each view, and of all that is open over them
//! - `search`: the images being built that are still to be found
//! - `status`: connection, notices, tabs, verdict notification, outcome and exit
//! - `layout`: the regions of the screen, for mouse clicks and for drawing

pub(crate) mod effect;
pub(crate) mod keys;
pub(crate) mod labels;
pub(crate) mod layout;
pub(crate) mod model;
pub(crate) mod msg;
pub(crate) mod overlays;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod update;
pub(crate) mod views;
