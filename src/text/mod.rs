//! text

pub mod expression;
pub mod pattern;
pub mod redact;
pub mod safe;
