//! Notices that the terminal is gone. SIGHUP says so to most programs, but not to one that was told to ignore it
//! or has left its session; and crossterm then reads nothing, again and again, with a whole core.

use std::io::{self, IsTerminal};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::oneshot;

use super::tasks::Tasks;

/// Whether the terminal is gone.
pub(super) fn is_gone() -> bool {
    !io::stdout().is_terminal()
}

/// The end of the terminal, to be waited for.
#[derive(Debug)]
pub(super) struct Hangup(Option<oneshot::Receiver<()>>);

impl Hangup {
    /// Begins to watch, on a thread that sleeps until there is something to say.
    pub(super) fn watch(tasks: &mut Tasks) -> Self {
        let (say, said) = oneshot::channel();
        tasks.spawn_blocking("watchdog", move || {
            let terminal = io::stdout();
            // No kind of event is asked for; a hang-up is told all the same.
            let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
            while poll(&mut watched, None) == Err(Errno::INTR) {}
            // Nobody listens any more where the program is leaving already.
            let _ = say.send(());
        });
        Self(Some(said))
    }

    /// Waits until the terminal is gone. For ever, where the system can't tell: ticks ask [`is_gone`] too.
    pub(super) async fn heard(&mut self) {
        if let Some(said) = &mut self.0 {
            let _ = said.await;
            self.0 = None;
            if is_gone() {
                return;
            }
        }
        std::future::pending::<()>().await;
    }
}
