//! Standard output and standard error as the program writes them: a file that takes no output for the moment is waited
//! for, and every failed write is an error.
//!
//! The standard library's handles fail where another program has made the shared file non-blocking, and drop output
//! that is written to a file opened for reading. Tests: `tests/it/headless/watch.rs`, `tests/tty/terminal.rs`.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// The pause where the system can't wait for a file.
const PAUSE: Duration = Duration::from_millis(10);

/// A standard stream, without a buffer or a lock of its own.
#[derive(Debug)]
pub(crate) struct Stream(File);

impl Stream {
    /// # Errors
    /// If the process has no file descriptor left.
    pub(crate) fn output() -> io::Result<Self> {
        Self::of(io::stdout())
    }

    /// # Errors
    /// If the process has no file descriptor left.
    pub(crate) fn diagnostics() -> io::Result<Self> {
        Self::of(io::stderr())
    }

    fn of(stream: impl AsFd) -> io::Result<Self> {
        let duplicate = stream.as_fd().try_clone_to_owned()?;
        Ok(Self(File::from(duplicate)))
    }

    /// Waits until the file takes output. Returns whether its reader may still be there.
    fn wait_until_writable(&self) -> io::Result<bool> {
        let mut polled = [PollFd::new(&self.0, PollFlags::OUT)];
        match poll(&mut polled, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [polled] = polled;
        let found = polled.revents();
        if found.contains(PollFlags::NVAL) {
            // Some systems can't poll every device.
            thread::sleep(PAUSE);
        }
        Ok(!found.intersects(PollFlags::ERR | PollFlags::HUP))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut has_reader = true;
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && has_reader => {
                    has_reader = self.wait_until_writable()?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Err(ErrorKind::BrokenPipe.into());
                }
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Prints a line about the program on standard error, if that is possible.
pub(crate) fn print_diagnostic(line: &str) {
    if let Ok(mut diagnostics) = Stream::diagnostics() {
        let _ = diagnostics.write_all(format!("{line}\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use rustix::io::ioctl_fionbio;

    use super::*;

    #[test]
    fn a_full_file_that_does_not_block_is_waited_for() {
        let (mut reader, writer) = io::pipe().unwrap();
        ioctl_fionbio(&writer, true).unwrap();
        let sent: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
        let expected = sent.clone();
        let mut stream = Stream::of(&writer).unwrap();
        drop(writer);
        let thread = thread::spawn(move || stream.write_all(&sent));
        let mut received = Vec::new();
        reader.read_to_end(&mut received).unwrap();
        assert!(thread.join().unwrap().is_ok());
        assert!(received == expected);
    }

    #[test]
    fn a_reader_that_leaves_while_it_is_waited_for_is_an_error() {
        let (reader, writer) = io::pipe().unwrap();
        ioctl_fionbio(&writer, true).unwrap();
        let mut stream = Stream::of(&writer).unwrap();
        let thread = thread::spawn(move || stream.write_all(&vec![0; 1 << 20]));
        drop(reader);
        let error = thread.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_file_that_is_open_for_reading_only_is_an_error() {
        let mut stream = Stream::of(File::open("/dev/null").unwrap()).unwrap();
        assert!(stream.write_all(b"x").is_err());
    }
}
