//! The replay of a recording: its position, its speed, and whether it stands still. Keys change it, the title shows it,
//! and the runtime carries it out.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::effect::PlaybackRequest;
use crate::app::keys::action::PlaybackAction;

/// The slowest and the fastest speed, as on the command line.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=10_000.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playback {
    /// The times of the recording's first and last observation.
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub speed: f64,
    pub paused: bool,
    /// Whether everything has been played.
    pub ended: bool,
}

impl Playback {
    pub fn new((from, to): (DateTime<Utc>, DateTime<Utc>), speed: f64) -> Self {
        Self {
            from,
            to,
            speed,
            paused: false,
            ended: false,
        }
    }

    /// How much of the recording has been played at a time, and how long it is.
    pub(crate) fn position(&self, now: DateTime<Utc>) -> (TimeDelta, TimeDelta) {
        let whole = (self.to - self.from).max(TimeDelta::zero());
        let played = (now - self.from).clamp(TimeDelta::zero(), whole);
        (if self.ended { whole } else { played }, whole)
    }

    /// Applies a key. Returns what the runtime is to do, or why there is nothing to do.
    pub(crate) fn act(&mut self, action: PlaybackAction) -> Result<PlaybackRequest, &'static str> {
        match action {
            PlaybackAction::Pause => {
                if self.ended {
                    return Err("this is the end of the recording");
                }
                self.paused = !self.paused;
            }
            PlaybackAction::Slower => self.set_speed(self.speed / 2.0),
            PlaybackAction::Faster => self.set_speed(self.speed * 2.0),
            PlaybackAction::NextEvent => {
                if self.ended {
                    return Err("this is the end of the recording");
                }
                self.paused = true;
                return Ok(PlaybackRequest::Next);
            }
            PlaybackAction::PreviousEvent => {
                (self.paused, self.ended) = (true, false);
                return Ok(PlaybackRequest::Previous);
            }
        }
        Ok(PlaybackRequest::Run {
            paused: self.paused,
            speed: self.speed,
        })
    }

    fn set_speed(&mut self, speed: f64) {
        self.speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
    }
}
