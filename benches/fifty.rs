//! The cost of fifty builds of one account on a screen: memory, processor time, requests, and the time from a key to a
//! frame, each beside that of one build.
//!
//! `cargo bench --bench fifty`, on Linux. The simulated AWS is in this process, the program in one of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a measurement that can't go on has failed, and says its figures"
)]

use std::thread;
use std::time::{Duration, Instant};

use support::fifty::{BUILDS, Fifty};
use support::process::{cpu_time, memory, peak_memory, threads};

/// The server and the terminal of the tests; they can do more than is needed here.
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/support"]
mod support {
    pub(crate) mod fifty;
    pub(crate) mod process;
    pub(crate) mod program;
    pub(crate) mod sequences;
    pub(crate) mod terminal;
}

/// The first requests for each build, which are not measured, and how long is measured.
const BEGIN: Duration = Duration::from_mins(1);
const SPAN: Duration = Duration::from_mins(10);
/// The keys that are measured.
const KEYS: u32 = 100;

fn main() {
    for builds in [1, BUILDS] {
        let account = Fifty::start();
        let mut terminal = account.watch(builds);
        thread::sleep(BEGIN);
        let process = terminal.process();
        let (before, requests) = (cpu_time(process).unwrap(), account.requests.all().len());
        let began = Instant::now();
        thread::sleep(SPAN);
        let used = cpu_time(process).unwrap().saturating_sub(before);
        let requests = account.requests.all().len() - requests;
        let span = began.elapsed().as_secs_f64();
        println!(
            "{builds} builds: {:.2} % of a core, {requests} requests in {span:.0} s, {} KiB, at most {} KiB, {} threads",
            used.as_secs_f64() / span * 100.0,
            memory(process).unwrap(),
            peak_memory(process).unwrap(),
            threads(process).unwrap(),
        );
        let mut times = Vec::new();
        for _ in 0..KEYS {
            let pressed = Instant::now();
            terminal.press("B").wait_for(" Builds ");
            times.push(pressed.elapsed());
            terminal.press("B").wait_gone(" Builds ");
        }
        times.sort_unstable();
        println!(
            "  from a key to its frame: median {:?}, longest {:?}",
            times[times.len() / 2],
            times[times.len() - 1]
        );
        terminal.press("\u{3}");
        terminal.end();
    }
}
