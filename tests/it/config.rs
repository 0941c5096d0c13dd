//! A person's settings and themes: what is in force, where it comes from, and what is said where it can't be.

use crate::support::folder::Folder;
use crate::support::program::{Ended, run};
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use bakewatch::testing::demo::FaultPlan;

const FILE: &str = "config.toml";

/// A folder with settings in it.
fn with_settings(test: &str, settings: &str) -> Folder {
    Folder::new(&format!("config-{test}"), &[(FILE, settings)])
}

/// The line of a setting, with single spaces.
fn line(ended: &Ended, name: &str) -> String {
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    let starts = [format!("{name} ="), format!("# {name} =")];
    let of_it = |line: &&String| starts.iter().any(|start| line.starts_with(start));
    let line = ended.lines.iter().find(of_it);
    let line = line.unwrap_or_else(|| panic!("no {name} in {:#?}", ended.lines));
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_flag_goes_before_the_environment_before_the_file_before_what_is_usual() {
    let folder = with_settings("order", "# mine\ntheme = \"light\"\ninterval = \"10s\"\n");
    let environment = [("BAKEWATCH_THEME", "dark")];
    for (ended, wanted) in [
        (
            folder.run_with(&["config", "--theme", "high-contrast"], &environment),
            "theme = \"high-contrast\" # flag: ",
        ),
        (
            folder.run_with(&["config"], &environment),
            "theme = \"dark\" # env BAKEWATCH_THEME: ",
        ),
        (
            folder.run_with(&["config"], &[("BAKEWATCH_THEME", "")]),
            "theme = \"light\" # line 2 of your file: ",
        ),
        (run(&["config"]), "theme = \"auto\" # default: "),
    ] {
        let line = line(&ended, "theme");
        assert!(line.starts_with(wanted), "{line}");
    }
    let ended = folder.run(&["config"]);
    assert!(line(&ended, "interval").starts_with("interval = \"10s\" # line 3"));
    assert!(line(&ended, "region").starts_with("# region = \"\" # not set"));
    assert!(ended.lines[0].contains(folder.file(FILE).to_str().unwrap()));
}

#[test]
fn what_is_printed_is_a_file_that_means_the_same() {
    let settings = "on-outcome = 'say \"it\" \\ done'\nmouse = false\nregion = \"eu-west-1\"\ntimes = \"utc\"\n";
    let printed = with_settings("printed", settings).run(&["config"]);
    let again = with_settings("again", &printed.lines.join("\n")).run(&["config"]);
    for name in ["on-outcome", "mouse", "region", "times", "theme", "api-url"] {
        let value = |ended: &Ended| line(ended, name).split(" # ").next().unwrap().to_owned();
        assert_eq!(value(&again), value(&printed));
    }
    assert!(line(&printed, "mouse").starts_with("mouse = false # line 2"));
}

#[test]
fn a_setting_that_can_not_be_is_wrong_usage_with_its_line() {
    let place = "error: failed to read the settings ";
    for (number, (settings, wanted)) in [
        (
            "\nregoin = \"x\"",
            "line 2: unknown setting regoin; did you mean region?",
        ),
        (
            "interval = \"1ms\"",
            "line 1: interval: the minimum is 200ms",
        ),
        (
            "\n\nmouse = \"yes\"",
            "line 3: mouse: must be true or false",
        ),
        (
            "glyphs = \"unicod\"",
            "line 1: glyphs: unknown value unicod; did you mean unicode?",
        ),
        ("times = 3", "line 1: times: must be a string"),
        (
            "theme = \"drak\"",
            "line 1: theme: unknown theme drak, and there is no file ",
        ),
        ("region", "line 1: "),
        ("\"\\u001b\\n\" = 1", "line 1: unknown setting "),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = with_settings(&format!("wrong-{number}"), settings);
        for arguments in [["config", "--color=never"], ["demo", "--output=json"]] {
            let ended = folder.run(&arguments);
            assert_eq!(ended.code(), Some(2), "{settings}");
            let said = &ended.diagnostics;
            let file = folder.file(FILE).display().to_string();
            assert!(
                said.starts_with(&format!("{place}{file}: {wanted}")),
                "{said}"
            );
            assert!(
                said.ends_with('\n') && said.matches('\n').count() == 1,
                "{said:?}"
            );
            assert!(!said.trim_end().contains(char::is_control), "{said:?}");
        }
    }
}

#[test]
fn whoever_names_a_theme_that_is_not_there_is_told_so() {
    let said = |ended: Ended| (ended.code(), ended.diagnostics);
    let (code, text) = said(run(&["demo", "--theme", "lihgt"]));
    assert_eq!(code, Some(2));
    assert!(
        text.starts_with("error: wrong --theme: unknown theme lihgt"),
        "{text}"
    );
    assert!(text.ends_with("did you mean light?\n"), "{text}");
    let folder = Folder::new("config-no-theme", &[]);
    let (code, text) = said(folder.run_with(&["config"], &[("BAKEWATCH_THEME", "../x")]));
    assert_eq!(code, Some(2));
    assert!(
        text.starts_with("error: wrong BAKEWATCH_THEME: unknown theme ../x; "),
        "{text}"
    );
    let wrong = [
        (FILE, "theme = \"my\""),
        ("themes/my.toml", "\ngood = { 256 = \"gren\" }"),
    ];
    let folder = Folder::new("config-wrong-theme", &wrong);
    let (code, text) = said(folder.run(&["config"]));
    assert_eq!(code, Some(2));
    let file = folder.file("themes/my.toml").display().to_string();
    let wanted =
        format!("error: failed to read the theme {file}: line 2: good: gren is neither a colour ");
    assert!(text.starts_with(&wanted), "{text}");
}

#[test]
fn a_url_is_printed_without_what_may_be_secret() {
    let url = (
        "BAKEWATCH_API_URL",
        "https://user:hunter2@api.example/prod?token=hunter2",
    );
    let ended = Folder::new("config-secret", &[]).run_with(&["config"], &[url]);
    let line = line(&ended, "api-url");
    assert!(
        line.starts_with("api-url = \"https://***@api.example/prod?***\" # env"),
        "{line}"
    );
    assert!(!ended.lines.concat().contains("hunter2"));
}

#[test]
fn the_files_settings_are_used() {
    let server = Server::start(FaultPlan::default());
    let settings = format!(
        "api-url = \"{}\"\nregion = \"eu-west-1\"\nprofile = \"nobody\"\nrole-arn = \"nothing\"\n\
         interval = \"200ms\"\non-outcome = \"echo told $BAKEWATCH_OUTCOME >&2\"\n",
        server.url
    );
    let folder = with_settings("used", &settings);
    // Unsigned requests need neither a profile nor a role.
    let ended = folder.run(&["watch", "img", "--no-sign-request", "--output=json"]);
    assert_eq!(ended.code(), Some(5), "{}", ended.diagnostics);
    assert!(
        ended.diagnostics.contains("told not-found"),
        "{}",
        ended.diagnostics
    );
    let requests = format!("{:?}", server.requests.all());
    assert!(requests.contains("eu-west-1"), "{requests}");
    let ended = folder.run(&["watch", "img"]);
    assert_eq!(ended.code(), Some(2));
    assert!(
        ended.diagnostics.contains("the AWS profile nobody"),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn keys_in_the_environment_go_before_the_files_profile() {
    let folder = with_settings("keys", "profile = \"nobody\"");
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")];
    let line = line(&folder.run_with(&["config"], &keys), "profile");
    assert!(
        line.starts_with("# profile = \"\" # env AWS_ACCESS_KEY_ID: "),
        "{line}"
    );
}

#[test]
fn a_path_in_the_file_goes_from_its_folder_or_from_home() {
    for (number, (path, wanted)) in [
        ("ca.pem", "bakewatch/ca.pem"),
        ("~/ca.pem", "/nonexistent/ca.pem"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("path-{number}");
        let folder = with_settings(&name, &format!("ca-bundle = \"{path}\"\n"));
        let ended = folder.run(&[
            "watch",
            "img",
            "--no-sign-request",
            "--api-url=http://127.0.0.1:1",
        ]);
        assert_eq!(ended.code(), Some(2), "{}", ended.diagnostics);
        assert!(ended.diagnostics.contains(wanted), "{}", ended.diagnostics);
    }
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
fn a_theme_of_ones_own_is_on_the_screen() {
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
    // What lies over the panes stands on the theme's ground too.
    terminal
        .press("?")
        .wait("the help, on black everywhere", |screen| {
            screen.contents().contains("Help")
                && cells(screen).all(|cell| cell.bgcolor() != vt100::Color::Default)
        });
    terminal.press("q");
    assert_eq!(terminal.end().exit_code(), 0);
}

#[test]
fn no_color_is_overruled_by_those_who_ask_for_colours() {
    let no_color = ("NO_COLOR", "1");
    let asked = with_settings("asked", "color = \"always\"");
    let plain = with_settings("plain", "");
    let forced = Folder::new("config-forced", &[(FILE, "color = \"never\"")]);
    for (folder, environment, coloured) in [
        (&asked, vec![no_color], true),
        (&plain, vec![("NO_COLOR", "")], true),
        // What other programs take for a wish for colours is not one of this program's.
        (
            &plain,
            vec![no_color, ("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "1")],
            false,
        ),
        (&forced, vec![], false),
    ] {
        let mut terminal = demo(folder, &environment);
        terminal.wait_for("CREATE_COMPLETE");
        // A selected row is told by its ground or by reversal, whatever the program's own libraries think.
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
fn the_mouse_is_taken_unless_the_file_says_no() {
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
fn the_documents_show_settings_and_a_theme_that_work() {
    let document = include_str!("../../docs/configuration.md");
    let (_, rest) = document.split_once("## Settings").unwrap();
    let blocks = rest.split("```").skip(1).step_by(2);
    let mut shown = blocks.filter_map(|block| block.strip_prefix("toml"));
    let (settings, theme) = (shown.next().unwrap(), shown.next().unwrap());
    let files = [(FILE, settings), ("themes/mine.toml", theme)];
    let folder = Folder::new("config-documents", &files);
    let ended = folder.run(&["config"]);
    assert!(line(&ended, "theme").starts_with("theme = \"mine\" # line "));
}
