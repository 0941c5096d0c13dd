//! Everything that the application can learn.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use ratatui::layout::Size;

use crate::app::keys::key::Key;
use crate::domain::observation::Observation;
use crate::exit_code;
use crate::text::safe::SafeText;

/// A fact, in the order in which it happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A second has passed.
    Tick {
        /// The watch's time.
        now: DateTime<Utc>,
        /// How far the machine's time is behind the watch's: it is wrong where this is not zero.
        behind: TimeDelta,
        /// What the person's clocks differ from UTC by.
        offset: FixedOffset,
        /// How long the watch's clock has run: for spans, which no sleep and no set clock may stretch.
        elapsed: Duration,
        /// For a while before this nobody watched: the machine slept, or the process was stopped.
        slept: bool,
    },
    /// A key was pressed.
    Key(Key),
    /// Something was done with the mouse; after [`Effect::Mouse`](crate::app::effect::Effect::Mouse) only.
    Mouse(MouseAction),
    /// The terminal has a new size.
    Resized(Size),
    /// The API answered, or failed to.
    Observed(Observation),
    /// Nothing has happened, and there is work left that waits for nothing: a part of it can be done.
    Idle,
    /// `--timeout` ran out.
    TimedOut,
    /// The process was asked to end.
    Signal(Signal),
    /// There is nothing more to come: the recording that is replayed has ended.
    RecordingEnded,
    /// The report that a person asked for is written, to this file; or it is not, and this is why.
    ReportWritten(Result<String, String>),
    /// Something about the program itself is to be known.
    Remark(Remark),
    /// A part of the program died.
    Died(String),
}

/// Something that a person should know about the program itself, not about the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// One lower-case line. It names files, and a file can be named anything.
    pub text: SafeText,
    /// It is no news after a minute; otherwise it stays on the screen.
    pub passes: bool,
}

impl Remark {
    /// A remark that is no news after a minute.
    pub fn passing(text: &str) -> Self {
        let text = SafeText::new(text);
        Self { text, passes: true }
    }

    /// A remark that stays.
    pub fn lasting(text: &str) -> Self {
        let text = SafeText::new(text);
        let passes = false;
        Self { text, passes }
    }
}

/// What was done with the mouse, and where: in cells from the top left corner, which is 0, 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MouseAction {
    /// What was done.
    pub kind: MouseKind,
    /// Cells from the left.
    pub column: u16,
    /// Cells from the top.
    pub row: u16,
}

/// What can be done with a mouse here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MouseKind {
    /// The left button was pressed.
    Click,
    /// The wheel was turned away from the person.
    WheelUp,
    /// The wheel was turned towards the person.
    WheelDown,
}

/// A signal that ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// The terminal is gone.
    Hangup,
    /// Ctrl-C, where it is not a key.
    Interrupt,
    /// Ctrl-\, where it is not a key.
    Quit,
    Terminate,
}

impl Signal {
    /// The exit code of a program that a signal ended: 128 and the signal's number.
    pub const fn exit_code(self) -> u8 {
        exit_code::of_signal(match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Quit => 3,
            Self::Terminate => 15,
        })
    }

    /// The signal's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Quit => "SIGQUIT",
            Self::Terminate => "SIGTERM",
        }
    }
}
