//! Formats times; running times are formatted by `text::safe::duration`. No duration is negative: clocks
//! differ, and an event from the future counts as an event of now.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

/// A duration in one or two units: `12s`, `31m`, `1h02m`, `3d`.
pub(super) fn rough_duration(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d", seconds / 86400),
    }
}

/// In the given time zone.
pub(super) fn time_of_day(time: DateTime<Utc>, offset: FixedOffset) -> String {
    time.with_timezone(&offset).format("%H:%M:%S").to_string()
}

/// In the given time zone.
pub(super) fn date_and_time(time: DateTime<Utc>, offset: FixedOffset) -> String {
    time.with_timezone(&offset)
        .format("%Y-%m-%d %H:%M")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rough_durations_have_one_or_two_units() {
        let cases = [
            (-5, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3599, "59m"),
            (3720, "1h02m"),
            (200_000, "2d"),
        ];
        for (seconds, text) in cases {
            assert_eq!(rough_duration(TimeDelta::seconds(seconds)), text);
        }
    }
}
