//! The `bakewatch` program: everything that it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    bakewatch::main()
}
