//! The `bakewatch` program: everything that it does is in the library.

use std::io::{self, Write};
use std::process::ExitCode;

use bakewatch::cli::Cli;
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match bakewatch::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            if !error.is_quiet() {
                let _ = writeln!(io::stderr(), "error: {error}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}
