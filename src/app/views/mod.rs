//! app/views

pub(crate) mod axis;
pub(crate) mod detail;
pub(crate) mod failure;
pub(crate) mod list;
pub(crate) mod page;
pub(crate) mod resources;
pub(crate) mod rows;
pub(crate) mod tab;
pub(crate) mod times;
