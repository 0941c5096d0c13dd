//! The sink in front of the inbox: hands on observations once they are recorded, so that everything that was shown is in
//! the recording, even if the program is killed right after.
//!
//! A slow or full disk must block neither the screen nor the signals: a thread writes, and if a recording can't be
//! written, its watch continues without it. One thread writes all recordings of the program, since a thread of its own for
//! each of many builds costs memory and gains nothing: they are on the same disk. Tests:
//! `tests/it/recording/record_and_replay.rs`.

use std::collections::HashMap;
use std::io;
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

/// What is to be done with a recording.
enum Command {
    /// It has nothing to write to yet.
    Open,
    /// Write to this recording from now on.
    Begin(Box<Recorder>),
    /// Write observations, and reply when they are written or the write has failed.
    Record(Batch, oneshot::Sender<()>),
    /// Write the outcome, and reply with the failure at the end, if any.
    End(
        Box<Outcome>,
        DateTime<Utc>,
        oneshot::Sender<Option<WriteNote>>,
    ),
}

/// The commands to the thread, each with the number of its recording.
type Commands = Sender<(usize, Command)>;

/// The handle of the thread that writes the recordings.
#[derive(Debug)]
pub(crate) struct Writing {
    commands: Commands,
    opened: usize,
}

/// The handle of one recording.
#[derive(Debug)]
pub(crate) struct Writer {
    number: usize,
    commands: Commands,
}

/// The work of the thread.
#[derive(Debug)]
pub(crate) struct WriterThread(Receiver<(usize, Command)>);

/// A recording, as the thread knows it.
#[derive(Default)]
struct Open {
    /// `None` until it begins.
    recorder: Option<Box<Recorder>>,
    failure: Option<WriteNote>,
}

/// Records observations, if they are recorded at all, and hands them on to an inbox of messages.
pub(crate) struct RecordingSink<M, F> {
    commands: Option<(usize, Commands)>,
    /// The write that the disk was too slow for. Until it ends, observations do not wait for the disk.
    late: Option<oneshot::Receiver<()>>,
    inbox: mpsc::Sender<M>,
    to_message: F,
}

impl Writing {
    /// The handle, and the work of the thread, which the caller runs.
    pub(crate) fn new() -> (Self, WriterThread) {
        let (commands, receiver) = channel();
        let opened = 0;
        (Self { commands, opened }, WriterThread(receiver))
    }

    /// The writer of another recording. It has nothing to write to until its sink begins.
    pub(crate) fn open(&mut self) -> Writer {
        let writer = Writer {
            number: self.opened,
            commands: self.commands.clone(),
        };
        self.opened += 1;
        // Fails if the thread has panicked, which ends the program.
        let _ = writer.commands.send((writer.number, Command::Open));
        writer
    }
}

impl Writer {
    /// Writes the outcome and waits until everything is written. Returns the failure, if any.
    pub(crate) async fn end(self, outcome: Outcome, at: DateTime<Utc>) -> Option<WriteNote> {
        let (done, finished) = oneshot::channel();
        let end = Command::End(Box::new(outcome), at, done);
        let _ = self.commands.send((self.number, end));
        let finished = tokio::time::timeout(FLUSH_TIMEOUT, finished).await;
        finished.ok()?.ok()?
    }
}

impl WriterThread {
    /// Writes until nothing more can be recorded. The first of several failures of a recording sends a note, and so does
    /// the first success after them.
    pub(crate) fn run(self, notify: impl Fn(WriteNote)) {
        let mut recordings = HashMap::<usize, Open>::new();
        for (number, command) in &self.0 {
            match command {
                Command::Open => drop(recordings.insert(number, Open::default())),
                Command::Begin(recorder) => {
                    // A watch may end before it is known where to record: then the recorder is dropped, with its lock.
                    if let Some(open) = recordings.get_mut(&number) {
                        open.recorder = Some(recorder);
                    }
                }
                Command::Record(observations, done) => {
                    if let Some(open) = recordings.get_mut(&number) {
                        open.record(&observations, done, &notify);
                    }
                }
                Command::End(outcome, at, done) => {
                    let failure = recordings.remove(&number).and_then(|mut open| {
                        let written = open.recorder.as_mut()?.end(&outcome, at);
                        open.note(written, &notify);
                        open.failure
                    });
                    // Fails if the program is already exiting.
                    let _ = done.send(failure);
                }
            }
        }
    }
}

impl Open {
    fn record(
        &mut self,
        observations: &Batch,
        done: oneshot::Sender<()>,
        notify: impl Fn(WriteNote),
    ) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let mut all = observations.iter();
        let written = all.try_for_each(|one| recorder.record(&one));
        // Those after a failure are in the backlog, too.
        for observation in all {
            let _ = recorder.record(&observation);
        }
        // Fails if the sink no longer waits.
        let _ = done.send(());
        self.note(written, notify);
    }

    /// Tells the user what has changed about the recording.
    fn note(&mut self, written: io::Result<()>, notify: impl Fn(WriteNote)) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        if let Some(note) = recorder.take_note() {
            notify(WriteNote::Passing(note));
        }
        let path = recorder.path().display();
        match (written, &self.failure) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some(_)) => {
                self.failure = None;
                let text = format!("writing the recording {path} works again; it is complete");
                notify(WriteNote::Passing(text));
            }
            (Err(error), None) => {
                let text = format!(
                    "this watch is not recorded: failed to write {path}: {error}; choose another file with --record"
                );
                notify(self.failure.insert(WriteNote::Failed(text)).clone());
            }
        }
    }
}

impl<M, F> RecordingSink<M, F> {
    /// A sink that makes its messages with `to_message`. Without a writer nothing is recorded.
    pub(crate) fn new(writer: Option<&Writer>, inbox: mpsc::Sender<M>, to_message: F) -> Self {
        Self {
            commands: writer.map(|writer| (writer.number, writer.commands.clone())),
            late: None,
            inbox,
            to_message,
        }
    }

    /// Writes to a recording from now on.
    pub(crate) fn begin(&self, recorder: Recorder) {
        if let Some((number, commands)) = &self.commands {
            let _ = commands.send((*number, Command::Begin(Box::new(recorder))));
        }
    }

    async fn write(&mut self, observations: &Batch) {
        let Some((number, commands)) = &self.commands else {
            return;
        };
        let (done, mut written) = oneshot::channel();
        let command = Command::Record(observations.clone(), done);
        // After the end of the recording, the reply is that there is none.
        if commands.send((*number, command)).is_err() {
            return;
        }
        // None of its events is written before the last page of the walk, and the next page is not to wait.
        if observations
            .iter()
            .all(|one| one.seen.is_of_unfinished_walk())
        {
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
    use crate::domain::observation::{Observation, Seen, Stream, WalkStep};

    fn observations() -> Batch {
        vec![observation(Seen::StackGone)].into()
    }

    fn observation(seen: Seen) -> Observation {
        Observation {
            at: DateTime::UNIX_EPOCH,
            elapsed: Duration::ZERO,
            stream: Stream::Events,
            next_try: DateTime::UNIX_EPOCH,
            seen,
        }
    }

    /// A sink, and the receivers of what it sends: to the disk, and after that to the inbox, the number of observations.
    type Sink = (
        RecordingSink<usize, fn(Batch) -> usize>,
        Receiver<(usize, Command)>,
        mpsc::Receiver<usize>,
    );

    fn sink() -> Sink {
        let (commands, receiver) = channel();
        let (inbox, shown) = mpsc::channel(8);
        let sink = RecordingSink {
            commands: Some((0, commands)),
            late: None,
            inbox,
            to_message: (|observations| observations.len()) as fn(Batch) -> usize,
        };
        (sink, receiver, shown)
    }

    /// Its last page is waited for: then the events of all its pages are written.
    #[tokio::test(start_paused = true)]
    async fn a_page_of_a_walk_that_goes_on_is_handed_on_at_once() {
        let (mut sink, receiver, mut shown) = sink();
        let page = |commit| {
            Seen::Page(WalkStep {
                commit,
                ..WalkStep::default()
            })
        };
        let soon = DISK_TIMEOUT / 2;
        let unfinished = vec![observation(page(None))].into();
        let sent = tokio::time::timeout(soon, sink.send(unfinished)).await;
        assert_eq!((sent, shown.try_recv()), (Ok(true), Ok(1)));
        assert!(matches!(receiver.try_recv(), Ok((0, Command::Record(..)))));
        let both = vec![observation(page(None)), observation(page(Some(Vec::new())))];
        let sent = tokio::time::timeout(soon, sink.send(both.into())).await;
        assert!(sent.is_err() && shown.is_empty(), "not written yet");
    }

    /// A paused clock advances only when nothing else is left to do, so a timeout shorter than the program's own shows
    /// that an observation is held back.
    #[tokio::test(start_paused = true)]
    async fn an_observation_is_handed_on_once_written_and_a_disk_that_hangs_delays_only_one() {
        let (mut sink, receiver, mut shown) = sink();
        let soon = DISK_TIMEOUT / 2;

        let mut first = Box::pin(sink.send(observations()));
        let held_back = tokio::time::timeout(soon, &mut first).await.is_err();
        assert!(held_back && shown.is_empty(), "not written yet");
        let Ok((0, Command::Record(_, done))) = receiver.try_recv() else {
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
