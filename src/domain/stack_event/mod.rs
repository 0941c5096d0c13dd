//! One CloudFormation stack event as the API returned it: typed for reading, kept verbatim for output. Backends and the
//! reader of recordings make it; timelines store it.
//!
//! The signature of a presigned URL is redacted before anything else is read, so it can't be shown, searched, copied or
//! recorded; only [`StackEvent::as_sent`] still has it. Parsing never fails: the service sends absent, empty and
//! undocumented fields, so each field is read by itself, and an element that is no event at all still becomes a row that
//! shows its JSON.

mod field_order;
mod fields;
mod fingerprint;
mod json_text;
mod reader;
mod remembered;
mod scan;

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Timelike, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::domain::properties::Properties;
use crate::domain::stack_event::fields::text;
use crate::domain::stack_event::json_text::{JsonText, Slot};
use crate::domain::status::{ResourceStatus, StatusClass};
use crate::text::redact::REDACTED;
use crate::text::safe::SafeText;

pub(crate) use self::field_order::FieldOrder;
pub(crate) use self::fields::Fields;
pub(crate) use self::fingerprint::Fingerprint;
use self::fingerprint::MadeOnce;
pub(crate) use self::reader::{EventReader, compact};
pub(crate) use self::scan::Scanner;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Byte for byte as the service sent it: to compare, not to show.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A form that is safe to show.
            pub fn to_safe(&self) -> SafeText {
                SafeText::new(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, formatter)
            }
        }
    };
}

identifier! {
    /// The ARN of one stack. A rebuilt image has the same stack name and another `StackId`.
    StackId
}
identifier! {
    /// The id of one event; CloudFormation makes it unique within its stack only.
    EventId
}

/// The API's name for the field that [`StackEvent::properties`] decodes.
pub(crate) const PROPERTIES: &str = "resourceProperties";

/// The identity of an event among all stacks that ever had this image's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventKey {
    pub stack_id: StackId,
    /// Unique within the stack.
    pub event_id: EventId,
}

/// One event. It reads as its content.
#[derive(Clone, Debug)]
pub struct StackEvent {
    content: Arc<Content>,
    /// Made from the event's content if the service sent none; the fingerprint is part of it if another event of the
    /// stack has the same id ([`StackEvent::identified`]).
    pub event_id: EventId,
    /// When the status changed (UTC, milliseconds); absent if it can't be read as a time.
    pub timestamp: Option<DateTime<Utc>>,
    /// The JSON of the properties.
    properties: Option<Arc<str>>,
    rare: Option<Box<Rare>>,
    made: MadeOnce,
}

/// What an event has in common with others: a resource goes through the same statuses again and again. It is stored once.
#[derive(Debug)]
pub struct Content {
    pub stack_id: StackId,
    /// The resource's name in the template; the stack's own name for events of the stack itself.
    pub logical_id: SafeText,
    /// The resource's own id or ARN; absent until the resource exists.
    pub physical_id: Option<SafeText>,
    /// The CloudFormation type, such as `AWS::ImageBuilder::Image`.
    pub resource_type: SafeText,
    pub status: ResourceStatus,
    /// The service's reason for the status.
    pub reason: Option<SafeText>,
    /// Whether the event is about the stack itself: its `physicalResourceId` is the `stackId`.
    pub is_root: bool,
    /// Whether it failed by itself, not because another resource did.
    pub is_own_failure: bool,
    /// Whether parts of the text are redacted.
    is_redacted: bool,
    /// The event's JSON without the values that it does not have in common.
    text: JsonText,
}

/// What few events have.
#[derive(Clone, Debug, Default)]
struct Rare {
    /// The id in its JSON, because another event of the stack has that one.
    original_id: Option<EventId>,
    /// The event as the API sent it: parts of it are redacted.
    as_sent: Option<Box<str>>,
    /// That of the event as the API sent it, where it can't be made from the event's JSON.
    fingerprint: Option<Fingerprint>,
}

impl Deref for StackEvent {
    type Target = Content;

    fn deref(&self) -> &Content {
        &self.content
    }
}

impl StackEvent {
    /// Reads one element of the API's `events` list. `fallback` is the stack of the events around it. To read several,
    /// see [`EventReader`].
    pub fn from_json(json: &str, fallback: Option<&StackId>) -> Self {
        EventReader::default().read(json, fallback)
    }

    /// The event under an id that no other event of its stack has: its own one, unless `known` has it with another
    /// fingerprint; then the fingerprint is appended. The same content gets the same id at every poll.
    pub fn identified(
        self: &Arc<Self>,
        known: impl Fn(&EventId) -> Option<Fingerprint>,
    ) -> Arc<Self> {
        let is_of_another =
            |id: &EventId| known(id).is_some_and(|other| !other.agrees(self.fingerprint()));
        let mut id = self.event_id.clone();
        while is_of_another(&id) {
            id = EventId::from(format!("{}#{}", id.as_str(), self.fingerprint()).as_str());
        }
        if id == self.event_id {
            return Arc::clone(self);
        }
        let mut event = Self::clone(self);
        event.rename(id);
        Arc::new(event)
    }

    fn rename(&mut self, id: EventId) {
        let rare = self.rare.get_or_insert_default();
        let in_json = std::mem::replace(&mut self.event_id, id);
        rare.original_id.get_or_insert(in_json);
    }

    /// The event as it was recorded: under another id than that of its JSON, and with the hash of what is redacted in it.
    /// A recording of an earlier version has no such hash.
    pub(crate) fn recorded_as(mut self, id: Option<&str>, fingerprint: Option<&str>) -> Self {
        if let Some(id) = id {
            self.rename(EventId::from(id));
        }
        let recorded = fingerprint.and_then(Fingerprint::parse);
        let unknown = || self.is_redacted().then_some(Fingerprint::UNKNOWN);
        if let Some(fingerprint) = recorded.or_else(unknown) {
            self.rare.get_or_insert_default().fingerprint = Some(fingerprint);
        }
        self
    }

    fn is_redacted(&self) -> bool {
        let in_properties = self.properties.as_ref();
        self.is_redacted || in_properties.is_some_and(|json| json.contains(REDACTED))
    }

    /// The id under which the event has to be recorded, unless it is in its JSON.
    pub(crate) fn recorded_id(&self) -> Option<&EventId> {
        let original = self.rare.as_ref()?.original_id.as_ref();
        original.map(|_| &self.event_id)
    }

    /// The fingerprint that has to be recorded: its JSON lacks the parts that were redacted.
    pub(crate) fn recorded_fingerprint(&self) -> Option<Fingerprint> {
        let sent = self.rare.as_ref()?.as_sent.as_ref();
        sent.map(|_| self.fingerprint())
    }

    /// A hash of the event as the API sent it, made at the first call.
    pub fn fingerprint(&self) -> Fingerprint {
        let known = self.rare.as_ref().and_then(|rare| rare.fingerprint);
        known.unwrap_or_else(|| {
            self.made.get_or_make(|| {
                let raw = self.raw();
                Fingerprint::of(&raw, Fields::of(&raw).as_ref())
            })
        })
    }

    /// Whether it failed only because a sibling did: CloudFormation cancelled it.
    pub fn is_cancelled(&self) -> bool {
        self.status.class() == StatusClass::Failed && !self.is_own_failure
    }

    /// Whether the failure follows from another one: a cancelled sibling's, or the stack's own.
    pub fn is_consequence(&self) -> bool {
        self.is_cancelled() || (self.is_root && self.status.class() == StatusClass::Failed)
    }

    /// Whether it is the first event of its stack.
    pub(crate) fn begins_stack(&self) -> bool {
        self.is_root && self.status.as_str() == "CREATE_IN_PROGRESS"
    }

    /// The event's JSON, unknown fields included, on one line without spaces between tokens, and without the signature of
    /// a presigned URL.
    pub fn raw(&self) -> String {
        let mut out = String::with_capacity(self.raw_len());
        self.write_raw(&mut out);
        out
    }

    /// Appends [`Self::raw`].
    pub(crate) fn write_raw(&self, out: &mut String) {
        let value = |slot, out: &mut String| match slot {
            Slot::EventId => out.push_str(self.id_in_json().as_str()),
            Slot::Timestamp => {
                if let Some(time) = self.timestamp {
                    write_time(time, out);
                }
            }
            Slot::Properties => out.push_str(self.properties.as_deref().unwrap_or_default()),
        };
        self.text.write(value, out);
    }

    /// About the length of [`Self::raw`].
    pub(crate) fn raw_len(&self) -> usize {
        let properties = self.properties.as_ref().map_or(0, |json| json.len());
        self.text.len() + self.event_id.as_str().len() + STAMP.len() + properties
    }

    fn id_in_json(&self) -> &EventId {
        let original = self
            .rare
            .as_ref()
            .and_then(|rare| rare.original_id.as_ref());
        original.unwrap_or(&self.event_id)
    }

    /// The same with every value as the API sent it: for JSON output, which promises that, and for nothing else.
    pub fn as_sent(&self) -> Cow<'_, str> {
        self.redacted_text()
            .map_or_else(|| self.raw().into(), Cow::Borrowed)
    }

    /// Appends [`Self::as_sent`].
    pub(crate) fn write_as_sent(&self, out: &mut String) {
        match self.redacted_text() {
            Some(sent) => out.push_str(sent),
            None => self.write_raw(out),
        }
    }

    /// The event as the API sent it, if parts of it are redacted.
    fn redacted_text(&self) -> Option<&str> {
        self.rare.as_ref()?.as_sent.as_deref()
    }

    pub fn key(&self) -> EventKey {
        EventKey {
            stack_id: self.stack_id.clone(),
            event_id: self.event_id.clone(),
        }
    }

    /// The properties that the resource is made from. Parsed at each call, since they can be large and most are never
    /// shown.
    pub fn properties(&self) -> Properties {
        Properties::from_json(self.properties.as_deref())
    }

    /// The token of the operation that caused the event.
    pub fn client_request_token(&self) -> Option<SafeText> {
        let raw = self.raw();
        let token = text(Fields::of(&raw)?.client_request_token);
        token.as_deref().map(SafeText::new)
    }

    /// Every field as the service sent it, undocumented ones included; none if this is no event.
    pub fn every_field(&self) -> Option<serde_json::Map<String, Value>> {
        serde_json::from_str(&self.raw()).ok()
    }

    /// The service's reason with its control characters: for output that escapes by itself.
    pub fn verbatim_reason(&self) -> Option<String> {
        let raw = self.raw();
        let reason = text(Fields::of(&raw)?.resource_status_reason);
        reason.map(Cow::into_owned)
    }
}

/// Reads an RFC 3339 time, with any offset and any precision. In UTC its year must have four digits, too, so that it can be
/// read again after [`format_time`].
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    if let Some(time) = parse_canonical_time(text) {
        return Some(time);
    }
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (0..=9999).contains(&time.year()).then_some(time)
}

/// Reads a time as [`format_time`] writes it, unless it is in a leap second: most times are so, and each event has two.
fn parse_canonical_time(text: &str) -> Option<DateTime<Utc>> {
    if !is_canonical_time(text) {
        return None;
    }
    let number = |range: Range<usize>| {
        let digits = text.as_bytes().get(range).unwrap_or_default().iter();
        digits.fold(0, |number, digit| {
            number * 10 + u32::from(digit.wrapping_sub(b'0'))
        })
    };
    let year = i32::try_from(number(0..4)).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(5..7), number(8..10))?;
    let (hour, minute, second) = (number(11..13), number(14..16), number(17..19));
    let time = day.and_hms_milli_opt(hour, minute, second, number(20..23))?;
    Some(time.and_utc())
}

/// A line of JSON up to its event, which is its last field: in a recording and in the output.
pub(crate) fn head_before_event(line: &impl Serialize) -> String {
    let mut head = serde_json::to_string(line).unwrap_or_default();
    head.pop();
    head.push_str(",\"event\":");
    head
}

/// Writes a time as the API does: UTC, milliseconds, `Z`.
pub fn format_time(time: DateTime<Utc>) -> String {
    let mut out = String::with_capacity(STAMP.len());
    write_time(time, &mut out);
    out
}

/// Appends [`format_time`]. Each event has a time, and most of them are usual ones.
fn write_time(time: DateTime<Utc>, out: &mut String) {
    let utc = time.naive_utc();
    let (date, time_of_day) = (utc.date(), utc.time());
    let (year, millis) = (date.year(), time.timestamp_subsec_millis());
    if !(0..=9999).contains(&year) || millis > 999 {
        out.push_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true));
        return;
    }
    let year = year.unsigned_abs();
    let last = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or_default();
    let two = |number: u32| [last(number / 10), last(number)];
    let ([y0, y1], [y2, y3]) = (two(year / 100), two(year));
    let ([m0, m1], [d0, d1]) = (two(date.month()), two(date.day()));
    let ([h0, h1], [n0, n1]) = (two(time_of_day.hour()), two(time_of_day.minute()));
    let [s0, s1] = two(time_of_day.second());
    let ([f0, f1], f2) = (two(millis / 10), last(millis));
    let text = [
        y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1, b'.',
        f0, f1, f2, b'Z',
    ];
    out.push_str(std::str::from_utf8(&text).unwrap_or_default());
}

/// The form in which the API writes times.
const STAMP: &str = "2026-01-01T00:00:00.000Z";

/// Whether [`format_time`] writes a time so.
fn is_canonical_time(stamp: &str) -> bool {
    let is_alike =
        |(own, form): (u8, u8)| own == form || own.is_ascii_digit() && form.is_ascii_digit();
    stamp.len() == STAMP.len() && stamp.bytes().zip(STAMP.bytes()).all(is_alike)
}

#[cfg(test)]
mod tests;
