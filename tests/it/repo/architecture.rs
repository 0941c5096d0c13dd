//! docs/ARCHITECTURE.md is true where that can be tested: every file that its tables name exists, every function that
//! stands after a file is in that file, and the table of folders allows what the layering test allows. The same holds
//! for the files of tests that comments in `src` name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::layering::{allowed, names};
use super::source::src;

/// The texts in backquotes of a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|character| character.is_ascii_lowercase() || character == '_')
}

#[test]
fn every_file_and_function_of_the_tables_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/ARCHITECTURE.md")).unwrap();
    let mut errors = Vec::new();
    let mut functions = 0;
    for line in text.lines() {
        let mut source: Option<(&str, String)> = None;
        for quote in quoted(line) {
            if quote.starts_with("src/")
                || quote.starts_with("assets/")
                || quote.starts_with("tests/")
            {
                let path = root.join(quote);
                if !path.exists() {
                    errors.push(format!("{quote} does not exist"));
                }
                source = fs::read_to_string(&path).ok().map(|text| (quote, text));
            } else if line.starts_with("| ") && is_name(quote) {
                let Some((file, text)) = &source else {
                    continue;
                };
                functions += 1;
                let is_there = [format!("fn {quote}("), format!("fn {quote}<")];
                if !is_there.iter().any(|function| text.contains(function)) {
                    errors.push(format!("{file} has no function {quote}"));
                }
            }
        }
    }
    assert!(functions >= 20, "only {functions} functions are named");
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// The modules that the table of folders lets each folder and file use.
#[test]
fn the_table_of_folders_is_the_table_of_layers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/ARCHITECTURE.md")).unwrap();
    let module = |path: &str| {
        let path = path.strip_prefix("src/").unwrap_or(path);
        path.trim_end_matches(".rs").replace('/', "::")
    };
    let rows = text
        .lines()
        .skip_while(|line| *line != "## Folders")
        .skip_while(|line| !line.starts_with("| `src/"))
        .take_while(|line| line.starts_with("| `src/"));
    let mut found = BTreeSet::new();
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [_, folder, _, uses, _] = cells.as_slice() else {
            panic!("not three cells: {row}");
        };
        let name = module(quoted(folder).next().unwrap());
        let uses: BTreeSet<_> = quoted(uses).map(module).collect();
        let allowed = allowed(&name).map(|names| names.iter().map(ToString::to_string).collect());
        assert_eq!(uses, allowed.unwrap_or_default(), "{name} may use");
        found.insert(name);
    }
    let names: BTreeSet<_> = names().map(str::to_owned).collect();
    assert_eq!(found, names);
}

fn check_comments(folder: &Path, errors: &mut Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            check_comments(&path, errors);
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let comments = text.lines().map(str::trim_start);
        let comments = comments.filter(|line| line.starts_with("//!") || line.starts_with("///"));
        let is_path = |character: char| {
            character.is_ascii_alphanumeric() || ['_', '/', '.', '{', '}', ','].contains(&character)
        };
        let words = comments.flat_map(|line| line.split(|character| !is_path(character)));
        for word in words.filter(|word| word.starts_with("tests/") && word.contains(".rs")) {
            let name = word.trim_end_matches(['.', ',']);
            if !root.join(name).exists() {
                errors.push(format!("{}: {name} does not exist", path.display()));
            }
        }
    }
}

#[test]
fn every_test_file_that_a_comment_names_exists() {
    let mut errors = Vec::new();
    check_comments(&src(), &mut errors);
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}
