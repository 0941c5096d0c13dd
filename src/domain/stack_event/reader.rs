//! Reads events from JSON and stores once what several of them have in common. Backends and the reader of recordings have
//! one each.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::fast::RandomState;

use crate::domain::properties::safe_excerpt;
use crate::domain::stack_event::field_order::FieldOrder;
use crate::domain::stack_event::fields::{Fields, RawJson, string, text};
use crate::domain::stack_event::fingerprint::{Fingerprint, MadeOnce};
use crate::domain::stack_event::json_text::{JsonText, Slots};
use crate::domain::stack_event::remembered::Remembered;
use crate::domain::stack_event::scan::next_special;
use crate::domain::stack_event::{Content, EventId, Rare, StackEvent, StackId};
use crate::domain::status::{ResourceStatus, StatusClass};
use crate::text::redact::{REDACTED, has_a_trace, may_have_secret, redact_secrets};
use crate::text::safe::SafeText;

/// The number of contents, and of properties, that are remembered: more than a build has resources and statuses.
const MOST_REMEMBERED: usize = 4096;

/// Reads events; what they have in common is stored once.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    hasher: RandomState,
    /// By the hash of their text, and whether that text is harmless.
    contents: HashMap<u64, (Arc<Content>, bool), RandomState>,
    /// The JSON of properties, and whether it is harmless.
    properties: HashMap<Arc<str>, bool, RandomState>,
    /// The JSON of a stack's id that has no trace of a secret.
    harmless_stack: String,
    parts: Parts,
    /// The order of the fields in the pages before; a recording has one of its own.
    order: FieldOrder<true>,
    /// A buffer for fingerprints.
    hashed: Vec<u8>,
}

/// The values of an event that are its own, and the hash of the rest.
struct Placed {
    time: Option<DateTime<Utc>>,
    slots: Slots,
    hash: u64,
}

/// What different contents have in common.
#[derive(Debug, Default)]
struct Parts {
    stacks: Remembered<StackId>,
    /// The names of resources, and their types.
    texts: Remembered<SafeText>,
    statuses: Remembered<ResourceStatus>,
}

impl EventReader {
    /// Reads one element of the API's `events` list. `fallback` is the stack of the events around it.
    pub(crate) fn read(&mut self, json: &str, fallback: Option<&StackId>) -> StackEvent {
        let sent = compact(json);
        match Fields::of(&sent) {
            Some(fields) => self.read_scanned(&sent, &fields, fallback),
            None => unreadable(&sent, fallback),
        }
    }

    /// Reads an event that has no white space between its tokens, from its text and the fields in that.
    pub(crate) fn read_scanned(
        &mut self,
        sent: &str,
        fields: &Fields<'_>,
        fallback: Option<&StackId>,
    ) -> StackEvent {
        let placed = self.place(sent, fields);
        let known = self.contents.get(&placed.hash);
        let known = known.filter(|(known, is_harmless)| {
            *is_harmless && is_same(known, sent, &placed.slots, fields, fallback)
        });
        if let Some(known) = known.map(|(known, _)| Arc::clone(known))
            && fields.event_id.is_none_or(|id| is_harmless(id.get()))
            && let Some(properties) = self.harmless(fields.resource_properties)
        {
            return event(sent, fields, placed.time, known, properties);
        }
        if self.has_no_trace(fields) || !may_have_secret(sent) {
            return self.event(sent, fields, &placed, fallback, true);
        }
        match redact_secrets(sent) {
            Cow::Borrowed(raw) => self.event(raw, fields, &placed, fallback, false),
            Cow::Owned(raw) => {
                let rare = Rare {
                    as_sent: Some(sent.into()),
                    fingerprint: Some(Fingerprint::of(sent, Some(fields))),
                    ..Rare::default()
                };
                let event = match Fields::of(&raw) {
                    Some(fields) => {
                        let placed = self.place(&raw, &fields);
                        self.event(&raw, &fields, &placed, fallback, false)
                    }
                    None => unreadable_event(&raw, fallback),
                };
                StackEvent {
                    rare: Some(Box::new(rare)),
                    ..event
                }
            }
        }
    }

    /// The same of an event that the poller is about to compare: its fingerprint is made while its fields are at hand.
    pub(crate) fn read_fetched(
        &mut self,
        sent: &str,
        fields: &Fields<'_>,
        fallback: Option<&StackId>,
    ) -> StackEvent {
        let event = self.read_scanned(sent, fields, fallback);
        let made = Fingerprint::of_in(sent, Some(fields), &mut self.hashed);
        event.made.set(made);
        event
    }

    /// The order of the fields in the pages before.
    pub(crate) fn order(&mut self) -> &mut FieldOrder<true> {
        &mut self.order
    }

    /// Whether no part of an event has a trace of a secret. Nearly all events have the same stack.
    fn has_no_trace(&mut self, fields: &Fields<'_>) -> bool {
        let stack = fields.stack_id.map(RawJson::get);
        if let Some(stack) = stack.filter(|stack| *stack != self.harmless_stack) {
            if has_a_trace(stack) {
                return false;
            }
            stack.clone_into(&mut self.harmless_stack);
        }
        fields.have_no_trace(|value| {
            let json = value.get();
            Some(json) == stack || !has_a_trace(json)
        })
    }

    /// Reads an event whose text is redacted; `had_no_trace` of a secret, so that its parts have none.
    fn event(
        &mut self,
        raw: &str,
        fields: &Fields<'_>,
        placed: &Placed,
        fallback: Option<&StackId>,
        had_no_trace: bool,
    ) -> StackEvent {
        let content = self.content(raw, fields, placed, fallback, had_no_trace);
        let properties = fields.resource_properties;
        let properties = properties.map(|json| self.shared(json.get(), had_no_trace));
        event(raw, fields, placed.time, content, properties)
    }

    /// The properties, if they are harmless: an event without any has no harmful ones. Others are not remembered before
    /// they are redacted.
    #[expect(clippy::option_option, reason = "harmful, absent, or the properties")]
    fn harmless(&mut self, properties: Option<RawJson<'_>>) -> Option<Option<Arc<str>>> {
        let Some(properties) = properties.map(RawJson::get) else {
            return Some(None);
        };
        let known = self.properties.get_key_value(properties);
        if let Some((known, known_harmless)) = known {
            return known_harmless.then(|| Some(Arc::clone(known)));
        }
        is_harmless(properties).then(|| Some(self.remember(properties, true)))
    }

    /// Properties that are redacted.
    fn shared(&mut self, properties: &str, had_no_trace: bool) -> Arc<str> {
        if let Some((known, _)) = self.properties.get_key_value(properties) {
            return Arc::clone(known);
        }
        let is_harmless = if had_no_trace {
            !may_reach_on(properties)
        } else {
            is_harmless(properties)
        };
        self.remember(properties, is_harmless)
    }

    fn remember(&mut self, properties: &str, is_harmless: bool) -> Arc<str> {
        let new: Arc<str> = properties.into();
        if self.properties.len() >= MOST_REMEMBERED {
            self.properties.clear();
        }
        self.properties.insert(Arc::clone(&new), is_harmless);
        new
    }

    fn content(
        &mut self,
        raw: &str,
        fields: &Fields<'_>,
        Placed { slots, hash, .. }: &Placed,
        fallback: Option<&StackId>,
        had_no_trace: bool,
    ) -> Arc<Content> {
        if let Some((known, _)) = self.contents.get(hash)
            && is_same(known, raw, slots, fields, fallback)
        {
            return Arc::clone(known);
        }
        if self.contents.len() >= MOST_REMEMBERED {
            self.contents.clear();
        }
        let json = JsonText::new(raw, slots);
        let new = Arc::new(content(json, fields, fallback, &mut self.parts));
        let known = (Arc::clone(&new), had_no_trace || !may_have_secret(raw));
        self.contents.insert(*hash, known);
        new
    }

    fn place(&self, raw: &str, fields: &Fields<'_>) -> Placed {
        let time = fields.time();
        let slots = fields.slots(raw, time);
        let mut hasher = self.hasher.build_hasher();
        slots.parts(raw).for_each(|part| part.hash(&mut hasher));
        Placed {
            time,
            slots,
            hash: hasher.finish(),
        }
    }
}

/// Whether an event has this content.
fn is_same(
    content: &Content,
    raw: &str,
    slots: &Slots,
    fields: &Fields<'_>,
    fallback: Option<&StackId>,
) -> bool {
    let names_stack = fields.stack_id.and_then(string).is_some();
    content.text.is_of(raw, slots) && (names_stack || Some(&content.stack_id) == fallback)
}

/// Whether a value has no secret, and is no part of one in a text that is harmless around it.
fn is_harmless(value: &str) -> bool {
    !may_reach_on(value) && !may_have_secret(value)
}

/// Only a URL reaches from one value into another: its user ends at an `@`.
fn may_reach_on(value: &str) -> bool {
    value.contains('@')
}

fn event(
    raw: &str,
    fields: &Fields<'_>,
    timestamp: Option<DateTime<Utc>>,
    content: Arc<Content>,
    properties: Option<Arc<str>>,
) -> StackEvent {
    StackEvent {
        event_id: text(fields.event_id).map_or_else(|| content_id(raw), |id| EventId::from(&*id)),
        timestamp,
        properties,
        rare: None,
        made: MadeOnce::default(),
        content,
    }
}

fn content(
    json: JsonText,
    fields: &Fields<'_>,
    fallback: Option<&StackId>,
    parts: &mut Parts,
) -> Content {
    let stack_id = fields.stack_id.and_then(string).map_or_else(
        || stack_or_unnamed(fallback),
        |id| parts.stacks.get(&id, |id| id.into()),
    );
    let physical = text(fields.physical_resource_id);
    let mut safe_text = |field: Option<_>| {
        let text = text(field)?;
        Some(parts.texts.get(&text, safe_excerpt))
    };
    let logical_id = safe_text(fields.logical_resource_id)
        .or_else(|| safe_text(fields.stack_name))
        .unwrap_or_else(|| SafeText::new("(no logical id)"));
    let resource_type = safe_text(fields.resource_type).unwrap_or_else(|| SafeText::new(""));
    let status = text(fields.resource_status).unwrap_or_default();
    let status = parts.statuses.get(&status, ResourceStatus::new);
    let reason = text(fields.resource_status_reason);
    Content {
        is_root: physical.as_deref() == Some(stack_id.as_str()),
        stack_id,
        logical_id,
        physical_id: physical.as_deref().map(SafeText::new),
        resource_type,
        is_own_failure: status.class() == StatusClass::Failed
            && !reason.as_deref().is_some_and(is_cancelled),
        reason: fields.explanation().as_deref().map(safe_excerpt),
        status,
        is_redacted: json.contains(REDACTED),
        text: json,
    }
}

/// A row for an element of the list that is no event: shown, never dropped.
fn unreadable(sent: &str, fallback: Option<&StackId>) -> StackEvent {
    match redact_secrets(sent) {
        Cow::Borrowed(raw) => unreadable_event(raw, fallback),
        Cow::Owned(raw) => StackEvent {
            rare: Some(Box::new(Rare {
                as_sent: Some(sent.into()),
                fingerprint: Some(Fingerprint::of(sent, None)),
                ..Rare::default()
            })),
            ..unreadable_event(&raw, fallback)
        },
    }
}

fn unreadable_event(raw: &str, fallback: Option<&StackId>) -> StackEvent {
    StackEvent {
        content: Arc::new(unreadable_content(raw, fallback)),
        event_id: content_id(raw),
        timestamp: None,
        properties: None,
        rare: None,
        made: MadeOnce::default(),
    }
}

fn unreadable_content(raw: &str, fallback: Option<&StackId>) -> Content {
    Content {
        stack_id: stack_or_unnamed(fallback),
        logical_id: SafeText::new("(unreadable event)"),
        physical_id: None,
        resource_type: SafeText::new(""),
        status: ResourceStatus::new("UNREADABLE"),
        reason: Some(safe_excerpt(raw)),
        is_root: false,
        is_own_failure: false,
        is_redacted: raw.contains(REDACTED),
        text: JsonText::new(raw, &Slots::default()),
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

fn stack_or_unnamed(fallback: Option<&StackId>) -> StackId {
    fallback.cloned().unwrap_or_else(|| StackId::from(""))
}

/// An id for an event without one: the same content gives the same id at every poll.
fn content_id(raw: &str) -> EventId {
    let mut hasher = DefaultHasher::new();
    raw.hash(&mut hasher);
    EventId::from(format!("no-event-id-{:016x}", hasher.finish()).as_str())
}

/// Removes the white space between the tokens of JSON text, so that a value fits on one output line. Strings and the digits
/// of numbers stay as they are.
pub(crate) fn compact(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut out = String::new();
    let (mut at, mut copied) = (0, 0);
    let mut in_string = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if in_string => at += 2,
            b'"' => {
                in_string = !in_string;
                at += 1;
            }
            _ if in_string => at = next_special(bytes, at + 1).unwrap_or(bytes.len()),
            byte if byte.is_ascii_whitespace() => {
                out.reserve(json.len());
                out.push_str(json.get(copied..at).unwrap_or_default());
                at += 1;
                copied = at;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(json.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}
