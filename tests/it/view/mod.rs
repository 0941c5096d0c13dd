//! Frames of the screen as text and styles.

mod any_frame;
mod first_look;
mod frames;
mod log;
mod themes;
mod views;
mod words;
