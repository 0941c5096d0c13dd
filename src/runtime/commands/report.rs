//! Writes the reports that the user requests on the screen: each to a new file in the current folder, on a thread of its
//! own.

use std::fs::{self, File};
use std::io::{self, Write};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::app::msg::Msg;
use crate::app::session::Session;
use crate::clock::Clock;
use crate::output;
use crate::output::Subject;
use crate::runtime::process::tasks::Tasks;

/// The characters of the image ID in a file name.
const MAX_NAME: usize = 64;
/// The number of names to try. Reports are named by the second.
const TRIES: usize = 100;

/// The time to finish reports on exit: a disk that hangs must not keep the program from exiting.
const FINISH_TIMEOUT: Duration = Duration::from_secs(1);

/// Writes reports and yields the results as messages.
#[derive(Debug)]
pub(crate) struct ReportWriter {
    done: mpsc::UnboundedSender<Msg>,
    results: mpsc::UnboundedReceiver<Msg>,
    /// The number of reports being written.
    open: usize,
}

impl ReportWriter {
    pub(crate) fn new() -> Self {
        let (done, results) = mpsc::unbounded_channel();
        let open = 0;
        Self {
            done,
            results,
            open,
        }
    }

    /// Waits for the result of a report.
    pub(crate) async fn next(&mut self) -> Msg {
        match self.results.recv().await {
            Some(msg) => {
                self.open -= 1;
                msg
            }
            None => std::future::pending().await,
        }
    }

    /// Waits for the reports being written and returns their results: half a report would look like a whole one.
    pub(crate) async fn finish(&mut self) -> Vec<Msg> {
        let mut results = Vec::new();
        let all = async {
            while self.open > 0 {
                results.push(self.next().await);
            }
        };
        let _ = timeout(FINISH_TIMEOUT, all).await;
        results
    }

    /// Starts to write a report of the current build.
    pub(crate) fn write(&mut self, session: &Session, now: DateTime<Utc>, tasks: &mut Tasks) {
        let subject = Subject {
            image_id: &session.target.image_id,
            region: session.target.region.as_ref(),
            note: session.target.note.as_deref(),
            recorded_by: None,
            now,
        };
        let markdown = output::report(&session.build, &subject);
        let stem = file_stem(&session.target.image_id, Clock::wall().now());
        self.start(stem, markdown, tasks);
    }

    fn start(&mut self, stem: String, markdown: String, tasks: &mut Tasks) {
        self.open += 1;
        let done = self.done.clone();
        tasks.spawn_blocking("report", move || {
            let written = write_new(&stem, &markdown).map_err(|error| {
                format!("failed to write {stem}.md: {error}; run bakewatch in a folder that you can write to")
            });
            // Fails if the program is already exiting.
            let _ = done.send(Msg::ReportWritten(written));
        });
    }
}

/// The file name of a report without its extension. The image ID may come from an untrusted recording.
fn file_stem(image_id: &str, now: DateTime<Utc>) -> String {
    let replace = |character: char| {
        let is_plain = character.is_ascii_alphanumeric() || character == '-';
        if is_plain { character } else { '_' }
    };
    let image: String = image_id.chars().take(MAX_NAME).map(replace).collect();
    format!("bakewatch-{image}-{}", now.format("%Y%m%dT%H%M%SZ"))
}

/// Writes to a new file and returns its name. The user will share it, so it has the default permissions.
fn write_new(stem: &str, text: &str) -> io::Result<String> {
    let mut names = (1..=TRIES).map(|number| match number {
        1 => format!("{stem}.md"),
        number => format!("{stem}-{number}.md"),
    });
    let taken = || io::Error::from(io::ErrorKind::AlreadyExists);
    let (mut file, name) = loop {
        let name = names.next().ok_or_else(taken)?;
        match File::create_new(&name) {
            Ok(file) => break (file, name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    };
    file.write_all(text.as_bytes()).inspect_err(|_| {
        // Half a report would look like a whole one.
        let _ = fs::remove_file(&name);
    })?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_never_overwrites_another() {
        let folder = std::env::temp_dir().join(format!("bakewatch-reports-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let stem = folder.join("r").display().to_string();
        let names = ["one", "two"].map(|text| write_new(&stem, text).unwrap());
        assert_eq!(names, [format!("{stem}.md"), format!("{stem}-2.md")]);
        assert_eq!(fs::read_to_string(&names[0]).unwrap(), "one");
        fs::remove_dir_all(&folder).unwrap();
        assert!(write_new(&stem, "three").is_err());
    }

    #[tokio::test]
    async fn exiting_waits_for_the_whole_report() {
        let stem = std::env::temp_dir().join(format!("bakewatch-report-{}", std::process::id()));
        let stem = stem.display().to_string();
        let text = "all of it\n".repeat(1 << 20);
        let (mut reports, mut tasks) = (ReportWriter::new(), Tasks::default());
        assert!(reports.finish().await.is_empty());
        reports.start(stem.clone(), text.clone(), &mut tasks);
        assert_eq!(reports.finish().await.len(), 1);
        let file = format!("{stem}.md");
        let written = fs::read_to_string(&file).unwrap();
        fs::remove_file(&file).unwrap();
        assert_eq!((written.len(), reports.open), (text.len(), 0));
    }

    #[test]
    fn a_file_name_contains_no_path() {
        let at = DateTime::UNIX_EPOCH;
        assert_eq!(
            file_stem("alinux2-image", at),
            "bakewatch-alinux2-image-19700101T000000Z"
        );
        assert_eq!(
            file_stem("../a b/\u{1b}é", at),
            "bakewatch-___a_b___-19700101T000000Z"
        );
        assert!(file_stem(&"x".repeat(1000), at).len() < 100);
    }
}
