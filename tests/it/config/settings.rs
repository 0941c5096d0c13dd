//! The user's settings and themes: their values, where each comes from, and the errors of invalid ones.

use crate::support::folder::Folder;
use crate::support::program::{Ended, run};
use crate::support::server::Server;
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
    let has_name = |line: &&String| starts.iter().any(|start| line.starts_with(start));
    let line = ended.lines.iter().find(has_name);
    let line = line.unwrap_or_else(|| panic!("no {name} in {:#?}", ended.lines));
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_flag_overrides_the_environment_the_file_and_the_default() {
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
    assert!(ended.lines[1].contains(folder.file(FILE).to_str().unwrap()));
}

#[test]
fn the_printed_settings_and_keys_fit_a_small_terminal() {
    for name in ["config", "keys"] {
        let ended = run(&[name]);
        assert!(ended.lines.len() > 10, "{:?}", ended.lines);
        // The second line is a path of any length.
        let wide = |(index, line): &(usize, &String)| *index != 1 && line.chars().count() > 80;
        let wide: Vec<_> = ended.lines.iter().enumerate().filter(wide).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

#[test]
fn the_printed_settings_are_a_file_with_the_same_meaning() {
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
fn a_wrong_setting_is_a_usage_error_that_names_its_line() {
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
            let message = &ended.diagnostics;
            let file = folder.file(FILE).display().to_string();
            assert!(
                message.starts_with(&format!("{place}{file}: {wanted}")),
                "{message}"
            );
            assert!(
                message.ends_with('\n') && message.matches('\n').count() == 1,
                "{message:?}"
            );
            assert!(
                !message.trim_end().contains(char::is_control),
                "{message:?}"
            );
        }
    }
}

#[test]
fn an_unknown_theme_is_a_usage_error() {
    let result = |ended: Ended| (ended.code(), ended.diagnostics);
    let (code, text) = result(run(&["demo", "--theme", "lihgt"]));
    assert_eq!(code, Some(2));
    assert!(
        text.starts_with("error: invalid value for --theme: unknown theme lihgt"),
        "{text}"
    );
    assert!(text.ends_with("did you mean light?\n"), "{text}");
    let folder = Folder::new("config-no-theme", &[]);
    let (code, text) = result(folder.run_with(&["config"], &[("BAKEWATCH_THEME", "../x")]));
    assert_eq!(code, Some(2));
    assert!(
        text.starts_with("error: invalid value for BAKEWATCH_THEME: unknown theme ../x; "),
        "{text}"
    );
    let wrong = [
        (FILE, "theme = \"my\""),
        ("themes/my.toml", "\ngood = { 256 = \"gren\" }"),
    ];
    let folder = Folder::new("config-wrong-theme", &wrong);
    let (code, text) = result(folder.run(&["config"]));
    assert_eq!(code, Some(2));
    let file = folder.file("themes/my.toml").display().to_string();
    let wanted =
        format!("error: failed to read the theme {file}: line 2: good: gren is neither a colour ");
    assert!(text.starts_with(&wanted), "{text}");
}

#[test]
fn a_url_is_printed_without_its_secrets() {
    let url = (
        "BAKEWATCH_API_URL",
        "https://user:hunter2@api.example/prod?token=hunter2",
    );
    let ended = Folder::new("config-secret", &[]).run_with(&["config"], &[url]);
    let printed = ended.lines.concat();
    let line = "api-url = \"https://***@api.example/prod?***\"";
    assert!(printed.contains(line), "{printed}");
    assert_eq!(ended.code(), Some(2), "a watch would refuse it");
    assert!(!(printed + &ended.diagnostics).contains("hunter2"));
}

#[test]
fn settings_of_the_file_are_used() {
    let server = Server::start(FaultPlan::default());
    let settings = format!(
        "api-url = \"{}\"\nregion = \"eu-west-1\"\nprofile = \"nobody\"\nrole-arn = \"nothing\"\n\
         interval = \"200ms\"\non-outcome = \"echo outcome $BAKEWATCH_OUTCOME >&2\"\n",
        server.url
    );
    let folder = with_settings("used", &settings);
    // Unsigned requests need neither a profile nor a role.
    let ended = folder.run(&["watch", "img", "--no-sign-request", "--output=json"]);
    assert_eq!(ended.code(), Some(5), "{}", ended.diagnostics);
    assert!(
        ended.diagnostics.contains("outcome not-found"),
        "{}",
        ended.diagnostics
    );
    let requests = format!("{:?}", server.requests.all());
    assert!(requests.contains("eu-west-1"), "{requests}");
    let ended = folder.run(&["watch", "img"]);
    assert_eq!(ended.code(), Some(2));
    assert!(
        ended.diagnostics.contains("unknown AWS profile nobody"),
        "{}",
        ended.diagnostics
    );
}

#[test]
fn the_flag_or_variable_that_names_a_missing_profile_is_blamed_and_similar_ones_are_suggested() {
    let settings = (FILE, "\nprofile = \"prod-e\"\n");
    let profiles = ("aws", "[profile 'prod eu']\n[profile dev]\n");
    let folder = Folder::new("config-blamed", &[settings, profiles]);
    let aws = folder.file("aws");
    let aws = ("AWS_CONFIG_FILE", aws.to_str().unwrap());
    let suggests = "; did you mean prod eu?";
    for (arguments, variables, blamed) in [
        (
            &["--profile=prod-e"][..],
            &[("AWS_PROFILE", "dev")][..],
            "--profile: ",
        ),
        (&[], &[("AWS_PROFILE", "prod-e")], "AWS_PROFILE: "),
        (
            &[],
            &[("AWS_DEFAULT_PROFILE", "prod-e")],
            "AWS_DEFAULT_PROFILE: ",
        ),
        (&[], &[], "config.toml): "),
    ] {
        let arguments = [&["watch", "img"], arguments].concat();
        let ended = folder.run_with(&arguments, &[variables, &[aws]].concat());
        assert_eq!(ended.code(), Some(2), "{}", ended.diagnostics);
        let said = ended.diagnostics;
        assert!(
            said.contains(&format!("{blamed}unknown AWS profile prod")),
            "{said}"
        );
        assert!(said.contains(suggests), "{said}");
        assert!(
            !blamed.contains("toml") || said.contains("profile (line 2 of "),
            "{said}"
        );
    }
}

#[test]
fn keys_in_the_environment_override_the_profile_of_the_file() {
    let folder = with_settings("keys", "profile = \"nobody\"");
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")];
    let line = line(&folder.run_with(&["config"], &keys), "profile");
    assert!(
        line.starts_with("# profile = \"\" # env AWS_ACCESS_KEY_ID: "),
        "{line}"
    );
}

#[test]
fn a_path_in_the_file_is_relative_to_its_folder_or_to_home() {
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

#[test]
fn a_wrong_url_is_no_setting() {
    for (url, why) in [
        ("http://api.example/prod", "must be https"),
        ("api.example/prod", "has no scheme"),
        (
            "https://me:secret@api.example",
            "must not contain a user name",
        ),
    ] {
        let folder = with_settings("wrong-url", &format!("api-url = \"{url}\"\n"));
        let ended = folder.run(&["config"]);
        assert_eq!(ended.code(), Some(2), "{url}");
        let wanted =
            format!("error: invalid value for api-url (line 1 of your file): the API's URL {why}");
        assert!(ended.diagnostics.contains(&wanted), "{}", ended.diagnostics);
        assert!(!ended.diagnostics.contains("secret"));
        let ended = folder.run(&["config", "--api-url", "https://api.example/prod"]);
        assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    }
}

#[test]
fn the_documented_settings_and_theme_work() {
    let document = include_str!("../../../docs/configuration.md");
    let (_, rest) = document.split_once("## Settings").unwrap();
    let blocks = rest.split("```").skip(1).step_by(2);
    let mut shown = blocks.filter_map(|block| block.strip_prefix("toml"));
    let (settings, theme) = (shown.next().unwrap(), shown.next().unwrap());
    let files = [(FILE, settings), ("themes/mine.toml", theme)];
    let folder = Folder::new("config-documents", &files);
    let ended = folder.run(&["config"]);
    assert!(line(&ended, "theme").starts_with("theme = \"mine\" # line "));
}
