//! Many polls of the built program: no file, thread or memory is left over.

use std::time::Duration;

use bakewatch::testing::demo::{FaultPlan, FaultRule, InjectedFault, Route};

use crate::support::process::{memory, open_files, threads};
use crate::support::program::DEADLINE;
use crate::support::server::{STACK, Server};
use crate::support::terminal::Terminal;

/// Waits until there were this number of requests for events.
fn wait_for_polls(server: &Server, polls: usize) {
    let end = std::time::Instant::now() + DEADLINE;
    while server.count(Route::StackEvents) < polls {
        assert!(std::time::Instant::now() < end, "no more polls");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The built program over HTTP, every sixth connection reset: nothing of a request is left when it is over.
#[test]
fn polls_leak_no_files_threads_or_memory() {
    let reset = FaultRule::requests(2..=u64::MAX, InjectedFault::Reset).every(6);
    let mut server = Server::start(FaultPlan::new(vec![reset]));
    server.begin_build(STACK);
    let mut terminal = Terminal::start(120, 40, &server.watch(&[]), &[]);
    terminal.wait_for("Events 1 ");
    let process = terminal.process();
    let costs = || (open_files(process), threads(process), memory(process));
    wait_for_polls(&server, 12);
    let (files, threads, memory) = costs();
    wait_for_polls(&server, 48);
    let (files_then, threads_then, memory_then) = costs();
    // A request may be under way at one of the two moments, with a connection and a name that is looked up.
    let more = |before: Option<u64>, most: u64| before.map(|before| before + most);
    let files = files.map(|count| count + 2);
    assert!(files_then <= files, "{files_then:?} files after {files:?}");
    assert!(
        threads_then <= more(threads, 2),
        "{threads_then:?} threads after {threads:?}"
    );
    assert!(
        memory_then <= more(memory, 2_048),
        "{memory_then:?} KiB after {memory:?}"
    );
    terminal.press("q");
    terminal.end();
}
