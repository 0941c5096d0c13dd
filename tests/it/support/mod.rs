//! What the tests share: builds to look at, and frames as text.

pub(crate) mod builds;
pub(crate) mod frame;
pub(crate) mod story;
