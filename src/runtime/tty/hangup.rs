//! Notices that the terminal is gone, or whoever reads a pipe. SIGHUP says so to most programs, but not to one that was told to ignore it
//! or has left its session; and crossterm then reads nothing, again and again, with a whole core.

use std::io::{self, IsTerminal};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::oneshot;

use crate::runtime::process::tasks::Tasks;

/// Whether the terminal is gone.
pub(crate) fn is_gone() -> bool {
    !io::stdout().is_terminal()
}

/// The end of what standard output goes to, to be waited for.
#[derive(Debug)]
pub(crate) struct Hangup {
    said: Option<oneshot::Receiver<()>>,
    /// Whether it is so.
    is_gone: fn() -> bool,
}

impl Hangup {
    /// Begins to watch the terminal.
    pub(crate) fn watch(tasks: &mut Tasks) -> Self {
        Self::begin(tasks, is_gone)
    }

    /// Begins to watch the reader of a pipe: most of an hour may pass before there is a line to be written, which
    /// would tell that nobody reads it. What becomes of a terminal is told by its signal.
    pub(crate) fn of_reader(tasks: &mut Tasks) -> Self {
        if io::stdout().is_terminal() {
            let said = None;
            return Self { said, is_gone };
        }
        Self::begin(tasks, || true)
    }

    /// On a thread that sleeps until there is something to say.
    fn begin(tasks: &mut Tasks, is_gone: fn() -> bool) -> Self {
        let (say, said) = oneshot::channel();
        tasks.spawn_blocking("watchdog", move || {
            let terminal = io::stdout();
            // No kind of event is asked for; a hang-up is told all the same.
            let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
            while poll(&mut watched, None) == Err(Errno::INTR) {}
            // Nobody listens any more where the program is leaving already.
            let _ = say.send(());
        });
        let said = Some(said);
        Self { said, is_gone }
    }

    /// Waits until it is gone. For ever, where the system can't tell: ticks ask [`is_gone`] too, and writing
    /// fails.
    pub(crate) async fn heard(&mut self) {
        if let Some(said) = &mut self.said {
            let _ = said.await;
            self.said = None;
            if (self.is_gone)() {
                return;
            }
        }
        std::future::pending::<()>().await;
    }
}
