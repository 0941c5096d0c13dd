//! app/status

pub mod bar;
pub mod connection;
pub mod exit_policy;
pub mod notices;
pub mod outcome;
pub mod summary;
pub mod verdict_notice;
