//! The `--on-outcome` command: runs once with the outcome in environment variables.
//!
//! It can neither change the screen or the exit code nor keep the program from exiting. Tests:
//! `tests/it/headless/on_outcome.rs`, `tests/tty/on_outcome.rs`.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use crate::app::effect::FinalOutcome;
use crate::output::variables;
use crate::runtime::process::streams::print_diagnostic;
use crate::runtime::process::tasks::Tasks;

/// The time that the program waits for the command before it exits.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The command, if one is set.
#[derive(Clone, Debug)]
pub(crate) struct Hook(pub(crate) Option<String>);

impl Hook {
    /// Runs the command in the background and discards its output, which would spoil the screen. Its exit status is
    /// logged.
    pub(crate) fn run_in_background(&self, outcome: &FinalOutcome, tasks: &mut Tasks) {
        let Some(command) = &self.0 else {
            return;
        };
        match start(command, outcome, [Stdio::null(), Stdio::null()]) {
            Ok(mut child) => tasks.spawn("hook", async move {
                let ended = child.wait().await;
                tracing::info!(?ended, "the --on-outcome command has ended");
            }),
            Err(error) => tracing::warn!(%error, "failed to start the --on-outcome command"),
        }
    }

    /// Runs the command with its output on standard error, and waits until it ends, `exit_requested` is ready or the
    /// timeout expires. Prints a failure on standard error.
    pub(crate) async fn run_and_wait(
        &self,
        outcome: &FinalOutcome,
        exit_requested: impl Future<Output = ()>,
    ) {
        let Some(command) = &self.0 else {
            return;
        };
        Running(start(command, outcome, on_stderr()))
            .wait(exit_requested)
            .await;
    }

    /// Runs the command with its output on standard error, and leaves it running.
    pub(crate) fn begin(&self, outcome: &FinalOutcome) -> Option<Running> {
        let command = self.0.as_ref()?;
        Some(Running(start(command, outcome, on_stderr())))
    }
}

/// A command that was started, or was to be.
#[derive(Debug)]
pub(crate) struct Running(io::Result<Child>);

impl Running {
    /// Waits until the command ends, `exit_requested` is ready or the timeout expires. Prints a failure on standard error.
    pub(crate) async fn wait(self, exit_requested: impl Future<Output = ()>) {
        if let Some(failure) = wait(self.0, exit_requested).await {
            print_diagnostic(&format!("the --on-outcome command {failure}"));
        }
    }
}

fn on_stderr() -> [Stdio; 2] {
    [io::stderr().into(), io::stderr().into()]
}

/// Starts the command. Tokio reaps a child that is dropped; the system does after our exit.
fn start(command: &str, outcome: &FinalOutcome, [output, errors]: [Stdio; 2]) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", command])
        .envs(variables(outcome))
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
}

/// Waits for the command. Returns its failure, if any.
async fn wait(
    child: io::Result<Child>,
    exit_requested: impl Future<Output = ()>,
) -> Option<String> {
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return Some(format!("could not be started: {error}")),
    };
    tokio::select! {
        ended = child.wait() => match ended {
            Ok(status) if status.success() => None,
            Ok(status) => Some(format!("failed: {status}")),
            Err(error) => Some(format!("failed: {error}")),
        },
        () = exit_requested => Some("continues in the background: bakewatch was asked to exit".to_owned()),
        () = tokio::time::sleep(TIMEOUT) => Some(format!(
            "has not ended after {} seconds and continues in the background",
            TIMEOUT.as_secs()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> io::Result<Child> {
        let mut command = Command::new("sleep");
        command.arg("1000").kill_on_drop(true).spawn()
    }

    /// Paused time advances at once when nothing else is left to do.
    #[tokio::test(start_paused = true)]
    async fn a_command_that_hangs_does_not_block_the_exit() {
        let began = tokio::time::Instant::now();
        let failure = wait(sleeper(), std::future::pending()).await;
        let expected = "has not ended after 10 seconds and continues in the background";
        assert_eq!(failure.as_deref(), Some(expected));
        assert_eq!(began.elapsed().as_secs(), TIMEOUT.as_secs());
        let failure = wait(sleeper(), std::future::ready(())).await.unwrap();
        assert!(
            failure.starts_with("continues in the background"),
            "{failure}"
        );
    }

    #[tokio::test]
    async fn only_failures_are_reported() {
        let run = |command: &str| Command::new("sh").args(["-c", command]).spawn();
        let never = std::future::pending;
        assert_eq!(wait(run("true"), never()).await, None);
        let failed = wait(run("exit 3"), never()).await;
        assert_eq!(failed.as_deref(), Some("failed: exit status: 3"));
        let missing = Command::new("/nonexistent/sh").spawn();
        let missing = wait(missing, never()).await.unwrap();
        assert!(missing.starts_with("could not be started: "), "{missing}");
    }
}
