//! The one thread that writes to the terminal. A terminal that stalls, because its reader has stopped or its
//! line hangs, holds up this thread and nothing else: keys, signals and polling go on.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use rustix::termios::{Action, QueueSelector, tcflow, tcflush};
use tokio::sync::oneshot;

use crate::runtime::process::tasks::Tasks;
use crate::runtime::tty::{job_control, terminal};

/// For how long bytes that matter are waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// Bytes of one write. Between two writes a frame that nobody waits for any more can be given up.
const CHUNK: usize = 4096;
/// Ends whatever sequence was cut when a frame was given up.
const CUT: &[u8] = b"\x1b\\";

thread_local! {
    static IS_WRITER: Cell<bool> = const { Cell::new(false) };
}

/// The way to the terminal.
#[derive(Debug)]
pub(crate) struct TtyWriter {
    queue: Sender<Output>,
}

#[derive(Debug)]
enum Output {
    /// Frames and the like; nothing, once the terminal has been given back.
    Frame(Vec<u8>, Option<oneshot::Sender<io::Result<()>>>),
    /// What takes the terminal and gives it back: in any case.
    Control(Vec<u8>, Option<SyncSender<()>>),
}

/// What matters did not get through in time: the frame in its way is not worth writing any more.
static STALLED: AtomicBool = AtomicBool::new(false);

impl TtyWriter {
    /// Starts the thread, on standard output.
    pub(crate) fn start(tasks: &mut Tasks) -> io::Result<Self> {
        // Past the library's own buffer and lock, which a write that hangs would hold.
        let terminal = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (queue, receiver) = channel();
        tasks.spawn_blocking("writer", move || write_all(terminal, &receiver));
        Ok(Self { queue })
    }

    /// Writes bytes at some time soon. The result comes when they are written; or never, with the program's end.
    pub(crate) fn show(&self, bytes: Vec<u8>) -> oneshot::Receiver<io::Result<()>> {
        let (done, written) = oneshot::channel();
        // Where the thread has died, the receiver says so.
        let _ = self.queue.send(Output::Frame(bytes, Some(done)));
        written
    }

    /// Writes bytes at some time soon, even where the terminal has been given back by then.
    pub(crate) fn queue_control(&self, bytes: Vec<u8>) {
        STALLED.store(false, Ordering::SeqCst);
        let _ = self.queue.send(Output::Control(bytes, None));
    }

    /// Writes bytes at some time soon.
    pub(crate) fn say(&self, bytes: Vec<u8>) {
        let _ = self.queue.send(Output::Frame(bytes, None));
    }

    /// Writes bytes and waits for it, but not for long. Whether they are written.
    pub(crate) fn finish(&self, bytes: Vec<u8>) -> bool {
        if IS_WRITER.get() {
            let mut terminal = io::stdout();
            return terminal
                .write_all(&bytes)
                .and_then(|()| terminal.flush())
                .is_ok();
        }
        let (done, written) = sync_channel(1);
        let _ = self.queue.send(Output::Control(bytes, Some(done)));
        written.recv_timeout(PATIENCE).is_ok()
    }

    /// Writes bytes that matter more than any frame, and waits for it, but not for long. Whether they are written.
    pub(crate) fn flush_kernel_buffer(&self, bytes: &[u8]) -> bool {
        if self.finish(bytes.to_vec()) {
            return true;
        }
        STALLED.store(true, Ordering::SeqCst);
        wait_for_room();
        // All of it once more: what was written of it may have been thrown away just now.
        let written = self.finish([CUT, bytes].concat());
        STALLED.store(!written, Ordering::SeqCst);
        written
    }
}

/// Throws away what the terminal has not read yet: a part of a frame.
fn wait_for_room() {
    if !job_control::in_background() {
        let _ = tcflush(io::stdout(), QueueSelector::OFlush);
        // On Linux a writer does not notice that there is room now, but only that output goes on.
        let _ = tcflow(io::stdout(), Action::OOff);
        let _ = tcflow(io::stdout(), Action::OOn);
    }
}

fn write_all(mut terminal: File, queue: &Receiver<Output>) {
    IS_WRITER.set(true);
    for output in queue {
        match output {
            Output::Frame(bytes, done) => {
                let written = show(&mut terminal, &bytes);
                if let Some(done) = done {
                    // Nobody listens any more where the program is leaving already.
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

fn show(terminal: &mut File, bytes: &[u8]) -> io::Result<()> {
    if !terminal::is_taken() {
        return Ok(());
    }
    for chunk in bytes.chunks(CHUNK) {
        if STALLED.load(Ordering::SeqCst) {
            break;
        }
        terminal.write_all(chunk)?;
    }
    Ok(())
}
