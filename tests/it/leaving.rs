//! Every way out of the screen, in one table: whichever it is, the terminal is as it was, modes and all, the exit
//! code tells which it was, and nothing goes on without the screen.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::program::DEADLINE;
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

/// A way out: what is started, with which part of it panicking, what a person or the system does once the text is
/// there, and the exit code.
struct Way {
    name: &'static str,
    arguments: &'static [&'static str],
    panics: Option<&'static str>,
    from: &'static str,
    by: By,
    code: u32,
}

enum By {
    Keys(&'static str),
    Signal(&'static str),
    Itself,
}

const fn way(name: &'static str, from: &'static str, by: By, code: u32) -> Way {
    let panics = None;
    Way {
        name,
        arguments: DEMO,
        panics,
        from,
        by,
        code,
    }
}

/// A part of the program panics, which ends it with 101.
const fn panic(part: &'static str) -> Way {
    let panics = Some(part);
    Way {
        panics,
        ..way(part, "", By::Itself, 101)
    }
}

const fn watching(arguments: &'static [&'static str], way: Way) -> Way {
    Way { arguments, ..way }
}

const WAYS: &[Way] = &[
    way("the key that leaves", "q quit", By::Keys("q"), 0),
    way("ctrl-c as a key", "q quit", By::Keys("\u{3}"), 0),
    way("from the help", "q quit", By::Keys("?q"), 0),
    way(
        "from a line that is typed into",
        "q quit",
        By::Keys("/abc\u{3}"),
        0,
    ),
    way("with the mouse given back", "q quit", By::Keys("mq"), 0),
    watching(
        FAILING,
        way("after a verdict", " FAILED ", By::Keys("q"), 3),
    ),
    way("SIGINT", "BUILDING", By::Signal("INT"), 130),
    way("SIGTERM", "BUILDING", By::Signal("TERM"), 143),
    way("SIGHUP", "BUILDING", By::Signal("HUP"), 129),
    way("SIGQUIT", "BUILDING", By::Signal("QUIT"), 131),
    watching(
        FAILING,
        way(
            "SIGTERM after a verdict",
            " FAILED ",
            By::Signal("TERM"),
            143,
        ),
    ),
    panic("poller"),
    panic("simulator"),
    panic("recording-sink"),
    panic("watchdog"),
    panic("writer"),
    panic("update"),
    panic("view"),
    panic("foreign thread"),
    panic("thread during enter"),
    watching(&["demo", "--record", "/dev/null"], panic("recorder")),
    watching(FAILING, panic("hook")),
    Way {
        by: By::Keys("y"),
        from: "CREATE_COMPLETE",
        ..panic("clipboard")
    },
    Way {
        by: By::Keys("R"),
        from: "CREATE_COMPLETE",
        ..panic("report")
    },
];

#[test]
fn every_way_out_gives_the_terminal_back() {
    for way in WAYS {
        let fault = way.panics.map(|part| format!("panic:{part}"));
        let fault = ("BAKEWATCH_FAULT", fault.as_deref().unwrap_or_default());
        let mut terminal = Terminal::start(80, 24, way.arguments, &[fault]);
        let process = terminal.process();
        if !way.from.is_empty() {
            terminal.wait_for(way.from);
        }
        match way.by {
            By::Keys(keys) => _ = terminal.press(keys),
            By::Signal(name) => terminal.signal(name),
            By::Itself => {}
        }
        assert_eq!(terminal.end().exit_code(), way.code, "{}", way.name);
        let stays = way.panics.map_or("rocky9-efa".to_owned(), |part| {
            format!("a fault on purpose in the {part}")
        });
        let stays = if way.arguments == DEMO && way.panics.is_none() {
            "alinux2023-hpc".to_owned()
        } else {
            stays
        };
        terminal.wait_for(&stays);
        if way.panics.is_some() {
            assert_inert("normal screen", &terminal.text());
            assert!(!terminal.text().contains("canary"), "{}", terminal.text());
            assert!(
                !terminal.written().contains("\u{1b}]0;"),
                "{}",
                terminal.written()
            );
        }
        wait_until_alone(process, way.name);
    }
}

/// Waits until no process is left of those that the program's terminal was for.
fn wait_until_alone(session: u32, way: &str) {
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
        assert!(Instant::now() < end, "{way}: {left} goes on");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_stop_on_the_way_changes_nothing_about_the_end() {
    let ends = [("q", "", 0), ("", "TERM", 143), ("", "HUP", 129)];
    for (keys, signal, code) in ends {
        let mut terminal = Terminal::shell(80, 24, &["-i"]);
        terminal.read_on();
        terminal
            .wait_for(PROMPT)
            .press("\"$b\" demo --speed 600\r")
            .wait_for("q quit");
        terminal.press("\u{1a}").wait_until_given_back();
        terminal.press("fg\r").wait_for("q quit");
        if signal.is_empty() {
            terminal.press(keys);
        } else {
            crate::support::terminal::send(signal, terminal.job());
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
fn a_signal_at_any_moment_of_the_start_gives_the_terminal_back() {
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
    // At once, and a while later: at this speed it asks once a second by itself whether the terminal is there.
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
