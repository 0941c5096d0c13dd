//! Marked credentials do not appear on a screen.

use crate::support::secrets::{assert_clean, environment, talkative_server};
use crate::support::terminal::Terminal;

#[test]
fn no_secret_is_shown_on_the_screen() {
    let server = talkative_server();
    let arguments = [
        "watch",
        "img",
        "--api-url",
        &server.url,
        "--signing-region",
        "us-east-1",
        "--interval",
        "200ms",
    ];
    let mut terminal = Terminal::start(120, 40, &arguments, &environment());
    terminal.wait_for("BUILDING").wait_for("signature");
    for keys in ["1\r", "J", "\u{1b}", "2\r", "\u{1b}", "3", "?"] {
        terminal.press(keys);
    }
    terminal.wait_for("Here, in").press("\u{3}");
    terminal.end();
    // All frames, and the line that stays on the normal screen.
    assert_clean("screen", &terminal.written());
}
