//! The only place that spawns tasks. A task that panics ends the program: nothing continues without it.

use std::future::Future;

use tokio::task::JoinSet;

use crate::error::Error;
use crate::runtime::process::{failpoint, panics};

/// The background tasks of the program; dropping this aborts them.
#[derive(Debug, Default)]
pub(crate) struct Tasks(JoinSet<()>);

impl Tasks {
    /// Runs a task in the background. Its name is that of its failpoint.
    pub(crate) fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.0.spawn(async move {
            failpoint::hit(name);
            task.await;
        });
    }

    /// Runs a blocking task on a thread of its own.
    pub(crate) fn spawn_blocking(
        &mut self,
        name: &'static str,
        task: impl FnOnce() + Send + 'static,
    ) {
        self.0.spawn_blocking(move || {
            failpoint::hit(name);
            task();
        });
    }

    /// Waits until a task has panicked; normal ends are ignored.
    pub(crate) async fn panicked(&mut self) -> Error {
        loop {
            match self.0.join_next().await {
                Some(Err(error)) if error.is_panic() => return Error::Bug(panic_text(error)),
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }
}

fn panic_text(error: tokio::task::JoinError) -> String {
    let payload = error.into_panic();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    panics::first_line(&panics::message(text))
}
