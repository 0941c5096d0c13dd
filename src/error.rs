//! Why the program could not do what it was asked, and the exit code that says so.

use std::io;
use std::path::PathBuf;

use crate::app::status::outcome::code;
use crate::text::safe::{SafeText, one_line};

/// An error that ends the program. Displayed as one lower-case line: what failed, on what, why, what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program was called, or is configured, in a way that can't work.
    #[error("{0}")]
    Usage(String),
    /// The terminal could not be used.
    #[error("failed to use the terminal: {0}; `--output text` needs none")]
    Terminal(#[source] io::Error),
    /// The output could not be written.
    #[error("failed to write the output: {0}")]
    Output(#[source] io::Error),
    /// The log file could not be made.
    #[error("failed to open the log file {path}: {source}", path = path.display())]
    LogFile { path: PathBuf, source: io::Error },
    /// The folder of all recordings could not be read.
    #[error("failed to read the folder of recordings {path}: {source}", path = path.display())]
    Recordings { path: PathBuf, source: io::Error },
    /// Something that the operating system refused.
    #[error("failed to {action}: {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// Why it was refused.
        source: io::Error,
    },
    /// A part of the program died.
    #[error("a part of bakewatch died: {0}; this is a bug, please report it")]
    Bug(String),
}

impl Error {
    /// The exit code for this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::LogFile { .. } => code::USAGE,
            Self::Output(source) if source.kind() == io::ErrorKind::BrokenPipe => code::CLOSED_PIPE,
            Self::Terminal(_) | Self::Output(_) | Self::Recordings { .. } | Self::System { .. } => {
                code::NOT_WATCHED
            }
            Self::Bug(_) => code::BUG,
        }
    }

    /// The error as one line that can be shown. It names files and quotes what a person gave it, which a script
    /// may have from anywhere.
    pub fn told(&self) -> String {
        one_line(SafeText::new(&self.to_string()).as_str())
    }

    /// Whether nobody is left to be told: the reader of the output has gone, as `head` does.
    pub fn is_quiet(&self) -> bool {
        self.exit_code() == code::CLOSED_PIPE
    }
}
