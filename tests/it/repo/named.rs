//! The tests that the documents name exist and are not ignored: this notices a promise whose test was renamed,
//! deleted or switched off.

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

/// The parts of a text between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The rows of a table, cell by cell, without its head.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.skip(1)
        .map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
}

/// The files in which a test of this name may be: `poll::walk::x` is in `tests/it`, `tty::screen::x` in `tests/tty`,
/// a path with `tests` is beside the code, and `contract FILE.NAME` is a test against the real server.
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
        format!("tests/{path}.rs"),
        format!("src/{path}.rs"),
        format!("src/{path}/mod.rs"),
        format!("src/{outer}.rs"),
        format!("src/{outer}/mod.rs"),
    ];
    (files.iter().map(|file| root().join(file)).collect(), name)
}

/// Whether a Rust file has a test of that name that is not ignored.
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

fn exists(test: &str) -> bool {
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
    files.iter().any(has)
}

/// The tests of a row that do not exist; a row must name some.
fn missing<'a>(row: &[&'a str]) -> Vec<&'a str> {
    let tests = row.last().copied().unwrap_or_default();
    assert!(quoted(tests).count() > 0, "no test holds: {row:?}");
    quoted(tests).filter(|test| !exists(test)).collect()
}

#[test]
fn the_tests_of_the_promises_exist() {
    let guide = read(GUIDE);
    let promises = guide.split("## Promises").nth(1).unwrap();
    let promises = promises.split("## Tests").next().unwrap();
    let count = rows(promises).count();
    assert!(count > 8, "{count}");
    let missing: Vec<_> = rows(promises).flat_map(|row| missing(&row)).collect();
    assert!(
        missing.is_empty(),
        "{GUIDE}: no tests are called {missing:#?}"
    );
}

#[test]
fn every_row_of_the_tables_names_existing_tests() {
    for (file, least) in [("tests/invariants.md", 22), ("tests/faults.md", 36)] {
        let text = read(file);
        let number = |row: Vec<&str>| row[0].parse::<u32>().unwrap();
        let numbers: Vec<_> = rows(&text).map(number).collect();
        let missing: Vec<_> = rows(&text).flat_map(|row| missing(&row)).collect();
        assert!(
            missing.is_empty(),
            "{file}: no tests are called {missing:#?}"
        );
        assert!(numbers.is_sorted(), "{file}: {numbers:?}");
        assert!(numbers.len() >= least, "{file}: {numbers:?}");
    }
}

#[test]
fn the_guide_lists_the_fuzz_targets() {
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
