//! aws/credentials

pub(crate) mod chain;
pub(crate) mod fault;
pub(crate) mod identity;
