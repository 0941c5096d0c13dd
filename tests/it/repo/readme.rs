//! The table of keys and the description of the commands are generated from the program. After a change,
//! `BAKEWATCH_WRITE=1 cargo test --test it repo::readme` writes them again.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use crate::support::is_rewriting;
use crate::support::program::run;
use bakewatch::testing::Cli;
use bakewatch::testing::app::COMMANDS;
use bakewatch::testing::config::built_in_keys as built_in;

/// The longest README, in bytes: it introduces the program, and `docs` describes it.
const README: u64 = 8_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Compares a generated part of a document with the program, or writes it.
fn part(file: &str, name: &str, wanted: &str) {
    let path = root().join(file);
    let document = fs::read_to_string(&path).unwrap();
    let (begin, end) = (
        format!("<!-- begin {name}: written by the test named readme -->\n"),
        format!("<!-- end {name} -->"),
    );
    let (before, rest) = document.split_once(&begin).unwrap();
    let (kept, after) = rest.split_once(&end).unwrap();
    if is_rewriting() {
        fs::write(&path, format!("{before}{begin}{wanted}{end}{after}")).unwrap();
    } else {
        assert!(
            kept == wanted,
            "the {name} in {file} are out of date: set BAKEWATCH_WRITE=1 and run this test again"
        );
    }
}

#[test]
fn the_table_of_keys_is_up_to_date() {
    let mut keys = String::from("| keys | where | effect |\n|---|---|---|\n");
    let map = built_in().unwrap();
    for command in COMMANDS {
        let names = map
            .keys(command.action)
            .iter()
            .map(|key| format!("`{key}`"));
        let names = names.collect::<Vec<_>>().join(" ");
        let _ = writeln!(
            keys,
            "| {names} | {} | {} |",
            command.contexts_label(),
            command.help
        );
    }
    part("docs/screen.md", "keys", &keys);
}

/// A section with the help of a command; of the program where there is no command.
fn help(command: Option<&str>) -> String {
    let arguments = command.into_iter().chain(["--help"]).collect::<Vec<_>>();
    let lines = run(&arguments).lines;
    let lines = lines.iter().map(|line| line.trim_end());
    let text = lines.collect::<Vec<_>>().join("\n");
    let name = command.map_or_else(String::new, |command| format!(" {command}"));
    format!("## bakewatch{name}\n```\n{}\n```\n", text.trim_end())
}

#[test]
fn the_command_line_help_is_up_to_date() {
    let program = Cli::command();
    let commands = program
        .get_subcommands()
        .map(|command| Some(command.get_name()));
    let sections = [None].into_iter().chain(commands).map(help);
    let options = sections.collect::<Vec<_>>().join("\n");
    part("docs/command-line.md", "options", &options);
}

#[test]
fn the_readme_is_short() {
    let bytes = fs::metadata(root().join("README.md")).unwrap().len();
    assert!(
        bytes <= README,
        "README.md has {bytes} bytes; move details to docs"
    );
}
