//! view/views

pub mod columns;
pub mod detail;
pub mod empty;
pub mod event_row;
pub mod events;
pub mod failure;
pub mod gantt;
pub mod page;
pub mod resources;
