//! app/views

pub mod axis;
pub mod detail;
pub mod failure;
pub mod list;
pub mod page;
pub mod resources;
pub mod rows;
pub mod tab;
pub mod times;
