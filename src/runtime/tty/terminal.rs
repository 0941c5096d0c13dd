//! The terminal, borrowed and given back: on every way out of the program, a panic included, and whenever the
//! shell stops the program.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

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
use crate::error::Error;
use crate::runtime::process::tasks::Tasks;
use crate::runtime::process::{failpoint, panics};
use crate::runtime::tty::job_control;
use crate::runtime::tty::writer::TtyWriter;
use crate::style::Theme;
use crate::view::view;

/// Whether the terminal is ours. Whoever clears it gives the terminal back; so it is given back once.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the terminal took what gives it back.
static LISTENS: AtomicBool = AtomicBool::new(false);
/// Whether the terminal tells us of its mouse, and no longer marks text with it.
static MOUSE: AtomicBool = AtomicBool::new(false);
/// Tell of buttons and the wheel, with coordinates of any size; but not of each movement, which would wake
/// the program for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// What a terminal that does not know its size is taken for, as a serial line is by everybody.
const USUAL: Size = Size {
    width: 80,
    height: 24,
};

/// The way to the terminal, for whoever gives it back.
static OUTLET: OnceLock<TtyWriter> = OnceLock::new();

/// A terminal that shows the program; dropping it gives the terminal back as it was.
#[derive(Debug)]
pub(crate) struct Screen {
    writer: &'static TtyWriter,
    gathered: FrameBuffer,
    /// What is on the terminal; nothing where that is not known.
    canvas: Option<Canvas>,
    /// The frame that is being written.
    written: Option<oneshot::Receiver<io::Result<()>>>,
}

/// A frame is compared with the one before, so that what is written is only what differs.
type Canvas = Terminal<CrosstermBackend<FrameBuffer>>;

/// The bytes of a frame, until it is complete.
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
    /// Takes the terminal: raw mode, the alternate screen, no cursor.
    pub(crate) fn take(tasks: &mut Tasks) -> Result<Self, Error> {
        let writer = TtyWriter::start(tasks).map_err(Error::Terminal)?;
        let mut screen = Self {
            writer: OUTLET.get_or_init(|| writer),
            gathered: FrameBuffer::default(),
            canvas: None,
            written: None,
        };
        screen.enter().map_err(Error::Terminal)?;
        Ok(screen)
    }

    /// Takes the terminal again, whatever others have done to it meanwhile.
    pub(crate) fn take_again(&mut self) -> io::Result<()> {
        // Raw mode is taken anew only where it was given up; the shell may have ended it behind our back.
        disable_raw_mode()?;
        self.enter()
    }

    fn enter(&mut self) -> io::Result<()> {
        self.canvas = None;
        TAKEN.store(true, Ordering::SeqCst);
        failpoint::during_enter();
        let mut bytes = Vec::new();
        enable_raw_mode()
            .and_then(|()| queue!(bytes, EnterAlternateScreen, Clear(ClearType::All), Hide))
            .inspect_err(|_| give_back())?;
        self.writer.queue_control(bytes);
        // Another thread that panicked meanwhile may have given back what was not taken yet.
        if panics::have_come() {
            TAKEN.store(true, Ordering::SeqCst);
            give_back();
        }
        Ok(())
    }

    /// Whether a frame can be drawn: the one before has been written.
    pub(crate) fn is_free(&self) -> bool {
        self.written.is_none()
    }

    /// Waits until the frame has been written.
    pub(crate) async fn written(&mut self) -> io::Result<()> {
        let Some(written) = &mut self.written else {
            return std::future::pending().await;
        };
        let Ok(result) = written.await else {
            // The writer has died; its task says why.
            return std::future::pending().await;
        };
        self.written = None;
        result
    }

    /// Draws the model. Nothing, where the terminal is not ours (any more).
    pub(crate) fn draw(&mut self, model: &Model, theme: &Theme) -> io::Result<()> {
        if !is_taken() {
            return Ok(());
        }
        failpoint::hit("view");
        self.frame(model, theme)?;
        let bytes = self.gathered.0.take();
        self.written = Some(self.writer.show(bytes));
        Ok(())
    }

    fn frame(&mut self, model: &Model, theme: &Theme) -> io::Result<()> {
        let mut out = self.gathered.clone();
        queue!(out, BeginSynchronizedUpdate)?;
        let area = Rect::from(model.size);
        self.canvas
            .take_if(|canvas| canvas.get_frame().area() != area);
        let canvas = match &mut self.canvas {
            Some(canvas) => canvas,
            // Not ratatui's own resizing and clearing, which ask the terminal for its size and its cursor.
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
    pub(crate) fn say(&mut self, sequences: &str) {
        if !sequences.is_empty() && is_taken() {
            self.writer.say(sequences.as_bytes().to_vec());
        }
    }

    /// Takes the mouse, or gives it back.
    pub(crate) fn mouse(&mut self, taken: bool) {
        if is_taken() && MOUSE.swap(taken, Ordering::SeqCst) != taken {
            self.say(if taken { MOUSE_ON } else { MOUSE_OFF });
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether the terminal is ours.
pub(crate) fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// The terminal's size; an error where it is gone.
pub(crate) fn size() -> io::Result<Size> {
    let size = tcgetwinsize(io::stdout())?;
    Ok(sensible(Size {
        width: size.ws_col,
        height: size.ws_row,
    }))
}

/// A size that something can be drawn in.
pub(crate) fn sensible(size: Size) -> Size {
    if size.width == 0 || size.height == 0 {
        USUAL
    } else {
        size
    }
}

/// Says something on a terminal that has been given back. Nothing, where it does not listen.
pub(crate) fn say_last(text: &str) {
    if let Some(writer) = OUTLET.get().filter(|_| LISTENS.load(Ordering::SeqCst)) {
        writer.finish(text.as_bytes().to_vec());
    }
}

/// Gives the terminal back, if it is ours. What fails here can't be helped, and must not hide why we leave.
pub(crate) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut bytes = Vec::new();
        MOUSE.store(false, Ordering::SeqCst);
        let _ = leave(&mut bytes);
        if let Some(writer) = OUTLET.get() {
            LISTENS.store(writer.flush_kernel_buffer(&bytes), Ordering::SeqCst);
        }
        // In the background the modes are somebody else's.
        if !job_control::in_background() {
            let _ = disable_raw_mode();
        }
    }
}

/// Undoes what was done to the terminal's screen, its cursor and its mouse. The mouse is given back in any case:
/// what did so before may still wait to be written, and is dropped with the frames.
fn leave(writer: &mut impl Write) -> io::Result<()> {
    writer.write_all(MOUSE_OFF.as_bytes())?;
    execute!(writer, EndSynchronizedUpdate, LeaveAlternateScreen, Show)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_was_taken_is_given_back() {
        let mut written = Vec::new();
        leave(&mut written).unwrap();
        let written = String::from_utf8(written).unwrap();
        for sequence in ["[?1000l", "[?1006l", "[?1049l", "[?25h"] {
            assert!(written.contains(sequence), "{sequence}");
        }
    }

    #[test]
    fn a_terminal_that_does_not_know_its_size_is_taken_for_a_usual_one() {
        let size = |width, height| sensible(Size { width, height });
        assert_eq!((size(0, 0), size(80, 0)), (USUAL, USUAL));
        assert_eq!(
            size(1, 1),
            Size {
                width: 1,
                height: 1
            }
        );
    }
}
