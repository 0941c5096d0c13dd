//! Signals as messages: those that end the program, and those by which a shell stops it and lets it go on.

use std::fs;
use std::io;

use futures_util::FutureExt;
use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use crate::app::msg::Signal;
use crate::error::Error;

/// The signals that end the program.
#[derive(Debug)]
pub(crate) struct Signals {
    hangup: Option<Stream>,
    interrupt: Option<Stream>,
    quit: Option<Stream>,
    terminate: Option<Stream>,
}

/// The signals of job control.
#[derive(Debug)]
pub(crate) struct Jobs {
    stop: Option<Stream>,
    go_on: Option<Stream>,
}

/// What a shell says to one of its jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    /// The program is asked to stop.
    Stop,
    /// The program goes on after it was stopped, by whatever.
    GoOn,
}

impl Signals {
    /// Begins to listen; from here on these signals no longer kill the process.
    pub(crate) fn listen() -> Result<Self, Error> {
        let ignored = Ignored::read();
        let listen = || -> io::Result<Self> {
            // A file that has reached the shell's limit (`ulimit -f`) is as good as a full disk: an error for
            // whoever writes to it, not the end of the program. Once listened to, the signal never kills.
            drop(ignored.unless(SignalKind::from_raw(Number::XFSZ.as_raw()))?);
            Ok(Self {
                hangup: ignored.unless(SignalKind::hangup())?,
                interrupt: ignored.unless(SignalKind::interrupt())?,
                quit: ignored.unless(SignalKind::quit())?,
                terminate: ignored.unless(SignalKind::terminate())?,
            })
        };
        listen().map_err(unheard)
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            () = next(&mut self.hangup) => Signal::Hangup,
            () = next(&mut self.interrupt) => Signal::Interrupt,
            () = next(&mut self.quit) => Signal::Quit,
            () = next(&mut self.terminate) => Signal::Terminate,
        }
    }
}

impl Jobs {
    /// Begins to listen; from here on a request to stop is one that the program has to fulfil itself.
    pub(crate) fn listen() -> Result<Self, Error> {
        let ignored = Ignored::read();
        let listen = || -> io::Result<Self> {
            Ok(Self {
                stop: ignored.unless(SignalKind::from_raw(Number::TSTP.as_raw()))?,
                go_on: ignored.unless(SignalKind::from_raw(Number::CONT.as_raw()))?,
            })
        };
        listen().map_err(unheard)
    }

    /// Whether the program can be asked to stop.
    pub(crate) fn are_heard(&self) -> bool {
        self.stop.is_some()
    }

    /// Waits for the shell's next word. Where both have come, the program goes on: as for the system, to which
    /// a stop that has not taken place yet is void then.
    pub(crate) async fn next(&mut self) -> Job {
        tokio::select! {
            biased;
            () = next(&mut self.go_on) => {
                let _void = next(&mut self.stop).now_or_never();
                Job::GoOn
            }
            () = next(&mut self.stop) => Job::Stop,
        }
    }
}

async fn next(stream: &mut Option<Stream>) {
    match stream {
        Some(stream) => drop(stream.recv().await),
        None => std::future::pending().await,
    }
}

fn unheard(source: io::Error) -> Error {
    Error::System {
        action: "listen to signals",
        source,
    }
}

/// The signals that whoever started the program wants to be ignored, as `nohup` does, and a shell without job
/// control for what it runs in the background. They stay ignored: a bit for each, the lowest for signal 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ignored(u64);

impl Ignored {
    /// Only Linux tells without unsafe code; elsewhere none is taken for ignored.
    fn read() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self::parse(&status).unwrap_or(Self(0))
    }

    fn parse(status: &str) -> Option<Self> {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(line.trim(), 16).ok().map(Self)
    }

    /// Listens to a signal, unless it is ignored.
    fn unless(self, kind: SignalKind) -> io::Result<Option<Stream>> {
        if self.holds(kind) {
            return Ok(None);
        }
        signal(kind).map(Some)
    }

    fn holds(self, kind: SignalKind) -> bool {
        self.0 >> (kind.as_raw_value() - 1) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_read_from_the_kernels_mask() {
        let ignored = Ignored::parse("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0\n").unwrap();
        assert!(ignored.holds(SignalKind::hangup()) && ignored.holds(SignalKind::pipe()));
        assert!(!ignored.holds(SignalKind::interrupt()) && !ignored.holds(SignalKind::terminate()));
        assert_eq!(Ignored::parse("Name:\tx\n"), None);
    }
}
