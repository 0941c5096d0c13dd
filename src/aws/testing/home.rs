//! A home directory and an environment for one test: the test runs another, ignored one in a process whose
//! environment holds only the given variables.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A home directory that is removed when the test is over.
pub(crate) struct Home(PathBuf);

impl Home {
    /// Makes the directory, with this text as the AWS config file.
    pub(crate) fn new(test: &str, config: &str) -> Self {
        let name = format!("bakewatch-{test}-{}", std::process::id());
        let home = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&home.0).unwrap();
        fs::write(home.0.join("config"), config).unwrap();
        home
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Runs an ignored test, by its path, in this home and environment. Returns the text that it prints after
    /// `found: `.
    pub(crate) async fn run(&self, test: &str, variables: &[(&str, &str)]) -> String {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "--ignored", "--nocapture"])
            .arg(test.split_once("::").unwrap().1)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &self.0)
            .env("AWS_CONFIG_FILE", "config")
            .env("AWS_SHARED_CREDENTIALS_FILE", "credentials")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(variables.iter().copied())
            .current_dir(&self.0)
            .stdin(Stdio::null());
        let output = tokio::process::Command::from(command)
            .output()
            .await
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{printed}{errors}");
        let found = printed
            .lines()
            .filter_map(|line| line.split_once("found: "));
        found.map(|(_, found)| found).collect::<Vec<_>>().join("; ")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}
