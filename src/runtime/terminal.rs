//! The terminal, borrowed and given back: on every way out of the program, a panic included.

use std::io::{self, BufWriter, Stdout, Write};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::app::model::Model;
use crate::error::Error;
use crate::style::Theme;
use crate::view::view;

/// Whether the terminal is ours. Whoever clears it gives the terminal back; so it is given back once.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the terminal tells us of its mouse, and no longer marks text with it.
static MOUSE: AtomicBool = AtomicBool::new(false);
/// Tell of buttons and the wheel, with coordinates of any size; but not of each movement, which would wake
/// the program for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// A terminal that shows the program; dropping it gives the terminal back as it was.
#[derive(Debug)]
pub(super) struct Screen {
    /// Never dropped: ratatui's own drop writes to standard error, and panics where nobody listens there.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
}

impl Screen {
    /// Takes the terminal: raw mode, the alternate screen, no cursor.
    pub(super) fn take() -> Result<Self, Error> {
        give_back_on_panic();
        TAKEN.store(true, Ordering::SeqCst);
        Self::enter()
            .inspect_err(|_| give_back())
            .map_err(Error::Terminal)
    }

    fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        execute!(
            io::stdout(),
            EnterAlternateScreen,
            Clear(ClearType::All),
            Hide
        )?;
        // A frame is gathered before it is written, so that a slow line shows it as a whole.
        let writer = BufWriter::with_capacity(64 * 1024, io::stdout());
        // Cleared above, since ratatui's own clearing asks the terminal where the cursor is, and waits.
        Ok(Self {
            terminal: ManuallyDrop::new(Terminal::new(CrosstermBackend::new(writer))?),
        })
    }

    /// Draws the model. Nothing, where a panic has given the terminal back already.
    pub(super) fn draw(&mut self, model: &Model, theme: &Theme) -> Result<(), Error> {
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.frame(model, theme).map_err(Error::Terminal)
    }

    /// Writes sequences that change no cell, between two frames.
    pub(super) fn say(&mut self, sequences: &str) -> Result<(), Error> {
        if sequences.is_empty() || !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        let writer = self.terminal.backend_mut();
        let said = writer.write_all(sequences.as_bytes());
        said.and_then(|()| Write::flush(writer))
            .map_err(Error::Terminal)
    }

    /// Takes the mouse, or gives it back.
    pub(super) fn mouse(&mut self, taken: bool) -> Result<(), Error> {
        if !TAKEN.load(Ordering::SeqCst) || MOUSE.swap(taken, Ordering::SeqCst) == taken {
            return Ok(());
        }
        self.say(if taken { MOUSE_ON } else { MOUSE_OFF })
    }

    fn frame(&mut self, model: &Model, theme: &Theme) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal
            .draw(|frame| view(model, theme, frame.area(), frame.buffer_mut()))?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, if it is ours. What fails here can't be helped, and must not hide why we leave.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut stdout = io::stdout();
        let _ = leave(&mut stdout, MOUSE.swap(false, Ordering::SeqCst));
        let _ = disable_raw_mode();
    }
}

/// Undoes what was done to the terminal's screen, its cursor and its mouse.
fn leave(writer: &mut impl Write, mouse: bool) -> io::Result<()> {
    if mouse {
        writer.write_all(MOUSE_OFF.as_bytes())?;
    }
    execute!(writer, EndSynchronizedUpdate, LeaveAlternateScreen, Show)
}

/// Lets a panic's message appear on the normal screen. The hook itself can't panic.
fn give_back_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        give_back();
        report(info);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mouse_is_given_back_where_it_was_taken() {
        for mouse in [true, false] {
            let mut written = Vec::new();
            leave(&mut written, mouse).unwrap();
            let written = String::from_utf8(written).unwrap();
            assert_eq!(
                written.contains("[?1000l") && written.contains("[?1006l"),
                mouse
            );
            assert!(written.contains("[?1049l") && written.contains("[?25h"));
        }
    }
}
