//! Reads durations in the scenarios' data, such as `54m 50s` and `940ms`.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// For `#[serde(deserialize_with)]` on a `Duration`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map_err(D::Error::custom)
}

/// For `#[serde(deserialize_with)]` on an `Option<Duration>`.
pub(crate) fn deserialize_some<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    deserialize(deserializer).map(Some)
}
