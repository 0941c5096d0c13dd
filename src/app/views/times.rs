//! The display of times in all views: the time zone, and the time from which durations are counted. Keys switch it, the
//! view applies it.

use chrono::{DateTime, TimeDelta, Utc};

/// A silence worth showing: longer than CloudFormation needs between two events of ordinary resources.
pub(crate) const SILENCE: TimeDelta = TimeDelta::seconds(60);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeDisplay {
    /// In UTC instead of the user's time zone.
    pub utc: bool,
    /// The time since the previous event instead of since the start.
    pub since_before: bool,
}

/// The silence before an event, if it was long enough to show.
pub(crate) fn silence(
    before: Option<DateTime<Utc>>,
    time: Option<DateTime<Utc>>,
) -> Option<TimeDelta> {
    let silence = time? - before?;
    (silence >= SILENCE).then_some(silence)
}
