//! The inbox of the loop: one queue of messages, from the pollers and players of all sessions and from the parts of the
//! program that have a remark.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use crate::app::msg::{Msg, Remark};

/// The capacity of the queue; a slow loop slows the pollers.
const CAPACITY: usize = 64;

#[derive(Debug)]
pub(crate) struct Inbox {
    /// The messages that precede those of the queue.
    first: VecDeque<Msg>,
    queue: mpsc::Receiver<Msg>,
}

/// Sends remarks to the inbox from code that is not async.
#[derive(Clone, Debug)]
pub(crate) struct RemarkSender(mpsc::Sender<Msg>);

impl Inbox {
    pub(crate) fn new() -> (mpsc::Sender<Msg>, Self) {
        let (sender, queue) = mpsc::channel(CAPACITY);
        let first = VecDeque::new();
        (sender, Self { first, queue })
    }

    /// Adds messages that precede those of the queue.
    pub(crate) fn begin_with(&mut self, messages: impl IntoIterator<Item = Msg>) {
        self.first.extend(messages);
    }

    /// Whether messages are waiting.
    pub(crate) fn is_backlogged(&self) -> bool {
        !self.first.is_empty() || !self.queue.is_empty()
    }

    /// Waits for the next message.
    pub(crate) async fn next(&mut self) -> Msg {
        if let Some(msg) = self.first.pop_front() {
            return msg;
        }
        match self.queue.recv().await {
            Some(msg) => msg,
            // The poller has panicked; `Tasks::panicked` reports it.
            None => std::future::pending().await,
        }
    }
}

impl RemarkSender {
    pub(crate) fn new(inbox: &mpsc::Sender<Msg>) -> Self {
        Self(inbox.clone())
    }

    /// Sends a remark unless the queue is full. False if it is.
    pub(crate) fn try_send(&self, remark: Remark) -> bool {
        let sent = self.0.try_send(Msg::Remark(remark));
        !matches!(sent, Err(mpsc::error::TrySendError::Full(_)))
    }

    /// Sends a remark from a thread that may wait.
    pub(crate) fn send(&self, remark: Remark) {
        // Fails if the loop has ended.
        let _ = self.0.blocking_send(Msg::Remark(remark));
    }
}
