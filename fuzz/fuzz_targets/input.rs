//! Any bytes of a terminal, in parts of any size with any pauses: every wait for the rest of a sequence has a limit, and
//! Ctrl-C is a key at every place.
#![no_main]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bakewatch::testing::app::Key;
use bakewatch::testing::runtime::{Event, Parser};
use libfuzzer_sys::fuzz_target;

/// The longest of the limits, that of a reply.
const LIMIT: Duration = Duration::from_secs(3);
/// The most text that is kept of a paste, or one read of bytes that are no text.
const LONGEST: usize = 3 * 4096;

fuzz_target!(|data: &[u8]| {
    let (mut parser, mut events) = (Parser::default(), VecDeque::new());
    let mut at = Instant::now();
    let mut rest = data;
    // The size of a part, the pause after it in hundredths of a second, and its bytes.
    while let [size, pause, bytes @ ..] = rest {
        let (part, others) = bytes.split_at(bytes.len().min((*size).into()));
        rest = others;
        parser.feed(part, at, &mut events);
        at += Duration::from_millis(u64::from(*pause) * 10);
        if let Some(deadline) = parser.deadline() {
            assert!(deadline <= at + LIMIT, "a wait without a limit");
        }
    }
    for event in events.drain(..) {
        if let Event::Paste(text) = &event {
            assert!(text.len() <= LONGEST, "{}", text.len());
        }
        let _ = event.into_msg();
    }
    parser.feed(b"\x03", at, &mut events);
    assert_eq!(events.pop_back(), Some(Event::Key(Key::Ctrl('c'))));
    if let Some(deadline) = parser.deadline() {
        parser.expire(deadline, &mut events);
    }
    assert_eq!(parser.deadline(), None);
});
