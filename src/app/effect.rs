//! What the application may ask the runtime to do. Asking is all that it can do.

use std::sync::Arc;

use crate::app::status::connection::ConnectionState;
use crate::domain::outcome::Outcome;
use crate::domain::stack_event::{StackEvent, StackId};
use crate::text::safe::SafeText;

/// Something to be done outside.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Ask the API now instead of at the next poll.
    PollNow,
    /// Ask the API everything now, over new connections: it has not been asked for long.
    CatchUp,
    /// Read the whole history once more.
    Audit,
    /// Print an entry (text and JSON output only).
    Emit(Entry),
    /// Draw a person's attention to a verdict that has fallen (the screen only): one line of clean text.
    Notify(String),
    /// The outcome is known: run the command that the person has given for it, if any.
    Run(Box<FinalOutcome>),
    /// Put text on the clipboard, as it is.
    Copy(String),
    /// Write a report to share of the build as it is now, to a new file in the current folder; the answer is
    /// [`Msg::ReportWritten`](crate::app::msg::Msg::ReportWritten).
    WriteReport,
    /// Hear of the mouse from here on, or no longer. Until it is asked for, the mouse is the terminal's.
    Mouse(bool),
    /// Let the shell stop the program for now, with its terminal given back.
    Suspend,
    /// Leave with an exit code. Nothing comes after it.
    Exit(u8),
}

/// An outcome, and the exit code that goes with it.
#[derive(Clone, Debug)]
pub struct FinalOutcome {
    /// How it ended.
    pub record: Outcome,
    /// What the program ends with because of it.
    pub code: u8,
}

/// One entry of the text and JSON output.
#[derive(Clone, Debug)]
pub enum Entry {
    /// The events from here on belong to this stack.
    Stack(StackId),
    Event(Arc<StackEvent>),
    /// The state of the watch changed.
    Status {
        state: ConnectionState,
        /// What it means, in words.
        message: String,
    },
    /// Something about the program itself: a diagnostic.
    Remark(SafeText),
    /// How it ended: the last entry.
    Outcome(Box<Outcome>),
}

/// Effects in the order in which they are to be done.
pub(crate) type Effects = Vec<Effect>;
