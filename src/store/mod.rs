//! store

pub(crate) mod class_index;
pub(crate) mod entry_log;
pub(crate) mod filter_index;
pub(crate) mod group_index;
pub(crate) mod work;
