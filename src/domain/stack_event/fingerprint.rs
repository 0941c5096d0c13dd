//! A hash of an event's content. It tells apart events of one id; the poller, recordings and timelines compare it.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

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
        Self::of_in(sent, fields, &mut Vec::new())
    }

    /// The same; the bytes to hash are put into `buffer`, which can be used again.
    pub(super) fn of_in(sent: &str, fields: Option<&Fields<'_>>, buffer: &mut Vec<u8>) -> Self {
        let texts = match fields {
            Some(fields) if fields.event_id.is_some() => [
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
            ],
            _ => return Self::hash(&sent),
        };
        Self::of_fields(&texts, buffer)
    }

    /// [`Self::hash`] of the fields. Their bytes are hashed at once: one by one takes twice as long.
    fn of_fields(fields: &[Option<&str>], bytes: &mut Vec<u8>) -> Self {
        bytes.clear();
        bytes.extend_from_slice(&fields.len().to_ne_bytes());
        for field in fields {
            bytes.extend_from_slice(&isize::from(field.is_some()).to_ne_bytes());
            if let Some(text) = field {
                bytes.extend_from_slice(text.as_bytes());
                bytes.push(0xff);
            }
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        Self(hasher.finish())
    }

    fn hash(content: &(impl Hash + ?Sized)) -> Self {
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        Self(hasher.finish())
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

/// A fingerprint that is made when it is first needed: most events are never compared, and those of the newest page are at
/// each poll. Another event that begins as a copy makes its own.
#[derive(Default)]
pub(super) struct MadeOnce(AtomicU64);

impl MadeOnce {
    pub(super) fn set(&self, made: Fingerprint) {
        self.0.store(made.0, Ordering::Relaxed);
    }

    pub(super) fn get_or_make(&self, make: impl FnOnce() -> Fingerprint) -> Fingerprint {
        let known = Fingerprint(self.0.load(Ordering::Relaxed));
        if known != Fingerprint::UNKNOWN {
            return known;
        }
        let new = make();
        self.0.store(new.0, Ordering::Relaxed);
        new
    }
}

impl Clone for MadeOnce {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for MadeOnce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MadeOnce")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stack_event::StackEvent;

    #[test]
    fn a_fingerprint_is_made_once_and_a_copy_makes_its_own() {
        let (one, mut times) = (MadeOnce::default(), 0);
        let mut make = |once: &MadeOnce, number| {
            once.get_or_make(|| {
                times += 1;
                Fingerprint(number)
            })
        };
        assert_eq!(make(&one, 7), Fingerprint(7));
        assert_eq!(make(&one, 8), Fingerprint(7), "made twice");
        assert_eq!(make(&one.clone(), 9), Fingerprint(9));
        assert_eq!(times, 2);
        let event = StackEvent::from_json(r#"{"stackId":"s","eventId":"e"}"#, None);
        assert_eq!(event.fingerprint(), event.fingerprint());
        assert_eq!(event.fingerprint(), event.clone().fingerprint());
    }

    /// Recordings have fingerprints that were made so.
    #[test]
    fn fields_that_are_hashed_at_once_have_the_hash_of_one_after_another() {
        let texts = ["", "\"s\"", "\"a longer value with é\"", "\u{ff}"];
        let some = texts.iter().map(|text| Some(*text));
        let fields: Vec<_> = some.chain([None]).cycle().take(11).collect();
        let mut buffer = Vec::new();
        for count in 0..fields.len() {
            for first in 0..fields.len() - count {
                let fields = fields.get(first..first + count).unwrap();
                let at_once = Fingerprint::of_fields(fields, &mut buffer);
                assert_eq!(at_once, Fingerprint::hash(fields));
            }
        }
    }

    /// With the counts of an `Arc` an event takes 96 bytes of the heap, as it would without its fingerprint.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn an_event_has_room_for_its_fingerprint() {
        assert!(size_of::<StackEvent>() <= 72);
    }
}
