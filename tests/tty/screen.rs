//! The screen in a real pseudo-terminal: the keys of the hint line, redrawing, and notifications.

use crate::support::sequences::commands;
use crate::support::server::{STACK, Server};
use crate::support::terminal::Terminal;
use bakewatch::testing::demo::FaultPlan;

/// A demo of a build that fails, within seconds.
fn failing_demo(more: &[&str], environment: &[(&str, &str)]) -> Terminal {
    let mut arguments = vec!["demo", "--speed", "1000", "--scenario", "failure"];
    arguments.extend(more);
    Terminal::start(80, 24, &arguments, environment)
}

fn demo(columns: u16, rows: u16) -> Terminal {
    Terminal::start(columns, rows, &["demo", "--speed", "600"], &[])
}

#[test]
fn the_first_frame_does_not_wait() {
    let (server, credentials) = (Server::start(FaultPlan::default()), "/nonexistent");
    let config =
        std::env::temp_dir().join(format!("bakewatch-slow-credentials-{}", std::process::id()));
    std::fs::write(
        &config,
        "[default]\nregion = us-east-1\ncredential_process = sleep 100\n",
    )
    .unwrap();
    let environment = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let mut terminal = Terminal::start(
        80,
        24,
        &["watch", "img", "--api-url", &server.url],
        &environment,
    );
    terminal.wait_for("img").wait_for("q quit").press("q");
    assert_eq!(terminal.end().exit_code(), 0);
    std::fs::remove_file(config).unwrap();
    assert!(server.requests.all().is_empty());
}

#[test]
fn every_key_of_the_hint_line_works() {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.push(STACK, 60);
    let mut terminal = Terminal::start(80, 24, &server.watch(&[]), &[]);
    terminal.wait_for("61/61").wait_for("following");
    terminal.press("k").wait_gone("following");
    server.push(STACK, 2);
    terminal.wait_for("2 new");
    terminal.press("G").wait_for("following").wait_gone("2 new");
    terminal
        .press("g")
        .wait_for("CREATE_IN_PROGRESS")
        .press("G")
        .wait_for("following");
    terminal
        .press("f")
        .wait_for("rolling back")
        .press("\u{1b}")
        .wait_gone("rolling back");
    terminal
        .press("?")
        .wait_for("Here, in the list")
        .press("\u{1b}")
        .wait_gone("Here, in the list");
    terminal
        .press("\r")
        .wait_for("event id")
        .press("\u{1b}")
        .wait_for("Events");
    terminal.press("\t").wait_for("esc back");
    terminal.press("\u{1b}").wait_gone("esc back").press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn a_filter_lists_the_chosen_status() {
    let mut server = Server::start(FaultPlan::default());
    server.begin_build(STACK);
    server.push(STACK, 5);
    let mut terminal = Terminal::start(120, 30, &server.watch(&[]), &[]);
    terminal
        .wait_for("Events 6")
        .wait("the first event", |screen| {
            screen.contents().contains(" img ")
        });
    // The first class is "running": only the stack's own event is.
    terminal
        .press("f")
        .wait_for("rolling back")
        .press("\r")
        .press("\u{1b}");
    terminal.wait_for("in progress 1 of 6");
    terminal
        .press("\u{1b}")
        .wait_gone("in progress 1 of 6")
        .press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn a_resized_terminal_is_redrawn() {
    let mut terminal = demo(200, 60);
    terminal.wait_for("BUILDING");
    for (columns, rows) in [(40, 10), (19, 4), (120, 40), (80, 24)] {
        terminal.resize(columns, rows);
    }
    terminal.wait_for("q quit").press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn without_colours_the_selected_row_is_still_marked() {
    let mut terminal = Terminal::start(80, 24, &["demo", "--speed", "600"], &[("NO_COLOR", "1")]);
    terminal
        .wait_for("CREATE_COMPLETE")
        .wait("a reversed cell and no colour", |screen| {
            let cells = || {
                (0..24).flat_map(|row| (0..80).filter_map(move |column| screen.cell(row, column)))
            };
            let coloured = |cell: &vt100::Cell| {
                cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default
            };
            cells().any(vt100::Cell::inverse) && !cells().any(coloured)
        });
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn a_verdict_notifies_the_terminal_once() {
    let unknown = [("TERM_PROGRAM", ""), ("TMUX", "")];
    let mut terminal = failing_demo(&[], &unknown);
    terminal.wait_for(" FAILED ").press("q");
    terminal.end();
    let written = terminal.written();
    let text = "rocky9-efa failed after 3";
    for sequence in ["\u{7}\u{1b}]9;bakewatch: ", "\u{1b}]777;notify;bakewatch;"] {
        assert_eq!(
            written.matches(&format!("{sequence}{text}")).count(),
            1,
            "{written}"
        );
    }
    // A frame begins and ends around its cells, and nothing else is between the two.
    let frames = written.split("\u{1b}[?2026h").skip(1);
    assert!(
        frames
            .filter_map(|rest| rest.split_once("\u{1b}[?2026l"))
            .all(|(frame, _)| !frame.contains('\u{7}') && !frame.contains("\u{1b}]"))
    );
}

#[test]
fn no_notify_sends_no_notification() {
    let mut terminal = failing_demo(&["--no-notify"], &[]);
    terminal.wait_for(" FAILED ").press("q");
    terminal.end();
    let written = terminal.written();
    assert!(!written.contains('\u{7}'));
    assert_eq!(commands(&written), Vec::<&str>::new());
}

#[test]
fn a_summary_line_stays_on_the_normal_screen() {
    let mut terminal = failing_demo(&[], &[]);
    terminal.wait_for(" FAILED ");
    terminal.press("q");
    terminal.end();
    terminal.wait("the last line", |screen| {
        screen.contents().starts_with("✖ rocky9-efa failed after 3")
            && screen.cursor_position().1 == 0
    });
    let mut terminal = demo(80, 24);
    terminal.wait_for("BUILDING").signal("TERM");
    terminal.end();
    terminal.wait_for("is still building (");
}
