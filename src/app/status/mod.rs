//! app/status

pub(crate) mod bar;
pub(crate) mod connection;
pub(crate) mod exit_policy;
pub(crate) mod notices;
pub(crate) mod summary;
pub(crate) mod verdict_notice;
