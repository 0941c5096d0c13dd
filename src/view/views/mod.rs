//! view/views

pub(crate) mod columns;
pub(crate) mod detail;
pub(crate) mod empty;
pub(crate) mod event_row;
pub(crate) mod events;
pub(crate) mod failure;
pub(crate) mod gantt;
pub(crate) mod page;
pub(crate) mod resources;
