//! runtime/commands

pub mod history;
pub mod report;
