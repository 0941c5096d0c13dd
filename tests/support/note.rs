//! A command for `--on-outcome` that leaves a note behind.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use super::program::DEADLINE;

/// A file that a command writes; gone when the test is.
pub(crate) struct Note(PathBuf);

impl Note {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("bakewatch-on-outcome-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    /// A command that writes this, as a whole.
    pub(crate) fn command(&self, text: &str) -> String {
        let path = self.0.display();
        format!(
            "echo to-stdout; echo to-stderr >&2; cat; echo \"{text}\" > {path}.new; mv {path}.new {path}"
        )
    }

    pub(crate) fn exists(&self) -> bool {
        self.0.exists()
    }

    pub(crate) fn wait(&self) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            match fs::read_to_string(&self.0) {
                Ok(text) => return text,
                Err(_) => assert!(Instant::now() < end, "the command did not run"),
            }
            std::thread::yield_now();
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The variables of an outcome, as a shell writes them.
pub(crate) const OUTCOME: &str =
    "$BAKEWATCH_OUTCOME $BAKEWATCH_EXIT_CODE $BAKEWATCH_IMAGE_ID $BAKEWATCH_AMI_ID";
