//! poll

pub mod cadence;
pub mod poller;
pub mod tail;
pub mod walk;
