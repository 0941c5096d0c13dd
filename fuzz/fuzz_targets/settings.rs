//! Any text as each of the user's own files: the key map, a theme, the settings. It is accepted, or refused in one
//! clean line that names the file.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use bakewatch::testing::Cli;
use bakewatch::testing::config::{Environment, Task};
use bakewatch::testing::text::SafeText;
use clap::Parser;
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("bakewatch-fuzz-{}", std::process::id()));
    fs::create_dir_all(folder.join("themes")).expect("the folder can be made");
    folder
});

/// A file, and a command that reads it.
const FILES: [(&str, &[&str]); 3] = [
    ("keys.toml", &["bakewatch", "keys"]),
    ("config.toml", &["bakewatch", "config"]),
    (
        "themes/mine.toml",
        &[
            "bakewatch",
            "demo",
            "--output",
            "text",
            "--color",
            "always",
            "--theme",
            "mine",
        ],
    ),
];

fuzz_target!(|data: &[u8]| {
    for (file, command) in FILES {
        let path = FOLDER.join(file);
        fs::write(&path, data).expect("the file can be written");
        let environment = Environment {
            config_folder: Some(FOLDER.clone()),
            state_folder: Some(FOLDER.clone()),
            home: Some(FOLDER.clone()),
            ..Environment::default()
        };
        let task = Task::new(Cli::parse_from(command), &environment);
        fs::remove_file(&path).expect("the file can be removed");
        match task {
            Ok(Task::PrintKeys(keys)) => {
                assert!(keys.map.clash().is_none(), "a key means one thing");
            }
            Ok(_) => {}
            Err(error) => {
                let text = error.to_string();
                assert_eq!(error.exit_code(), 2, "{text}");
                assert_eq!(SafeText::new(&text).as_str(), text);
                assert!(!text.contains('\n') && text.contains(file), "{text}");
            }
        }
    }
});
