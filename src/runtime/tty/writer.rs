//! The only thread that writes to the terminal. A terminal that stalls, because its reader has stopped or its line hangs,
//! blocks this thread and nothing else: keys, signals and polling continue.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use rustix::termios::{Action, QueueSelector, tcflow, tcflush};
use tokio::sync::oneshot;

use crate::runtime::process::streams::Stream;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::tty::job_control;
use crate::runtime::tty::state::TtyState;

/// The time to write the bytes that restore the terminal.
const WRITE_TIMEOUT: Duration = Duration::from_millis(500);
/// The bytes of one write. Between two writes a stalled frame can be abandoned.
const CHUNK: usize = 4096;
/// Ends the sequence that an abandoned frame may have cut.
const END_OF_SEQUENCE: &[u8] = b"\x1b\\";

/// The handle of the writer thread.
#[derive(Debug)]
pub(super) struct TtyWriter {
    queue: Sender<Output>,
    state: Arc<TtyState>,
    /// The thread, once it runs. If it panics, it restores the terminal itself, and can't wait for itself.
    thread: Arc<OnceLock<ThreadId>>,
}

#[derive(Debug)]
enum Output {
    /// A frame, or sequences between frames: dropped once the terminal is restored.
    Frame(Vec<u8>, Option<oneshot::Sender<io::Result<()>>>),
    /// The sequences that enter and restore the terminal: always written.
    Control(Vec<u8>, Option<SyncSender<()>>),
}

impl TtyWriter {
    /// Starts the thread, on standard output.
    pub(super) fn start(state: Arc<TtyState>, tasks: &mut Tasks) -> io::Result<Self> {
        // Bypasses the standard library's buffer and lock, which a hanging write would hold.
        let terminal = Stream::output()?;
        let (queue, receiver) = channel();
        let thread = Arc::new(OnceLock::new());
        let writer = Self {
            queue,
            state: Arc::clone(&state),
            thread: Arc::clone(&thread),
        };
        tasks.spawn_blocking("writer", move || {
            thread.get_or_init(|| thread::current().id());
            write_all(terminal, &receiver, &state);
        });
        Ok(writer)
    }

    /// Queues a frame. The receiver gets the result once it is written.
    pub(super) fn write_frame(&self, bytes: Vec<u8>) -> oneshot::Receiver<io::Result<()>> {
        let (done, written) = oneshot::channel();
        // If the thread has panicked, the receiver fails.
        let _ = self.queue.send(Output::Frame(bytes, Some(done)));
        written
    }

    /// Queues control sequences, which are written even if the terminal is restored by then.
    pub(super) fn queue_control(&self, bytes: Vec<u8>) {
        let _ = self.queue.send(Output::Control(bytes, None));
    }

    /// Queues sequences between frames.
    pub(super) fn write_between_frames(&self, bytes: Vec<u8>) {
        let _ = self.queue.send(Output::Frame(bytes, None));
    }

    /// Writes control sequences and waits until the timeout. Returns whether they are written.
    pub(super) fn write_and_wait(&self, bytes: Vec<u8>) -> bool {
        if self.thread.get() == Some(&thread::current().id()) {
            return Stream::output()
                .and_then(|mut terminal| terminal.write_all(&bytes))
                .is_ok();
        }
        let (done, written) = sync_channel(1);
        let _ = self.queue.send(Output::Control(bytes, Some(done)));
        written.recv_timeout(WRITE_TIMEOUT).is_ok()
    }

    /// Writes the sequences that restore the terminal and waits until the timeout, abandoning a stalled frame if need be.
    pub(super) fn write_with_priority(&self, bytes: &[u8]) {
        if self.write_and_wait(bytes.to_vec()) {
            self.state.accepted();
            return;
        }
        self.state.stalled();
        discard_unread_output();
        // All bytes again: those already written may just have been discarded.
        if self.write_and_wait([END_OF_SEQUENCE, bytes].concat()) {
            self.state.accepted();
        }
    }
}

/// Discards the output that the terminal has not read yet: a part of a frame.
fn discard_unread_output() {
    if !job_control::in_background() {
        let _ = tcflush(io::stdout(), QueueSelector::OFlush);
        // On Linux a blocked writer does not notice the free space, only that output is resumed.
        let _ = tcflow(io::stdout(), Action::OOff);
        let _ = tcflow(io::stdout(), Action::OOn);
    }
}

fn write_all(mut terminal: Stream, queue: &Receiver<Output>, state: &TtyState) {
    for output in queue {
        match output {
            Output::Frame(bytes, done) => {
                let written = write_frame(&mut terminal, &bytes, state);
                if let Some(done) = done {
                    // Fails if the program is already exiting.
                    let _ = done.send(written);
                }
            }
            Output::Control(bytes, done) => {
                let written = terminal.write_all(&bytes);
                if let (Ok(()), Some(done)) = (written, done) {
                    let _ = done.send(());
                }
            }
        }
    }
}

fn write_frame(terminal: &mut Stream, bytes: &[u8], state: &TtyState) -> io::Result<()> {
    if !state.is_entered() {
        return Ok(());
    }
    for chunk in bytes.chunks(CHUNK) {
        if state.abandons_frames() {
            break;
        }
        terminal.write_all(chunk)?;
    }
    Ok(())
}
