//! demo/server

pub mod answer;
pub mod api;
pub mod reply;
pub mod requests;
pub mod simulator;
pub mod token;
