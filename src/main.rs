//! The `bakewatch` program: everything that it does is in the library.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use bakewatch::cli::Cli;
use bakewatch::text::safe::{SafeText, one_line};
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| refuse(&error));
    match bakewatch::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            if !error.is_quiet() {
                let _ = writeln!(io::stderr(), "error: {}", error.told());
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Tells what is wrong with the arguments (or the help that was asked for) and ends. It quotes the arguments, which
/// a script may have from anywhere: what is wrong is told of clean ones.
fn refuse(error: &clap::Error) -> ! {
    let clean = |argument: &str| one_line(SafeText::new(argument).as_str());
    let arguments = env::args_os().map(|argument| clean(&argument.to_string_lossy()));
    Cli::try_parse_from(arguments).map_or_else(|error| error.exit(), |_| error.exit())
}
