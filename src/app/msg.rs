//! The messages to the application: facts from the terminal, the poller, the clock and the process. The runtime sends
//! them; `update` applies them one by one.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Utc};
use ratatui::layout::Size;

use crate::app::keys::key::Key;
use crate::app::session::{SessionId, Target};
use crate::domain::comparison::Difference;
use crate::domain::estimate::{TypicalDuration, TypicalTimes};
use crate::domain::fault::Fault;
use crate::domain::listing::ListedImage;
use crate::domain::observation::Batch;
use crate::domain::outcome::RecordedWatch;
use crate::exit_code;
use crate::text::safe::SafeText;

/// A fact, in the order of occurrence.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A second has passed.
    Tick {
        now: DateTime<Utc>,
        /// Whether `now` is by the machine's clock, which may be wrong; the time of a demo or a replay is not.
        is_machine_time: bool,
        /// The user's UTC offset.
        offset: FixedOffset,
        /// The running time of the watch's clock: for durations, which neither sleep nor a changed clock may lengthen.
        elapsed: Duration,
        /// The real running time of the program, whatever the watch's clock does.
        running: Duration,
        /// The program did not run for a while before this: the machine slept, or the process was stopped.
        slept: bool,
    },
    Key(Key),
    /// A key with Alt or another modifier that no action can have, by its name.
    ModifiedKey(SafeText),
    /// Text that was pasted.
    Paste(String),
    /// Only after [`Effect::Mouse`](crate::app::effect::Effect::Mouse).
    Mouse(MouseAction),
    Resized(Size),
    /// The API responded, or a request failed: in the order of occurrence.
    Observed(SessionId, Batch),
    /// A replay went back: this is all that has been played now.
    Rewound(SessionId, Batch),
    /// Show another session.
    Show(SessionId),
    /// The watch of a build that the user has picked begins.
    Opened {
        id: SessionId,
        target: Target,
        /// Whether it is the first of those that the user has picked together: it is shown.
        is_first: bool,
        /// Whether its build log is read, too.
        reads_log: bool,
    },
    /// It can't begin.
    NotOpened(String),
    /// One of the two builds to compare was read.
    CompareRead,
    /// Two builds were compared, or why that failed.
    Compared(Result<Compared, String>),
    Listed(Listed),
    /// No MFA code is needed any more: a reason to ask for one that arrived late does not count.
    CodeAccepted,
    /// The recorded builds, for the picker.
    Recorded(Vec<RecordedWatch>),
    /// Nothing else has happened, and events remain to be indexed: index some of them.
    Idle,
    /// A headless watch has printed nothing for as long as the user wants to wait.
    Quiet,
    TimedOut,
    Signal(Signal),
    /// The end of the recording that is replayed.
    RecordingEnded(SessionId),
    /// What the user should know about a text that was copied.
    CopyNote(String),
    /// The path of the report that the user requested, or the reason why it was not written.
    ReportWritten(Result<String, String>),
    Remark(Remark),
    /// The typical durations of the user's own builds and of their parts, once they are known.
    Typical(TypicalDuration, TypicalTimes),
    /// A task of the program panicked.
    Died(String),
}

/// The differences of two builds.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The two builds, in words.
    pub names: [String; 2],
    pub differences: Vec<Difference>,
}

/// The images of the account that are known.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    pub rows: Vec<ListedImage>,
    /// The region that was listed, if that is known without the rows.
    pub region: Option<SafeText>,
    /// Whether these are all.
    pub whole: bool,
    /// Why some are missing.
    pub faults: Vec<Fault>,
    /// Whether that is for lack of an MFA code.
    pub needs_code: bool,
}

/// A message about the program itself, not about the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// One lower-case line. It may name files, whose names can contain anything.
    pub text: SafeText,
    /// It is outdated after a minute; otherwise it stays on the screen.
    pub is_transient: bool,
}

impl Remark {
    /// A remark that is outdated after a minute.
    pub fn passing(text: &str) -> Self {
        let text = SafeText::new(text);
        Self {
            text,
            is_transient: true,
        }
    }

    /// A remark that stays.
    pub fn lasting(text: &str) -> Self {
        let text = SafeText::new(text);
        let is_transient = false;
        Self { text, is_transient }
    }
}

/// A mouse event and its position, in cells from the top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MouseAction {
    pub kind: MouseKind,
    pub column: u16,
    pub row: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MouseKind {
    /// The left button was pressed.
    Click,
    /// The wheel was turned away from the user.
    WheelUp,
    /// The wheel was turned towards the user.
    WheelDown,
}

/// A signal that ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signal {
    number: u8,
    /// `None`: a real-time signal, which has only its number.
    name: Option<&'static str>,
}

impl Signal {
    /// The terminal is gone.
    pub const HANGUP: Self = Self::new(1, "SIGHUP");
    /// Ctrl-C, where it is not a key.
    pub const INTERRUPT: Self = Self::new(2, "SIGINT");
    /// Ctrl-\, where it is not a key.
    pub const QUIT: Self = Self::new(3, "SIGQUIT");
    pub const TERMINATE: Self = Self::new(15, "SIGTERM");

    pub const fn new(number: u8, name: &'static str) -> Self {
        let name = Some(name);
        Self { number, name }
    }

    pub const fn real_time(number: u8) -> Self {
        Self { number, name: None }
    }

    /// The exit code of a program that a signal ended: 128 plus the signal's number.
    pub const fn exit_code(self) -> u8 {
        exit_code::of_signal(self.number)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => formatter.write_str(name),
            None => write!(formatter, "signal {}", self.number),
        }
    }
}
