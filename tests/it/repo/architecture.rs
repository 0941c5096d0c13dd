//! docs/ARCHITECTURE.md is true where that can be tested: every file that its tables name exists, and every function
//! that stands after a file is in that file.

use std::fs;
use std::path::Path;

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
