//! The tests that `tests/invariants.md` names are there, and so are the fuzz targets that the README names: a
//! promise whose test was renamed or deleted is noticed.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files in which a test may be, by its name as `cargo test` or the contract tests print it.
fn places(module: &str) -> Vec<PathBuf> {
    if let Some((file, _class)) = module.split_once('.') {
        return vec![root().join(format!("tests/contract/{file}.py"))];
    }
    let path = module.replace("::", "/");
    let outer = path.strip_suffix("/tests").unwrap_or(&path);
    let files = [
        format!("tests/it/{path}.rs"),
        format!("src/{path}.rs"),
        format!("src/{path}/mod.rs"),
        format!("src/{outer}.rs"),
        format!("src/{outer}/mod.rs"),
    ];
    files.into_iter().map(|file| root().join(file)).collect()
}

fn is_there(name: &str) -> bool {
    let (has, (module, function)): (fn(&str, &str) -> bool, _) = match name.rsplit_once("::") {
        Some(parts) => (has_test, parts),
        None => (has_method, name.rsplit_once('.').unwrap()),
    };
    let files = places(module).into_iter();
    files
        .filter_map(|file| fs::read_to_string(file).ok())
        .any(|text| has(&text, function))
}

/// Whether a Rust file has a test of that name, and one that is run.
fn has_test(text: &str, function: &str) -> bool {
    let begin = format!("fn {function}(");
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.contains(&begin));
    let above = at.and_then(|at| lines.get(..at)).unwrap_or_default();
    let its_own = above.iter().rev().take_while(|line| !line.is_empty());
    let its_own: Vec<_> = its_own.take_while(|line| **line != "}").collect();
    let is_test = its_own
        .iter()
        .any(|line| line.starts_with("#[") && line.contains("test"));
    is_test && !its_own.iter().any(|line| line.starts_with("#[ignore"))
}

fn has_method(text: &str, function: &str) -> bool {
    text.contains(&format!("def {function}("))
}

/// What is written as code in the rows of a table.
fn code_in_rows(text: &str) -> impl Iterator<Item = &str> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2))
}

#[test]
fn the_tests_that_are_named_are_there() {
    let text = fs::read_to_string(root().join("tests/invariants.md")).unwrap();
    let is_name = |code: &&str| code.contains("::") || code.starts_with("test_");
    let names: Vec<_> = code_in_rows(&text).filter(is_name).collect();
    for name in &names {
        assert!(is_there(name), "no test is called {name}");
    }
    for number in 1..=22 {
        let row = format!("| {number} | **");
        let row = text.lines().find(|line| line.starts_with(&row)).unwrap();
        assert!(code_in_rows(row).any(|code| is_name(&code)), "{row}");
    }
}

#[test]
fn the_fuzz_targets_are_those_that_the_readme_names() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("Fuzz targets: ").unwrap();
    let (named, _) = rest.split_once('.').unwrap();
    let named: Vec<_> = named.split('`').skip(1).step_by(2).collect();
    let mut targets: Vec<_> = fs::read_dir(root().join("fuzz/fuzz_targets"))
        .unwrap()
        .map(|file| {
            file.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    targets.sort();
    assert_eq!(named, targets);
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for target in &targets {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")),
            "{target}"
        );
    }
}
