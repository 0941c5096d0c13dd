//! A person's own key map: what it changes on the screen, and what is said where it can't be.

use std::fs;

use crate::support::folder::Folder;
use crate::support::program::{Ended, run};
use crate::support::terminal::Terminal;

const FILE: &str = "keys.toml";

/// A folder with a key map in it.
fn with_keys(test: &str, keys: &str) -> Folder {
    Folder::new(&format!("keys-{test}"), &[(FILE, keys)])
}

#[test]
fn a_key_of_ones_own_works_and_is_hinted() {
    let config = with_keys(
        "own",
        "help = [\"f1\"]\nbottom = [\"x\"]\nquit = [\"shift-tab\"]\n",
    );
    let arguments = ["demo", "--speed", "600"];
    let mut terminal = Terminal::start(100, 24, &arguments, &config.environment());
    terminal.wait_for("f1 help").wait_for("shift-tab quit");
    terminal.wait_for("following").press("k");
    terminal.wait_for("x follows").press("x");
    terminal.wait_for("following").press("\u{1b}OP");
    terminal.wait_for(" Help ").press("\u{1b}[Z");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn what_is_printed_is_a_key_map_that_means_the_same() {
    let config = with_keys(
        "printed",
        "top = ['\"', '\\', \"'\", \"#\"]\npoll-now = []\n",
    );
    let printed = config.run(&["keys"]);
    assert_eq!(printed.code(), Some(0));
    let file = config.file(FILE).display().to_string();
    assert!(printed.lines[0].contains(&file), "{}", printed.lines[0]);
    let of_the_file = |line: &&String| line.contains("of your file");
    assert_eq!(printed.lines.iter().filter(of_the_file).count(), 2);
    // Every action is in the printed file, so every one is marked, and nothing else differs.
    let lines = |ended: &Ended| -> Vec<String> {
        let kept = ended.lines.iter().filter(|line| !of_the_file(line));
        kept.cloned().collect()
    };
    let again = with_keys("again", &printed.lines.join("\n")).run(&["keys"]);
    assert_eq!(lines(&again)[1..], lines(&printed)[1..]);
    assert_ne!(lines(&printed)[1..], lines(&run(&["keys"]))[1..]);
}

#[test]
fn a_key_map_that_can_not_be_is_wrong_usage() {
    let config = with_keys("wrong", "up = [\"k\"]\n\npage-dwn = [\"x\"]\n");
    let ended = config.run(&["keys"]);
    assert_eq!(ended.code(), Some(2));
    let file = config.file(FILE).display().to_string();
    let wanted = format!(
        "error: failed to read the key map {file}: line 3: unknown action page-dwn; did you mean page-down?\n"
    );
    assert_eq!(ended.diagnostics, wanted);
    let arguments = ["demo", "--speed", "600"];
    let mut terminal = Terminal::start(200, 24, &arguments, &config.environment());
    terminal.wait_for("did you mean page-down?");
    assert_eq!(terminal.end().exit_code(), 2);
}

#[test]
fn a_key_map_that_can_not_be_read_is_wrong_usage() {
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
fn the_documents_show_a_key_map_that_works() {
    let document = include_str!("../../docs/configuration.md");
    let (_, rest) = document.split_once("To change keys").unwrap();
    let shown = rest.split("```").nth(1).unwrap();
    let shown = shown.strip_prefix("toml").unwrap();
    let ended = with_keys("documents", shown).run(&["keys"]);
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
}
