//! The user's key map: how `bakewatch keys` prints it, and the errors of an invalid one.

use std::fs;

use crate::support::folder::Folder;
use crate::support::program::{Ended, run};

const FILE: &str = "keys.toml";

/// A folder with a key map in it.
fn with_keys(test: &str, keys: &str) -> Folder {
    Folder::new(&format!("keys-{test}"), &[(FILE, keys)])
}

#[test]
fn the_printed_keys_are_a_key_map_with_the_same_meaning() {
    let config = with_keys(
        "printed",
        "top = ['\"', '\\', \"'\", \"#\"]\npoll-now = []\n",
    );
    let printed = config.run(&["keys"]);
    assert_eq!(printed.code(), Some(0));
    let file = config.file(FILE).display().to_string();
    assert!(printed.lines[1].contains(&file), "{}", printed.lines[1]);
    let of_the_file = |line: &&String| line.contains("of your file");
    assert_eq!(printed.lines.iter().filter(of_the_file).count(), 2);
    // Every action is in the printed file, so every one is marked, and nothing else differs.
    let lines = |ended: &Ended| -> Vec<String> {
        let kept = ended.lines.iter().filter(|line| !of_the_file(line));
        kept.cloned().collect()
    };
    let again = with_keys("again", &printed.lines.join("\n")).run(&["keys"]);
    assert_eq!(lines(&again)[2..], lines(&printed)[2..]);
    assert_ne!(lines(&printed)[2..], lines(&run(&["keys"]))[2..]);
}

#[test]
fn a_wrong_key_map_is_a_usage_error() {
    let config = with_keys("wrong", "up = [\"k\"]\n\npage-dwn = [\"x\"]\n");
    let ended = config.run(&["keys"]);
    assert_eq!(ended.code(), Some(2));
    let file = config.file(FILE).display().to_string();
    let wanted = format!(
        "error: failed to read the key map {file}: line 3: unknown action page-dwn; did you mean page-down?\n"
    );
    assert_eq!(ended.diagnostics, wanted);
}

#[test]
fn an_unreadable_key_map_is_a_usage_error() {
    let config = with_keys("unreadable", "");
    fs::remove_file(config.file(FILE)).unwrap();
    assert_eq!(config.run(&["keys"]).code(), Some(0));
    fs::create_dir(config.file(FILE)).unwrap();
    let ended = config.run(&["keys"]);
    assert_eq!(ended.code(), Some(2));
    assert!(
        ended.diagnostics.contains("keys.toml"),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn the_documented_key_map_works() {
    let document = include_str!("../../../docs/configuration.md");
    let (_, rest) = document.split_once("To change keys").unwrap();
    let shown = rest.split("```").nth(1).unwrap();
    let shown = shown.strip_prefix("toml").unwrap();
    let ended = with_keys("documents", shown).run(&["keys"]);
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
}
