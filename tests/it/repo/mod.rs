//! The repository itself: its layers, its documents, and the parts that are generated from the program.

mod architecture;
mod documents;
mod layering;
mod named;
mod picture;
mod readme;
mod source;
