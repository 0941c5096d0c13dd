//! The clipboards beside the terminal's own (`escapes::copy`): the desktop's, where there is one, and the buffers of
//! tmux, which by default passes no text of a program on to the terminal, but does so for its own command.
//!
//! Each works on threads of its own, because connecting to a display can take long.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};

use tokio::sync::mpsc;

use crate::app::msg::Msg;
use crate::config::Multiplexer;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::tty::escapes::MAX_CLIPBOARD;

/// The setting by which tmux takes a text from a program and passes it on.
const TMUX_NEEDS: &str = "`set -g set-clipboard on`";

/// The clipboards of this machine. The first copy connects to the desktop's.
#[derive(Debug)]
pub(crate) struct Clipboard {
    desktop: Option<Sender<String>>,
    multiplexer: Multiplexer,
    done: mpsc::UnboundedSender<Msg>,
    notes: mpsc::UnboundedReceiver<Msg>,
}

impl Clipboard {
    pub(crate) fn new(multiplexer: Multiplexer) -> Self {
        let (done, notes) = mpsc::unbounded_channel();
        Self {
            desktop: None,
            multiplexer,
            done,
            notes,
        }
    }

    /// Queues text for the clipboards.
    pub(crate) fn set(&mut self, text: String, tasks: &mut Tasks) {
        if let Some(note) = note(self.multiplexer) {
            // Never fails: this clipboard has the receiver.
            let _ = self.done.send(Msg::CopyNote(note));
        }
        if self.multiplexer == Multiplexer::Tmux && text.len() <= MAX_CLIPBOARD {
            let (text, done) = (text.clone(), self.done.clone());
            tasks.spawn_blocking("clipboard", move || {
                if let Err(error) = load_into_tmux(&text) {
                    tracing::info!(%error, "not copied to tmux's buffers");
                    let note =
                        format!("failed to copy: tmux did not answer; it needs {TMUX_NEEDS}");
                    let _ = done.send(Msg::CopyNote(note));
                }
            });
        }
        let done = &self.done;
        let desktop = self
            .desktop
            .get_or_insert_with(|| start(done.clone(), tasks));
        // Never fails: the thread runs until the program ends.
        let _ = desktop.send(text);
    }

    /// Waits for the next note about a copied text.
    pub(crate) async fn next(&mut self) -> Msg {
        match self.notes.recv().await {
            Some(msg) => msg,
            None => std::future::pending().await,
        }
    }
}

/// What has to be said of every copy under this multiplexer.
fn note(multiplexer: Multiplexer) -> Option<String> {
    match multiplexer {
        Multiplexer::None | Multiplexer::Tmux | Multiplexer::Screen => None,
        Multiplexer::RemoteTmux => Some(format!(
            "sent to tmux, which passes it on with {TMUX_NEEDS}"
        )),
        Multiplexer::Unknown => Some(format!(
            "sent to the terminal; if it is tmux, it needs {TMUX_NEEDS}"
        )),
    }
}

/// Under X11 the program that has copied serves the text, so the clipboard stays open to the end.
fn start(done: mpsc::UnboundedSender<Msg>, tasks: &mut Tasks) -> Sender<String> {
    let (texts, receiver) = channel::<String>();
    tasks.spawn_blocking("clipboard", move || {
        let mut clipboard = None;
        for text in receiver {
            if clipboard.is_none() {
                clipboard = arboard::Clipboard::new()
                    .inspect_err(|error| tracing::info!(%error, "no desktop clipboard"))
                    .ok();
            }
            let is_long = text.len() > MAX_CLIPBOARD;
            let copied = clipboard.as_mut().is_some_and(|clipboard| {
                let set = clipboard.set_text(text);
                set.inspect_err(|error| {
                    tracing::info!(%error, "not copied to the desktop clipboard");
                })
                .is_ok()
            });
            if is_long && !copied {
                let note = format!(
                    "failed to copy: more than {MAX_CLIPBOARD} bytes, which only a desktop's clipboard takes"
                );
                let _ = done.send(Msg::CopyNote(note));
            }
        }
    });
    texts
}

/// Puts text into the newest buffer of tmux, which passes it on to the terminal's clipboard.
fn load_into_tmux(text: &str) -> io::Result<()> {
    // tmux before 3.2 does not pass it on.
    run("tmux", &["load-buffer", "-w", "-"], text)
        .or_else(|_| run("tmux", &["load-buffer", "-"], text))
}

/// Runs a command with text as its input.
fn run(program: &str, arguments: &[&str], text: &str) -> io::Result<()> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // A command that does not read it says so by its status.
    let written = child
        .stdin
        .take()
        .map(|mut input| input.write_all(text.as_bytes()));
    let status = child.wait()?;
    if !status.success() {
        return Err(io::Error::other(status.to_string()));
    }
    written.unwrap_or(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_the_missing_setting_where_the_text_may_not_arrive() {
        for silent in [Multiplexer::None, Multiplexer::Tmux, Multiplexer::Screen] {
            assert_eq!(note(silent), None);
        }
        for uncertain in [Multiplexer::RemoteTmux, Multiplexer::Unknown] {
            let note = note(uncertain).unwrap();
            assert!(
                note.contains("set -g set-clipboard on") && note.len() < 80,
                "{note}"
            );
        }
    }

    #[test]
    fn a_command_that_fails_is_an_error() {
        assert!(run("sh", &["-c", "test \"$(cat)\" = text"], "text").is_ok());
        assert!(run("sh", &["-c", "exit 1"], &"text".repeat(1 << 20)).is_err());
        assert!(run("/nonexistent", &[], "text").is_err());
    }
}
