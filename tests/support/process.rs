//! What a running process costs, as Linux tells it in `/proc`: its time on processors, its memory, its threads
//! and its open files. Nothing where there is no such process, or no `/proc`.

use std::fs;
use std::time::Duration;

/// Linux tells a process's time in hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// For how long the process has been on a processor: all its threads together, those that have ended included.
pub(crate) fn cpu_time(id: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The program's name stands in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<_> = fields.split(' ').collect();
    // By `man 5 proc_pid_stat`: field 14 is utime and 15 is stime, and the name was the second.
    let ticks = |field: usize| fields.get(field - 3)?.parse::<u32>().ok();
    Some((ticks(14)? + ticks(15)?) * TICK)
}

/// The process's memory that is not on disk, in KiB.
pub(crate) fn memory(id: u32) -> Option<u64> {
    status(id, "VmRSS:")
}

/// How many threads it has.
pub(crate) fn threads(id: u32) -> Option<u64> {
    status(id, "Threads:")
}

/// How many files, sockets and pipes it has open.
pub(crate) fn open_files(id: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{id}/fd")).ok()?.count())
}

fn status(id: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_whitespace().next()?.parse().ok()
}
