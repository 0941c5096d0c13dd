//! A hash of an event's content. It tells apart events of one id; the poller, recordings and timelines compare it.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::stack_event::fields::{Fields, RawJson};

/// A hash of an event's documented fields as the service sent them, the redacted parts included. It tells apart events of
/// one id: ids that are equal as text only, and ids that the service has used twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// That of an event whose redacted parts are not known any more.
    pub(super) const UNKNOWN: Self = Self(0);

    /// The fingerprint of an element of the list, from its JSON as the service sent it, and its fields unless it is no
    /// event. Without an id, all of it counts.
    pub(super) fn of(sent: &str, fields: Option<&Fields<'_>>) -> Self {
        match fields {
            Some(fields) if fields.event_id.is_some() => Self::hash(&[
                fields.stack_id.map(RawJson::get),
                fields.event_id.map(RawJson::get),
                fields.stack_name.map(RawJson::get),
                fields.logical_resource_id.map(RawJson::get),
                fields.physical_resource_id.map(RawJson::get),
                fields.resource_type.map(RawJson::get),
                fields.timestamp.map(RawJson::get),
                fields.resource_status.map(RawJson::get),
                fields.resource_status_reason.map(RawJson::get),
                fields.resource_properties.map(RawJson::get),
                fields.client_request_token.map(RawJson::get),
            ]),
            _ => Self::hash(&sent),
        }
    }

    fn hash(content: &impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        Self(hasher.finish())
    }

    pub(crate) fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }

    /// Whether the two may be of the same content.
    pub(crate) fn agrees(self, other: Self) -> bool {
        self == other || self == Self::UNKNOWN || other == Self::UNKNOWN
    }

    /// Reads it as [`Self`] is displayed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        u64::from_str_radix(text, 16).ok().map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
