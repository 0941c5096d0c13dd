//! Plays a scenario: applies its changes to the world when they are due.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::demo::scenario::TimedChange;
use crate::demo::world::World;

/// A scenario that has begun.
#[derive(Debug)]
pub(crate) struct Playback {
    /// The clock's reading when it began.
    began: Duration,
    /// How far it was then.
    ahead_by: Duration,
    /// The changes that are still to come, the next one last.
    ahead: Mutex<Vec<TimedChange>>,
}

impl Playback {
    /// Begins to play, the first change first, at this reading of the clock.
    pub(crate) fn new(mut script: Vec<TimedChange>, began: Duration) -> Self {
        script.reverse();
        Self {
            began,
            ahead_by: Duration::ZERO,
            ahead: Mutex::new(script),
        }
    }

    /// The same, this far into the scenario already.
    pub(crate) fn ahead_by(self, ahead_by: Duration) -> Self {
        Self { ahead_by, ..self }
    }

    /// Applies every change that is due at this reading of the clock.
    pub(crate) fn advance(&self, elapsed: Duration, world: &World) {
        let played = elapsed.saturating_sub(self.began) + self.ahead_by;
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(next) = ahead.pop_if(|next| next.at <= played) {
            world.apply(next.change);
        }
    }
}
