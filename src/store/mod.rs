//! store

pub mod class_index;
pub mod entry_log;
pub mod filter_index;
pub mod group_index;
pub mod work;
