//! The built program as a child process, its output read line by line, with a deadline on every wait.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long anything may take before a test gives up on it.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// A command that runs the program without the person's own AWS configuration.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bakewatch"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in [
        "BAKEWATCH_API_URL",
        "AWS_PROFILE",
        "AWS_CA_BUNDLE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "BAKEWATCH_THEME",
        "COLORFGBG",
        "AWS_ACCESS_KEY_ID",
        "NO_COLOR",
        "XDG_CONFIG_HOME",
    ] {
        command.env_remove(name);
    }
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", "/nonexistent");
    command
}

/// The program while it runs.
pub(crate) struct Program {
    child: Child,
    lines: Receiver<String>,
    pub(crate) seen: Vec<String>,
}

/// What the program said and how it ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) lines: Vec<String>,
    pub(crate) diagnostics: String,
}

impl Program {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// Starts the program with more in its environment.
    pub(crate) fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(arguments);
        let mut child = command
            .envs(environment.iter().copied())
            .spawn()
            .expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads on until a line is as wanted.
    pub(crate) fn wait_for(&mut self, wanted: impl Fn(&str) -> bool) -> &str {
        loop {
            match self.lines.recv_timeout(DEADLINE) {
                Ok(line) => self.seen.push(line),
                Err(error) => panic!("{error} while waiting; so far: {:#?}", self.seen),
            }
            if wanted(self.seen.last().unwrap()) {
                return self.seen.last().unwrap();
            }
        }
    }

    /// Reads on to the end.
    pub(crate) fn end(mut self) -> Ended {
        loop {
            match self.lines.recv_timeout(DEADLINE) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("it does not end; so far: {:#?}", self.seen);
                }
            }
        }
        let status = self.child.wait().unwrap();
        let mut diagnostics = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut diagnostics)
            .unwrap();
        Ended {
            status,
            lines: std::mem::take(&mut self.seen),
            diagnostics,
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    Program::start(arguments).end()
}

impl Ended {
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The lines as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
            .collect()
    }

    /// The JSON lines of one kind.
    pub(crate) fn of_kind(&self, kind: &str) -> Vec<Value> {
        self.json()
            .into_iter()
            .filter(|line| line["kind"] == kind)
            .collect()
    }

    /// The outcome, which is the last line.
    pub(crate) fn outcome(&self) -> Value {
        let last = self.json().pop().expect("a last line");
        assert_eq!(last["kind"], "outcome");
        last
    }

    /// The ids of the events, in the order in which they were printed.
    pub(crate) fn event_ids(&self) -> Vec<String> {
        let id = |line: Value| line["event"]["eventId"].as_str().unwrap().to_owned();
        self.of_kind("event").into_iter().map(id).collect()
    }
}
