//! Terminal input: a thread reads bytes, the parser splits them into keys, pastes, mouse actions and replies, and the
//! loop of the screen takes these one by one.
//!
//! - `reader`: the thread, which ends while another program has the terminal
//! - `parser`: the state machine with its time limits; it has no clock of its own
//! - `decode`: the meaning of one complete sequence
//! - `last_reply`: the reply that comes while the program leaves
//!
//! crossterm sets the modes of the terminal but does not read it: its parser keeps half a sequence for ever, in a
//! static of the process. Tests: beside this file, `tests/it/app/input.rs`, `tests/tty/input.rs`.

mod decode;
mod last_reply;
mod parser;
mod reader;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;

use ratatui::layout::Size;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use crate::app::keys::key::Key;
use crate::app::msg::{MouseAction, Msg};
use crate::runtime::process::tasks::Tasks;
use crate::runtime::tty::input::reader::{Chunk, Reader};
use crate::runtime::tty::terminal;
use crate::text::safe::SafeText;

pub use parser::Parser;

/// Something that the terminal has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Key(Key),
    /// A key with Alt or another modifier that no action can have, by its name.
    ModifiedKey(String),
    Mouse(MouseAction),
    /// Text that was pasted, as far as the parser keeps it.
    Paste(String),
    /// The reply to a request for the background colour: red, green and blue.
    Background([u8; 3]),
    /// The reply to a request for the terminal's attributes, which every terminal answers.
    Attributes,
    Resized(Size),
}

/// The events of the terminal.
#[derive(Debug)]
pub(crate) struct Input {
    /// `None` while paused.
    reader: Option<Reader>,
    parser: Parser,
    events: VecDeque<Event>,
    resized: Signal,
}

impl Input {
    /// Starts to read the terminal.
    ///
    /// # Errors
    /// If there is no terminal, or it is gone.
    pub(crate) fn start(tasks: &mut Tasks) -> io::Result<Self> {
        Ok(Self {
            reader: Some(Reader::start(tasks)?),
            parser: Parser::default(),
            events: VecDeque::new(),
            resized: signal(SignalKind::window_change())?,
        })
    }

    /// Stops reading: the keys belong to the shell now, and a background process that reads them is stopped.
    pub(crate) fn pause(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.stop();
        }
        self.parser = Parser::default();
        self.events.clear();
    }

    /// Stops reading, for good: what the user types from here on is for the shell. A reply that the terminal still owes
    /// is taken until the deadline.
    pub(crate) async fn finish(&mut self, reply_until: Option<Instant>) {
        let Some(mut reader) = self.reader.take() else {
            return;
        };
        while let Some(Chunk { bytes, at }) = reader.arrived() {
            self.parser.feed(&bytes, at, &mut self.events);
        }
        reader.stop();
        let is_answered = self.events.contains(&Event::Attributes);
        if let Some(deadline) = reply_until.filter(|_| !is_answered)
            && let Ok(mut terminal) = reader::open()
        {
            last_reply::take(&mut terminal, &mut self.parser, deadline).await;
        }
    }

    /// Reads again.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub(crate) fn resume(&mut self, tasks: &mut Tasks) -> io::Result<()> {
        if self.reader.is_none() {
            self.reader = Some(Reader::start(tasks)?);
        }
        Ok(())
    }

    /// Waits for the next event. Nothing is lost if the caller stops waiting.
    ///
    /// # Errors
    /// If the terminal can't be read any more.
    pub(crate) async fn next(&mut self) -> io::Result<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            let Some(reader) = &mut self.reader else {
                return std::future::pending().await;
            };
            let deadline = self.parser.deadline();
            tokio::select! {
                // Bytes first: they may be the rest of the sequence whose time is over.
                biased;
                chunk = reader.next() => {
                    let Chunk { bytes, at } = chunk?;
                    self.parser.feed(&bytes, at, &mut self.events);
                }
                _ = self.resized.recv() => return terminal::size().map(Event::Resized),
                Some(at) = until(deadline) => self.parser.expire(at, &mut self.events),
            }
        }
    }
}

/// Waits until the deadline, if there is one.
async fn until(deadline: Option<std::time::Instant>) -> Option<std::time::Instant> {
    sleep_until(deadline?.into()).await;
    deadline
}

impl Event {
    /// Whether the user waits for its effect.
    pub(crate) fn is_urgent(&self) -> bool {
        matches!(
            self,
            Self::Key(_) | Self::ModifiedKey(_) | Self::Mouse(_) | Self::Paste(_)
        )
    }

    /// The message about it, if it is for the application.
    pub fn into_msg(self) -> Option<Msg> {
        match self {
            Self::Key(key) => Some(Msg::Key(key)),
            Self::ModifiedKey(name) => Some(Msg::ModifiedKey(SafeText::new(&name))),
            Self::Mouse(action) => Some(Msg::Mouse(action)),
            Self::Paste(text) => Some(Msg::Paste(text)),
            Self::Resized(size) => Some(Msg::Resized(size)),
            Self::Background(_) | Self::Attributes => None,
        }
    }
}
