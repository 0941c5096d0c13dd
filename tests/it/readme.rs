//! What the README says about keys and options is written from the program, and the tests that it names are
//! there. After a change, `BAKEWATCH_WRITE=1 cargo test --test it readme` writes these parts anew.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use bakewatch::app::commands::COMMANDS;
use bakewatch::config::keys::built_in;

use crate::support::is_rewriting;
use crate::support::program::run;

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

/// What of a text is between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The files in which a test of this name may be: `walk::x` is a test of the whole program, a longer path one
/// beside the code, `contract FILE.NAME` one against the real server.
fn files_of(test: &str) -> (Vec<String>, &str) {
    if let Some((file, name)) = test
        .strip_prefix("contract ")
        .and_then(|rest| rest.split_once('.'))
    {
        return (vec![format!("tests/contract/{file}.py")], name);
    }
    let (module, name) = test.rsplit_once("::").unwrap();
    if !module.contains("::") {
        return (vec![format!("tests/it/{module}.rs")], name);
    }
    let path = module.replace("::", "/");
    let mut files = vec![format!("src/{path}.rs"), format!("src/{path}/mod.rs")];
    if let Some(path) = path.strip_suffix("/tests") {
        files.extend([format!("src/{path}.rs"), format!("src/{path}/mod.rs")]);
    }
    (files, name)
}

fn assert_is_there(test: &str) {
    let (files, name) = files_of(test);
    let texts: Vec<_> = files
        .iter()
        .filter_map(|file| fs::read_to_string(root().join(file)).ok())
        .collect();
    assert!(!texts.is_empty(), "there is no file of {test}");
    let forms = ["fn", "def", "class"].map(|form| format!("{form} {name}("));
    let is_there = |text: &String| forms.iter().any(|form| text.contains(form));
    assert!(
        name == "*" || texts.iter().any(is_there),
        "no test is called {test}"
    );
}

#[test]
fn the_tests_that_the_readme_names_are_there() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let promises = readme
        .split("### Promises")
        .nth(1)
        .and_then(|rest| rest.split("### Tests").next())
        .unwrap();
    let tests: Vec<_> = quoted(promises).collect();
    assert!(tests.len() > 8);
    tests.into_iter().for_each(assert_is_there);
}

#[test]
fn the_tests_that_the_fault_table_names_are_there() {
    let table = fs::read_to_string(root().join("tests/faults.md")).unwrap();
    let mut numbers = Vec::new();
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let &[number, _, _, tests] = &cells[..] else {
            panic!("a row has four cells: {row}");
        };
        numbers.push(number.parse::<u32>().unwrap());
        assert!(quoted(tests).count() > 0, "no test holds row {number}");
        quoted(tests).for_each(assert_is_there);
    }
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert!(numbers.len() > 25, "{numbers:?}");
}
