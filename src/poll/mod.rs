//! poll

pub(crate) mod cadence;
pub(crate) mod poller;
pub(crate) mod tail;
pub(crate) mod walk;
