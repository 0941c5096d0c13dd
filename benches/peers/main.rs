//! The built program beside other programs that read the same bytes: `lnav` opens the events and the log of a recording,
//! `jq` prints them, and a bare loop requests the same pages of an API. Each figure is the median of five runs, or of more
//! where it says so; programs that are compared run in turns.
//!
//! `cargo bench --bench peers`, on Linux. A peer that is not installed is left out. docs/performance.md has the results.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that can't go on has failed, and says its figures"
)]

mod files;
mod measure;
mod pages;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use bakewatch::testing::demo::FaultPlan;
use files::{EVENTS, EventFiles, LINES, LogFiles};
use measure::{Peer, RUNS, compare, median, millis};
use support::process::{cpu_time, peak_memory};
use support::program::fresh_folder;
use support::server::{STACK, Server};
use support::terminal::Terminal;

/// The server and the terminal of the tests; they can do more than is needed here.
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../../tests/support"]
mod support {
    pub(crate) mod process;
    pub(crate) mod program;
    pub(crate) mod sequences;
    pub(crate) mod server;
    pub(crate) mod terminal;
}

const RESUMED: usize = 5_000;
const COLUMNS: u16 = 200;
const ROWS: u16 = 60;
const MEBIBYTE: f64 = 1024.0 * 1024.0;
/// The first frame is so short that a run tells little.
const STARTS: usize = 21;

/// How lnav reads events and lines of a log as JSON lines.
const LNAV_FORMATS: &str = r#"{"$schema":"https://lnav.org/schemas/format-v1.schema.json","events":{"title":"events",
"json":true,"hide-extra":true,"file-pattern":"-events.jsonl","line-format":[{"field":"timestamp"}," ",
{"field":"resourceStatus"}," ",{"field":"logicalResourceId"}],"timestamp-field":"timestamp",
"body-field":"resourceStatus","value":{"resourceStatus":{"kind":"string"},"logicalResourceId":{"kind":"string"},
"stackId":{"kind":"string","hidden":true},"resourceProperties":{"kind":"string","hidden":true}}},
"lines":{"title":"lines","json":true,"hide-extra":true,"file-pattern":"-lines.jsonl","line-format":[
{"field":"timestamp"}," ",{"field":"message"}],"timestamp-field":"timestamp","body-field":"message"}}"#;

fn main() {
    // First: it takes longer to start a program from a process that has large files in memory.
    start_and_resume();
    let folder = fresh_folder();
    let config = folder.join("lnav");
    fs::create_dir_all(config.join("formats/bakewatch")).unwrap();
    fs::write(config.join("formats/bakewatch/formats.json"), LNAV_FORMATS).unwrap();
    let lnav = |file: &Path| Peer {
        name: "lnav",
        command: format!(
            "lnav -I '{}' -n -c ':goto 100%' '{}'",
            config.display(),
            file.display()
        ),
    };
    open_events(&folder, lnav);
    open_log(&folder, lnav);
    pages::compare();
}

fn open_events(folder: &Path, lnav: impl Fn(&Path) -> Peer) {
    let unique = EventFiles::write(folder, "unique", |number| number);
    println!("open {EVENTS} events, {COLUMNS}x{ROWS}, processor time:");
    let shown = format!("Events {EVENTS} ");
    let mut peaks = Vec::new();
    let own = || {
        let (time, peak) = open(&unique.recording, "", &shown);
        peaks.push(peak);
        time
    };
    compare(own, &[lnav(&unique.events)]);
    print_memory("the same, peak memory", &unique, peaks);
    let repeated = EventFiles::write(folder, "repeated", |number| number % 1_000);
    let peaks = (0..RUNS).map(|_| open(&repeated.recording, "", &shown).1);
    print_memory("where properties repeat", &repeated, peaks.collect());

    println!("replay {EVENTS} events to JSON lines, processor time:");
    let recording = unique.recording.display();
    let jq = Peer {
        name: "jq",
        command: format!("jq -c . '{recording}'"),
    };
    let program = env!("CARGO_BIN_EXE_bakewatch");
    // The build is not over at the end of the recording: the exit code is 4.
    let replay = format!("'{program}' replay --speed max -o json '{recording}'; [ $? = 4 ]");
    compare(|| measure::shell(&replay), &[jq]);
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files and of memory")]
fn print_memory(what: &str, files: &EventFiles, peaks: Vec<u64>) {
    let peak = median(peaks) as f64;
    let ratio = peak / files.size() as f64;
    println!("{what}: {:.0} MiB, {ratio:.2} x the JSON", peak / MEBIBYTE);
}

fn open_log(folder: &Path, lnav: impl Fn(&Path) -> Peer) {
    let files = LogFiles::write(folder);
    println!("open a log of {LINES} lines, {COLUMNS}x{ROWS}, processor time:");
    compare(
        || open(&files.recording, "4", &files.last).0,
        &[lnav(&files.text), lnav(&files.json)],
    );
}

/// The processor time until a replay shows a text, and the peak of its memory in bytes.
fn open(recording: &Path, keys: &str, shown: &str) -> (Duration, u64) {
    let arguments = ["replay", "--speed", "max", recording.to_str().unwrap()];
    let mut terminal = Terminal::start(COLUMNS, ROWS, &arguments, &[]);
    terminal.press(keys).wait_for(shown);
    let process = terminal.process();
    let time = cpu_time(process).unwrap();
    let peak = peak_memory(process).unwrap() * 1024;
    terminal.press("q").end();
    (time, peak)
}

fn start_and_resume() {
    let first = median((0..STARTS).map(|_| first_frame()).collect());
    println!("from the start to the first frame: {:.1} ms", millis(first));
    println!(
        "resume {RESUMED} events, from the start to a frame with all: {:.1} ms",
        millis(resume())
    );
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
    let arguments = server.watch_slowly();
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
    median((0..RUNS).map(|_| watch()).collect())
}
