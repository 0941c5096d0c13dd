//! The tests that use the library and the program from outside: one binary, a module a subject.

mod endings;
mod layering;
mod screen;
mod support;
mod walk;
mod watching;
