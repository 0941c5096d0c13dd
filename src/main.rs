//! The `bakewatch` binary; all code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    bakewatch::main()
}
