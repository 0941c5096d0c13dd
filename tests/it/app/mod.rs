//! The state of the screen: keys, the mouse and messages go in, state and effects come out.

mod clock;
mod code;
mod find;
mod input;
mod keys;
mod mouse;
// It counts what only builds with debug assertions count.
#[cfg(debug_assertions)]
mod scale;
mod sessions;
mod verdict_notice;
