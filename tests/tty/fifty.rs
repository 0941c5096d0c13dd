//! Fifty builds of one account on a screen: what they cost more than one. `poll::permit` has the tests of their requests,
//! and `cargo bench --bench fifty` measures their processor time.

use crate::support::fifty::{BUILDS, Fifty};
use crate::support::process::{peak_memory, threads};

/// In KiB.
const MOST: u64 = 64 * 1024;

/// The peak memory of so many builds in KiB, and the threads.
fn costs(builds: usize) -> (u64, u64) {
    let account = Fifty::start();
    let mut terminal = account.watch(builds);
    terminal.press("B").wait_for(" Builds ");
    let process = terminal.process();
    let costs = (peak_memory(process).unwrap(), threads(process).unwrap());
    terminal.press("\u{3}");
    terminal.end();
    costs
}

#[test]
fn fifty_builds_take_little_more_memory_and_no_more_threads_than_one() {
    let (one, threads_of_one) = costs(1);
    let (fifty, threads_of_fifty) = costs(BUILDS);
    assert!(fifty <= one + MOST, "{fifty} KiB, and one {one} KiB");
    // A name may be looked up, and a recording may be read.
    assert!(
        threads_of_fifty <= threads_of_one + 4,
        "{threads_of_fifty} threads, and one {threads_of_one}"
    );
}
