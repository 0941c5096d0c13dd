//! Every exit from the screen, in one table: it restores the terminal with all modes, has its exit code, and leaves no
//! process behind.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use bakewatch::testing::runtime::PARTS;

use crate::support::program::{DEADLINE, fresh_folder, send_signal};
use crate::support::terminal::{PROMPT, Terminal};
use crate::support::text::assert_inert;

const DEMO: &[&str] = &["demo", "--speed", "600"];
const FAILING: &[&str] = &[
    "demo",
    "--speed",
    "1000",
    "--scenario",
    "failure",
    "--on-outcome",
    "true",
];
const REPLAY: &[&str] = &[
    "replay",
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fuzz/seeds/recording/every-kind-of-line.jsonl"
    ),
];
/// Of an API that is not there.
const WATCH: &[&str] = &[
    "watch",
    "img",
    "--api-url",
    "http://127.0.0.1:9",
    "--region",
    "us-east-1",
    "--no-sign-request",
];
/// The part that is only in a headless watch.
const HEADLESS: &str = "printer";

/// An exit: the arguments, the part that panics, the action of the user or the system once the text is on the
/// screen, and the exit code.
struct Exit {
    name: &'static str,
    arguments: &'static [&'static str],
    panics: Option<&'static str>,
    from: &'static str,
    by: Action,
    code: u32,
}

enum Action {
    Keys(&'static str),
    Signal(&'static str),
    Itself,
}

const fn exit(name: &'static str, from: &'static str, by: Action, code: u32) -> Exit {
    let panics = None;
    Exit {
        name,
        arguments: DEMO,
        panics,
        from,
        by,
        code,
    }
}

/// A part of the program panics, which ends it with 101.
const fn panic(part: &'static str) -> Exit {
    let panics = Some(part);
    Exit {
        panics,
        ..exit(part, "", Action::Itself, 101)
    }
}

const fn watching(arguments: &'static [&'static str], exit: Exit) -> Exit {
    Exit { arguments, ..exit }
}

const EXITS: &[Exit] = &[
    exit("the key that leaves", "q quit", Action::Keys("q"), 0),
    exit("ctrl-c as a key", "q quit", Action::Keys("\u{3}"), 0),
    exit("from the help", "q quit", Action::Keys("?qq"), 0),
    exit(
        "from a line that is typed into",
        "q quit",
        Action::Keys("/abc\u{3}\u{3}"),
        0,
    ),
    exit("with the mouse released", "q quit", Action::Keys("mq"), 0),
    watching(
        FAILING,
        exit("after a verdict", " FAILED ", Action::Keys("q"), 3),
    ),
    exit("SIGINT", "BUILDING", Action::Signal("INT"), 130),
    exit("SIGTERM", "BUILDING", Action::Signal("TERM"), 143),
    exit("SIGHUP", "BUILDING", Action::Signal("HUP"), 129),
    exit("SIGQUIT", "BUILDING", Action::Signal("QUIT"), 131),
    exit("SIGABRT", "BUILDING", Action::Signal("ABRT"), 134),
    exit("SIGALRM", "BUILDING", Action::Signal("ALRM"), 142),
    exit("SIGXCPU", "BUILDING", Action::Signal("XCPU"), 152),
    exit("SIGVTALRM", "BUILDING", Action::Signal("VTALRM"), 154),
    watching(
        FAILING,
        exit(
            "SIGTERM after a verdict",
            " FAILED ",
            Action::Signal("TERM"),
            143,
        ),
    ),
    panic("poller"),
    panic("simulator"),
    panic("input"),
    panic("watchdog"),
    panic("writer"),
    panic("update"),
    panic("view"),
    panic("foreign thread"),
    panic("thread during enter"),
    watching(&["demo", "--record", "/dev/null"], panic("recorder")),
    watching(WATCH, panic("recordings")),
    watching(WATCH, panic("estimate")),
    watching(FAILING, panic("hook")),
    watching(REPLAY, panic("player")),
    Exit {
        by: Action::Keys("b"),
        from: "CREATE_COMPLETE",
        ..panic("images")
    },
    Exit {
        by: Action::Keys("y"),
        from: "CREATE_COMPLETE",
        ..panic("clipboard")
    },
    Exit {
        by: Action::Keys("RR"),
        from: "CREATE_COMPLETE",
        ..panic("report")
    },
];

#[test]
fn every_part_panics_in_the_table() {
    let in_table = EXITS.iter().filter_map(|exit| exit.panics);
    let in_table: BTreeSet<_> = in_table.chain([HEADLESS]).collect();
    assert_eq!(in_table, PARTS.iter().copied().collect());
}

#[test]
fn every_exit_restores_the_terminal() {
    for exit in EXITS {
        let fault = exit.panics.map(|part| format!("panic:{part}"));
        let fault = ("BAKEWATCH_FAULT", fault.as_deref().unwrap_or_default());
        let mut terminal = Terminal::start(80, 24, exit.arguments, &[fault]);
        let process = terminal.process();
        if !exit.from.is_empty() {
            terminal.wait_for(exit.from);
        }
        match exit.by {
            Action::Keys(keys) => _ = terminal.press(keys),
            Action::Signal(name) => terminal.signal(name),
            Action::Itself => {}
        }
        assert_eq!(terminal.end().exit_code(), exit.code, "{}", exit.name);
        let stays = exit.panics.map_or("rocky9-efa".to_owned(), |part| {
            format!("a fault on purpose in the {part}")
        });
        let stays = if exit.arguments == DEMO && exit.panics.is_none() {
            "alinux2023-hpc".to_owned()
        } else {
            stays
        };
        terminal.wait_for(&stays);
        if exit.panics.is_some() {
            assert_inert("normal screen", &terminal.text());
            assert!(!terminal.text().contains("canary"), "{}", terminal.text());
            assert!(
                !terminal.written().contains("\u{1b}]0;"),
                "{}",
                terminal.written()
            );
        }
        wait_until_alone(process, exit.name);
    }
}

/// Its certificates are checked after the first frame, but before a file is made that the user has named.
#[test]
fn a_ca_bundle_with_a_bad_certificate_ends_the_screen_with_an_error() {
    let folder = fresh_folder();
    let bundle = folder.join("ca.pem");
    let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(&bundle, text).unwrap();
    let bundle = ("AWS_CA_BUNDLE", bundle.to_str().unwrap());
    let file = folder.join("recording.jsonl");
    let recorded = [WATCH, &["--record", file.to_str().unwrap()]].concat();
    for (arguments, has_frame) in [(WATCH, true), (&recorded, false)] {
        let mut terminal = Terminal::start(80, 24, arguments, &[bundle]);
        let process = terminal.process();
        assert_eq!(terminal.end().exit_code(), 2);
        terminal
            .wait_for("failed to set up TLS")
            .wait_for("--ca-bundle");
        assert_eq!(terminal.written().contains("\u{1b}[?1049h"), has_frame);
        wait_until_alone(process, "a bad CA bundle");
    }
    assert!(!file.exists());
}

/// Waits until no process is left of those that the program's terminal was for.
fn wait_until_alone(session: u32, exit: &str) {
    let end = Instant::now() + DEADLINE;
    loop {
        let listed = Command::new("ps")
            .args(["-A", "-o", "sess=,pid=,args="])
            .output();
        let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
        let left = listed
            .lines()
            .find(|line| line.split_whitespace().next() == Some(&session.to_string()));
        let Some(left) = left else {
            return;
        };
        assert!(Instant::now() < end, "{exit}: {left} is still running");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn suspending_does_not_change_the_exit() {
    let ends = [("q", "", 0), ("", "TERM", 143), ("", "HUP", 129)];
    for (keys, signal, code) in ends {
        let mut terminal = Terminal::shell(80, 24, &["-i"]);
        terminal.read_on();
        terminal
            .wait_for(PROMPT)
            .press("\"$b\" demo --speed 600\r")
            .wait_for("q quit");
        terminal.press("\u{1a}").wait_until_restored();
        terminal.press("fg\r").wait_for("q quit");
        if signal.is_empty() {
            terminal.press(keys);
        } else {
            send_signal(signal, terminal.job());
        }
        terminal.wait("the shell again", |screen| {
            let text = screen.contents();
            text.contains("alinux2023-hpc") && text.trim_end().ends_with(PROMPT.trim_end())
        });
        terminal
            .press("echo code $?\r")
            .wait_for(&format!("code {code}"));
        terminal.press("exit\r");
        assert_eq!(terminal.end().exit_code(), 0);
    }
}

#[test]
fn a_signal_during_the_start_restores_the_terminal() {
    for round in 0..24 {
        let mut terminal = Terminal::start_unread(80, 24, DEMO, &[]);
        // From before the first byte to behind the first frames.
        if round > 0 {
            for _ in 0..fastrand::usize(..6) {
                terminal.read_some();
            }
        }
        terminal.signal(["TERM", "INT", "HUP", "QUIT"][round % 4]);
        terminal.read_on();
        assert!(!terminal.end().success());
    }
}

#[test]
fn an_orphan_that_ignores_hangups_ends_with_its_terminal() {
    let script = "(trap '' HUP; \"$b\" demo --speed 1 </dev/tty; echo $? >code) & wait";
    // At once, and later: at this speed the program checks once a second whether the terminal is still open.
    for frames in [0, 3] {
        let mut terminal = Terminal::shell(80, 24, &["-c", script]);
        for _ in 0..=frames {
            terminal.read_some();
        }
        let file = terminal.folder.join("code");
        let process = terminal.child_of(terminal.job());
        terminal.close(process);
        let end = Instant::now() + DEADLINE;
        let code = loop {
            match fs::read_to_string(&file) {
                Ok(code) if code.ends_with('\n') => break code,
                _ => assert!(Instant::now() < end, "it has not ended"),
            }
            thread::sleep(Duration::from_millis(1));
        };
        assert_eq!(code, "129\n", "{frames}");
    }
}
