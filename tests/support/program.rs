//! The built program as a child process, its output read line by line, with a deadline on every wait.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::Deref;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// The longest time that a test waits for anything.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// A state folder for one run of the program, removed when this is dropped.
pub(crate) struct Scratch(PathBuf);

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An empty folder of its own.
pub(crate) fn fresh_folder() -> Scratch {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("state-{}-{number}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    Scratch(folder)
}

/// The recordings in a state folder.
pub(crate) fn recordings_in(state: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<_>>()
    };
    let mut found: Vec<_> = inside(&state.join("bakewatch/recordings"))
        .iter()
        .flat_map(|image| inside(image))
        .collect();
    found.sort();
    found
}

/// A command that runs the program without the user's own AWS configuration.
pub(crate) fn command(arguments: &[&str]) -> Command {
    command_of(env!("CARGO_BIN_EXE_bakewatch"), arguments)
}

/// Whether `env` can set signals to their defaults, as that of GNU can since 8.31.
static ENV_RESETS_SIGNALS: LazyLock<bool> = LazyLock::new(|| {
    let mut env = Command::new("env");
    env.args(["--default-signal", "true"]).stderr(Stdio::null());
    env.status().is_ok_and(|status| status.success())
});

/// Whether the program starts with default signals. It does not where `env` cannot reset them and these tests were
/// started with some ignored, as `nohup` does and as a shell does in the background; a message says so.
pub(crate) fn has_default_signals() -> bool {
    let ends = |signal: &str| {
        let script = format!("kill -s {signal} $$");
        let status = Command::new("sh").args(["-c", &script]).status();
        status.is_ok_and(|status| status.signal().is_some())
    };
    let has = *ENV_RESETS_SIGNALS || ["HUP", "INT", "TERM"].into_iter().all(ends);
    if !has {
        let why =
            "skipped: these tests were started with signals ignored, and env cannot reset them";
        let _ = writeln!(io::stderr(), "{why}");
    }
    has
}

fn command_of(program: &str, arguments: &[&str]) -> Command {
    let mut command = if *ENV_RESETS_SIGNALS {
        let mut env = Command::new("env");
        env.args(["--default-signal", program]);
        env
    } else {
        Command::new(program)
    };
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in [
        "BAKEWATCH_API_URL",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_CA_BUNDLE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "BAKEWATCH_THEME",
        "COLORFGBG",
        "AWS_ACCESS_KEY_ID",
        "NO_COLOR",
        "XDG_STATE_HOME",
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
    _state: Scratch,
}

/// The output of the program and its exit status.
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
        Self::run(command(arguments), environment)
    }

    /// Starts the program with these signals ignored, as `nohup` does.
    pub(crate) fn start_ignoring(signals: &str, arguments: &[&str]) -> Self {
        Self::start_after(&format!("trap '' {signals}"), arguments)
    }

    /// Starts the program from a shell that sets something first, as `ulimit` does.
    pub(crate) fn start_after(first: &str, arguments: &[&str]) -> Self {
        let script = format!("{first}; exec \"$0\" \"$@\"");
        let mut all = vec!["-c", &script, env!("CARGO_BIN_EXE_bakewatch")];
        all.extend(arguments);
        Self::run(command_of("sh", &all), &[])
    }

    fn run(mut command: Command, environment: &[(&str, &str)]) -> Self {
        let state = fresh_folder();
        let mut child = command
            .env("XDG_STATE_HOME", &*state)
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
            _state: state,
        }
    }

    /// Kills it with SIGKILL, and reads the lines that it had written until then.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while let Ok(line) = self.lines.recv_timeout(DEADLINE) {
            self.seen.push(line);
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, name: &str) {
        send_signal(name, self.id());
    }

    /// Reads lines until one matches.
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

    /// Reads lines until the program ends.
    pub(crate) fn end(mut self) -> Ended {
        loop {
            match self.lines.recv_timeout(DEADLINE) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("the program does not end; so far: {:#?}", self.seen);
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

/// Sends a process a signal.
pub(crate) fn send_signal(name: &str, process: u32) {
    let killed = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status();
    assert!(killed.unwrap().success());
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
    /// Checks the exit code; shows all that was printed where it is another one.
    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) {
        let context = format!("{} {:#?}", self.diagnostics, self.lines);
        assert_eq!(self.code(), Some(code), "{context}");
    }

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

/// How often the program is killed; `BAKEWATCH_KILLS` sets another number.
#[expect(
    clippy::disallowed_methods,
    reason = "the program reads the environment in config; this is a test"
)]
pub(crate) fn kills() -> usize {
    let wanted = std::env::var("BAKEWATCH_KILLS").ok();
    wanted.map_or(20, |number| number.parse().expect("a number"))
}
