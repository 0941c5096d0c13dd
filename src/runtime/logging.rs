//! The log: to a file that only its owner can read, never onto the screen.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use tracing::Level;

use crate::config::Log;
use crate::error::Error;

/// Begins to log, where a log is wanted.
pub(super) fn start(log: &Log) -> Result<(), Error> {
    let Some(path) = &log.file else {
        return Ok(());
    };
    let file = open(path).map_err(|source| Error::LogFile {
        path: path.clone(),
        source,
    })?;
    let level = if log.debug { Level::DEBUG } else { Level::INFO };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .finish();
    // Fails only where a log was started before, which a test may have done.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}
