//! The log file, readable only by its owner. Nothing is logged to the screen.
//!
//! Each record is one line of safe text, because users read logs in terminals. A full disk affects only the log.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

use crate::app::msg::Remark;
use crate::config::{Log, Record};
use crate::error::Error;
use crate::file;
use crate::recording::folder;
use crate::runtime::inbox::RemarkSender;
use crate::text::safe::SafeText;

/// Starts logging if `--log-file` is given. The first later write error becomes a remark.
pub(crate) fn start(log: &Log, record: &Record, remarks: RemarkSender) -> Result<(), Error> {
    let Some(path) = &log.file else {
        return Ok(());
    };
    let record = match record {
        Record::InFile(record) => Some(&**record),
        Record::InFolder | Record::No => None,
    };
    let file = open(path, record).map_err(|source| Error::LogFile {
        path: path.clone(),
        source,
    })?;
    let level = if log.debug {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    // Only our own records: the AWS crates log credentials and tokens.
    let own = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let lines = LogLines {
        file,
        path: path.clone(),
        remarks: Some(remarks),
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        // It would report a full disk on standard error, in the middle of the screen.
        .log_internal_errors(false)
        .with_writer(Mutex::new(lines));
    let subscriber = tracing_subscriber::registry().with(lines).with(own);
    // Fails only if logging is already set up, as by another test.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

/// Opens the log. `record` is the file that the user wants to record to.
fn open(path: &Path, record: Option<&Path>) -> io::Result<File> {
    file::check_writable_kind(path)?;
    let invalid = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    if folder::header_of(path).is_some() {
        return invalid("it is a recording; choose another file");
    }
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    file::keep_private(&file);
    if record.is_some_and(|record| file::is_same(record, path)) {
        return invalid("it is the file of --record, too; choose another file");
    }
    Ok(file)
}

/// Writes safe lines to the file.
struct LogLines {
    file: File,
    path: PathBuf,
    /// `None` once a write error was reported: at once, or with a later record if the loop was slow.
    remarks: Option<RemarkSender>,
}

impl Write for LogLines {
    /// The subscriber passes one whole line per call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = SafeText::new(text.trim_end_matches('\n'));
        let text = text.as_str().replace('\n', "␊") + "\n";
        let written = self.file.write_all(text.as_bytes());
        if let Err(error) = written
            && let Some(remarks) = &self.remarks
        {
            let path = self.path.display();
            let text = format!("the log is incomplete: failed to write {path}: {error}");
            if remarks.try_send(Remark::lasting(&text)) {
                self.remarks = None;
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::msg::Msg;
    use crate::runtime::inbox::Inbox;
    use std::fs;

    fn lines(path: &Path) -> (LogLines, Inbox) {
        let (messages, inbox) = Inbox::new();
        let remarks = RemarkSender::new(&messages);
        let lines = LogLines {
            file: open(path, None).unwrap(),
            path: path.to_owned(),
            remarks: Some(remarks),
        };
        (lines, inbox)
    }

    #[test]
    fn a_record_is_one_safe_line() {
        let path = std::env::temp_dir().join(format!("bakewatch-log-{}", std::process::id()));
        let (mut log, _) = lines(&path);
        log.write_all(b"a\x1b[2J\nforged\xff\n").unwrap();
        log.write_all("\u{202e}b\n".as_bytes()).unwrap();
        let logged = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(logged, "a␛[2J␊forged\u{fffd}\n\\u{202e}b\n");
    }

    #[tokio::test]
    async fn a_full_disk_is_reported_once_and_stops_nothing() {
        let (mut log, mut inbox) = lines(Path::new("/dev/full"));
        for _ in 0..3 {
            log.write_all(b"a line\n").unwrap();
        }
        let Msg::Remark(remark) = inbox.next().await else {
            panic!("a remark is expected");
        };
        assert!(
            remark.text.as_str().contains("failed to write /dev/full: "),
            "{remark:?}"
        );
        let next = tokio::time::timeout(std::time::Duration::ZERO, inbox.next());
        assert!(next.await.is_err());
    }
}
