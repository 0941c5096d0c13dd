//! Text without meaning: made safe, measured, searched and redacted. Every other folder may use it; it imports nothing
//! of this crate.
//!
//! ```text
//!  bytes from outside ──► redact ──► SafeText ──► width: truncate, pad, wrap ──► a cell or a line
//!  a prompt ──► Pattern (expression: case and cost) ──► filters, searches, marks
//! ```

pub(crate) mod arn;
mod decode;
pub(crate) mod duration;
pub(crate) mod expression;
pub(crate) mod pattern;
pub(crate) mod redact;
pub(crate) mod safe;
pub(crate) mod secret;
pub(crate) mod width;
