//! The requests of the application to the runtime. `update` returns them; the runtime alone carries them out.
//! The tests of the application check them instead of what the runtime does.

use std::sync::Arc;

use crate::app::session::SessionId;
use crate::app::status::connection::ConnectionState;
use crate::app::status::heartbeat::Progress;
use crate::domain::outcome::Outcome;
use crate::domain::stack_event::{StackEvent, StackId};
use crate::domain::steps::StepChange;
use crate::text::safe::SafeText;
use crate::text::secret::Secret;

/// A side effect that the runtime is requested to have.
#[derive(Clone, Debug)]
pub enum Effect {
    Poll(SessionId, PollRequest),
    /// Use this MFA code, and poll now.
    EnterCode(SessionId, Secret),
    /// Change the course of a replay.
    Playback(SessionId, PlaybackRequest),
    /// Print an entry of a session (text and JSON output only).
    Emit(SessionId, Entry),
    /// Print a diagnostic of the program itself (text and JSON output only).
    Remark(SafeText),
    /// Notify the user that a verdict is reached (on a screen only): one line of clean text.
    Notify(String),
    /// The outcome is known: run the command that the user has set for it, if any.
    Run(Box<FinalOutcome>),
    /// List the account's images, again and again, and the recorded builds once; or stop to. The runtime responds with
    /// [`Msg::Listed`](crate::app::msg::Msg::Listed) and [`Msg::Recorded`](crate::app::msg::Msg::Recorded).
    List(bool),
    /// Watch these builds, too. The runtime responds with [`Msg::Opened`](crate::app::msg::Msg::Opened) for each.
    Open {
        targets: Vec<OpenTarget>,
        /// Whether the first one is to be shown.
        shows: bool,
    },
    /// Compare two builds. The runtime responds with [`Msg::Compared`](crate::app::msg::Msg::Compared).
    Compare(Box<[CompareTarget; 2]>),
    /// Poll a session's build no longer: its watch has ended.
    Stop(SessionId),
    /// Forget a session's build: the same, and its recording ends now with this outcome.
    Close(SessionId, Box<Outcome>),
    /// Put text on the clipboard, unchanged.
    Copy(String),
    /// Write a report of the build as it is now to a new file in the current folder. The runtime responds with
    /// [`Msg::ReportWritten`](crate::app::msg::Msg::ReportWritten).
    WriteReport(SessionId),
    /// Receive mouse events from here on, or no longer. Until then, the terminal uses the mouse.
    Mouse(bool),
    /// Draw every cell of the screen again.
    Redraw,
    /// Suspend the program, after the terminal is restored.
    Suspend,
    /// Leave with an exit code. No effect follows it.
    Exit(u8),
}

/// An image to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTarget {
    pub image_id: String,
    /// `None`: the account's own.
    pub region: Option<String>,
}

/// A build to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareTarget {
    pub target: OpenTarget,
    /// Whether it is read from its service even if it is recorded: the recording may be of an earlier build.
    pub is_live: bool,
}

/// A request to the poller of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollRequest {
    /// Read the build log again: its lines were dropped.
    ReadLogAgain,
    /// Poll the API now instead of at the next interval.
    Now,
    /// Poll the API for everything now, over new connections: no request has been made for a long time.
    CatchUp,
    /// Read the whole history again.
    Audit,
}

/// A request to the player of a session's recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlaybackRequest {
    /// Run at this speed, or stand still.
    Run { paused: bool, speed: f64 },
    /// Go to the next event, and stand still.
    Next,
    /// Go to the state before the last event, and stand still. The runtime responds with
    /// [`Msg::Rewound`](crate::app::msg::Msg::Rewound).
    Previous,
}

#[derive(Clone, Debug)]
pub struct FinalOutcome {
    pub record: Outcome,
    pub code: u8,
}

/// The build that an entry is about.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) image_id: SafeText,
    pub(crate) region: Option<SafeText>,
    /// How lines of text name the build, if there are several.
    pub(crate) label: Option<Label>,
}

/// The name of a build among several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) text: String,
    /// The number of columns of the longest one.
    pub(crate) columns: usize,
    /// The build's place among the builds, for its colour.
    pub(crate) place: usize,
}

/// One entry of the text and JSON output.
#[derive(Clone, Debug)]
pub enum Entry {
    /// The events from here on belong to this stack.
    Stack(StackId),
    Event(Arc<StackEvent>),
    /// A step of Image Builder's workflows has begun, ended, or is tried again.
    Step(Box<StepChange>),
    Status {
        state: ConnectionState,
        /// One lower-case line.
        message: String,
    },
    /// Nothing else was printed for a while.
    Progress(Box<Progress>),
    /// A diagnostic of the program itself.
    Remark(SafeText),
    /// The last entry.
    Outcome(Box<Outcome>),
}

/// In the order in which they are to be carried out.
pub(crate) type Effects = Vec<Effect>;
