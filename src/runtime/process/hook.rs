//! The command that a person has given for the outcome (`--on-outcome`). Whatever it does, it changes neither
//! the screen nor the exit code, and does not keep the program from ending.

use std::io::{self, Write};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use crate::app::effect::FinalOutcome;
use crate::output::variables;
use crate::runtime::process::tasks::Tasks;

/// For how long a program that is about to end waits for the command.
const PATIENCE: Duration = Duration::from_secs(10);

/// A command for the outcome, if there is one.
#[derive(Clone, Debug)]
pub(crate) struct Hook(pub(crate) Option<String>);

impl Hook {
    /// Runs the command in the background, where its output can't spoil the screen. What becomes of it is
    /// told in the log.
    pub(crate) fn run_quietly(&self, known: &FinalOutcome, tasks: &mut Tasks) {
        let Some(command) = &self.0 else {
            return;
        };
        match start(command, known, [Stdio::null(), Stdio::null()]) {
            Ok(mut child) => tasks.spawn("hook", async move {
                let ended = child.wait().await;
                tracing::info!(?ended, "the --on-outcome command has ended");
            }),
            Err(error) => tracing::warn!(%error, "the --on-outcome command could not be started"),
        }
    }

    /// Runs the command with its output on standard error, and waits for its end, but not for ever; nor any
    /// longer once `enough` is. What is wrong is said on standard error.
    pub(crate) async fn run_to_its_end(
        &self,
        known: &FinalOutcome,
        enough: impl Future<Output = ()>,
    ) {
        let Some(command) = &self.0 else {
            return;
        };
        let output = [io::stderr().into(), io::stderr().into()];
        if let Some(complaint) = finish(start(command, known, output), enough).await {
            let _ = writeln!(io::stderr(), "the --on-outcome command {complaint}");
        }
    }
}

/// Starts the command. A child that is let go of is reaped by tokio, and after us by the system.
fn start(command: &str, known: &FinalOutcome, [output, errors]: [Stdio; 2]) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", command])
        .envs(variables(known))
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
}

/// Waits for the command. What there is to complain about, if anything.
async fn finish(child: io::Result<Child>, enough: impl Future<Output = ()>) -> Option<String> {
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return Some(format!("could not be started: {error}")),
    };
    tokio::select! {
        ended = child.wait() => match ended {
            Ok(status) if status.success() => None,
            Ok(status) => Some(format!("failed: {status}")),
            Err(error) => Some(format!("could not be waited for: {error}")),
        },
        () = enough => Some("is left to itself: the program was asked to end".to_owned()),
        () = tokio::time::sleep(PATIENCE) => Some(format!(
            "has not ended after {} seconds and is left to itself",
            PATIENCE.as_secs()
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

    /// Paused time passes at once where nothing else is to be done.
    #[tokio::test(start_paused = true)]
    async fn a_command_that_hangs_is_left_to_itself() {
        let began = tokio::time::Instant::now();
        let complaint = finish(sleeper(), std::future::pending()).await;
        let expected = "has not ended after 10 seconds and is left to itself";
        assert_eq!(complaint.as_deref(), Some(expected));
        assert_eq!(began.elapsed().as_secs(), PATIENCE.as_secs());
        let complaint = finish(sleeper(), std::future::ready(())).await.unwrap();
        assert!(complaint.starts_with("is left to itself"), "{complaint}");
    }

    #[tokio::test]
    async fn only_what_goes_wrong_is_told() {
        let run = |command: &str| Command::new("sh").args(["-c", command]).spawn();
        let never = std::future::pending;
        assert_eq!(finish(run("true"), never()).await, None);
        let failed = finish(run("exit 3"), never()).await;
        assert_eq!(failed.as_deref(), Some("failed: exit status: 3"));
        let missing = Command::new("/nonexistent/sh").spawn();
        let missing = finish(missing, never()).await.unwrap();
        assert!(missing.starts_with("could not be started: "), "{missing}");
    }
}
