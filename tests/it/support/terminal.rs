//! The program in a terminal of its own: keys go in, and a VT parser tells what is on the screen.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

use super::program::{DEADLINE, Scratch, fresh_folder};

/// What the terminal shows, and a way to wait for it to change.
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
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<Shown>,
    modes_before: String,
    _state: Scratch,
}

impl Terminal {
    /// Starts the program in a terminal of that size.
    pub(crate) fn start(
        columns: u16,
        rows: u16,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .expect("a pseudo-terminal");
        let modes_before = modes(&*pair.master);
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bakewatch"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR");
        let state = fresh_folder();
        command.env("XDG_STATE_HOME", &*state);
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
        let mut output = pair.master.try_clone_reader().unwrap();
        let writer = Arc::clone(&shown);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let count = output.read(&mut bytes).unwrap_or(0);
                let mut state = writer.parser.lock().unwrap();
                state.parser.process(&bytes[..count]);
                state.written.extend(&bytes[..count]);
                state.closed = count == 0;
                writer.changed.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        // The slave side stays open as long as a shell would keep it.
        std::mem::forget(pair.slave);
        Self {
            master: pair.master,
            keys,
            child,
            shown,
            modes_before,
            _state: state,
        }
    }

    /// Presses keys, as the terminal sends them.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Changes the terminal's size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.shown
            .parser
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        self.master
            .resize(PtySize {
                rows,
                cols: columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        self
    }

    /// Waits until the screen is as wanted.
    pub(crate) fn wait(
        &mut self,
        what: &str,
        wanted: impl Fn(&vt100::Screen) -> bool,
    ) -> &mut Self {
        let end = Instant::now() + DEADLINE;
        let mut state = self.shown.parser.lock().unwrap();
        while !wanted(state.parser.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !state.closed,
                "never saw {what} on:\n{}",
                state.parser.screen().contents()
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

    /// Waits until a text is no longer on the screen.
    pub(crate) fn wait_gone(&mut self, text: &str) -> &mut Self {
        self.wait(&format!("the end of {text}"), |screen| {
            !screen.contents().contains(text)
        })
    }

    /// What is on the screen, line by line.
    pub(crate) fn text(&self) -> String {
        self.shown.parser.lock().unwrap().parser.screen().contents()
    }

    /// Everything that was ever written to the terminal, sequences included.
    pub(crate) fn written(&self) -> String {
        let state = self.shown.parser.lock().unwrap();
        String::from_utf8_lossy(&state.written).into_owned()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(
            std::process::Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the end, and checks that the terminal is as it was: its modes, the main screen, the cursor.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let end = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < end, "it does not end:\n{}", self.text());
            thread::yield_now();
        };
        self.wait("the main screen and the cursor", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor()
        });
        assert_eq!(
            modes(&*self.master),
            self.modes_before,
            "the terminal's modes"
        );
        status
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

fn modes(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}
