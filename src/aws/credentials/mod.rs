//! aws/credentials

pub mod chain;
pub mod fault;
pub mod identity;
