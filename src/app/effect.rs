//! What the application may ask the runtime to do. Asking is all that it can do.

use std::sync::Arc;

use crate::domain::event::{StackEvent, StackId};

use super::link::LinkState;
use super::outcome::OutcomeRecord;

/// Something to be done outside.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Ask the API now instead of at the next poll.
    PollNow,
    /// Read the whole history once more.
    Audit,
    /// Print an entry (text and JSON output only).
    Emit(Entry),
    /// Leave with an exit code. Nothing comes after it.
    Exit(u8),
}

/// One entry of the text and JSON output.
#[derive(Clone, Debug)]
pub enum Entry {
    /// The events from here on belong to this stack.
    Stack(StackId),
    /// An event.
    Event(Arc<StackEvent>),
    /// The state of the watch changed.
    Status {
        /// The new state.
        state: LinkState,
        /// What it means, in words.
        message: String,
    },
    /// Something about the program itself: a diagnostic.
    Remark(String),
    /// How it ended: the last entry.
    Outcome(Box<OutcomeRecord>),
}

/// Effects in the order in which they are to be done.
pub type Effects = Vec<Effect>;
