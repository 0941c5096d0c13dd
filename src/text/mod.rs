//! text

pub(crate) mod expression;
pub(crate) mod pattern;
pub(crate) mod redact;
pub(crate) mod safe;
