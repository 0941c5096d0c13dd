//! The user's settings and keys, as `bakewatch config` and `bakewatch keys` print them.

mod keys;
mod settings;
