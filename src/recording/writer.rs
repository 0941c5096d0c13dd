//! The sink in front of the inbox: hands on observations once they are recorded, so that everything that was shown is in
//! the recording, even if the program is killed right after.
//!
//! A slow or full disk must block neither the screen nor the signals: a thread writes, and if the recording can't be
//! written, the watch continues without it. Tests: `tests/it/recording/record_and_replay.rs`.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};

use crate::domain::observation::{Batch, ObservationSink};
use crate::domain::outcome::Outcome;
use crate::recording::Recorder;

/// The longest time that observations wait for the disk.
const DISK_TIMEOUT: Duration = Duration::from_secs(1);
/// The time to write the last lines. A disk that hangs must not keep the program from exiting.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// A note for the user about the recording, in one line.
#[derive(Clone, Debug)]
pub(crate) enum WriteNote {
    /// It can't be written.
    Failed(String),
    /// It is complete again, or in another file than the user named.
    Passing(String),
}

enum Command {
    /// Write to this recording from now on.
    Begin(Box<Recorder>),
    /// Write observations, and reply when they are written or the write has failed.
    Record(Batch, oneshot::Sender<()>),
    /// Write the outcome, and end.
    End(Box<Outcome>, DateTime<Utc>),
}

/// The handle of the thread that writes one recording.
#[derive(Debug)]
pub(crate) struct Writer {
    commands: Sender<Command>,
    /// The result of the thread: the failure at the end, if any.
    finished: oneshot::Receiver<Option<WriteNote>>,
}

/// The work of the thread.
#[derive(Debug)]
pub(crate) struct WriterThread {
    commands: Receiver<Command>,
    done: oneshot::Sender<Option<WriteNote>>,
}

/// Records observations, if they are recorded at all, and hands them on to an inbox of messages.
pub(crate) struct RecordingSink<M, F> {
    commands: Option<Sender<Command>>,
    /// The write that the disk was too slow for. Until it ends, observations do not wait for the disk.
    late: Option<oneshot::Receiver<()>>,
    inbox: mpsc::Sender<M>,
    to_message: F,
}

impl Writer {
    /// A writer, and its work, which the caller runs in a thread. It has nothing to write to until its sink begins.
    pub(crate) fn new() -> (Self, WriterThread) {
        let (commands, receiver) = channel();
        let (done, finished) = oneshot::channel();
        let thread = WriterThread {
            commands: receiver,
            done,
        };
        (Self { commands, finished }, thread)
    }

    /// Writes the outcome and waits until everything is written. Returns the failure, if any.
    pub(crate) async fn end(self, outcome: Outcome, at: DateTime<Utc>) -> Option<WriteNote> {
        let _ = self.commands.send(Command::End(Box::new(outcome), at));
        let finished = tokio::time::timeout(FLUSH_TIMEOUT, self.finished).await;
        finished.ok()?.ok()?
    }
}

impl WriterThread {
    /// Writes until the recording ends. The first of several failures sends a note, and so does the first success after
    /// them.
    pub(crate) fn run(self, notify: impl Fn(WriteNote)) {
        let mut failure = None;
        let mut begun = None;
        for command in &self.commands {
            let (written, is_end) = match (command, &mut begun) {
                (Command::Begin(recorder), _) => {
                    begun = Some(recorder);
                    continue;
                }
                (Command::Record(observations, done), Some(recorder)) => {
                    let mut all = observations.iter();
                    let written = all.try_for_each(|one| recorder.record(one));
                    // Those after a failure are in the backlog, too.
                    for observation in all {
                        let _ = recorder.record(observation);
                    }
                    // Fails if the sink no longer waits.
                    let _ = done.send(());
                    (written, false)
                }
                (Command::End(outcome, at), Some(recorder)) => (recorder.end(&outcome, at), true),
                // The watch ends before it is known where to record.
                (_, None) => break,
            };
            let Some(recorder) = &mut begun else {
                break;
            };
            if let Some(note) = recorder.take_note() {
                notify(WriteNote::Passing(note));
            }
            let path = recorder.path().display();
            let note = match (written, &failure) {
                (Ok(()), None) | (Err(_), Some(_)) => None,
                (Ok(()), Some(_)) => {
                    failure = None;
                    let text = format!("writing the recording {path} works again; it is complete");
                    Some(WriteNote::Passing(text))
                }
                (Err(error), None) => {
                    let text = format!(
                        "this watch is not recorded: failed to write {path}: {error}; choose another file with --record"
                    );
                    Some(failure.insert(WriteNote::Failed(text)).clone())
                }
            };
            if let Some(note) = note {
                notify(note);
            }
            if is_end {
                break;
            }
        }
        // Fails if the program is already exiting.
        let _ = self.done.send(failure);
    }
}

impl<M, F> RecordingSink<M, F> {
    /// A sink that makes its messages with `to_message`. Without a writer nothing is recorded.
    pub(crate) fn new(writer: Option<&Writer>, inbox: mpsc::Sender<M>, to_message: F) -> Self {
        Self {
            commands: writer.map(|writer| writer.commands.clone()),
            late: None,
            inbox,
            to_message,
        }
    }

    /// Writes to a recording from now on.
    pub(crate) fn begin(&self, recorder: Recorder) {
        if let Some(commands) = &self.commands {
            // Fails after the end of the recording.
            let _ = commands.send(Command::Begin(Box::new(recorder)));
        }
    }

    async fn write(&mut self, observations: &Batch) {
        let Some(commands) = &self.commands else {
            return;
        };
        let (done, mut written) = oneshot::channel();
        let command = Command::Record(observations.clone(), done);
        // Fails after the end of the recording.
        if commands.send(command).is_err() {
            return;
        }
        let hangs = |late: &mut oneshot::Receiver<()>| {
            matches!(late.try_recv(), Err(oneshot::error::TryRecvError::Empty))
        };
        if self.late.as_mut().is_some_and(hangs) {
            return;
        }
        let in_time = tokio::time::timeout(DISK_TIMEOUT, &mut written).await;
        self.late = in_time.is_err().then_some(written);
    }
}

impl<M, F> ObservationSink for RecordingSink<M, F>
where
    M: Send,
    F: Fn(Batch) -> M + Send + Sync,
{
    async fn send(&mut self, observations: Batch) -> bool {
        self.write(&observations).await;
        let message = (self.to_message)(observations);
        self.inbox.send(message).await.is_ok()
    }

    async fn closed(&self) {
        self.inbox.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::{Observation, Seen, Stream};

    fn observations() -> Batch {
        let observation = Observation {
            at: DateTime::UNIX_EPOCH,
            elapsed: Duration::ZERO,
            stream: Stream::Events,
            next_try: DateTime::UNIX_EPOCH,
            seen: Seen::StackGone,
        };
        vec![observation].into()
    }

    /// A paused clock advances only when nothing else is left to do, so a timeout shorter than the program's own shows
    /// that an observation is held back.
    #[tokio::test(start_paused = true)]
    async fn an_observation_is_handed_on_once_written_and_a_disk_that_hangs_delays_only_one() {
        let (commands, receiver) = channel();
        let (inbox, mut shown) = mpsc::channel(8);
        let mut sink = RecordingSink {
            commands: Some(commands),
            late: None,
            inbox,
            to_message: |observations: Batch| observations.len(),
        };
        let soon = DISK_TIMEOUT / 2;

        let mut first = Box::pin(sink.send(observations()));
        let held_back = tokio::time::timeout(soon, &mut first).await.is_err();
        assert!(held_back && shown.is_empty(), "not written yet");
        let Ok(Command::Record(_, done)) = receiver.try_recv() else {
            panic!("no command to write it");
        };
        done.send(()).unwrap();
        assert!(first.await);
        assert_eq!(shown.try_recv(), Ok(1));

        let mut second = Box::pin(sink.send(observations()));
        assert!(tokio::time::timeout(soon, &mut second).await.is_err());
        let sent = tokio::time::timeout(DISK_TIMEOUT, second).await;
        assert_eq!(sent, Ok(true), "the disk hangs");
        let sent = tokio::time::timeout(soon, sink.send(observations())).await;
        assert_eq!(sent, Ok(true), "the sink knows that it hangs");
    }
}
