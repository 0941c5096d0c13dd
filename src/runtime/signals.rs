//! Signals that end the program, as messages.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use crate::app::msg::Signal;
use crate::error::Error;

/// The signals that are listened to.
#[derive(Debug)]
pub(super) struct Signals {
    hangup: Stream,
    interrupt: Stream,
    quit: Stream,
    terminate: Stream,
}

impl Signals {
    /// Begins to listen; from here on these signals no longer kill the process.
    pub(super) fn listen() -> Result<Self, Error> {
        let listen = || -> io::Result<Self> {
            Ok(Self {
                hangup: signal(SignalKind::hangup())?,
                interrupt: signal(SignalKind::interrupt())?,
                quit: signal(SignalKind::quit())?,
                terminate: signal(SignalKind::terminate())?,
            })
        };
        listen().map_err(|source| Error::System {
            action: "listen to signals",
            source,
        })
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hangup.recv() => Signal::Hangup,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.quit.recv() => Signal::Quit,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}
