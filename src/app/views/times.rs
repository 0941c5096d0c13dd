//! How times are shown: by which clock, and since when.

use chrono::{DateTime, TimeDelta, Utc};

/// A silence that is worth seeing: longer than CloudFormation needs between two events of ordinary resources.
pub(crate) const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeDisplay {
    /// In UTC, not by the person's clock.
    pub utc: bool,
    /// The time since the event before, not since the start.
    pub since_before: bool,
}

/// The silence before an event, where it was long enough to be worth seeing.
pub(crate) fn silence(
    before: Option<DateTime<Utc>>,
    time: Option<DateTime<Utc>>,
) -> Option<TimeDelta> {
    let silence = time? - before?;
    (silence >= SILENCE).then_some(silence)
}
