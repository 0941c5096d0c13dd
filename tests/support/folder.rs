//! A configuration folder with files in it, removed at the end of the test.

use std::fs;
use std::path::PathBuf;

use super::program::{Ended, Program};

/// The folder that `XDG_CONFIG_HOME` names, above that of the program.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A folder for one test, with these files: their names and texts.
    pub(crate) fn new(test: &str, files: &[(&str, &str)]) -> Self {
        let name = format!("bakewatch-{test}-{}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        for (name, text) in files {
            let file = folder.file(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        folder
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join("bakewatch").join(name)
    }

    pub(crate) fn environment(&self) -> [(&str, &str); 1] {
        [("XDG_CONFIG_HOME", self.0.to_str().unwrap())]
    }

    /// Runs the program to its end, with more in its environment.
    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let environment = [&self.environment(), environment].concat();
        Program::start_with(arguments, &environment).end()
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
