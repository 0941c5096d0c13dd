//! The lines around the panes, one file each: they show the status of the watch in every view (`app::status`).
//!
//! - `title`: image, region, version and connection
//! - `verdict`: verdict, progress and estimate
//! - `now`: the current activity of a running build
//! - `notices`: messages that the user must see
//! - `bar`: tabs and chips
//! - `hints`: the keys of this context
//! - `parts`: fits the parts of such a line into its width

pub(crate) mod bar;
pub(crate) mod hints;
pub(crate) mod notices;
pub(crate) mod now;
pub(crate) mod parts;
pub(crate) mod title;
pub(crate) mod verdict;
