//! The errors that end the program, and their exit codes.
//!
//! `config` and `runtime` return them; `lib::main` prints them.

use std::io;
use std::path::PathBuf;

use crate::exit_code;
use crate::text::safe::{SafeText, one_line};

/// An error that ends the program. Its text is one lower-case line: `failed to X: why; what to do`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Invalid arguments or configuration.
    #[error("{0}")]
    Usage(String),
    /// Requests that the command can't do without failed.
    #[error("{0}")]
    Requests(String),
    #[error("failed to use the terminal: {0}; `--output text` works without one")]
    Terminal(#[source] io::Error),
    #[error("failed to write the output: {0}")]
    Output(#[source] io::Error),
    #[error("failed to open the log file {path}: {source}", path = path.display())]
    LogFile { path: PathBuf, source: io::Error },
    #[error("failed to read the folder of recordings {path}: {source}", path = path.display())]
    Recordings { path: PathBuf, source: io::Error },
    /// The operating system refused an action.
    #[error("failed to {action}: {source}")]
    System {
        action: &'static str,
        source: io::Error,
    },
    /// A task panicked.
    #[error("bakewatch crashed: {0}; this is a bug, please report it")]
    Bug(String),
}

impl Error {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::LogFile { .. } => exit_code::USAGE,
            Self::Output(source) if source.kind() == io::ErrorKind::BrokenPipe => {
                exit_code::CLOSED_PIPE
            }
            Self::Requests(_)
            | Self::Terminal(_)
            | Self::Output(_)
            | Self::Recordings { .. }
            | Self::System { .. } => exit_code::NOT_WATCHED,
            Self::Bug(_) => exit_code::BUG,
        }
    }

    /// The error as one safe line. It names files and quotes arguments, which a script may have from an untrusted
    /// source.
    pub fn to_line(&self) -> String {
        one_line(SafeText::new(&self.to_string()).as_str())
    }

    /// Whether nothing is to be printed because the reader of the output is gone, as `head` does.
    pub fn is_quiet(&self) -> bool {
        self.exit_code() == exit_code::CLOSED_PIPE
    }
}
