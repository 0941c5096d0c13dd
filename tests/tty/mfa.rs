//! A role that needs an MFA code, in a real terminal, with a scripted STS.

use chrono::{TimeDelta, Utc};

use crate::support::aws::Aws;
use crate::support::folder::Folder;
use crate::support::terminal::Terminal;

const CODES: [&str; 3] = ["918273", "564738", "192837"];

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the program compares the expiry with the real time"
)]
fn a_code_is_asked_for_until_it_is_right_and_again_before_its_session_expires() {
    let mut aws = Aws::start();
    aws.begin();
    let folder = Folder::new("mfa-tty", &[("aws", &Aws::profile_with_device())]);
    let files = ["aws", "log", "recording.jsonl"].map(|name| folder.file(name));
    let [config, log, recording] = files.each_ref().map(|file| file.to_str().unwrap());
    let arguments = [
        &["watch", "img", "--profile", "dev", "--interval", "200ms"][..],
        &["--debug", "--log-file", log, "--record", recording],
    ];
    let environment = [
        ("AWS_ENDPOINT_URL", aws.url.as_str()),
        ("AWS_CONFIG_FILE", config),
    ];
    let mut terminal = Terminal::start(100, 30, &arguments.concat(), &environment);
    let enter = |terminal: &mut Terminal, code: &str| {
        terminal.wait_for("MFA code: ").press(code);
        terminal.wait_for("6 of 6 digits").press("\r");
    };

    terminal.wait_for("needs an MFA code");
    aws.refuse_code();
    enter(&mut terminal, CODES[0]);
    terminal.wait_for("each code");
    let expiry = Utc::now() + TimeDelta::hours(1);
    aws.accept_code(expiry);
    enter(&mut terminal, CODES[1]);
    terminal
        .wait_for("CREATE_IN_PROGRESS")
        .wait_gone("MFA code");

    // By the clock of the services it expires soon, and is still good.
    aws.account().time = Some(expiry - TimeDelta::minutes(4));
    terminal.wait_for("MFA code: ").press("\u{1b}");
    terminal
        .wait_for("r asks for the MFA code again")
        .wait_gone("MFA code: ");
    aws.push("InstanceRole", "CREATE_IN_PROGRESS", "");
    terminal.wait_for("InstanceRole");
    aws.accept_code(expiry + TimeDelta::hours(1));
    terminal.press("r");
    enter(&mut terminal, CODES[2]);
    aws.push("InstanceProfile", "CREATE_IN_PROGRESS", "");
    terminal.wait_for("InstanceProfile").wait_gone("MFA code");
    terminal.press("q");
    terminal.end();

    let calls = aws.calls_of("AssumeRole");
    let sent: Vec<_> = calls
        .iter()
        .filter_map(|call| call.code.as_deref())
        .collect();
    assert_eq!(sent, CODES, "each is sent once");
    let kept = files
        .map(|file| std::fs::read_to_string(file).unwrap())
        .concat();
    let outputs = kept + &terminal.written();
    for code in CODES {
        assert!(!outputs.contains(code), "{code} is kept or shown");
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the program compares the expiry with the real time"
)]
fn the_list_of_builds_asks_for_the_code_and_the_chosen_build_needs_no_other() {
    let mut aws = Aws::start();
    aws.begin();
    let folder = Folder::new("mfa-picker", &[("aws", &Aws::profile_with_device())]);
    let config = folder.file("aws");
    let environment = [
        ("AWS_ENDPOINT_URL", aws.url.as_str()),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
    ];
    let start = |arguments: &[&str]| Terminal::start(100, 30, arguments, &environment);
    let mut terminal = start(&["watch", "--profile", "dev"]);
    terminal.wait_for("MFA code: ").press("\u{1b}");
    terminal
        .wait_for("r asks for the MFA code again")
        .wait_gone("MFA code: ")
        .press("r")
        .wait_for("MFA code: ");
    aws.refuse_code();
    terminal.press(CODES[0]).wait_for("6 of 6 digits");
    terminal.press("\r").wait_for("each code");
    aws.accept_code(Utc::now() + TimeDelta::hours(1));
    terminal.wait_for("MFA code: ").press(CODES[1]);
    terminal.wait_for("6 of 6 digits").press("\r");
    terminal.wait_for("building").press("\r");
    terminal.wait_for("CREATE_IN_PROGRESS").press("q");
    terminal.end();
    assert_eq!(aws.calls_of("AssumeRole").len(), 2);

    let mut terminal = start(&["watch", "--all-building", "--profile", "dev"]);
    terminal.wait_for("MFA code: ").press("\u{3}\u{3}");
    assert_eq!(terminal.end().exit_code(), 0);
}
