//! Detects that the terminal, or the reader of a pipe, is gone.
//!
//! SIGHUP reports a closed terminal, but not to a program that ignores it or has left its session.

use std::io::{self, IsTerminal};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::oneshot;

use crate::runtime::process::tasks::Tasks;

/// Whether the terminal is gone.
pub(crate) fn is_gone() -> bool {
    !io::stdout().is_terminal()
}

/// A watchdog of standard output.
#[derive(Debug)]
pub(crate) struct Hangup {
    hung_up: Option<oneshot::Receiver<()>>,
    /// Confirms the hang-up.
    is_gone: fn() -> bool,
}

impl Hangup {
    /// Starts to watch the terminal.
    pub(crate) fn watch_terminal(tasks: &mut Tasks) -> Self {
        Self::start(tasks, is_gone)
    }

    /// Starts to watch the reader of a pipe: most of an hour may pass before the next line is written and fails. For a
    /// terminal, SIGHUP is enough.
    pub(crate) fn watch_reader(tasks: &mut Tasks) -> Self {
        if io::stdout().is_terminal() {
            let hung_up = None;
            return Self { hung_up, is_gone };
        }
        Self::start(tasks, || true)
    }

    /// Polls on a thread that sleeps until the hang-up.
    fn start(tasks: &mut Tasks, is_gone: fn() -> bool) -> Self {
        let (sender, hung_up) = oneshot::channel();
        tasks.spawn_blocking("watchdog", move || {
            let terminal = io::stdout();
            // Without requested events, poll still reports a hang-up.
            let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
            while poll(&mut watched, None) == Err(Errno::INTR) {}
            // Fails if the program is already exiting.
            let _ = sender.send(());
        });
        let hung_up = Some(hung_up);
        Self { hung_up, is_gone }
    }

    /// Waits for the hang-up; for ever if the system can't detect it: ticks check [`is_gone`] too, and writes fail.
    pub(crate) async fn wait(&mut self) {
        if let Some(hung_up) = &mut self.hung_up {
            let _ = hung_up.await;
            self.hung_up = None;
            if (self.is_gone)() {
                return;
            }
        }
        std::future::pending::<()>().await;
    }
}
