//! The thread that writes the recording, between the poller and the application.
//!
//! A slow or full disk must block neither the screen nor the signals; if the recording can't be written, the watch
//! continues without it. Tests: `tests/it/recording.rs`.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};

use crate::app::msg::{Msg, Remark};
use crate::config::Record;
use crate::domain::observation::Observation;
use crate::domain::outcome::Outcome;
use crate::error::Error;
use crate::recording::{Folder, Header, Recorder, Recording};
use crate::runtime::process::tasks::Tasks;

/// The longest time that an observation waits for the disk.
const DISK_TIMEOUT: Duration = Duration::from_secs(1);
/// The time to write the last lines. A disk that hangs must not keep the program from exiting.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Opens the recording, if there is to be one. Returns the first messages of the watch with it: remarks, and the
/// observations of the resumed recording.
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
            let text = "this watch is not recorded: there is no home folder, and XDG_STATE_HOME is not set; pass \
                        --record FILE or --no-record";
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

/// The remarks on a recording that could not be read in full.
pub(super) fn remarks_on(path: &Path, recording: &Recording) -> Vec<Remark> {
    let path = path.display();
    let torn = recording
        .torn
        .then(|| format!("the last line of the recording {path} is truncated; skipped it"));
    let unreadable = (recording.unreadable > 0).then(|| {
        let count = recording.unreadable;
        format!("skipped unreadable lines of the recording {path}: {count}")
    });
    [torn, unreadable]
        .into_iter()
        .flatten()
        .map(|text| Remark::passing(&text))
        .collect()
}

enum Command {
    /// Write an observation, and reply when it is written or has failed.
    Record(Observation, oneshot::Sender<()>),
    /// Write the outcome.
    End(Box<Outcome>, DateTime<Utc>),
}

/// The handle of the writer thread.
#[derive(Debug)]
pub(super) struct RecorderHandle {
    commands: Sender<Command>,
    /// The result of the thread: the error at the end, if any.
    finished: oneshot::Receiver<Option<Remark>>,
}

/// The sink in front of the application: it forwards each observation once it is recorded.
#[derive(Debug)]
pub(super) struct RecordingSink {
    commands: Sender<Command>,
    /// Whether the disk has been too slow once: observations no longer wait for it.
    disk_hangs: bool,
}

impl RecorderHandle {
    /// Starts the thread, which sends remarks on write errors. Without a recorder nothing is written.
    pub(super) fn start(
        recorder: Option<Recorder>,
        remarks: mpsc::UnboundedSender<Remark>,
        tasks: &mut Tasks,
    ) -> (Self, RecordingSink) {
        let (commands, receiver) = channel();
        let (done, finished) = oneshot::channel();
        match recorder {
            Some(recorder) => tasks.spawn_blocking("recorder", move || {
                let error = write_all(recorder, &receiver, &remarks);
                // Fails if the program is already exiting.
                let _ = done.send(error);
            }),
            None => drop(done),
        }
        let sink = RecordingSink {
            commands: commands.clone(),
            disk_hangs: false,
        };
        (Self { commands, finished }, sink)
    }

    /// Writes the outcome and waits until everything is written. Returns the write error, if any.
    pub(super) async fn end(self, outcome: Outcome, at: DateTime<Utc>) -> Option<Remark> {
        let _ = self.commands.send(Command::End(Box::new(outcome), at));
        drop(self.commands);
        let finished = tokio::time::timeout(FLUSH_TIMEOUT, self.finished).await;
        finished.ok()?.ok()?
    }
}

impl RecordingSink {
    /// Forwards observations, each after it is written: everything that was shown is in the recording, even if the
    /// program is killed right after.
    pub(super) async fn forward(
        mut self,
        mut from: mpsc::Receiver<Observation>,
        to: mpsc::Sender<Observation>,
    ) {
        loop {
            let observation = tokio::select! {
                biased;
                () = to.closed() => return,
                observation = from.recv() => observation,
            };
            let Some(observation) = observation else {
                return;
            };
            self.write(&observation).await;
            if to.send(observation).await.is_err() {
                return;
            }
        }
    }

    async fn write(&mut self, observation: &Observation) {
        let (done, written) = oneshot::channel();
        let command = Command::Record(observation.clone(), done);
        // Fails if nothing is recorded.
        if self.commands.send(command).is_ok() && !self.disk_hangs {
            self.disk_hangs = tokio::time::timeout(DISK_TIMEOUT, written).await.is_err();
        }
    }
}

/// Carries out commands until the last handle is dropped. The first of several write errors sends a remark, and so does
/// the first success after them. Returns the last remark if the recording can't be written at the end.
fn write_all(
    mut recorder: Recorder,
    commands: &Receiver<Command>,
    remarks: &mpsc::UnboundedSender<Remark>,
) -> Option<Remark> {
    let mut failure = None;
    for command in commands {
        let written = match command {
            Command::Record(observation, done) => {
                let written = recorder.record(&observation);
                // Fails if the sink no longer waits.
                let _ = done.send(());
                written
            }
            Command::End(outcome, at) => recorder.end(&outcome, at),
        };
        let path = recorder.path().display();
        let remark = match (written, &failure) {
            (Ok(()), None) | (Err(_), Some(_)) => continue,
            (Ok(()), Some(_)) => {
                failure = None;
                Remark::passing(&format!(
                    "writing the recording {path} works again; it is complete"
                ))
            }
            (Err(error), None) => {
                let text = format!(
                    "this watch is not recorded: failed to write {path}: {error}; choose another file with --record"
                );
                failure.insert(Remark::lasting(&text)).clone()
            }
        };
        let _ = remarks.send(remark);
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::Seen;

    fn observation() -> Observation {
        Observation {
            at: DateTime::UNIX_EPOCH,
            elapsed: Duration::ZERO,
            next_poll: DateTime::UNIX_EPOCH,
            seen: Seen::StackGone,
        }
    }

    /// A paused clock advances only when nothing else is left to do, so a timeout shorter than the program's own shows
    /// that an observation is held back.
    #[tokio::test(start_paused = true)]
    async fn an_observation_is_forwarded_once_written_and_a_disk_that_hangs_delays_only_one() {
        let (commands, receiver) = channel();
        let (sender, from) = mpsc::channel(1);
        let (to, mut shown) = mpsc::channel(8);
        let sink = RecordingSink {
            commands,
            disk_hangs: false,
        };
        let task = tokio::task::JoinSet::from_iter([sink.forward(from, to)]);
        let soon = DISK_TIMEOUT / 2;

        sender.send(observation()).await.unwrap();
        assert!(
            tokio::time::timeout(soon, shown.recv()).await.is_err(),
            "not written yet"
        );
        let Ok(Command::Record(_, done)) = receiver.try_recv() else {
            panic!("no command to write it");
        };
        done.send(()).unwrap();
        assert!(tokio::time::timeout(soon, shown.recv()).await.is_ok());

        sender.send(observation()).await.unwrap();
        assert!(tokio::time::timeout(soon, shown.recv()).await.is_err());
        assert!(
            tokio::time::timeout(DISK_TIMEOUT, shown.recv())
                .await
                .is_ok(),
            "the disk hangs"
        );
        sender.send(observation()).await.unwrap();
        assert!(
            tokio::time::timeout(soon, shown.recv()).await.is_ok(),
            "the sink knows that it hangs"
        );
        drop(task);
    }
}
