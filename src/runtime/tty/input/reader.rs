//! Reads the terminal on a thread of its own, and stamps the bytes with the time of their arrival: a loop that is busy
//! must not make a key look slow.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, PipeReader, PipeWriter, Read};
use std::os::fd::AsFd;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::mpsc;

use crate::runtime::process::tasks::Tasks;

/// The bytes of one read.
const READ: usize = 4096;
/// The reads that wait for the loop. After that the terminal waits.
const QUEUE: usize = 16;

/// Bytes that arrived together.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    pub(super) at: Instant,
}

/// The handle of the thread.
#[derive(Debug)]
pub(super) struct Reader {
    chunks: mpsc::Receiver<io::Result<Chunk>>,
    /// Dropped to end the thread.
    stop: PipeWriter,
    /// Closed by the thread at its end.
    ended: std::sync::mpsc::Receiver<()>,
}

impl Reader {
    /// Starts to read standard input, or the controlling terminal if that is something else.
    ///
    /// # Errors
    /// If there is no terminal.
    pub(super) fn start(tasks: &mut Tasks) -> io::Result<Self> {
        let terminal = open()?;
        let (stopped, stop) = io::pipe()?;
        let (queue, chunks) = mpsc::channel(QUEUE);
        let (running, ended) = std::sync::mpsc::channel();
        tasks.spawn_blocking("input", move || {
            read_all(terminal, &stopped, &queue);
            drop::<std::sync::mpsc::Sender<()>>(running);
        });
        Ok(Self {
            chunks,
            stop,
            ended,
        })
    }

    /// Waits for the next bytes.
    ///
    /// # Errors
    /// If the terminal can't be read any more.
    pub(super) async fn next(&mut self) -> io::Result<Chunk> {
        match self.chunks.recv().await {
            Some(chunk) => chunk,
            // The thread has panicked, which `Tasks::panicked` reports; or it has told its error before.
            None => std::future::pending().await,
        }
    }

    /// The bytes that have arrived, if there are any.
    pub(super) fn arrived(&mut self) -> Option<Chunk> {
        self.chunks.try_recv().ok()?.ok()
    }

    /// Stops reading. Afterwards no byte is taken from the terminal.
    pub(super) fn stop(self) {
        // In this order: the thread may be waiting for room in the queue.
        drop(self.chunks);
        drop(self.stop);
        let _ = self.ended.recv();
    }
}

/// Opens standard input again, or the controlling terminal if that is something else.
pub(super) fn open() -> io::Result<File> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        Ok(File::from(stdin.as_fd().try_clone_to_owned()?))
    } else {
        File::open("/dev/tty")
    }
}

/// Reads until it is told to stop, or the terminal is gone.
fn read_all(mut terminal: File, stopped: &PipeReader, queue: &mpsc::Sender<io::Result<Chunk>>) {
    loop {
        let read = match wait(&terminal, stopped) {
            Ok(true) => read(&mut terminal),
            Ok(false) => return,
            Err(error) => Err(error),
        };
        let ends = read.is_err();
        let Some(chunk) = read.transpose() else {
            continue;
        };
        if queue.blocking_send(chunk).is_err() || ends {
            return;
        }
    }
}

/// Waits for bytes. False if the reader was told to stop.
fn wait(terminal: &File, stopped: &PipeReader) -> io::Result<bool> {
    let mut polled = [
        PollFd::new(stopped, PollFlags::empty()),
        PollFd::new(terminal, PollFlags::IN),
    ];
    loop {
        match poll(&mut polled, None) {
            Ok(_) => return Ok(polled[0].revents().is_empty()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// One read; `None` if there was nothing to read after all.
fn read(terminal: &mut File) -> io::Result<Option<Chunk>> {
    let mut bytes = vec![0; READ];
    match terminal.read(&mut bytes) {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(count) => {
            bytes.truncate(count);
            let at = Instant::now();
            Ok(Some(Chunk { bytes, at }))
        }
        // Another program may have made the terminal non-blocking.
        Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
