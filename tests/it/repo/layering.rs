//! The way of data is visible in the folders: this reads the imports and fails where a layer reaches for
//! what it must not know. `LAYERS` is the table.

use std::fs;
use std::path::{Path, PathBuf};

/// What a layer may name of this crate, and which crates it must not name.
struct Layer {
    folder: &'static str,
    may_import: &'static [&'static str],
    never: &'static [&'static [&'static str]],
}

/// The ways to the network.
const NETWORK: &[&str] = &[
    "tokio",
    "reqwest",
    "hyper",
    "aws_config",
    "aws_sigv4",
    "std::net",
];
/// What a pure function has no business with.
const OUTSIDE: &[&str] = &["clap", "std::fs", "std::env", "std::io", "Instant"];

const LAYERS: &[Layer] = &[
    Layer {
        folder: "domain",
        may_import: &["domain"],
        never: &[NETWORK, OUTSIDE, &["ratatui", "crossterm"]],
    },
    Layer {
        folder: "app",
        may_import: &["app", "domain"],
        never: &[NETWORK, OUTSIDE, &["crossterm"]],
    },
    Layer {
        folder: "style",
        may_import: &["style", "domain"],
        never: &[NETWORK, OUTSIDE, &["crossterm"]],
    },
    Layer {
        folder: "view",
        may_import: &["view", "app", "style", "domain"],
        never: &[NETWORK, OUTSIDE, &["crossterm"]],
    },
    Layer {
        folder: "source",
        may_import: &["source", "domain"],
        never: &[&["ratatui", "crossterm", "clap", "std::env"]],
    },
    Layer {
        folder: "output",
        may_import: &["output", "app", "style", "domain"],
        never: &[NETWORK, &["clap", "std::fs", "std::env", "Instant"]],
    },
    Layer {
        folder: "config",
        may_import: &["config", "cli", "error", "output", "style", "domain", "app"],
        never: &[NETWORK, &["ratatui", "crossterm"]],
    },
];

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file that is compiled into the program: no tests, no comments.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    path.components()
        .filter_map(|part| part.as_os_str().to_str())
        .any(|part| matches!(part, "tests.rs" | "tests") || part.starts_with("test_"))
}

fn layers_named_in(code: &str) -> Vec<&str> {
    code.split("crate::")
        .skip(1)
        .filter_map(|rest| {
            rest.split(|character: char| !(character.is_alphanumeric() || character == '_'))
                .next()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn no_layer_reaches_for_what_it_must_not_know() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut complaints = Vec::new();
    for layer in LAYERS {
        let mut files = Vec::new();
        source_files(&src.join(layer.folder), &mut files);
        assert!(!files.is_empty(), "src/{} is empty", layer.folder);
        for path in files.iter().filter(|path| !is_test(path)) {
            let code = code_of(path);
            let shown = path.strip_prefix(&src).unwrap().display();
            for name in layers_named_in(&code) {
                if !layer.may_import.contains(&name) {
                    complaints.push(format!("src/{shown} imports crate::{name}"));
                }
            }
            let named = |name: &&&str| {
                code.contains(&format!("{name}::")) || code.contains(&format!("{name};"))
            };
            for name in layer.never.iter().copied().flatten().filter(named) {
                complaints.push(format!("src/{shown} names {name}"));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The application may use ratatui's geometry, and nothing else of it.
#[test]
fn the_application_draws_nothing() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    for path in files {
        let other = code_of(&path).replace("ratatui::layout::", "");
        assert!(
            !other.contains("ratatui"),
            "{} uses more than ratatui::layout",
            path.display()
        );
    }
}

/// 400 lines a file, without blanks, comments and tests.
#[test]
fn no_file_has_outgrown_its_purpose() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    for path in files.iter().filter(|path| !is_test(path)) {
        let lines = code_of(path)
            .lines()
            .filter(|line| !line.trim().is_empty())
            .count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}

/// No code of our own is unsafe. What the manifest forbids no attribute can allow: rustc refuses that. That there is
/// one TLS stack is for `cargo deny` to say: `Cargo.lock` also names what no build needs.
#[test]
fn unsafe_code_is_forbidden() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
    let lints = &manifest["lints"]["rust"];
    assert_eq!(lints["unsafe_code"].as_str(), Some("forbid"));
}
