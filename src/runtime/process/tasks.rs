//! The only place that spawns tasks. A task that dies ends the program: nothing goes on half alive.

use std::future::Future;

use tokio::task::JoinSet;

use crate::error::Error;
use crate::runtime::process::{failpoint, panics};

/// The program's background tasks; dropping it ends them.
#[derive(Debug, Default)]
pub(crate) struct Tasks(JoinSet<()>);

impl Tasks {
    /// Runs a task in the background. It has a name for faults on purpose.
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

    /// Runs something that blocks on a thread of its own.
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

    /// Waits until a task has died. A task that came to its end in good order is no news.
    pub(crate) async fn died(&mut self) -> Error {
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
