//! Reports that a person asks for: each is a new file in the current folder, written on a thread of its own.

use std::fs::{self, File};
use std::io::{self, Write};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::app::model::Model;
use crate::app::msg::Msg;
use crate::clock::Clock;
use crate::output;
use crate::output::Subject;
use crate::runtime::process::tasks::Tasks;

/// Characters of the image's id in a file's name.
const NAME: usize = 64;
/// So many names are tried. Reports are named by the second.
const TRIES: usize = 100;

/// Who leaves does not wait longer for a disk that hangs.
const PATIENCE: Duration = Duration::from_secs(1);

/// Writes reports, and tells what became of them.
#[derive(Debug)]
pub(crate) struct Reports {
    done: mpsc::UnboundedSender<Msg>,
    heard: mpsc::UnboundedReceiver<Msg>,
    /// How many are being written.
    open: usize,
}

impl Reports {
    pub(crate) fn new() -> Self {
        let (done, heard) = mpsc::unbounded_channel();
        let open = 0;
        Self { done, heard, open }
    }

    /// Waits until a report was written, or could not be.
    pub(crate) async fn next(&mut self) -> Msg {
        match self.heard.recv().await {
            Some(msg) => {
                self.open -= 1;
                msg
            }
            None => std::future::pending().await,
        }
    }

    /// Waits for what is being written, and tells what became of it: half a report would pass for one.
    pub(crate) async fn settle(&mut self) -> Vec<Msg> {
        let mut told = Vec::new();
        let all = async {
            while self.open > 0 {
                told.push(self.next().await);
            }
        };
        let _ = timeout(PATIENCE, all).await;
        told
    }

    /// Writes a report of the build as it is now, at some time soon.
    pub(crate) fn write(&mut self, model: &Model, tasks: &mut Tasks) {
        let subject = Subject {
            image_id: &model.target.image_id,
            region: model.target.region.as_ref(),
            note: model.target.note.as_deref(),
            recorded_by: None,
            now: model.now,
        };
        let markdown = output::report(&model.build, &subject);
        let stem = stem(&model.target.image_id, Clock::wall().now());
        self.begin(stem, markdown, tasks);
    }

    fn begin(&mut self, stem: String, markdown: String, tasks: &mut Tasks) {
        self.open += 1;
        let done = self.done.clone();
        tasks.spawn_blocking("report", move || {
            let written = write_new(&stem, &markdown).map_err(|error| {
                format!("failed to write {stem}.md: {error}; the current folder must be one that you can write to")
            });
            // Nobody listens any more where the program is leaving already.
            let _ = done.send(Msg::ReportWritten(written));
        });
    }
}

/// The name of a report without its ending. The image's id can come from a recording, and so be anything.
fn stem(image_id: &str, now: DateTime<Utc>) -> String {
    let plain = |character: char| {
        let good = character.is_ascii_alphanumeric() || character == '-';
        if good { character } else { '_' }
    };
    let image: String = image_id.chars().take(NAME).map(plain).collect();
    format!("bakewatch-{image}-{}", now.format("%Y%m%dT%H%M%SZ"))
}

/// Writes to a file that was not there before, and says what it is called. It is made to be shared, so it has
/// the usual permissions.
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
        // Half a report would pass for one.
        let _ = fs::remove_file(&name);
    })?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_report_is_written_over_another() {
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
    async fn who_leaves_waits_for_the_whole_report() {
        let stem = std::env::temp_dir().join(format!("bakewatch-report-{}", std::process::id()));
        let stem = stem.display().to_string();
        let text = "all of it\n".repeat(1 << 20);
        let (mut reports, mut tasks) = (Reports::new(), Tasks::default());
        assert!(reports.settle().await.is_empty());
        reports.begin(stem.clone(), text.clone(), &mut tasks);
        assert_eq!(reports.settle().await.len(), 1);
        let file = format!("{stem}.md");
        let written = fs::read_to_string(&file).unwrap();
        fs::remove_file(&file).unwrap();
        assert_eq!((written.len(), reports.open), (text.len(), 0));
    }

    #[test]
    fn a_name_holds_nothing_that_leads_elsewhere() {
        let at = DateTime::UNIX_EPOCH;
        assert_eq!(
            stem("alinux2-image", at),
            "bakewatch-alinux2-image-19700101T000000Z"
        );
        assert_eq!(
            stem("../a b/\u{1b}é", at),
            "bakewatch-___a_b___-19700101T000000Z"
        );
        assert!(stem(&"x".repeat(1000), at).len() < 100);
    }
}
