//! Enters the terminal (raw mode, alternate screen) and restores it: on every exit, including a panic, and whenever the
//! shell stops the program.
//!
//! `Screen` draws; `Tty`, which the panic hook shares, restores from any thread. Tests: `tests/tty/exit.rs`,
//! `tests/tty/terminal.rs`.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use crossterm::cursor::{Hide, Show};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Rect, Size};
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::termios::tcgetwinsize;
use tokio::sync::oneshot;

use crate::app::model::Model;
use crate::config::TerminalCapabilities;
use crate::error::Error;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::process::{failpoint, panics};
use crate::runtime::tty::job_control;
use crate::runtime::tty::state::TtyState;
use crate::runtime::tty::writer::TtyWriter;
use crate::style::Theme;
use crate::style::sgr::with_basic_colours;
use crate::view::view;

/// Report buttons and the wheel, with coordinates of any size, but no movements, which would wake the program for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// Mark pasted text, which would otherwise look like keys.
const PASTE_ON: &str = "\x1b[?2004h";
const PASTE_OFF: &str = "\x1b[?2004l";
/// Save the title of the window, and restore it.
const SAVE_TITLE: &str = "\x1b[22;2t";
const RESTORE_TITLE: &str = "\x1b[23;2t";
/// Remove the progress bar.
const NO_PROGRESS: &str = "\x1b]9;4;0;0\x1b\\";
/// The usual size for a terminal that does not know its own, such as a serial line.
const DEFAULT_SIZE: Size = Size {
    width: 80,
    height: 24,
};

/// The terminal that the program was started in.
#[derive(Debug)]
pub(crate) struct Tty {
    state: Arc<TtyState>,
    writer: TtyWriter,
    capabilities: TerminalCapabilities,
}

impl Tty {
    /// Starts to write to the terminal, and restores it whenever a thread panics.
    pub(crate) fn start(
        capabilities: TerminalCapabilities,
        tasks: &mut Tasks,
    ) -> Result<Arc<Self>, Error> {
        let state = Arc::default();
        let writer = TtyWriter::start(Arc::clone(&state), tasks).map_err(Error::Terminal)?;
        let tty = Arc::new(Self {
            state,
            writer,
            capabilities,
        });
        let closing = Arc::clone(&tty);
        panics::on_panic(move || closing.close());
        Ok(tty)
    }

    /// Sets the modes of a screen, unless a panic is about to end the program.
    fn enter(&self) -> io::Result<()> {
        if !self.state.begin_enter() {
            return Ok(());
        }
        failpoint::during_enter();
        let mut bytes = Vec::new();
        enable_raw_mode()
            .and_then(|()| queue!(bytes, EnterAlternateScreen, Clear(ClearType::All), Hide))
            .inspect_err(|_| self.restore())?;
        bytes.extend_from_slice(PASTE_ON.as_bytes());
        if self.capabilities.title {
            bytes.extend_from_slice(SAVE_TITLE.as_bytes());
        }
        self.writer.queue_control(bytes);
        // A thread that panicked in between may have restored the terminal before these modes were set.
        if !self.state.finish_enter() {
            self.write_restore();
        }
        Ok(())
    }

    /// Restores the terminal if it is entered.
    fn restore(&self) {
        if self.state.leave() {
            self.write_restore();
        }
    }

    /// Restores the terminal if it is entered, and does not enter it again.
    fn close(&self) {
        if self.state.close() {
            self.write_restore();
        }
    }

    /// Errors are ignored: they must not hide the reason for the exit.
    fn write_restore(&self) {
        let mut bytes = Vec::new();
        let _ = queue_restore(&mut bytes, self.capabilities);
        self.writer.write_with_priority(&bytes);
        // In the background the modes belong to another job.
        if !job_control::in_background() {
            let _ = disable_raw_mode();
        }
    }

    /// Prints text on the restored terminal, unless it did not accept the restoring sequences.
    pub(crate) fn print_last(&self, text: &str) {
        if self.state.is_restored() {
            self.writer.write_and_wait(text.as_bytes().to_vec());
        }
    }
}

/// The entered terminal; dropping it restores the terminal.
#[derive(Debug)]
pub(crate) struct Screen {
    tty: Arc<Tty>,
    buffer: FrameBuffer,
    /// The content of the terminal; `None` if it is unknown.
    canvas: Option<Canvas>,
    /// The result of the frame being written.
    pending: Option<oneshot::Receiver<io::Result<()>>>,
}

/// Compares each frame with the previous one, so that only the differences are written.
type Canvas = Terminal<CrosstermBackend<FrameBuffer>>;

/// Collects the bytes of a frame.
#[derive(Clone, Debug, Default)]
struct FrameBuffer(Rc<RefCell<Vec<u8>>>);

impl Write for FrameBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    /// Enters the terminal: raw mode, alternate screen, no cursor.
    pub(crate) fn enter(tty: &Arc<Tty>) -> Result<Self, Error> {
        tty.enter().map_err(Error::Terminal)?;
        Ok(Self {
            tty: Arc::clone(tty),
            buffer: FrameBuffer::default(),
            canvas: None,
            pending: None,
        })
    }

    /// Enters the terminal again after other programs have used it.
    pub(crate) fn reenter(&mut self) -> io::Result<()> {
        // crossterm enables raw mode only if it has disabled it; the shell may have changed the modes in between.
        disable_raw_mode()?;
        self.canvas = None;
        self.tty.enter()
    }

    /// Draws every cell with the next frame, since another program has changed the terminal's content.
    pub(crate) fn forget(&mut self) {
        self.canvas = None;
    }

    /// Gives the terminal back to the shell.
    pub(crate) fn leave(&mut self) {
        self.tty.restore();
    }

    /// Whether the terminal is entered.
    pub(crate) fn is_entered(&self) -> bool {
        self.tty.state.is_entered()
    }

    /// Whether a frame can be drawn: the previous one is written.
    ///
    /// # Errors
    /// If it could not be written.
    pub(crate) fn is_free(&mut self) -> io::Result<bool> {
        let Some(pending) = &mut self.pending else {
            return Ok(true);
        };
        match pending.try_recv() {
            Ok(result) => {
                self.pending = None;
                result.map(|()| true)
            }
            // Where the writer has panicked, `Tasks::panicked` reports it.
            Err(_) => Ok(false),
        }
    }

    /// Waits until the frame is written.
    pub(crate) async fn written(&mut self) -> io::Result<()> {
        let Some(pending) = &mut self.pending else {
            return std::future::pending().await;
        };
        let Ok(result) = pending.await else {
            // The writer has panicked; `Tasks::panicked` reports it.
            return std::future::pending().await;
        };
        self.pending = None;
        result
    }

    /// Draws the model, if the terminal is entered.
    pub(crate) fn draw(&mut self, model: &Model, theme: &Theme) -> io::Result<()> {
        if !self.is_entered() {
            return Ok(());
        }
        failpoint::hit("view");
        self.frame(model, theme)?;
        let bytes = basic_colours(self.buffer.0.take());
        self.pending = Some(self.tty.writer.write_frame(bytes));
        Ok(())
    }

    fn frame(&mut self, model: &Model, theme: &Theme) -> io::Result<()> {
        let mut out = self.buffer.clone();
        queue!(out, BeginSynchronizedUpdate)?;
        let area = Rect::from(model.size);
        self.canvas
            .take_if(|canvas| canvas.get_frame().area() != area);
        let canvas = match &mut self.canvas {
            Some(canvas) => canvas,
            // Not ratatui's own resizing and clearing, which query the terminal for its size and cursor.
            canvas => {
                queue!(out, Clear(ClearType::All))?;
                let options = TerminalOptions {
                    viewport: Viewport::Fixed(area),
                };
                let backend = CrosstermBackend::new(out.clone());
                canvas.insert(Terminal::with_options(backend, options)?)
            }
        };
        canvas.draw(|frame| view(model, theme, frame.area(), frame.buffer_mut()))?;
        queue!(out, EndSynchronizedUpdate)
    }

    /// Writes sequences that change no cell, between two frames.
    pub(crate) fn write_control(&mut self, sequences: &str) {
        if !sequences.is_empty() && self.is_entered() {
            self.tty
                .writer
                .write_between_frames(sequences.as_bytes().to_vec());
        }
    }

    /// Captures or releases the mouse.
    pub(crate) fn capture_mouse(&mut self, captured: bool) {
        if self.tty.state.set_mouse(captured) {
            self.write_control(if captured { MOUSE_ON } else { MOUSE_OFF });
        }
    }
}

/// The bytes of a frame with its colours as every terminal knows them. crossterm writes text.
fn basic_colours(frame: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(frame) {
        Ok(text) => with_basic_colours(&text).into_bytes(),
        Err(error) => error.into_bytes(),
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.tty.restore();
    }
}

/// The terminal's size.
///
/// # Errors
/// If the terminal is gone.
pub(crate) fn size() -> io::Result<Size> {
    let size = tcgetwinsize(io::stdout())?;
    Ok(size_or_default(Size {
        width: size.ws_col,
        height: size.ws_row,
    }))
}

/// The size, or the default if it is empty.
pub(crate) fn size_or_default(size: Size) -> Size {
    if size.width == 0 || size.height == 0 {
        DEFAULT_SIZE
    } else {
        size
    }
}

/// The sequences that restore the screen, the cursor, the mouse, pasting and the window. The mouse is always released: an
/// earlier release may still be queued, and is dropped with the frames.
fn queue_restore(writer: &mut impl Write, capabilities: TerminalCapabilities) -> io::Result<()> {
    writer.write_all(MOUSE_OFF.as_bytes())?;
    writer.write_all(PASTE_OFF.as_bytes())?;
    if capabilities.progress {
        writer.write_all(NO_PROGRESS.as_bytes())?;
    }
    if capabilities.title {
        writer.write_all(RESTORE_TITLE.as_bytes())?;
    }
    execute!(writer, EndSynchronizedUpdate, LeaveAlternateScreen, Show)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_restored() {
        let mut written = Vec::new();
        let capabilities = TerminalCapabilities {
            title: true,
            progress: true,
            ..TerminalCapabilities::default()
        };
        queue_restore(&mut written, capabilities).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert!(written.contains(RESTORE_TITLE) && written.contains(NO_PROGRESS));
        for sequence in ["[?1000l", "[?1006l", "[?2004l", "[?1049l", "[?25h"] {
            assert!(written.contains(sequence), "{sequence}");
        }
    }

    #[test]
    fn a_terminal_of_unknown_size_has_the_default_size() {
        let size = |width, height| size_or_default(Size { width, height });
        assert_eq!((size(0, 0), size(80, 0)), (DEFAULT_SIZE, DEFAULT_SIZE));
        assert_eq!(
            size(1, 1),
            Size {
                width: 1,
                height: 1
            }
        );
    }
}
