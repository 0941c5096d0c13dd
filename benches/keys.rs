//! The time from a key to the screen while 10,000 events a second arrive, and from Ctrl-C to the shell after every
//! sequence that was cut: the built program in a terminal.
//!
//! `cargo bench --bench keys`. A frame is due 33 ms after a key, and the shell 100 ms after Ctrl-C, regardless of what
//! the program is doing.

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
const EXIT: Duration = Duration::from_millis(100);
/// One for each state of the parser.
const CUT: [&str; 11] = [
    "",
    "\u{1b}",
    "\u{1b}\u{1b}",
    "\u{1b}O",
    "\u{1b}[",
    "\u{1b}[1;5",
    "\u{1b}[[",
    "\u{1b}[M!",
    "\u{1b}]11;rgb:",
    "\u{1b}[200~pasted",
    "\u{1b}[200~pasted\u{1b}[20",
];

fn main() {
    measure_keys();
    measure_exits();
}

/// Measures from Ctrl-C to the restored terminal.
fn measure_exits() {
    println!("from ctrl-c to the shell, after a sequence that was cut:");
    for cut in CUT {
        let mut terminal = Terminal::start(80, 24, &["demo", "--speed", "60"], &[]);
        terminal.wait_for("CREATE_COMPLETE").press(cut);
        let began = Instant::now();
        terminal.press("\u{3}").wait_for_written("\u{1b}[?1049l");
        let took = began.elapsed();
        terminal.end();
        let is_due = if took <= EXIT { "yes" } else { "NO" };
        println!("  {cut:?}: {took:?}, due after {EXIT:?}: {is_due}");
    }
}

fn measure_keys() {
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
