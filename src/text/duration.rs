//! Durations as the screen and the text output show them.

use chrono::TimeDelta;

/// `0:03`, `34:12`, `1:02:03`; a negative duration is `0:00`.
pub(crate) fn duration(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_show_hours_only_where_there_are_some() {
        let cases = [
            (-5, "0:00"),
            (9, "0:09"),
            (2052, "34:12"),
            (3723, "1:02:03"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(TimeDelta::seconds(seconds)), text);
        }
    }
}
