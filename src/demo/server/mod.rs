//! demo/server

pub(crate) mod answer;
pub(crate) mod api;
pub(crate) mod reply;
pub(crate) mod requests;
pub(crate) mod simulator;
pub(crate) mod token;
