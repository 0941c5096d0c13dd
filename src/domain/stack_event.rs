//! One CloudFormation stack event as the API returned it: typed for reading, kept verbatim for output. Backends and the
//! reader of recordings make it; timelines store it.
//!
//! The signature of a presigned URL is redacted before anything else is read, so it can't be shown, searched, copied or
//! recorded; only [`StackEvent::as_sent`] still has it. Parsing never fails: the service sends absent, empty and
//! undocumented fields, so each field is read by itself, and an element that is no event at all still becomes a row that
//! shows its JSON.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::properties::{Properties, safe_excerpt};
use crate::domain::status::{ResourceStatus, StatusClass};
use crate::text::redact::{REDACTED, redact_secrets};
use crate::text::safe::SafeText;

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

/// A hash of an event's documented fields as the service sent them, the redacted parts included. It tells apart events of
/// one id: ids that are equal as text only, and ids that the service has used twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    fn of(content: &impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        Self(hasher.finish())
    }

    /// That of an event whose redacted parts are not known any more.
    const UNKNOWN: Self = Self(0);

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

/// The API's name for the field that [`StackEvent::properties`] decodes.
pub(crate) const PROPERTIES: &str = "resourceProperties";

/// The identity of an event among all stacks that ever had this image's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventKey {
    pub stack_id: StackId,
    /// Unique within the stack.
    pub event_id: EventId,
}

#[derive(Clone, Debug)]
pub struct StackEvent {
    pub stack_id: StackId,
    /// Made from the event's content if the service sent none; the fingerprint is part of it if another event of the
    /// stack has the same id ([`StackEvent::identified`]).
    pub event_id: EventId,
    pub fingerprint: Fingerprint,
    /// The resource's name in the template; the stack's own name for events of the stack itself.
    pub logical_id: SafeText,
    /// The resource's own id or ARN; absent until the resource exists.
    pub physical_id: Option<SafeText>,
    /// The CloudFormation type, such as `AWS::ImageBuilder::Image`.
    pub resource_type: SafeText,
    /// When the status changed (UTC, milliseconds); absent if it can't be read as a time.
    pub timestamp: Option<DateTime<Utc>>,
    pub status: ResourceStatus,
    /// The service's reason for the status.
    pub reason: Option<SafeText>,
    /// Whether the event is about the stack itself: its `physicalResourceId` is the `stackId`.
    pub is_root: bool,
    /// Whether it failed by itself, not because another resource did.
    pub is_own_failure: bool,
    /// Its id is not the one in its JSON, because another event of the stack has that.
    is_renamed: bool,
    raw: Box<str>,
    /// The event as the API sent it, if that is different.
    as_sent: Option<Box<str>>,
}

/// The API's fields (`StackEvent` of the ParallelCluster API), each still as JSON text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow)]
    stack_id: Option<&'a RawValue>,
    event_id: Option<&'a RawValue>,
    stack_name: Option<&'a RawValue>,
    logical_resource_id: Option<&'a RawValue>,
    physical_resource_id: Option<&'a RawValue>,
    resource_type: Option<&'a RawValue>,
    timestamp: Option<&'a RawValue>,
    resource_status: Option<&'a RawValue>,
    resource_status_reason: Option<&'a RawValue>,
    resource_properties: Option<&'a RawValue>,
    client_request_token: Option<&'a RawValue>,
    detailed_status: Option<&'a RawValue>,
    hook_type: Option<&'a RawValue>,
    hook_status: Option<&'a RawValue>,
    hook_status_reason: Option<&'a RawValue>,
    hook_failure_mode: Option<&'a RawValue>,
}

impl StackEvent {
    /// Reads one element of the API's `events` list. `fallback` is the stack of the events around it.
    pub fn from_json(json: &str, fallback: Option<&StackId>) -> Self {
        let sent = compact(json).into_boxed_str();
        let safe = match redact_secrets(&sent) {
            Cow::Borrowed(_) => None,
            Cow::Owned(safe) => Some(safe.into_boxed_str()),
        };
        let (raw, as_sent) = match safe {
            Some(safe) => (safe, Some(sent)),
            None => (sent, None),
        };
        let fingerprint = fingerprint(as_sent.as_deref().unwrap_or(&raw));
        let Ok(fields) = serde_json::from_str::<Fields<'_>>(&raw) else {
            return Self::unreadable(raw, as_sent, fingerprint, fallback);
        };
        let stack_id = fields.stack_id.and_then(string).map_or_else(
            || stack_or_unnamed(fallback),
            |id| StackId::from(id.as_str()),
        );
        let physical = text(fields.physical_resource_id);
        let is_root = physical.as_deref() == Some(stack_id.as_str());
        let safe_text = |field| text(field).as_deref().map(safe_excerpt);
        let status = ResourceStatus::new(&text(fields.resource_status).unwrap_or_default());
        let explained = explanation(&fields);
        let reason = text(fields.resource_status_reason);
        Self {
            stack_id,
            event_id: text(fields.event_id)
                .map_or_else(|| content_id(&raw), |id| EventId::from(id.as_str())),
            fingerprint,
            logical_id: safe_text(fields.logical_resource_id)
                .or_else(|| safe_text(fields.stack_name))
                .unwrap_or_else(|| SafeText::new("(no logical id)")),
            physical_id: physical.as_deref().map(SafeText::new),
            resource_type: safe_text(fields.resource_type).unwrap_or_else(|| SafeText::new("")),
            timestamp: text(fields.timestamp).and_then(|stamp| parse_time(&stamp)),
            is_root,
            is_own_failure: status.class() == StatusClass::Failed
                && !reason.as_deref().is_some_and(is_cancelled),
            reason: explained.as_deref().map(safe_excerpt),
            status,
            is_renamed: false,
            raw,
            as_sent,
        }
    }

    /// A row for an element of the list that is no event: shown, never dropped.
    fn unreadable(
        raw: Box<str>,
        as_sent: Option<Box<str>>,
        fingerprint: Fingerprint,
        fallback: Option<&StackId>,
    ) -> Self {
        Self {
            stack_id: stack_or_unnamed(fallback),
            event_id: content_id(&raw),
            fingerprint,
            logical_id: SafeText::new("(unreadable event)"),
            physical_id: None,
            resource_type: SafeText::new(""),
            timestamp: None,
            status: ResourceStatus::new("UNREADABLE"),
            reason: Some(safe_excerpt(&raw)),
            is_root: false,
            is_own_failure: false,
            is_renamed: false,
            raw,
            as_sent,
        }
    }

    /// The event under an id that no other event of its stack has: its own one, unless `known` has it with another
    /// fingerprint; then the fingerprint is appended. The same content gets the same id at every poll.
    pub fn identified(
        self: &Arc<Self>,
        known: impl Fn(&EventId) -> Option<Fingerprint>,
    ) -> Arc<Self> {
        let is_of_another =
            |id: &EventId| known(id).is_some_and(|other| !other.agrees(self.fingerprint));
        let mut id = self.event_id.clone();
        while is_of_another(&id) {
            id = EventId::from(format!("{}#{}", id.as_str(), self.fingerprint).as_str());
        }
        if id == self.event_id {
            return Arc::clone(self);
        }
        let mut event = Self::clone(self);
        event.event_id = id;
        event.is_renamed = true;
        Arc::new(event)
    }

    /// Reads a recorded event. A recording of an earlier version has no fingerprint of a redacted event.
    pub(crate) fn from_recording(
        json: &str,
        stack: &StackId,
        id: Option<&str>,
        fingerprint: Option<&str>,
    ) -> Self {
        let mut event = Self::from_json(json, Some(stack));
        if let Some(id) = id {
            event.event_id = EventId::from(id);
            event.is_renamed = true;
        }
        if let Some(recorded) = fingerprint.and_then(Fingerprint::parse) {
            event.fingerprint = recorded;
        } else if event.raw.contains(REDACTED) {
            event.fingerprint = Fingerprint::UNKNOWN;
        }
        event
    }

    /// The id under which the event has to be recorded, unless it is in its JSON.
    pub(crate) fn recorded_id(&self) -> Option<&EventId> {
        self.is_renamed.then_some(&self.event_id)
    }

    /// The fingerprint that has to be recorded: its JSON lacks the parts that were redacted.
    pub(crate) fn recorded_fingerprint(&self) -> Option<Fingerprint> {
        self.as_sent.is_some().then_some(self.fingerprint)
    }

    /// Whether it failed only because a sibling did: CloudFormation cancelled it.
    pub fn is_cancelled(&self) -> bool {
        self.status.class() == StatusClass::Failed && !self.is_own_failure
    }

    /// Whether the failure follows from another one: a cancelled sibling's, or the stack's own.
    pub fn is_consequence(&self) -> bool {
        self.is_cancelled() || (self.is_root && self.status.class() == StatusClass::Failed)
    }

    /// The event's JSON, unknown fields included, on one line without spaces between tokens, and without the signature of
    /// a presigned URL.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The same with every value as the API sent it: for JSON output, which promises that, and for nothing else.
    pub fn as_sent(&self) -> &str {
        self.as_sent.as_deref().unwrap_or(&self.raw)
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
        let field = self.fields().and_then(|fields| fields.resource_properties);
        Properties::from_json(field.map(RawValue::get))
    }

    /// The token of the operation that caused the event.
    pub fn client_request_token(&self) -> Option<SafeText> {
        text(self.fields()?.client_request_token)
            .as_deref()
            .map(SafeText::new)
    }

    /// Every field as the service sent it, undocumented ones included; none if this is no event.
    pub fn every_field(&self) -> Option<serde_json::Map<String, Value>> {
        serde_json::from_str(&self.raw).ok()
    }

    fn fields(&self) -> Option<Fields<'_>> {
        serde_json::from_str(&self.raw).ok()
    }

    /// The service's reason with its control characters: for output that escapes by itself.
    pub fn verbatim_reason(&self) -> Option<String> {
        text(self.fields()?.resource_status_reason)
    }
}

/// The reason of an event in words: CloudFormation's, with what its other fields say of a hook or of the moment.
fn explanation(fields: &Fields<'_>) -> Option<String> {
    let of_service = text(fields.resource_status_reason);
    let hook = fields.hook_type.and_then(string).map(|hook| {
        let status = fields.hook_status.and_then(string).unwrap_or_default();
        let mode = fields.hook_failure_mode.and_then(string);
        let blocks = mode.as_deref() != Some("WARN");
        let how = match (status.ends_with("FAILED"), blocks) {
            (true, true) => "blocked by hook",
            (true, false) => "warning by hook",
            (false, _) if status.ends_with("SUCCEEDED") => "passed hook",
            (false, _) => "checked by hook",
        };
        match fields.hook_status_reason.and_then(string) {
            Some(why) => format!("{how} {hook}: {why}"),
            None => format!("{how} {hook}"),
        }
    });
    let moment = match fields.detailed_status.and_then(string).as_deref() {
        Some("CONFIGURATION_COMPLETE") => Some("configured; its consistency is being checked"),
        Some("VALIDATION_FAILED") => Some("the validation failed"),
        _ => None,
    };
    match (hook, of_service) {
        (Some(hook), Some(reason)) => Some(format!("{hook}; {reason}")),
        (hook, reason) => hook.or(reason).or_else(|| moment.map(str::to_owned)),
    }
}

/// Whether a failure is only the consequence of another one: CloudFormation cancels the siblings of a failed resource, and
/// reports them as failed, too, with exactly these words.
fn is_cancelled(reason: &str) -> bool {
    let reason = reason.trim().trim_end_matches('.').to_ascii_lowercase();
    let operations = ["creation", "update", "deletion"];
    operations
        .iter()
        .any(|operation| reason == format!("resource {operation} cancelled"))
}

/// The text of a field: a string's content, any other value's JSON, none for an absent or empty one.
fn text(field: Option<&RawValue>) -> Option<String> {
    let field = field?;
    let text = || {
        Some(field.get())
            .filter(|json| !matches!(*json, "null" | "\"\""))
            .map(str::to_owned)
    };
    string(field).or_else(text)
}

/// The content of a field that is a string and not empty.
fn string(field: &RawValue) -> Option<String> {
    let text = serde_json::from_str::<String>(field.get()).ok()?;
    (!text.is_empty()).then_some(text)
}

fn stack_or_unnamed(fallback: Option<&StackId>) -> StackId {
    fallback.cloned().unwrap_or_else(|| StackId::from(""))
}

/// The fingerprint of an element of the list, from its JSON as the service sent it. Without an id, all of it counts.
fn fingerprint(sent: &str) -> Fingerprint {
    match serde_json::from_str::<Fields<'_>>(sent) {
        Ok(fields) if fields.event_id.is_some() => Fingerprint::of(&[
            fields.stack_id.map(RawValue::get),
            fields.event_id.map(RawValue::get),
            fields.stack_name.map(RawValue::get),
            fields.logical_resource_id.map(RawValue::get),
            fields.physical_resource_id.map(RawValue::get),
            fields.resource_type.map(RawValue::get),
            fields.timestamp.map(RawValue::get),
            fields.resource_status.map(RawValue::get),
            fields.resource_status_reason.map(RawValue::get),
            fields.resource_properties.map(RawValue::get),
            fields.client_request_token.map(RawValue::get),
        ]),
        _ => Fingerprint::of(&sent),
    }
}

/// An id for an event without one: the same content gives the same id at every poll.
fn content_id(raw: &str) -> EventId {
    let mut hasher = DefaultHasher::new();
    raw.hash(&mut hasher);
    EventId::from(format!("no-event-id-{:016x}", hasher.finish()).as_str())
}

/// Reads an RFC 3339 time, with any offset and any precision. In UTC its year must have four digits, too, so that it can be
/// read again after [`format_time`].
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (0..=9999).contains(&time.year()).then_some(time)
}

/// Writes a time as the API does: UTC, milliseconds, `Z`.
pub fn format_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Removes the white space between the tokens of JSON text, so that a value fits on one output line. Strings and the digits
/// of numbers stay as they are.
fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            in_string = character == '"';
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/img/6acc";

    #[test]
    fn reads_every_documented_field() {
        let json = format!(
            r#"{{"stackId":"{STACK}","eventId":"E1","stackName":"img","logicalResourceId":"ImageRecipe",
               "physicalResourceId":"p","resourceType":"AWS::ImageBuilder::ImageRecipe",
               "timestamp":"2022-03-30T23:26:33.499Z","resourceStatus":"CREATE_IN_PROGRESS",
               "resourceStatusReason":"Resource creation Initiated","resourceProperties":"{{\"a\":\"1\"}}",
               "clientRequestToken":"tok"}}"#
        );
        let event = StackEvent::from_json(&json, None);
        assert_eq!(event.stack_id.as_str(), STACK);
        assert_eq!(event.event_id.as_str(), "E1");
        assert_eq!(event.logical_id.as_str(), "ImageRecipe");
        assert_eq!(
            event.timestamp.map(|time| time.timestamp_subsec_millis()),
            Some(499)
        );
        assert_eq!(
            event.reason.as_ref().map(SafeText::as_str),
            Some("Resource creation Initiated")
        );
        assert_eq!(event.client_request_token().unwrap().as_str(), "tok");
        assert!(!event.is_root);
    }

    #[test]
    fn an_event_is_of_the_stack_itself_when_its_physical_id_is_the_stack() {
        let json =
            format!(r#"{{"stackId":"{STACK}","physicalResourceId":"{STACK}","eventId":"x"}}"#);
        assert!(StackEvent::from_json(&json, None).is_root);
        assert!(!StackEvent::from_json(r#"{"eventId":"x"}"#, None).is_root);
        let json = format!(r#"{{"physicalResourceId":"{STACK}","stackId":7}}"#);
        let stack = StackId::from(STACK);
        assert!(StackEvent::from_json(&json, Some(&stack)).is_root);
    }

    #[test]
    fn absent_null_empty_and_mistyped_fields_are_accepted() {
        let stack = StackId::from(STACK);
        let json =
            r#"{"physicalResourceId":"","resourceStatusReason":null,"timestamp":17,"eventId":5}"#;
        let event = StackEvent::from_json(json, Some(&stack));
        assert_eq!(event.stack_id, stack);
        assert_eq!(event.event_id.as_str(), "5");
        assert_eq!(
            (event.physical_id.as_ref(), event.reason.as_ref()),
            (None, None)
        );
        assert_eq!(event.timestamp, None);
    }

    #[test]
    fn an_element_that_is_no_event_becomes_a_row() {
        for json in [
            "17",
            "[1]",
            "null",
            r#"{"eventId":"\ud800"}"#,
            r#"{"eventId":1,"eventId":2}"#,
        ] {
            let event = StackEvent::from_json(json, None);
            assert_eq!(event.raw(), json);
            let again = StackEvent::from_json(json, None);
            assert_eq!(
                event.event_id, again.event_id,
                "the same content keeps its id"
            );
        }
    }

    #[test]
    fn the_row_of_an_element_that_is_no_event_shows_its_json() {
        for json in ["17", "[1]", "null", r#"{"eventId":1,"eventId":2}"#] {
            let event = StackEvent::from_json(json, None);
            assert_eq!(event.logical_id.as_str(), "(unreadable event)");
            assert_eq!(event.reason.as_ref().map(SafeText::as_str), Some(json));
        }
    }

    #[test]
    fn raw_keeps_values_and_drops_the_space_between_them() {
        let json = "{ \"a b\" : \"x \\\" y\\\\\" ,\r\n \"n\" : 1.50, \"eventId\": \"e\" }";
        let event = StackEvent::from_json(json, None);
        assert_eq!(event.raw(), r#"{"a b":"x \" y\\","n":1.50,"eventId":"e"}"#);
    }

    #[test]
    fn a_cancelled_sibling_did_not_fail_by_itself() {
        let failed = |reason: &str| {
            let json = format!(
                r#"{{"resourceStatus":"CREATE_FAILED","resourceStatusReason":"{reason}"}}"#
            );
            StackEvent::from_json(&json, None).is_own_failure
        };
        assert!(failed("component failed!"));
        assert!(!failed("Resource creation cancelled"));
        assert!(failed("Image build was cancelled by user"));
    }

    #[test]
    fn a_time_that_can_not_be_written_again_is_rejected() {
        for stamp in ["9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01"] {
            assert_eq!(parse_time(stamp), None, "{stamp}");
        }
        let leap = parse_time("2016-12-31T23:59:60.999999999Z").unwrap();
        assert_eq!(format_time(leap), "2016-12-31T23:59:60.999Z");
    }

    proptest! {
        /// Any stamp of the form is a time to its millisecond, or none; either way it is kept verbatim.
        #[test]
        fn a_stamp_is_a_time_or_is_kept_verbatim(
            year in prop_oneof![0..10_000_u32, Just(9999), Just(0)],
            month in 1..13_u32, day in 1..32_u32, hour in 0..25_u32, minute in 0..60_u32, second in 0..62_u32,
            fraction in "(\\.[0-9]{1,12})?",
            offset in "Z|z|[+-]([01][0-9]|2[0-4]):[0-6][0-9]",
        ) {
            let stamp = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}");
            let event = StackEvent::from_json(&format!(r#"{{"timestamp":"{stamp}"}}"#), None);
            prop_assert!(event.raw().contains(&stamp));
            prop_assert_eq!(event.timestamp, parse_time(&stamp));
            if let Some(time) = event.timestamp {
                let written = format_time(time);
                let again = parse_time(&written);
                prop_assert_eq!(again.map(format_time), Some(written));
                prop_assert_eq!(again.map(|again| (time - again).num_milliseconds()), Some(0));
            } else {
                let is_ordinary = (1..9999).contains(&year) && day < 29 && hour < 24 && second < 60;
                prop_assert!(!is_ordinary || !offset.ends_with(['Z', 'z']), "{stamp}");
            }
        }
    }
}
