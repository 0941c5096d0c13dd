//! The built program beside other programs that read the same bytes: `lnav` opens the events of a recording, `jq`
//! prints them. Each figure is the median of five runs; a ratio compares runs of the same minute.
//!
//! `cargo bench --bench peers`, on Linux. A peer that is not installed is left out. docs/performance.md has the results.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that can't go on has failed, and says its figures"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bakewatch::testing::demo::FaultPlan;
use support::process::{cpu_time, peak_memory};
use support::program::fresh_folder;
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

const RUNS: usize = 5;
const EVENTS: usize = 200_000;
const RESUMED: usize = 5_000;
const COLUMNS: u16 = 200;
const ROWS: u16 = 60;
const MEBIBYTE: u64 = 1024 * 1024;

/// How lnav reads events as JSON lines.
const LNAV_FORMAT: &str = r#"{"$schema":"https://lnav.org/schemas/format-v1.schema.json","events":{"title":"events",
"json":true,"hide-extra":true,"file-pattern":".*","line-format":[{"field":"timestamp"}," ",{"field":"resourceStatus"},
" ",{"field":"logicalResourceId"}],"timestamp-field":"timestamp","body-field":"resourceStatus","value":{
"resourceStatus":{"kind":"string"},"logicalResourceId":{"kind":"string"},"stackId":{"kind":"string","hidden":true},
"resourceProperties":{"kind":"string","hidden":true}}}}"#;

fn main() {
    let folder = fresh_folder();
    let unique = Files::write(&folder, "unique", |number| number);
    let repeated = Files::write(&folder, "repeated", |number| number % 1_000);
    let config = folder.join("lnav");
    fs::create_dir_all(config.join("formats/events")).unwrap();
    fs::write(config.join("formats/events/events.json"), LNAV_FORMAT).unwrap();

    println!("open {EVENTS} events, {COLUMNS}x{ROWS}, processor time:");
    let (own, peak) = open(&unique);
    let lnav = format!(
        "lnav -I '{}' -n -c ':goto 100%' '{}'",
        config.display(),
        unique.events.display()
    );
    compare(own, "lnav", &lnav);
    let share = |files: &Files, peak: u64| ratio(peak, fs::metadata(&files.events).unwrap().len());
    println!(
        "the same, peak memory: {} MiB, {} x the JSON",
        peak / MEBIBYTE,
        share(&unique, peak)
    );
    let (_, peak) = open(&repeated);
    println!(
        "where properties repeat: {} MiB, {} x the JSON",
        peak / MEBIBYTE,
        share(&repeated, peak)
    );

    println!("replay {EVENTS} events to JSON lines, processor time:");
    let program = env!("CARGO_BIN_EXE_bakewatch");
    let recording = unique.recording.display();
    let replay = format!("'{program}' replay --speed max -o json '{recording}'");
    let own = median(|| shell(&replay));
    compare(own, "jq", &format!("jq -c . '{recording}'"));

    let first = median(first_frame);
    println!("from the start to the first frame: {:.1} ms", millis(first));
    println!(
        "resume {RESUMED} events, from the start to a frame with all: {:.1} ms",
        millis(resume())
    );
}

/// A recording, and its events alone.
struct Files {
    recording: PathBuf,
    events: PathBuf,
}

impl Files {
    /// `property` tells events with equal properties by an equal number.
    fn write(folder: &Path, name: &str, property: impl Fn(usize) -> usize) -> Self {
        const STATUSES: [&str; 4] = [
            "CREATE_IN_PROGRESS",
            "CREATE_COMPLETE",
            "DELETE_IN_PROGRESS",
            "DELETE_COMPLETE",
        ];
        let mut events = String::new();
        let mut recording = String::from(
            r#"{"bakewatchRecording":2,"program":"0.1.0","backend":"aws","imageId":"img","region":"us-east-1","startedAt":"2026-01-01T00:00:00.000Z"}"#,
        );
        recording.push('\n');
        let filler = "x".repeat(60);
        for number in 0..EVENTS {
            let (resource, status) = (number % 1_000, STATUSES[number % 4]);
            let seconds = number / 100;
            let at = format!(
                "2026-01-01T{:02}:{:02}:{:02}.{:02}0Z",
                seconds / 3_600,
                seconds / 60 % 60,
                seconds % 60,
                number % 100
            );
            let own = property(number);
            let event = format!(
                r#"{{"stackId":"{STACK}","eventId":"Resource{resource}-{status}-{number}","stackName":"img","logicalResourceId":"Resource{resource}","physicalResourceId":"phys-{resource}","resourceType":"AWS::Made::Up","timestamp":"{at}","resourceStatus":"{status}","resourceProperties":"{{\"Name\": \"resource-{own}\", \"Tags\": [{{\"Key\": \"a\", \"Value\": \"some value {own}\"}}], \"Data\": \"{filler}\"}}"}}"#
            );
            writeln!(events, "{event}").unwrap();
            writeln!(
                recording,
                r#"{{"kind":"event","at":"{at}","stream":"events","stackId":"{STACK}","event":{event}}}"#
            )
            .unwrap();
        }
        let files = Self {
            recording: folder.join(format!("{name}.jsonl")),
            events: folder.join(format!("{name}-events.jsonl")),
        };
        fs::write(&files.recording, recording).unwrap();
        fs::write(&files.events, events).unwrap();
        files
    }
}

/// The processor time until a recording is on the screen, and the peak of its memory in bytes: the median of each.
fn open(files: &Files) -> (Duration, u64) {
    let path = files.recording.to_str().unwrap();
    let arguments = ["replay", "--speed", "max", path];
    let mut peaks = Vec::new();
    let time = median(|| {
        let mut terminal = Terminal::start(COLUMNS, ROWS, &arguments, &[]);
        terminal.wait_for(&format!("Events {EVENTS} "));
        let process = terminal.process();
        let time = cpu_time(process).unwrap();
        peaks.push(peak_memory(process).unwrap() * 1024);
        terminal.press("q").end();
        time
    });
    peaks.sort_unstable();
    (time, peaks[RUNS / 2])
}

fn first_frame() -> Duration {
    let arguments = [
        "watch",
        "img",
        "--api-url",
        "http://127.0.0.1:9",
        "--no-sign-request",
    ];
    let began = Instant::now();
    let mut terminal = Terminal::start(COLUMNS, ROWS, &arguments, &[]);
    terminal.wait_for("img");
    let time = began.elapsed();
    terminal.press("\u{3}").end();
    time
}

/// From the start of a watch to all events that an earlier watch has recorded.
fn resume() -> Duration {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.push(STACK, RESUMED - 1);
    let state = fresh_folder();
    let environment = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let arguments = [
        "watch",
        "img",
        "--api-url",
        &server.url,
        "--no-sign-request",
    ];
    let all = format!("Events {RESUMED} ");
    let watch = || {
        let began = Instant::now();
        let mut terminal = Terminal::start(COLUMNS, ROWS, &arguments, &environment);
        terminal.wait_for(&all);
        let time = began.elapsed();
        terminal.press("\u{3}").end();
        time
    };
    watch();
    median(watch)
}

/// Prints the time of a run beside that of another program.
fn compare(own: Duration, name: &str, peer: &str) {
    let is_installed = Command::new(name).arg("--version").output().is_ok();
    if !is_installed {
        println!("  {:.2} s; {name} is not installed", own.as_secs_f64());
        return;
    }
    let peer = median(|| shell(peer));
    let ratio = own.as_secs_f64() / peer.as_secs_f64();
    println!(
        "  {:.2} s, {name} {:.2} s: {ratio:.2} x",
        own.as_secs_f64(),
        peer.as_secs_f64()
    );
}

/// The processor time of a command, by the shell's account of its children.
fn shell(command: &str) -> Duration {
    let script = format!("{command} >/dev/null 2>&1 </dev/null; times");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let children = text.lines().nth(1).expect("the times of the children");
    let seconds = |time: &str| {
        let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    Duration::from_secs_f64(children.split_whitespace().map(seconds).sum())
}

fn median(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<_> = (0..RUNS).map(|_| run()).collect();
    times.sort();
    times[RUNS / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files and of memory")]
fn ratio(one: u64, other: u64) -> String {
    format!("{:.2}", one as f64 / other as f64)
}
