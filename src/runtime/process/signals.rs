//! Signals as messages: those that end the program, and those of job control. Tests: `tests/tty/exit.rs`.

use std::fs;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use crate::app::msg::Signal;
use crate::error::Error;

/// Every signal that ends a process by default and can be handled: batch systems send USR1, USR2 or XCPU before a time
/// limit, and whatever ends the program, the terminal must be restored and the outcome printed. Not those of a fault in
/// the program itself (BUS, FPE, ILL, SEGV), after which nothing may run.
const ENDING: &[(Number, &str)] = &[
    (Number::HUP, "SIGHUP"),
    (Number::INT, "SIGINT"),
    (Number::QUIT, "SIGQUIT"),
    (Number::TERM, "SIGTERM"),
    (Number::USR1, "SIGUSR1"),
    (Number::USR2, "SIGUSR2"),
    (Number::ALARM, "SIGALRM"),
    (Number::XCPU, "SIGXCPU"),
    (Number::VTALARM, "SIGVTALRM"),
    (Number::PROF, "SIGPROF"),
    (Number::SYS, "SIGSYS"),
    (Number::ABORT, "SIGABRT"),
    (Number::TRAP, "SIGTRAP"),
    #[cfg(target_os = "linux")]
    (Number::IO, "SIGIO"),
    #[cfg(target_os = "linux")]
    (Number::POWER, "SIGPWR"),
    #[cfg(target_os = "linux")]
    (Number::STKFLT, "SIGSTKFLT"),
    #[cfg(target_os = "macos")]
    (Number::EMT, "SIGEMT"),
];

/// The numbers of the real-time signals. The C library keeps the first ones for itself.
#[cfg(target_os = "linux")]
const REAL_TIME: std::ops::RangeInclusive<i32> = 32..=64;

/// The signals that end the program.
#[derive(Debug)]
pub(crate) struct Signals(Vec<(Signal, Stream)>);

/// The signals of job control.
#[derive(Debug)]
pub(crate) struct JobSignals {
    stop: Option<Stream>,
    resume: Option<Stream>,
}

/// A request of the shell to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobControl {
    Stop,
    /// The program was stopped and continues.
    Continue,
}

impl Signals {
    /// Starts to listen; from now on these signals no longer kill the process.
    pub(crate) fn listen() -> Result<Self, Error> {
        Self::listen_unless(Ignored::read())
    }

    /// Starts to listen to these and to those of job control.
    pub(crate) fn listen_with_jobs() -> Result<(Self, JobSignals), Error> {
        let ignored = Ignored::read();
        Ok((Self::listen_unless(ignored)?, JobSignals::listen(ignored)?))
    }

    fn listen_unless(ignored: Ignored) -> Result<Self, Error> {
        let listen = || -> io::Result<Self> {
            // A file that has reached the shell's limit (`ulimit -f`) is like a full disk: a write error, not the end
            // of the program. Once a process has listened to the signal, it never kills.
            drop(ignored.listen_unless(SignalKind::from_raw(Number::XFSZ.as_raw()))?);
            let mut streams = Vec::new();
            for (number, name) in ENDING {
                let number = number.as_raw();
                let stream = ignored.listen_unless(SignalKind::from_raw(number))?;
                let signal = u8::try_from(number).map(|number| Signal::new(number, name));
                streams.extend(signal.ok().zip(stream));
            }
            #[cfg(target_os = "linux")]
            for number in REAL_TIME {
                let stream = ignored.listen_unless(SignalKind::from_raw(number));
                let signal = u8::try_from(number).map(Signal::real_time);
                streams.extend(signal.ok().zip(stream.ok().flatten()));
            }
            Ok(Self(streams))
        };
        listen().map_err(listen_error)
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) -> Signal {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Signal> {
        for (signal, stream) in &mut self.0 {
            if stream.poll_recv(context).is_ready() {
                return Poll::Ready(*signal);
            }
        }
        Poll::Pending
    }
}

impl JobSignals {
    /// Starts to listen; from now on the program has to stop itself on request.
    fn listen(ignored: Ignored) -> Result<Self, Error> {
        let listen = || -> io::Result<Self> {
            Ok(Self {
                stop: ignored.listen_unless(SignalKind::from_raw(Number::TSTP.as_raw()))?,
                resume: ignored.listen_unless(SignalKind::from_raw(Number::CONT.as_raw()))?,
            })
        };
        listen().map_err(listen_error)
    }

    /// Whether the shell can stop the program: the signal is not ignored.
    pub(crate) fn can_stop(&self) -> bool {
        self.stop.is_some()
    }

    /// Waits for the next request. If both have arrived, the program continues: for the system too, SIGCONT discards a
    /// pending stop.
    pub(crate) async fn next(&mut self) -> JobControl {
        tokio::select! {
            biased;
            () = next(&mut self.resume) => {
                let _discarded = next(&mut self.stop).now_or_never();
                JobControl::Continue
            }
            () = next(&mut self.stop) => JobControl::Stop,
        }
    }
}

async fn next(stream: &mut Option<Stream>) {
    match stream {
        Some(stream) => drop(stream.recv().await),
        None => std::future::pending().await,
    }
}

fn listen_error(source: io::Error) -> Error {
    Error::System {
        action: "listen to signals",
        source,
    }
}

/// The signals that the parent process set to be ignored, as `nohup` does, and a shell without job control for
/// background commands. They stay ignored. One bit each, the lowest for signal 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ignored(u64);

impl Ignored {
    /// Only Linux reports them without unsafe code; elsewhere none counts as ignored.
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
    fn listen_unless(self, kind: SignalKind) -> io::Result<Option<Stream>> {
        if self.contains(kind) {
            return Ok(None);
        }
        signal(kind).map(Some)
    }

    fn contains(self, kind: SignalKind) -> bool {
        self.0 >> (kind.as_raw_value() - 1) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_kernels_mask() {
        let ignored = Ignored::parse("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0\n").unwrap();
        assert!(ignored.contains(SignalKind::hangup()) && ignored.contains(SignalKind::pipe()));
        assert!(
            !ignored.contains(SignalKind::interrupt())
                && !ignored.contains(SignalKind::terminate())
        );
        assert_eq!(Ignored::parse("Name:\tx\n"), None);
    }
}
