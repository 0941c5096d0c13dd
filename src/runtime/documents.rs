//! What the program says about itself for a shell and for `man`.

use clap::CommandFactory;

use crate::cli::{Cli, Document};
use crate::error::Error;

/// The text of a document.
///
/// # Errors
/// Where there is no such document.
pub fn document(document: &Document) -> Result<String, Error> {
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
    Ok(String::from_utf8_lossy(&text).into_owned())
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
