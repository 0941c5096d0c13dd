//! The user's themes, colours, mouse and key map on a real terminal.

use crate::support::folder::Folder;
use crate::support::terminal::Terminal;

const FILE: &str = "config.toml";
const KEYS: &str = "keys.toml";

/// A folder with settings in it.
fn with_settings(test: &str, settings: &str) -> Folder {
    Folder::new(&format!("config-{test}"), &[(FILE, settings)])
}

/// The demo on a screen of 80 columns and 24 rows, with these settings.
fn demo(folder: &Folder, environment: &[(&str, &str)]) -> Terminal {
    let environment = [&folder.environment(), environment].concat();
    Terminal::start(80, 24, &["demo", "--speed", "600"], &environment)
}

fn cells(screen: &vt100::Screen) -> impl Iterator<Item = &vt100::Cell> {
    let places = (0..24).flat_map(|row| (0..80).map(move |column| (row, column)));
    places.filter_map(|(row, column)| screen.cell(row, column))
}

fn is_coloured(cell: &vt100::Cell) -> bool {
    cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default
}

#[test]
fn a_user_theme_is_on_the_screen() {
    let theme = "base = \"high-contrast\"\ngood = { 256 = \"bold 201\" }\n";
    let files = [
        (FILE, "theme = \"my\"\nglyphs = \"ascii\"\n"),
        ("themes/my.toml", theme),
    ];
    let folder = Folder::new("config-own-theme", &files);
    let mut terminal = demo(&folder, &[]);
    terminal.wait(
        "what is good, in its colour, on black everywhere",
        |screen| {
            cells(screen).any(|cell| cell.fgcolor() == vt100::Color::Idx(201) && cell.bold())
                && cells(screen).all(|cell| cell.bgcolor() != vt100::Color::Default)
                && screen.contents().contains("+ CREATE_COMPLETE")
        },
    );
    assert!(terminal.text().is_ascii());
    // Popups have the theme's background too.
    terminal
        .press("?")
        .wait("the help, on black everywhere", |screen| {
            screen.contents().contains("Help")
                && cells(screen).all(|cell| cell.bgcolor() != vt100::Color::Default)
        });
    terminal.press("qq");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn the_color_setting_overrides_no_color() {
    let no_color = ("NO_COLOR", "1");
    let asked = with_settings("asked", "color = \"always\"");
    let plain = with_settings("plain", "");
    let forced = Folder::new("config-forced", &[(FILE, "color = \"never\"")]);
    for (folder, environment, coloured) in [
        (&asked, vec![no_color], true),
        (&plain, vec![("NO_COLOR", "")], true),
        // Variables that force colours in other programs have no effect here.
        (
            &plain,
            vec![no_color, ("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "1")],
            false,
        ),
        (&forced, vec![], false),
    ] {
        let mut terminal = demo(folder, &environment);
        terminal.wait_for("CREATE_COMPLETE");
        // A selected row is marked by its background or by reversal, whatever the libraries decide by themselves.
        terminal.wait("the selected row, as wanted", |screen| {
            let marked = if coloured {
                cells(screen).any(|cell| cell.bgcolor() == vt100::Color::Idx(24) && cell.bold())
            } else {
                cells(screen).any(|cell| cell.inverse() && cell.bold())
            };
            marked && cells(screen).any(is_coloured) == coloured
        });
        terminal.press("q");
        assert_eq!(terminal.end().exit_code(), 0);
    }
}

#[test]
fn the_mouse_is_captured_unless_the_file_disables_it() {
    for (number, (settings, taken)) in [("", true), ("mouse = false", false)]
        .into_iter()
        .enumerate()
    {
        let folder = with_settings(&format!("mouse-{number}"), settings);
        let mut terminal = demo(&folder, &[]);
        terminal.wait_for("CREATE_COMPLETE");
        terminal.wait("the mouse, as wanted", |screen| {
            (screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None) == taken
        });
        terminal.press("q");
        assert_eq!(terminal.end().exit_code(), 0);
    }
}

#[test]
fn a_user_key_works_and_is_in_the_hints() {
    let keys = "help = [\"f1\"]\nbottom = [\"x\"]\nquit = [\"shift-tab\"]\n";
    let config = Folder::new("tty-own-keys", &[(KEYS, keys)]);
    let arguments = ["demo", "--speed", "600"];
    let mut terminal = Terminal::start(100, 24, &arguments, &config.environment());
    terminal.wait_for("f1 help").wait_for("shift-tab quit");
    terminal.wait_for("following").press("k");
    terminal.wait_for("x follows").press("x");
    terminal.wait_for("following").press("\u{1b}OP");
    terminal.wait_for(" Help ").press("\u{1b}[Z");
    terminal.wait_gone(" Help ").press("\u{1b}[Z");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn a_wrong_key_map_ends_the_program_before_the_screen() {
    let keys = "up = [\"k\"]\n\npage-dwn = [\"x\"]\n";
    let config = Folder::new("tty-wrong-keys", &[(KEYS, keys)]);
    let arguments = ["demo", "--speed", "600"];
    let mut terminal = Terminal::start(200, 24, &arguments, &config.environment());
    terminal.wait_for("did you mean page-down?");
    assert_eq!(terminal.end().exit_code(), 2);
}
