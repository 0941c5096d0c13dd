//! The tests that the documents name are there, and are run: a promise whose test was renamed, deleted or put
//! aside is noticed.

use std::fs;
use std::path::{Path, PathBuf};

/// The document with the table of promises and the list of fuzz targets.
const GUIDE: &str = "docs/CONTRIBUTING.md";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// What of a text is between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The rows of a table, cell by cell, without its head.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.skip(1)
        .map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
}

/// The files in which a test of this name may be: `walk::x` is a test of the whole program, a longer path one
/// beside the code, `contract FILE.NAME` one against the real server.
fn files_of(test: &str) -> (Vec<PathBuf>, &str) {
    let contract = test.strip_prefix("contract ");
    if let Some((file, name)) = contract.and_then(|rest| rest.split_once('.')) {
        return (vec![root().join(format!("tests/contract/{file}.py"))], name);
    }
    let (module, name) = test.rsplit_once("::").unwrap();
    let path = module.replace("::", "/");
    let outer = path.strip_suffix("/tests").unwrap_or(&path);
    let files = [
        format!("tests/it/{path}.rs"),
        format!("src/{path}.rs"),
        format!("src/{path}/mod.rs"),
        format!("src/{outer}.rs"),
        format!("src/{outer}/mod.rs"),
    ];
    (files.iter().map(|file| root().join(file)).collect(), name)
}

/// Whether a Rust file has a test of that name, and one that is run.
fn has_test(text: &str, name: &str) -> bool {
    let begin = format!("fn {name}(");
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.contains(&begin));
    let above = at.and_then(|at| lines.get(..at)).unwrap_or_default();
    let above = above.iter().rev().take_while(|line| !line.is_empty());
    let own: Vec<_> = above.take_while(|line| **line != "}").collect();
    let is_test = |line: &&&str| line.starts_with("#[") && line.contains("test");
    own.iter().any(is_test) && !own.iter().any(|line| line.starts_with("#[ignore"))
}

fn assert_is_there(test: &str) {
    let (files, name) = files_of(test);
    let has = |file: &PathBuf| {
        let Ok(code) = fs::read_to_string(file) else {
            return false;
        };
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("py") => ["def", "class"]
                .iter()
                .any(|word| code.contains(&format!("{word} {name}("))),
            _ => name == "*" || has_test(&code, name),
        }
    };
    assert!(files.iter().any(has), "no test is called {test}");
}

#[test]
fn the_tests_of_the_promises_exist() {
    let guide = read(GUIDE);
    let promises = guide.split("## Promises").nth(1).unwrap();
    let promises = promises.split("## Tests").next().unwrap();
    let mut count = 0;
    for row in rows(promises) {
        let tests = row.last().unwrap();
        assert!(quoted(tests).count() > 0, "no test holds: {row:?}");
        quoted(tests).for_each(assert_is_there);
        count += 1;
    }
    assert!(count > 8, "{count}");
}

#[test]
fn every_row_of_what_always_holds_and_of_what_goes_wrong_has_tests_that_are_there() {
    for (file, least) in [("tests/invariants.md", 22), ("tests/faults.md", 36)] {
        let text = read(file);
        let mut numbers = Vec::new();
        for row in rows(&text) {
            let (Some(number), Some(tests)) = (row.first(), row.last()) else {
                panic!("a row without cells in {file}");
            };
            numbers.push(number.parse::<u32>().unwrap());
            assert!(
                quoted(tests).count() > 0,
                "{file}: no test holds row {number}"
            );
            quoted(tests).for_each(assert_is_there);
        }
        assert!(numbers.is_sorted(), "{file}: {numbers:?}");
        assert!(numbers.len() >= least, "{file}: {numbers:?}");
    }
}

#[test]
fn the_fuzz_targets_are_those_that_the_guide_names() {
    let guide = read(GUIDE);
    let (_, rest) = guide.split_once("Fuzz targets: ").unwrap();
    let (named, _) = rest.split_once('.').unwrap();
    let files = fs::read_dir(root().join("fuzz/fuzz_targets")).unwrap();
    let name_of = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut targets: Vec<_> = files.map(|file| name_of(file.unwrap().path())).collect();
    targets.sort();
    assert_eq!(quoted(named).collect::<Vec<_>>(), targets);
    let manifest = read("fuzz/Cargo.toml");
    for target in &targets {
        let path = format!("path = \"fuzz_targets/{target}.rs\"");
        assert!(manifest.contains(&path), "{target}");
    }
}
