//! Takes the reply that the terminal still owes when the program leaves: later it would be typed into the shell. Keys
//! that the user presses by then are for the shell, and a byte that is read can't be put back.

use std::collections::VecDeque;
use std::io::Read;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::io::ioctl_fionread;
use tokio::time::{Instant, sleep};

use crate::runtime::tty::input::{Event, Parser};

/// Fewer bytes than these are no reply: `Esc [ ? c` is the shortest. Most keys are shorter.
const SHORTEST: u64 = 4;
/// The time between two looks at the terminal.
const PAUSE: Duration = Duration::from_millis(2);

/// Reads byte by byte until the reply is complete, or a key comes instead of it.
pub(super) async fn take(
    terminal: &mut (impl Read + AsFd),
    parser: &mut Parser,
    deadline: Instant,
) {
    let mut events = VecDeque::new();
    while Instant::now() < deadline {
        let waiting = ioctl_fionread(&*terminal).unwrap_or_default();
        let is_inside = parser.deadline().is_some();
        if waiting < if is_inside { 1 } else { SHORTEST } {
            sleep(PAUSE).await;
            continue;
        }
        let mut byte = [0];
        if !matches!(terminal.read(&mut byte), Ok(1)) {
            return;
        }
        parser.feed(&byte, std::time::Instant::now(), &mut events);
        let ends = |event: &Event| !matches!(event, Event::Background(_));
        if events.drain(..).any(|event| ends(&event)) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const REPLY: &str = "\u{1b}]11;rgb:1e1e/1e1e/2e2e\u{1b}\\\u{1b}[?62;22c";

    /// The bytes that are left for the shell.
    async fn left(parts: &[&str], parser: &mut Parser) -> String {
        let (mut terminal, mut keyboard) = std::io::pipe().unwrap();
        let deadline = Instant::now() + Duration::from_secs(1);
        let typing = async {
            for part in parts {
                keyboard.write_all(part.as_bytes()).unwrap();
                sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::join!(take(&mut terminal, parser, deadline), typing);
        drop(keyboard);
        let mut left = String::new();
        terminal.read_to_string(&mut left).unwrap();
        left
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_reply_is_taken() {
        for (parts, expected) in [
            (&[REPLY, "ls\n"][..], "ls\n"),
            (&[&format!("{REPLY}ls -l\n")], "ls -l\n"),
            (
                &["\u{1b}]11;rgb:1e1e/1e1e", "/2e2e\u{7}\u{1b}[?6", "cls\n"],
                "ls\n",
            ),
            (&["\u{1b}[?6cls\n"], "ls\n"),
            // There is no reply.
            (&["l", "s"], "ls"),
            (&["\u{1b}[A"], "\u{1b}[A"),
            (&[], ""),
        ] {
            let found = left(parts, &mut Parser::default()).await;
            assert_eq!(found, expected, "{parts:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_rest_of_a_reply_is_taken_whose_beginning_is_read() {
        let (mut parser, mut events) = (Parser::default(), VecDeque::new());
        parser.feed(b"\x1b[?62;", std::time::Instant::now(), &mut events);
        assert_eq!(left(&["2", "2", "cls\n"], &mut parser).await, "ls\n");
    }

    #[tokio::test(start_paused = true)]
    async fn of_keys_that_come_all_at_once_one_is_taken_at_most() {
        let found = left(&["echo\n"], &mut Parser::default()).await;
        assert_eq!(found, "cho\n");
    }
}
