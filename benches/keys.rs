//! The time from a key to the screen while 10,000 events a second arrive: the built program in a terminal, over HTTP.
//!
//! `cargo bench --bench keys`. A frame is due 33 ms after a key, regardless of what the program is doing.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a measurement that can't go on has failed, and says its figures"
)]

use std::thread;
use std::time::{Duration, Instant};

use bakewatch::testing::demo::FaultPlan;
use support::server::{STACK, Server};
use support::terminal::Terminal;

/// The server and the terminal of the tests; they can do more than is needed here.
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/support"]
mod support {
    pub(crate) mod process;
    pub(crate) mod program;
    pub(crate) mod sequences;
    pub(crate) mod server;
    pub(crate) mod terminal;
}

const PER_SECOND: usize = 10_000;
/// Bursts of events in a second.
const BURSTS: usize = 50;
const KEYS: usize = 100;
const FRAME: Duration = Duration::from_millis(33);

fn main() {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    let mut terminal = Terminal::start(200, 60, &server.watch(&[]), &[]);
    terminal.wait_for("Events 1 ");
    let busy = thread::spawn(move || {
        let began = Instant::now();
        let mut burst = 0_u32;
        while began.elapsed() < Duration::from_secs(30) {
            server.push(STACK, PER_SECOND / BURSTS);
            burst += 1;
            let next = began + burst * Duration::from_secs(1) / u32::try_from(BURSTS).unwrap();
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        server
    });
    terminal.wait("many events", |screen| {
        screen.contents().contains("Events 2")
    });
    let mut times: Vec<Duration> = (0..KEYS).map(|_| press(&mut terminal)).collect();
    times.sort();
    let at = |percent: usize| {
        times
            .get((KEYS - 1) * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "from a key to the screen while {PER_SECOND} events a second arrive, {KEYS} keys at 200x60:"
    );
    println!(
        "  median {:?}, 95 of 100 {:?}, longest {:?}",
        at(50),
        at(95),
        at(100)
    );
    println!(
        "  due after {FRAME:?}: {}",
        if at(100) <= FRAME { "yes" } else { "NO" }
    );
    terminal.press("q");
    terminal.end();
    drop(busy.join().expect("the server"));
}

/// Opens and closes the help; measures from the first key to the last of its cells.
fn press(terminal: &mut Terminal) -> Duration {
    let open = |screen: &vt100::Screen| screen.contents().contains(" Help ");
    let began = Instant::now();
    terminal.press("?").wait("the help", open);
    let took = began.elapsed();
    terminal.press("?").wait("no help", |screen| !open(screen));
    took
}
