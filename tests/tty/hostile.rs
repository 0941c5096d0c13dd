//! Names and texts that would take over a terminal, on a real one.

use std::fs;

use crate::support::program::fresh_folder;
use crate::support::sequences::commands;
use crate::support::terminal::Terminal;
use crate::support::text::{HOSTILE, acts, hostile_recording};

#[test]
fn a_hostile_argument_is_quoted_inertly_on_a_terminal() {
    let mut terminal = Terminal::start(80, 24, &["watch", &format!("--{HOSTILE}")], &[]);
    assert_eq!(terminal.end().exit_code(), 2);
    terminal.wait_for("a␛]0;title␇");
    assert!(
        !terminal.written().contains("\u{1b}]"),
        "{:?}",
        terminal.written()
    );
}

#[test]
fn a_hostile_recording_does_nothing_to_a_screen() {
    let folder = fresh_folder();
    let file = folder.join(HOSTILE);
    fs::write(&file, hostile_recording()).unwrap();
    let arguments = [
        "replay",
        file.to_str().unwrap(),
        "--speed",
        "max",
        "--no-notify",
    ];
    let mut terminal = Terminal::start(160, 50, &arguments, &[]);
    terminal.wait_for("FAILED").wait_for("end of the recording");
    for keys in ["1", "\r", "J", "d", "2", "\r", "3"] {
        terminal.press(keys);
    }
    terminal.press("f").wait_for(" Filter ");
    terminal.press("\u{1b}").wait_gone(" Filter ");
    terminal.press("?").wait_for("Here, in");
    terminal.press("\u{1b}").wait_gone("Here, in");
    // As it would be pasted.
    terminal
        .press("/\u{202e}\u{200b}x")
        .wait_for("\\u{202e}\\u{200b}x");
    terminal.press("\u{3}");
    assert_eq!(terminal.end().exit_code(), 3);
    let written = terminal.written();
    assert_eq!(commands(&written), Vec::<&str>::new());
    let shown = |character: char| {
        acts(character) && !matches!(character, '\u{1b}' | '\n' | '\r' | '\t' | '\u{8}')
    };
    let found = written.chars().find(|character| shown(*character));
    assert_eq!(found, None);
}
