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
        let _ = execute!(stdout, EndSynchronizedUpdate, LeaveAlternateScreen, Show);
        let _ = stdout.flush();
        let _ = disable_raw_mode();
    }
}

/// Lets a panic's message appear on the normal screen. The hook itself can't panic.
fn give_back_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        give_back();
        report(info);
    }));
}
