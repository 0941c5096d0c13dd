//! The program in its own pseudo-terminal: the test presses keys, and a VT parser keeps the screen.

use std::io::{Read, Write};
use std::num::NonZero;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{
    Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system,
};

use super::process::cpu_time;
use super::program::{DEADLINE, Scratch, fresh_folder, send_signal};
use super::sequences::{is_whole, modes_left};

/// The longest time that a program may run without its terminal.
const SOON: Duration = Duration::from_secs(2);
/// The processor time that it may use until then: 5 % of that.
const LAST_WORK: Duration = Duration::from_millis(100);

/// The prompt of the shell in a terminal.
pub(crate) const PROMPT: &str = "ready> ";

/// The screen of the terminal, and a way to wait for it to change.
#[derive(Default)]
struct Shown {
    parser: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    parser: vt100::Parser,
    /// Everything that was ever written to the terminal.
    written: Vec<u8>,
    closed: bool,
}

/// A terminal with the program in it.
pub(crate) struct Terminal {
    /// `None` once the terminal is closed.
    ends: Option<Ends>,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<Shown>,
    modes_before: String,
    /// The folder that the program runs in, and keeps its recordings in.
    pub(crate) folder: Scratch,
}

/// The user's side of the terminal.
struct Ends {
    master: Box<dyn MasterPty + Send>,
    /// The program's side stays open as long as a shell would keep it open.
    _slave: Box<dyn SlavePty + Send>,
    keys: Box<dyn Write + Send>,
    /// The output of the program; `None` once a thread reads it.
    output: Option<Box<dyn Read + Send>>,
}

impl Terminal {
    /// Starts the program in a terminal of that size.
    pub(crate) fn start(
        columns: u16,
        rows: u16,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut terminal = Self::start_unread(columns, rows, arguments, environment);
        terminal.read_on();
        terminal
    }

    /// Starts the program in a terminal whose output is not read yet.
    pub(crate) fn start_unread(
        columns: u16,
        rows: u16,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bakewatch"));
        command.args(arguments);
        Self::run(columns, rows, command, environment)
    }

    /// Starts a shell in a terminal, whose variable `b` is the program's path.
    pub(crate) fn shell(columns: u16, rows: u16, arguments: &[&str]) -> Self {
        let mut command = CommandBuilder::new("sh");
        command.args(arguments);
        let environment = [
            ("b", env!("CARGO_BIN_EXE_bakewatch")),
            ("PS1", PROMPT),
            ("ENV", ""),
        ];
        Self::run(columns, rows, command, &environment)
    }

    fn run(
        columns: u16,
        rows: u16,
        mut command: CommandBuilder,
        environment: &[(&str, &str)],
    ) -> Self {
        let pair = native_pty_system()
            .openpty(size(columns, rows))
            .expect("a pseudo-terminal");
        let modes_before = modes(&*pair.master);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        for name in ["NO_COLOR", "COLORTERM", "COLORFGBG", "BAKEWATCH_THEME"] {
            command.env_remove(name);
        }
        command.env("RUST_BACKTRACE", "0");
        let state = fresh_folder();
        command.env("XDG_STATE_HOME", &*state);
        command.cwd(&*state);
        command.env("XDG_CONFIG_HOME", "/nonexistent");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair
            .slave
            .spawn_command(command)
            .expect("the program starts");
        let shown = Arc::new(Shown::default());
        shown.parser.lock().unwrap().parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let ends = Ends {
            output: Some(pair.master.try_clone_reader().unwrap()),
            keys: pair.master.take_writer().unwrap(),
            master: pair.master,
            _slave: pair.slave,
        };
        Self {
            ends: Some(ends),
            child,
            shown,
            modes_before,
            folder: state,
        }
    }

    fn ends(&mut self) -> &mut Ends {
        self.ends.as_mut().expect("an open terminal")
    }

    /// Reads the next output of the program, once.
    pub(crate) fn read_some(&mut self) -> &mut Self {
        let mut bytes = [0; 1024];
        let output = self
            .ends()
            .output
            .as_mut()
            .expect("no thread reads the output");
        let count = output.read(&mut bytes).unwrap();
        self.shown.take(&bytes[..count]);
        self
    }

    /// Reads everything from here on, in the background.
    pub(crate) fn read_on(&mut self) {
        let mut output = self
            .ends()
            .output
            .take()
            .expect("no thread reads the output");
        let shown = Arc::clone(&self.shown);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let count = output.read(&mut bytes).unwrap_or(0);
                shown.take(&bytes[..count]);
                if count == 0 {
                    return;
                }
            }
        });
    }

    /// Closes the terminal, whose output no thread reads. The process in it must end soon, and do little until then.
    pub(crate) fn close(&mut self, process: u32) {
        let ends = self.ends.take().expect("an open terminal");
        assert!(ends.output.is_some(), "a thread reads the output");
        let before = cpu_time(process);
        drop(ends);
        let closed = Instant::now();
        while let (Some(before), Some(now)) = (before, cpu_time(process)) {
            let spent = now.saturating_sub(before);
            assert!(
                spent <= LAST_WORK,
                "{spent:?} on a processor without a terminal"
            );
            // A child of this test is listed until it is waited for; that of a shell is not.
            if process == self.process() && self.child.try_wait().unwrap().is_some() {
                return;
            }
            assert!(
                closed.elapsed() < SOON,
                "the program does not end without a terminal"
            );
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Presses keys, as the terminal sends them.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        let ends = self.ends();
        ends.keys.write_all(keys.as_bytes()).unwrap();
        ends.keys.flush().unwrap();
        self
    }

    /// Changes the terminal's size; with 0, the terminal does not know it.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        if columns > 0 && rows > 0 {
            let mut state = self.shown.parser.lock().unwrap();
            let screen = state.parser.screen_mut();
            screen.set_size(cells(rows), cells(columns));
        }
        self.ends().master.resize(size(columns, rows)).unwrap();
        self
    }

    /// Writes to the screen, as another program would.
    pub(crate) fn scribble(&mut self, sequences: &str) -> &mut Self {
        self.shown.take(sequences.as_bytes());
        self
    }

    /// Whether the terminal's modes are those of the beginning.
    pub(crate) fn has_its_modes(&mut self) -> bool {
        modes(&*self.ends().master) == self.modes_before
    }

    /// Waits until the screen and the modes are those of the beginning.
    pub(crate) fn wait_until_restored(&mut self) -> &mut Self {
        self.wait_for_state("the restored terminal", is_restored);
        let end = Instant::now() + DEADLINE;
        while !self.has_its_modes() {
            assert!(Instant::now() < end, "the modes are not restored");
            thread::yield_now();
        }
        self
    }

    /// Waits until the screen matches.
    pub(crate) fn wait(
        &mut self,
        what: &str,
        wanted: impl Fn(&vt100::Screen) -> bool,
    ) -> &mut Self {
        self.wait_for_state(what, |state| wanted(state.parser.screen()))
    }

    fn wait_for_state(&mut self, what: &str, wanted: impl Fn(&State) -> bool) -> &mut Self {
        let end = Instant::now() + DEADLINE;
        let mut state = self.shown.parser.lock().unwrap();
        while !wanted(&state) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !state.closed,
                "never saw {what} on:\n{}\nmodes left: {:?}, whole: {}",
                state.parser.screen().contents(),
                modes_left(&state.written),
                is_whole(&state.written)
            );
            state = self.shown.changed.wait_timeout(state, left).unwrap().0;
        }
        drop(state);
        self
    }

    /// Waits until a text is on the screen.
    pub(crate) fn wait_for(&mut self, text: &str) -> &mut Self {
        self.wait(text, |screen| screen.contents().contains(text))
    }

    /// Waits until a sequence has been written.
    pub(crate) fn wait_for_written(&mut self, sequence: &str) -> &mut Self {
        self.wait_for_state(sequence, |state| {
            let mut parts = state.written.windows(sequence.len());
            parts.any(|part| part == sequence.as_bytes())
        })
    }

    /// Waits until a text is no longer on the screen.
    pub(crate) fn wait_gone(&mut self, text: &str) -> &mut Self {
        self.wait(&format!("the end of {text}"), |screen| {
            !screen.contents().contains(text)
        })
    }

    /// The text on the screen, line by line.
    pub(crate) fn text(&self) -> String {
        self.shown.parser.lock().unwrap().parser.screen().contents()
    }

    /// Everything that was ever written to the terminal, sequences included.
    pub(crate) fn written(&self) -> String {
        let state = self.shown.parser.lock().unwrap();
        String::from_utf8_lossy(&state.written).into_owned()
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, name: &str) {
        send_signal(name, self.process());
    }

    /// The program's process.
    pub(crate) fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// The process that the shell in this terminal has started.
    pub(crate) fn job(&self) -> u32 {
        self.child_of(self.process())
    }

    /// The process that another one in this terminal has started.
    #[expect(clippy::unused_self, reason = "processes are those of a terminal")]
    pub(crate) fn child_of(&self, parent: u32) -> u32 {
        let shell = parent.to_string();
        let output = Command::new("ps").args(["-A", "-o", "ppid=,pid="]).output();
        let listed = String::from_utf8(output.unwrap().stdout).unwrap();
        let mut children = listed.lines().filter_map(|line| {
            let mut columns = line.split_whitespace();
            (columns.next()? == shell).then(|| columns.next())?
        });
        children.next().expect("a job").parse().unwrap()
    }

    /// Waits for the end, and checks that the terminal is restored: its modes, the main screen, the cursor.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let status = self.ended();
        self.wait_for_state("the restored terminal", is_restored);
        assert!(self.has_its_modes(), "the terminal's modes");
        status
    }

    /// Waits for the end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < end,
                "the program does not end:\n{}",
                self.text()
            );
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Whether the terminal is restored: no mode is left of those that a program on a screen sets, and no half sequence.
fn is_restored(state: &State) -> bool {
    let screen = state.parser.screen();
    modes_left(&state.written).is_empty()
        && is_whole(&state.written)
        && !screen.alternate_screen()
        && !screen.hide_cursor()
        && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        && !screen.bracketed_paste()
        && !screen.application_cursor()
        && !screen.application_keypad()
        && screen.fgcolor() == vt100::Color::Default
        && screen.bgcolor() == vt100::Color::Default
        && !screen.inverse()
        && !screen.bold()
}

impl Shown {
    /// Shows bytes; none mean that the terminal is closed.
    fn take(&self, bytes: &[u8]) {
        let mut state = self.parser.lock().unwrap();
        state.parser.process(bytes);
        state.written.extend(bytes);
        state.closed = bytes.is_empty();
        self.changed.notify_all();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a size")
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn modes(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}
