//! The values of flags as text: durations, speeds, secrets, and names that a shell completes. The flags of [`super`] name
//! these parsers.

use std::ffi::OsStr;
use std::time::Duration;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use crate::cli::ReplaySpeed;
use crate::text::secret::Secret;

/// The scenarios that a shell completes.
pub(super) const SCENARIOS: [&str; 8] = [
    "success", "failure", "script", "rollback", "leftover", "rebuild", "deleted", "flaky",
];
/// The themes that a shell completes; a user may have others.
pub(super) const THEMES: [&str; 6] = [
    "auto",
    "neutral",
    "dark",
    "light",
    "high-contrast",
    "colour-blind",
];

/// Any text, with names that a shell completes. Without names a shell offers files.
#[derive(Clone, Debug)]
pub(super) struct Suggested(pub(super) &'static [&'static str]);

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().copied().map(PossibleValue::new)))
    }
}

/// Scripts say "for ever" with a huge number. Longer than any watch, and still far from an overflow when it is added to
/// a time.
pub(super) const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map(|duration| duration.min(LONGEST))
        .map_err(|error| format!("{error}; examples: 5s, 2m, 500ms"))
}

/// Takes a text whose errors are reported elsewhere: those of clap would repeat it.
#[expect(clippy::unnecessary_wraps, reason = "clap's parsers return a result")]
pub(super) fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// Parses a polling interval.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < Duration::from_millis(200) {
        return Err("the minimum is 200ms".to_owned());
    }
    if interval > Duration::from_hours(24) {
        return Err("the maximum is 24h".to_owned());
    }
    Ok(interval)
}

/// Parses the time between two progress lines; zero means none.
pub(crate) fn heartbeat(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let every = duration(text)?;
    if !every.is_zero() && every < Duration::from_millis(200) {
        return Err("the minimum is 200ms; 0 is never".to_owned());
    }
    if every > Duration::from_hours(24) {
        return Err("the maximum is 24h; 0 is never".to_owned());
    }
    Ok(every)
}

pub(super) fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.1..=10_000.0).contains(&speed) => Ok(speed),
        _ => Err("must be a number from 0.1 to 10000".to_owned()),
    }
}

pub(super) fn replay_speed(text: &str) -> Result<ReplaySpeed, String> {
    if text == "max" {
        return Ok(ReplaySpeed::Max);
    }
    let times = speed(text).map_err(|error| format!("{error}, or max"))?;
    Ok(ReplaySpeed::Times(times))
}
