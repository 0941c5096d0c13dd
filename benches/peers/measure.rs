//! Medians, ratios, and the processor time of a command.

use std::fs;
use std::io;
use std::process::Command;
use std::time::Duration;

/// The number of runs of each program.
pub(crate) const RUNS: usize = 5;

/// A program that does the same work.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) command: String,
}

/// Does the same work with bakewatch and its peers in turns, and prints the median of each. A peer that is not installed
/// is left out.
pub(crate) fn compare(mut own: impl FnMut() -> Duration, peers: &[Peer]) {
    let mut own_times = Vec::new();
    let mut peer_times = vec![Vec::new(); peers.len()];
    for _ in 0..RUNS {
        own_times.push(own());
        for (times, peer) in peer_times.iter_mut().zip(peers) {
            times.extend(is_installed(peer.name).then(|| shell(&peer.command)));
        }
    }
    let own = median(own_times);
    println!("  bakewatch {:.2} s", own.as_secs_f64());
    for (times, peer) in peer_times.into_iter().zip(peers) {
        let Peer { name, command } = peer;
        if times.is_empty() {
            println!("  {name} is not installed");
            continue;
        }
        let time = median(times).as_secs_f64();
        let ratio = own.as_secs_f64() / time;
        println!("  {time:.2} s: {ratio:.2} x of {command}");
    }
}

fn is_installed(name: &str) -> bool {
    Command::new(name).arg("--version").output().is_ok()
}

/// The processor time of a command, by the shell's account of its children.
pub(crate) fn shell(command: &str) -> Duration {
    let script = format!("({command}) >/dev/null 2>&1 </dev/null && times");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "failed: {command}");
    let text = String::from_utf8(output.stdout).unwrap();
    let children = text.lines().nth(1).expect("the times of the children");
    let seconds = |time: &str| {
        let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    Duration::from_secs_f64(children.split_whitespace().map(seconds).sum())
}

/// The processor time of the threads that a process has, to the microsecond: that of the whole process is known in
/// hundredths of a second only.
pub(crate) fn exact_cpu_time(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let nanoseconds = |thread: io::Result<fs::DirEntry>| {
        let text = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        let first = text.split(' ').next().unwrap();
        first.parse::<u64>().unwrap()
    };
    Duration::from_nanos(threads.map(nanoseconds).sum())
}

pub(crate) fn median<T: Copy + Ord>(mut figures: Vec<T>) -> T {
    figures.sort_unstable();
    figures[figures.len() / 2]
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
