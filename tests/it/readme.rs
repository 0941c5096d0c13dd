//! What the README says about keys and options is written from the program. After a change, `BAKEWATCH_WRITE=1 cargo test --test it readme` writes these parts anew.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::is_rewriting;
use crate::support::program::run;
use bakewatch::app::keys::commands::COMMANDS;
use bakewatch::config::keys::built_in;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Compares a part of the README with what it should be, or writes it.
fn part(name: &str, wanted: &str) {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (begin, end) = (
        format!("<!-- begin {name}: written by the test named readme -->\n"),
        format!("<!-- end {name} -->"),
    );
    let (before, rest) = readme.split_once(&begin).unwrap();
    let (kept, after) = rest.split_once(&end).unwrap();
    if is_rewriting() {
        fs::write(&path, format!("{before}{begin}{wanted}{end}{after}")).unwrap();
    } else {
        assert!(
            kept == wanted,
            "the README's {name} are out of date: set BAKEWATCH_WRITE=1 and run this test again"
        );
    }
}

#[test]
fn keys_and_options_are_those_of_the_program() {
    let mut keys = String::from("| keys | where | what they do |\n|---|---|---|\n");
    let map = built_in().unwrap();
    for command in COMMANDS {
        let names = map
            .keys(command.action)
            .iter()
            .map(|key| format!("`{key}`"));
        let names = names.collect::<Vec<_>>().join(" ");
        let _ = writeln!(keys, "| {names} | {} | {} |", command.place(), command.help);
    }
    part("keys", &keys);
    let help = |command: &str| {
        let lines: Vec<_> = run(&[command, "-h"])
            .lines
            .iter()
            .map(|line| line.trim_end().to_owned())
            .collect();
        format!("```\n{}\n```\n", lines.join("\n"))
    };
    let commands = ["watch", "demo", "replay", "history", "report"];
    part("options", &commands.map(help).concat());
}
