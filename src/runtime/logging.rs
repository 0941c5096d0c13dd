//! The log: to a file that only its owner can read, never onto the screen.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

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
    let level = if log.debug {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    // Only what this program says: the AWS crates write credentials and tokens into their logs.
    let own = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(Mutex::new(file));
    let subscriber = tracing_subscriber::registry().with(lines).with(own);
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
