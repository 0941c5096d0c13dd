//! Bytes that arrive in parts, or that no key stands for, at the program in a real terminal.

use std::fs;

use vt100::Color;

use crate::support::terminal::Terminal;

fn demo() -> Terminal {
    let mut terminal = Terminal::start(80, 24, &["demo", "--speed", "60"], &[]);
    terminal.wait_for("CREATE_COMPLETE").wait_for("q quit");
    terminal
}

#[test]
fn ctrl_c_leaves_after_every_sequence_that_was_cut() {
    for cut in [
        "\u{1b}",
        "\u{1b}[",
        "\u{1b}O",
        "\u{1b}[1;5",
        "\u{1b}[<",
        "\u{1b}[?",
        "\u{1b}[M!",
        "\u{1b}[200~",
        "\u{1b}[200~pasted\u{1b}[20",
        "\u{1b}]11;rgb:",
        "\u{1b}P1$r",
    ] {
        let mut terminal = demo();
        terminal.press(cut).press("\u{3}");
        assert_eq!(terminal.end().exit_code(), 0, "{cut:?}");
    }
}

#[test]
fn the_background_is_asked_for_after_the_first_frame_and_chooses_the_theme() {
    // Of the status `complete`, in each theme.
    let (dark, light) = (Color::Rgb(0x5f, 0xcf, 0x80), Color::Rgb(0x1a, 0x6e, 0x34));
    let shows = |colour: Color| {
        move |screen: &vt100::Screen| {
            let (rows, columns) = screen.size();
            let (rows, columns) = (rows.get(), columns.get());
            let mut places =
                (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
            places.any(|(row, column)| {
                screen
                    .cell(row, column)
                    .is_some_and(|cell| cell.fgcolor() == colour)
            })
        }
    };
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fuzz/seeds/recording/every-kind-of-line.jsonl"
    );
    // Whether the answer has chosen the theme by the time that the next key is handled.
    let chooses = |answer: &str, colour: Color| {
        let arguments = ["replay", file, "--speed", "max"];
        let mut terminal = Terminal::start(80, 24, &arguments, &[("COLORTERM", "truecolor")]);
        terminal
            .wait_for_written("\u{1b}]11;?\u{1b}\\\u{1b}[c")
            .press(answer)
            .wait_for("ami-1")
            .press("\u{1b}q");
        let found = std::cell::Cell::new(false);
        terminal.wait("the message", |screen| {
            found.set(shows(colour)(screen));
            screen.contents().contains("alt-q does nothing")
        });
        terminal.press("q");
        terminal.end();
        let written = terminal.written();
        let (before, _) = written.split_once("\u{1b}]11;?").unwrap();
        assert!(before.contains("\u{1b}[?2026l"), "a frame comes first");
        found.get()
    };
    for (answer, colour) in [
        ("\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\\u{1b}[?62;22c", light),
        ("\u{1b}]11;rgb:1e1e/1e1e/2e2e\u{7}\u{1b}[?6c", dark),
    ] {
        // On a busy machine the answer may be handled too late.
        assert!((0..5).any(|_| chooses(answer, colour)), "{answer:?}");
    }
    let fixed = [("BAKEWATCH_THEME", "light"), ("COLORTERM", "truecolor")];
    for environment in [
        &fixed[..],
        &[("TERM", "linux")],
        &[("NO_COLOR", "1")],
        &[("COLORFGBG", "15;0")],
    ] {
        let mut terminal = Terminal::start(80, 24, &["demo", "--speed", "60"], environment);
        terminal.wait_for("q quit").press("q");
        terminal.end();
        assert!(!terminal.written().contains("\u{1b}]11"), "{environment:?}");
    }
}

#[test]
fn pasted_text_and_replies_do_nothing() {
    let mut terminal = demo();
    let files = || fs::read_dir(".").unwrap().count();
    let before = files();
    for bytes in [
        "Rocky9 Amazon",
        "\u{1b}[200~Rq\narn:aws:iam::123456789012:role/quick\u{1b}[201~",
        "\u{1b}]11;rgb:1e1e/1e1e/1e1e\u{1b}\\",
        "\u{1b}[?62;22c\u{1b}[12;40R",
        "\u{1b}P>|XTerm(390)\u{1b}\\",
        "\u{1b}q",
    ] {
        terminal.press(bytes);
    }
    terminal.wait_for("alt-q does nothing");
    let recorded = fs::read_dir(&*terminal.folder).unwrap();
    let reports = recorded.flatten().filter(|file| {
        let name = file.file_name();
        name.to_string_lossy().ends_with(".md")
    });
    assert_eq!((reports.count(), files()), (0, before), "no report");
    terminal.press("/").wait_gone("q quit");
    terminal
        .press("\u{1b}[200~Instance\nRole\u{1b}[201~")
        .wait_for("Instance Role");
    terminal.press("\u{3}");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn a_paste_of_an_unmarked_text_into_a_prompt_types_it_and_ctrl_c_leaves() {
    let mut terminal = demo();
    terminal.press("/").wait_gone("q quit");
    terminal.press(&"abc ".repeat(5000)).wait_for("abc abc");
    terminal.press("\u{3}\u{3}");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn the_window_shows_the_build_and_is_restored() {
    let arguments = [
        "demo",
        "--speed",
        "1000",
        "--scenario",
        "failure",
        "--no-notify",
    ];
    let known = [("TERM_PROGRAM", "WezTerm"), ("TMUX", ""), ("STY", "")];
    let mut terminal = Terminal::start(80, 24, &arguments, &known);
    terminal
        .wait_for_written("\u{1b}]2;BUILDING rocky9-efa\u{1b}\\")
        .wait_for_written("\u{1b}]9;4;1;")
        .wait_for_written("\u{1b}]2;FAILED rocky9-efa\u{1b}\\")
        .wait_for_written("\u{1b}]9;4;2;100\u{1b}\\")
        .press("q");
    terminal.end();
    let written = terminal.written();
    let place = |sequence: &str| written.find(sequence).expect(sequence);
    assert!(place("\u{1b}[22;2t") < place("\u{1b}]2;"));
    assert!(place("\u{1b}]9;4;2;100") < place("\u{1b}]9;4;0;0\u{1b}\\"));
    assert!(written.contains("\u{1b}[23;2t"));
    let unknown = [("TERM", "linux"), ("TERM_PROGRAM", ""), ("VTE_VERSION", "")];
    let mut terminal = Terminal::start(80, 24, &arguments, &unknown);
    terminal.wait_for(" FAILED ").press("q");
    terminal.end();
    let written = terminal.written();
    assert!(!written.contains("\u{1b}]") && !written.contains("\u{1b}[2;2t"));
}
