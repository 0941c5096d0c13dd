//! The cost of a running process, from `/proc` of Linux: its processor time, its memory, its threads and its open
//! files. `None` if there is no such process, or no `/proc`.

use std::fs;
use std::time::Duration;

/// Linux reports processor time in hundredths of a second, for any frequency of its clock.
const TICK: Duration = Duration::from_millis(10);

/// The processor time of all threads of the process, including those that have ended.
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

/// The most memory that it has had so far, in KiB.
pub(crate) fn peak_memory(id: u32) -> Option<u64> {
    status(id, "VmHWM:")
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
