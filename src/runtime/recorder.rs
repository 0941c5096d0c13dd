//! The thread that writes the recording. A disk that is slow or full must stop neither the screen nor the
//! signals, and the watch goes on without a recording where there can be none.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};

use crate::app::msg::{Msg, Remark};
use crate::config::Record;
use crate::domain::observation::Observation;
use crate::domain::summary::Summary;
use crate::error::Error;
use crate::recording::{Folder, Header, Recorder, Recording};
use crate::runtime::process::tasks::Tasks;

/// For how long a report is held back for the disk's sake.
const PATIENCE: Duration = Duration::from_secs(1);
/// For how long the last lines are waited for. A disk that hangs must not keep the program from ending.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Opens what is to be recorded to, if anything. With it comes what is to be known first: remarks, and what an
/// earlier watch has recorded.
pub(super) fn open(
    record: Record,
    recordings: Option<&Folder>,
    header: Header,
    resumes: bool,
) -> Result<(Option<Recorder>, Vec<Msg>), Error> {
    let now = header.started_at;
    let (recorder, earlier) = match (record, recordings) {
        (Record::No, _) => return Ok((None, Vec::new())),
        (Record::InFolder, None) => {
            let text = "this watch is not recorded: there is no home folder and XDG_STATE_HOME names none; name a \
                        file with --record, or say --no-record";
            return Ok((None, vec![Msg::Remark(Remark::passing(text))]));
        }
        (Record::InFolder, Some(folder)) => Recorder::in_folder(folder.clone(), header, resumes),
        (Record::InFile(path), _) => {
            Recorder::in_file(&path, &header, resumes).map_err(|error| {
                Error::Usage(format!("failed to record to {}: {error}", path.display()))
            })?
        }
    };
    let mut first = Vec::new();
    if let Some(earlier) = earlier {
        let remarks = remarks_on(recorder.path(), &earlier);
        first.extend(remarks.into_iter().map(Msg::Remark));
        first.extend(earlier.resume(now).into_iter().map(Msg::Observed));
    }
    Ok((Some(recorder), first))
}

/// What is to be said of a recording that could not be read in full.
pub(super) fn remarks_on(path: &Path, recording: &Recording) -> Vec<Remark> {
    let path = path.display();
    let torn = recording
        .torn
        .then(|| format!("the recording {path} was cut short in its last line, which is left out"));
    let unreadable = (recording.unreadable > 0).then(|| {
        let count = recording.unreadable;
        format!("in the recording {path} the number of lines that can't be read, and are left out, is {count}")
    });
    [torn, unreadable]
        .into_iter()
        .flatten()
        .map(|text| Remark::passing(&text))
        .collect()
}

/// Something for the thread to write.
enum Command {
    /// A report. The answer comes when what it adds is written, or can't be.
    Observation(Observation, oneshot::Sender<()>),
    End(Box<Summary>, DateTime<Utc>),
}

/// The recording, from the program's side.
#[derive(Debug)]
pub(super) struct RecorderHandle {
    takes: Sender<Command>,
    written: oneshot::Receiver<Option<Remark>>,
}

/// The recording, from the feed's side: where reports go in.
#[derive(Debug)]
pub(super) struct RecordingSink {
    takes: Sender<Command>,
    /// The disk has been too slow once: it is no longer waited for.
    hangs: bool,
}

impl RecorderHandle {
    /// Begins to write, and to say what is to be said about it. Without a recorder nothing is written.
    pub(super) fn start(
        recorder: Option<Recorder>,
        remark: mpsc::UnboundedSender<Remark>,
        tasks: &mut Tasks,
    ) -> (Self, RecordingSink) {
        let (takes, receiver) = channel();
        let (done, written) = oneshot::channel();
        match recorder {
            Some(recorder) => tasks.spawn_blocking("recorder", move || {
                let trouble = write_all(recorder, &receiver, &remark);
                // Nobody listens any more where the program is leaving already.
                let _ = done.send(trouble);
            }),
            None => drop(done),
        }
        let sink = RecordingSink {
            takes: takes.clone(),
            hangs: false,
        };
        (Self { takes, written }, sink)
    }

    /// Writes how the watch ended, and waits until everything is written. What comes back is why it is not.
    pub(super) async fn end(self, summary: Summary, at: DateTime<Utc>) -> Option<Remark> {
        let _ = self.takes.send(Command::End(Box::new(summary), at));
        drop(self.takes);
        let written = tokio::time::timeout(LAST_LINES, self.written).await;
        written.ok()?.ok()?
    }
}

impl RecordingSink {
    /// Passes reports on, each when what it adds to the recording is written: so that what was once shown is
    /// in the recording, whatever happens to the program next.
    pub(super) async fn forward(
        mut self,
        mut from: mpsc::Receiver<Observation>,
        to: mpsc::Sender<Observation>,
    ) {
        loop {
            let report = tokio::select! {
                biased;
                () = to.closed() => return,
                report = from.recv() => report,
            };
            let Some(report) = report else {
                return;
            };
            self.write(&report).await;
            if to.send(report).await.is_err() {
                return;
            }
        }
    }

    async fn write(&mut self, report: &Observation) {
        let (done, written) = oneshot::channel();
        let take = Command::Observation(report.clone(), done);
        // Fails where nothing is recorded.
        if self.takes.send(take).is_ok() && !self.hangs {
            self.hangs = tokio::time::timeout(PATIENCE, written).await.is_err();
        }
    }
}

/// Writes as long as there is something to write. That it can't be written is said once, and once that it can
/// be again. What comes back is what can't be written at the end.
fn write_all(
    mut recorder: Recorder,
    takes: &Receiver<Command>,
    remarks: &mpsc::UnboundedSender<Remark>,
) -> Option<Remark> {
    let mut trouble = None;
    for take in takes {
        let written = match take {
            Command::Observation(report, done) => {
                let written = recorder.record(&report);
                // Whoever no longer waits for it does not mind.
                let _ = done.send(());
                written
            }
            Command::End(summary, at) => recorder.end(&summary, at),
        };
        let path = recorder.path().display();
        let remark = match (written, &trouble) {
            (Ok(()), None) | (Err(_), Some(_)) => continue,
            (Ok(()), Some(_)) => {
                trouble = None;
                Remark::passing(&format!(
                    "the recording {path} can be written again; nothing is missing in it"
                ))
            }
            (Err(error), None) => {
                let text = format!(
                    "this watch is not recorded: failed to write {path}: {error}; --record names another file"
                );
                trouble.insert(Remark::lasting(&text)).clone()
            }
        };
        let _ = remarks.send(remark);
    }
    trouble
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::Seen;

    fn report() -> Observation {
        Observation {
            at: DateTime::UNIX_EPOCH,
            elapsed: Duration::ZERO,
            next_poll: DateTime::UNIX_EPOCH,
            news: Seen::StackGone,
        }
    }

    /// A paused clock moves on only when nothing else is left to do, so a timeout that is shorter than the
    /// program's own tells that a report is held back.
    #[tokio::test(start_paused = true)]
    async fn a_report_is_shown_once_it_is_written_and_a_disk_that_hangs_holds_up_one() {
        let (takes, receiver) = channel();
        let (sender, from) = mpsc::channel(1);
        let (to, mut shown) = mpsc::channel(8);
        let sink = RecordingSink {
            takes,
            hangs: false,
        };
        let task = tokio::task::JoinSet::from_iter([sink.forward(from, to)]);
        let soon = PATIENCE / 2;

        sender.send(report()).await.unwrap();
        assert!(
            tokio::time::timeout(soon, shown.recv()).await.is_err(),
            "not written yet"
        );
        let Ok(Command::Observation(_, done)) = receiver.try_recv() else {
            panic!("it is to be written");
        };
        done.send(()).unwrap();
        assert!(tokio::time::timeout(soon, shown.recv()).await.is_ok());

        sender.send(report()).await.unwrap();
        assert!(tokio::time::timeout(soon, shown.recv()).await.is_err());
        assert!(
            tokio::time::timeout(PATIENCE, shown.recv()).await.is_ok(),
            "the disk hangs"
        );
        sender.send(report()).await.unwrap();
        assert!(
            tokio::time::timeout(soon, shown.recv()).await.is_ok(),
            "it is known to hang"
        );
        drop(task);
    }
}
