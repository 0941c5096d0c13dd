//! bakewatch
pub mod app;
pub mod domain;
pub mod source;
pub mod style;
pub mod view;
