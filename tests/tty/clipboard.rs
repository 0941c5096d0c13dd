//! Copying where a multiplexer is between the program and the terminal: the text arrives, or the message names the
//! setting that is missing.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::program::DEADLINE;
use crate::support::terminal::Terminal;

const RECORDING: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fuzz/seeds/recording/every-kind-of-line.jsonl"
);
const REPLAY: [&str; 4] = ["replay", RECORDING, "--speed", "max"];

/// The newest buffer of a tmux server.
fn buffer(socket: &str) -> String {
    let output = Command::new("tmux")
        .args(["-S", socket, "show-buffer"])
        .output()
        .expect("tmux is installed");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn in_tmux_a_copy_reaches_its_buffers_and_the_terminal_with_the_settings_of_tmux() {
    let script = format!(
        "unset TMUX; tmux -S $PWD/tmux -f /dev/null new-session \"$b {}\"; tmux -S $PWD/tmux kill-server; exit",
        REPLAY.join(" ")
    );
    let mut terminal = Terminal::shell(100, 24, &["-c", &script]);
    terminal.read_on();
    let socket = terminal.folder.join("tmux").display().to_string();
    terminal.wait_for("ami-1").press("A").wait_for("copied");
    let end = Instant::now() + DEADLINE;
    while !buffer(&socket).contains("ami-1") {
        assert!(
            Instant::now() < end,
            "nothing arrives:\n{}",
            terminal.text()
        );
        thread::sleep(Duration::from_millis(10));
    }
    // tmux passes it on to the terminal, whose clipboard it is.
    terminal.wait_for_written("\u{1b}]52;");
    terminal.press("q");
    terminal.end();
}

#[test]
fn where_a_copy_may_not_arrive_the_missing_setting_is_named() {
    let unreachable = [("TMUX", "/nonexistent,1,0"), ("TERM", "tmux-256color")];
    let remote = [("TMUX", ""), ("TERM", "tmux-256color")];
    let unknown = [("TMUX", ""), ("STY", ""), ("TERM", "screen-256color")];
    for environment in [&unreachable[..], &remote, &unknown] {
        let mut terminal = Terminal::start(100, 24, &REPLAY, environment);
        terminal.wait_for("ami-1").press("A");
        terminal.wait_for("set -g set-clipboard on").press("q");
        terminal.end();
    }
}

#[test]
fn gnu_screen_hands_a_copy_on() {
    let environment = [("STY", "1.pts-0.host"), ("TMUX", ""), ("TERM", "screen")];
    let mut terminal = Terminal::start(100, 24, &REPLAY, &environment);
    terminal.wait_for("ami-1").press("A").wait_for("copied");
    terminal.wait_for_written("\u{1b}P\u{1b}]52;c;").press("q");
    terminal.end();
}
