//! The files that are recorded to and read from: their kinds, their permissions, and two purposes of one file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::program::{Ended, Program, fresh_folder};
use crate::support::recordings::{folder_of, write};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn fifo(path: PathBuf) -> PathBuf {
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    path
}

fn run(state: &Path, arguments: &[&str]) -> Ended {
    Program::start_with(arguments, &[("XDG_STATE_HOME", text(state))]).end()
}

/// A wrong use: one line that says why, and nothing else.
fn check_refused(ended: &Ended, why: &str) {
    assert_eq!(ended.code(), Some(2), "{}", ended.diagnostics);
    let lines: Vec<_> = ended.diagnostics.lines().collect();
    assert_eq!((lines.len(), ended.lines.len()), (1, 0), "{lines:?}");
    assert!(lines[0].contains(why), "{lines:?}");
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let state = fresh_folder();
    let fifo = fifo(state.join("fifo"));
    let demo = ["demo", "-o", "json"];
    let watch = [
        "watch",
        "img",
        "--no-sign-request",
        "--region",
        "us-east-1",
        "--api-url",
    ];
    for (path, what) in [
        (&*fifo, "it is a FIFO; choose a regular file"),
        (&*state, "it is a folder; choose a regular file"),
    ] {
        for flag in ["--record", "--log-file"] {
            let arguments = [&demo[..], &[flag, text(path)]].concat();
            check_refused(&run(&state, &arguments), what);
        }
        let bundle = ["https://x.example", "--ca-bundle", text(path)];
        let ended = run(&state, &[&watch[..], &bundle].concat());
        check_refused(&ended, what);
    }
    for (path, what) in [
        (&*fifo, "it is a FIFO; choose a regular file"),
        (
            Path::new("/dev/zero"),
            "it is a device; choose a regular file",
        ),
    ] {
        for command in ["replay", "report"] {
            check_refused(&run(&state, &[command, text(path)]), what);
        }
    }
    let folder = folder_of(&state, "img");
    fs::rename(fifo, folder.join("fifo.jsonl")).unwrap();
    write(&folder, "a.jsonl", 0, 35, "failed", None);
    let listed = run(&state, &["history", "-o", "json"]);
    assert_eq!((listed.code(), listed.lines.len()), (Some(0), 1));
    let found = run(&state, &["report", "img"]);
    assert_eq!(found.code(), Some(0), "{}", found.diagnostics);
}

#[test]
fn one_file_is_not_both_recording_and_log() {
    let state = fresh_folder();
    let (file, link) = (state.join("file"), state.join("link"));
    let both = |record: &Path, log: &Path| {
        let arguments = ["demo", "-o", "json", "--speed", "2000", "--record"];
        run(
            &state,
            &[&arguments[..], &[text(record), "--log-file", text(log)]].concat(),
        )
    };
    check_refused(&both(&file, &file), "it is the file of --record, too");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    check_refused(&both(&file, &link), "it is the file of --record, too");
    assert_eq!(fs::read(&file).unwrap(), b"");
    // A log of a replay would end its recording.
    write(&state, "recording", 0, 35, "failed", None);
    let recording = state.join("recording");
    let before = fs::read(&recording).unwrap();
    let ended = run(
        &state,
        &["replay", text(&recording), "--log-file", text(&recording)],
    );
    check_refused(&ended, "it is a recording; choose another file");
    assert_eq!(fs::read(&recording).unwrap(), before);
}

#[test]
fn an_empty_file_becomes_readable_by_its_owner_alone() {
    let state = fresh_folder();
    let files = ["recording", "log"].map(|name| state.join(name));
    for file in &files {
        fs::write(file, "").unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let arguments = ["demo", "-o", "json", "--speed", "2000"];
    let places = ["--record", text(&files[0]), "--log-file", text(&files[1])];
    let ended = run(&state, &[&arguments[..], &places].concat());
    assert_eq!(ended.code(), Some(0), "{}", ended.diagnostics);
    for file in &files {
        let mode = fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
}
