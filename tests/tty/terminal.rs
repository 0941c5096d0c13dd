//! The terminal and the program when the shell suspends the program, and when the terminal stalls, is resized, is
//! closed, or lacks capabilities.

use std::fs::{self, File};
use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use bakewatch::testing::demo::{FaultPlan, Route};
use portable_pty::{PtySize, native_pty_system};
use serde_json::json;

use crate::support::program::{DEADLINE, command, fresh_folder, send_signal};
use crate::support::server::{STACK, Server};
use crate::support::terminal::{PROMPT, Terminal};

const DEMO: &[&str] = &["demo", "--speed", "600"];

/// A shell that has the demo in the foreground.
fn shell_with_demo() -> Terminal {
    let mut terminal = Terminal::shell(80, 24, &["-i"]);
    terminal.read_on();
    terminal
        .wait_for(PROMPT)
        .press("\"$b\" demo --speed 600\r")
        .wait_for("BUILDING")
        .wait_for("q quit");
    terminal
}

fn leave_shell(mut terminal: Terminal) {
    let job = format!("/proc/{}", terminal.job());
    terminal.press("q").wait_until_restored();
    // Until it has ended, it takes what is typed: a reply of the terminal may be on its way.
    terminal.wait("the prompt", |screen| {
        screen.contents().contains(PROMPT) && !std::path::Path::new(&job).exists()
    });
    terminal.press("exit\r");
    assert_eq!(terminal.end().exit_code(), 0);
}

/// Whether the last line of the hints is where it belongs, and something is in the last column too.
fn is_drawn(columns: u16, rows: u16) -> impl Fn(&vt100::Screen) -> bool {
    move |screen| {
        let line = |row| screen.rows(0, columns).nth(usize::from(row)).unwrap();
        let ends = |row: u16| {
            screen
                .cell(row, columns - 2)
                .is_some_and(vt100::Cell::has_contents)
        };
        screen.alternate_screen() && line(rows - 1).contains("q quit") && (0..rows).any(ends)
    }
}

#[test]
fn ctrl_z_returns_to_the_shell_and_fg_resumes() {
    let mut terminal = shell_with_demo();
    for (columns, rows) in [(100, 30), (80, 24)] {
        terminal.press("\u{1a}").wait_until_restored();
        terminal.press("echo x$((6 * 7))x\r").wait_for("x42x");
        terminal.resize(columns, rows).press("fg\r");
        terminal.wait("it all, at the new size", is_drawn(columns, rows));
    }
    leave_shell(terminal);
}

#[test]
fn suspending_stops_a_whole_pipeline() {
    let mut terminal = Terminal::shell(80, 24, &["-i"]);
    terminal.read_on();
    terminal
        .wait_for(PROMPT)
        .press("true | sh -c '\"$b\" demo --speed 600; echo o$((1))ver'\r")
        .wait_for("q quit");
    terminal.press("\u{1a}").wait_until_restored();
    terminal.press("echo x$((6 * 7))x\r").wait_for("x42x");
    terminal.press("fg\r").wait_for("q quit").press("q");
    terminal.wait_for("o1ver").press("exit\r");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn stop_signals_from_outside_suspend_and_resume() {
    for name in ["TSTP", "STOP"] {
        let mut terminal = shell_with_demo();
        let job = terminal.job();
        send_signal(name, job);
        if name == "TSTP" {
            terminal.wait_until_restored();
        }
        // A stop that can't be caught leaves the screen to the shell as it is.
        terminal
            .wait_for("Stopped")
            .press("echo x$((6 * 7))x\n")
            .wait_for("x42x");
        // Clears the screen, so that old text does not count as redrawn.
        terminal.scribble("\u{1b}[2J");
        terminal.press("fg\n").wait("it all", is_drawn(80, 24));
        leave_shell(terminal);
    }
}

#[test]
fn in_the_background_nothing_is_drawn() {
    let mut terminal = shell_with_demo();
    terminal.press("\u{1a}").wait_until_restored();
    terminal.press("bg\r").wait_for(PROMPT);
    // It draws nothing over the shell, and takes no key from it.
    for number in 1..20 {
        let sum = format!("echo x$(({number} * 1))x\r");
        terminal.press(&sum).wait_for(&format!("x{number}x"));
    }
    terminal.press("jobs\r").wait_for("Running");
    terminal.press("fg\r").wait("it all", is_drawn(80, 24));
    leave_shell(terminal);
}

#[test]
fn a_background_job_that_is_killed_does_not_touch_the_terminal() {
    let mut terminal = shell_with_demo();
    let job = terminal.job();
    terminal.press("\u{1a}").wait_until_restored();
    terminal.press("bg; echo x$((6 * 7))x\r").wait_for("x42x");
    send_signal("TERM", job);
    terminal.wait_for("is still building (");
    terminal
        .press("wait %1; echo y$((6 * 7))y\r")
        .wait_for("y42y");
    terminal.press("exit\r");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn without_a_shell_suspending_resumes_at_once() {
    let mut terminal = Terminal::start(80, 24, DEMO, &[]);
    terminal.wait_for("q quit").press("\u{1a}");
    terminal.scribble("\u{1b}[2J").signal("TSTP");
    terminal.wait("it all", is_drawn(80, 24)).press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn resuming_redraws_everything() {
    let mut terminal = Terminal::start(80, 24, DEMO, &[]);
    terminal.wait_for("q quit").signal("STOP");
    // As a shell and another program leave it.
    terminal.scribble("\u{1b}[?1049l\u{1b}[2J\u{1b}[?25h");
    terminal.signal("CONT");
    terminal.wait("it all", |screen| {
        is_drawn(80, 24)(screen) && screen.hide_cursor()
    });
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn closing_the_terminal_exits_with_129() {
    // At once, and when all is well: there was a moment in between in which it ended as a bug.
    for frames in [0, 1, 2, 3, 5, 8] {
        let mut terminal = Terminal::start_unread(80, 24, DEMO, &[]);
        for _ in 0..=frames {
            terminal.read_some();
        }
        let process = terminal.process();
        terminal.close(process);
        assert_eq!(terminal.ended().exit_code(), 129, "{frames}");
    }
}

#[test]
fn closing_the_terminal_exits_even_when_hangups_are_ignored() {
    let ignoring = "trap '' HUP; exec \"$b\" demo --speed 600";
    // In its own session it gets no hangup, and reads no end of file from the terminal either.
    let elsewhere = "trap '' HUP; setsid \"$b\" demo --speed 600; exit $?";
    for (script, frames) in [(ignoring, 0), (ignoring, 8), (elsewhere, 0), (elsewhere, 8)] {
        let mut terminal = Terminal::shell(80, 24, &["-c", script]);
        for _ in 0..=frames {
            terminal.read_some();
        }
        let process = if script == ignoring {
            terminal.process()
        } else {
            terminal.job()
        };
        terminal.close(process);
        assert_eq!(terminal.ended().exit_code(), 129, "{script}, {frames}");
    }
}

#[test]
fn a_stalled_terminal_does_not_block_the_exit() {
    type End = fn(&mut Terminal);
    let ends: [(End, &[u32]); 3] = [
        (|terminal| terminal.signal("TERM"), &[143]),
        (|terminal| _ = terminal.press("q"), &[0]),
        // A second signal, while it ends because of the first; of two at once, either counts.
        (
            |terminal| {
                terminal.signal("INT");
                terminal.signal("TERM");
            },
            &[130, 143],
        ),
    ];
    for (end, codes) in ends {
        // More than a pseudo-terminal holds goes into each frame.
        let mut terminal = Terminal::start_unread(1000, 300, DEMO, &[]);
        terminal.read_some();
        end(&mut terminal);
        let code = terminal.ended().exit_code();
        assert!(codes.contains(&code), "{code}");
        assert!(terminal.has_its_modes(), "the terminal's modes");
        terminal.read_on();
        terminal.wait_until_restored();
    }
}

#[test]
fn a_stalled_terminal_does_not_block_polling() {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    // More than a pseudo-terminal holds goes into each frame.
    let mut terminal = Terminal::start_unread(1000, 300, &server.watch(&[]), &[]);
    terminal.read_some();
    let end = Instant::now() + DEADLINE;
    let mut made = 1;
    for polls in 1..=20 {
        while server.count(Route::StackEvents) < polls {
            assert!(Instant::now() < end, "no request any more after {polls}");
            thread::sleep(Duration::from_millis(1));
        }
        server.push(STACK, 100);
        made += 100;
    }
    terminal.read_on();
    terminal.wait_for(&format!("Events {made} ")).press("q");
    assert_eq!(terminal.end().exit_code(), 0);
    // One frame was stuck, and one is newer than all of them: those in between were never written.
    let frames = terminal.written().matches("\u{1b}[?2026h").count();
    assert!(frames < 12, "{frames} frames");
}

#[test]
fn a_full_disk_is_reported_and_leaves_no_partial_report() {
    let script = "ulimit -f 4; exec \"$b\" demo --speed 1000 --scenario failure --record r --debug --log-file log";
    let mut terminal = Terminal::shell(160, 40, &["-c", script]);
    terminal.read_on();
    terminal.wait_for("failed to write").wait_for(" FAILED ");
    terminal
        .press("RR")
        .wait_for("failed to write bakewatch-rocky9-efa-");
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 3);
    let left = fs::read_dir(&*terminal.folder).unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(
        left,
        ["log", "r", "r.log"],
        "half a report would pass for one"
    );
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_on_the_screen() {
    let script = "mkdir x && cd x && rmdir ../x && exec \"$b\" demo --speed 60";
    let mut terminal = Terminal::shell(160, 40, &["-c", script]);
    terminal.read_on();
    terminal.wait_for("CREATE_COMPLETE").press("RR");
    terminal.wait_for("run bakewatch in a folder");
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn many_resizes_end_in_a_frame_of_the_last_size() {
    let mut terminal = Terminal::start(80, 24, DEMO, &[]);
    terminal.wait_for("q quit");
    for step in 0..1000u16 {
        let (columns, rows) = match step % 8 {
            0 => (0, 0),
            1 => (1, 1),
            2 => (1000, 500),
            3 => (0, 24),
            _ => (1 + step % 31 * 8, 1 + step % 79),
        };
        terminal.resize(columns, rows);
    }
    terminal.resize(100, 30);
    terminal.wait("the last size", is_drawn(100, 30));
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn a_terminal_without_a_size_shows_80_columns_and_24_rows() {
    let mut terminal = Terminal::shell(
        80,
        24,
        &["-c", "stty columns 0 rows 0; exec \"$b\" demo --speed 600"],
    );
    terminal.read_on();
    terminal.wait("it all", is_drawn(80, 24)).press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
}

/// Its open file is shared with programs that may make it non-blocking. A frame of this size is larger than what the
/// system keeps for a reader.
#[test]
fn a_stalled_terminal_that_does_not_block_is_waited_for() {
    let large = PtySize {
        rows: 400,
        cols: 1000,
        ..PtySize::default()
    };
    let pair = native_pty_system().openpty(large).unwrap();
    let name = pair.master.tty_name().unwrap();
    let terminal = File::options().read(true).write(true).open(name).unwrap();
    rustix::io::ioctl_fionbio(&terminal, true).unwrap();
    while rustix::io::write(&terminal, &[b'.'; 1024]).is_ok() {}
    let folder = fresh_folder();
    let recording = folder.join("recording.jsonl");
    let mut child = command(&["demo", "--speed", "1000", "--record"])
        .arg(&recording)
        .env("TERM", "xterm-256color")
        .stdin(terminal.try_clone().unwrap())
        .stdout(terminal.try_clone().unwrap())
        .spawn()
        .unwrap();
    let end = Instant::now() + DEADLINE;
    let is_recorded = || {
        let recorded = fs::read_to_string(&recording).unwrap_or_default();
        recorded.contains("CREATE_IN_PROGRESS")
    };
    while !is_recorded() && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "no event is recorded");
        thread::sleep(Duration::from_millis(5));
    }
    let mut output = pair.master.try_clone_reader().unwrap();
    thread::spawn(move || io::copy(&mut output, &mut io::sink()));
    pair.master.take_writer().unwrap().write_all(b"q").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_terminal_of_an_absurd_size_shows_a_part_of_it() {
    let script = "stty columns 65535 rows 65535; exec \"$b\" demo --speed 60";
    let mut terminal = Terminal::shell(80, 24, &["-c", script]);
    terminal.read_on();
    terminal.wait_for("BUILDING").press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
}

/// Capabilities: the command that a shell in a terminal runs, and whether the output is then a screen, has colours, and
/// has characters beyond ASCII.
const CAPABILITIES: [(&str, [bool; 3]); 13] = [
    ("\"$b\" REPLAY", [true, true, true]),
    ("NO_COLOR=1 \"$b\" REPLAY", [true, false, true]),
    ("TERM=vt100 \"$b\" REPLAY", [true, false, true]),
    ("TERM=xterm-mono \"$b\" REPLAY", [true, false, true]),
    ("TERM=linux \"$b\" REPLAY", [true, true, true]),
    ("LC_ALL=C \"$b\" REPLAY", [true, true, false]),
    (
        "LC_ALL= LC_CTYPE= LANG=C NO_COLOR=1 \"$b\" REPLAY",
        [true, false, false],
    ),
    ("TERM=dumb \"$b\" REPLAY", [false, false, true]),
    ("env -u TERM \"$b\" REPLAY", [false, false, true]),
    ("\"$b\" REPLAY -o text", [false, true, true]),
    ("NO_COLOR=1 \"$b\" REPLAY -o text", [false, false, true]),
    // No terminal to read keys from: standard input is none, and there is no controlling one.
    ("setsid \"$b\" REPLAY </dev/null", [false, true, true]),
    // The output is no terminal.
    ("\"$b\" REPLAY | cat", [false, false, true]),
];

#[test]
fn the_output_fits_the_terminal_capabilities() {
    let folder = fresh_folder();
    let file = folder.join("failed");
    let failed = json!({
        "stackId": "s", "physicalResourceId": "s", "eventId": "e", "logicalResourceId": "img",
        "resourceStatus": "CREATE_FAILED", "resourceStatusReason": "because",
        "resourceProperties": "{\"Name\": \"é日本\"}",
    });
    let at = "2026-01-01T10:00:00.000Z";
    let recording = [
        json!({"bakewatchRecording": 1, "program": "0", "imageId": "img", "startedAt": at}),
        json!({"kind": "event", "at": at, "stackId": "s", "event": failed}),
        json!({"kind": "image", "at": at, "image": {"imageBuildStatus": "BUILD_FAILED"}}),
    ];
    fs::write(
        &file,
        recording.map(|line| line.to_string() + "\n").concat(),
    )
    .unwrap();
    let replay = format!("replay {} --speed max", file.display());
    for (command, [is_screen, has_colours, has_signs]) in CAPABILITIES {
        let command = command.replace("REPLAY", &replay);
        let script =
            format!("demo='demo --speed 1000 --scenario failure'; {command}; echo e${{?}}d");
        let mut terminal = Terminal::shell(100, 24, &["-c", &script]);
        terminal.read_on();
        if is_screen {
            terminal.wait_for(" FAILED ").wait_for("q quit").press("q");
        }
        // That of a pipe is the code of its last command.
        let code = if command.ends_with("cat") {
            "e0d"
        } else {
            "e3d"
        };
        terminal.wait_for(code);
        let written = terminal.written();
        assert_eq!(written.contains("\u{1b}[?1049h"), is_screen, "{command}");
        let colours = ["\u{1b}[3", "\u{1b}[9"].map(|begin| colours_after(&written, begin));
        assert_eq!(
            colours.contains(&true),
            has_colours,
            "{command}: {written:?}"
        );
        assert_eq!(
            !written.is_ascii(),
            is_screen && has_signs,
            "{command}: {written:?}"
        );
        if command.contains("TERM=linux") {
            assert!(!written.contains("8;5;"), "{command}: {written:?}");
        }
        if !is_screen && !has_colours {
            assert!(!written.contains('\u{1b}'), "{command}: {written:?}");
        }
    }
}

/// Whether a sequence that begins so sets a colour other than that of a plain terminal.
fn colours_after(written: &str, begin: &str) -> bool {
    written.split(begin).skip(1).any(|rest| {
        let (number, _) = rest.split_once('m').unwrap_or_default();
        number.starts_with(|digit: char| matches!(digit, '0'..='8'))
    })
}
