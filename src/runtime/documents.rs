//! What the program says about itself for a shell and for `man`, printed and done.

use std::io::{self, Write};

use clap::CommandFactory;

use crate::app::outcome::code;
use crate::cli::{Cli, Document};
use crate::error::Error;

/// Prints a document to standard output. The result is the exit code.
///
/// # Errors
/// Where it can't be written, or there is no such document.
pub fn print(document: &Document) -> Result<u8, Error> {
    let mut text = Vec::new();
    match document {
        Document::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "bakewatch", &mut text);
        }
        Document::Man { command } => {
            let page = clap_mangen::Man::new(described(command.as_deref())?);
            page.render(&mut text).map_err(Error::Output)?;
        }
    }
    let mut stdout = io::stdout();
    stdout.write_all(&text).map_err(Error::Output)?;
    stdout.flush().map_err(Error::Output)?;
    Ok(code::SUCCEEDED)
}

/// The program, or one of its commands, with all that it takes over from the program.
fn described(command: Option<&str>) -> Result<clap::Command, Error> {
    let mut program = Cli::command();
    program.build();
    let Some(name) = command else {
        return Ok(program);
    };
    let found = program.find_subcommand(name).cloned();
    found.ok_or_else(|| {
        Error::Usage(format!(
            "there is no command {name}; `bakewatch help` lists them"
        ))
    })
}
