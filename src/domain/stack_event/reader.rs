//! Reads events from JSON and stores once what several of them have in common. Backends and the reader of recordings have
//! one each.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::domain::properties::safe_excerpt;
use crate::domain::stack_event::fields::{Fields, plain, string, text};
use crate::domain::stack_event::fingerprint::Fingerprint;
use crate::domain::stack_event::json_text::{JsonText, Slot, Slots};
use crate::domain::stack_event::{
    Content, EventId, Rare, StackEvent, StackId, is_canonical_time, parse_time,
};
use crate::domain::status::{ResourceStatus, StatusClass};
use crate::text::redact::redact_secrets;
use crate::text::safe::SafeText;

/// The number of contents, and of properties, that are remembered: more than a build has resources and statuses.
const MOST_REMEMBERED: usize = 4096;

/// Reads events; what they have in common is stored once.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    /// By the hash of their text.
    contents: HashMap<u64, Arc<Content>>,
    properties: HashSet<Arc<str>>,
}

impl EventReader {
    /// Reads one element of the API's `events` list. `fallback` is the stack of the events around it.
    pub(crate) fn read(&mut self, json: &str, fallback: Option<&StackId>) -> StackEvent {
        let sent = compact(json);
        match redact_secrets(&sent) {
            Cow::Borrowed(raw) => self.event(raw, None, fallback),
            Cow::Owned(raw) => self.event(&raw, Some(&sent), fallback),
        }
    }

    /// `sent` is the text before its redaction, if that is different.
    fn event(&mut self, raw: &str, sent: Option<&str>, fallback: Option<&StackId>) -> StackEvent {
        let fields = Fields::of(raw);
        let fingerprint = match sent {
            Some(sent) => Fingerprint::of(sent, Fields::of(sent).as_ref()),
            None => Fingerprint::of(raw, fields.as_ref()),
        };
        let rare = sent.map(|sent| {
            Box::new(Rare {
                as_sent: Some(sent.into()),
                ..Rare::default()
            })
        });
        let Some(fields) = fields else {
            return StackEvent {
                content: Arc::new(unreadable(raw, fallback)),
                event_id: content_id(raw),
                fingerprint,
                timestamp: None,
                properties: None,
                rare,
            };
        };
        let id = fields.event_id.and_then(plain).filter(|id| !id.is_empty());
        let timestamp = text(fields.timestamp);
        let is_canonical = timestamp.as_deref().is_some_and(is_canonical_time);
        let timestamp = timestamp.and_then(|stamp| parse_time(&stamp));
        let mut slots = Slots::default();
        if let Some(id) = id {
            slots.add(raw, id, Slot::EventId);
        }
        if timestamp.is_some()
            && is_canonical
            && let Some(stamp) = fields.timestamp.and_then(plain)
        {
            slots.add(raw, stamp, Slot::Timestamp);
        }
        if let Some(properties) = fields.resource_properties {
            slots.add(raw, properties.get(), Slot::Properties);
        }
        StackEvent {
            event_id: text(fields.event_id)
                .map_or_else(|| content_id(raw), |id| EventId::from(&*id)),
            fingerprint,
            timestamp,
            properties: fields
                .resource_properties
                .map(|properties| self.shared(properties.get())),
            rare,
            content: self.content(raw, &slots, &fields, fallback),
        }
    }

    fn shared(&mut self, properties: &str) -> Arc<str> {
        if let Some(known) = self.properties.get(properties) {
            return Arc::clone(known);
        }
        if self.properties.len() >= MOST_REMEMBERED {
            self.properties.clear();
        }
        let new: Arc<str> = properties.into();
        self.properties.insert(Arc::clone(&new));
        new
    }

    fn content(
        &mut self,
        raw: &str,
        slots: &Slots,
        fields: &Fields<'_>,
        fallback: Option<&StackId>,
    ) -> Arc<Content> {
        let mut hasher = DefaultHasher::new();
        slots.parts(raw).for_each(|part| part.hash(&mut hasher));
        let hash = hasher.finish();
        let known = self.contents.get(&hash);
        let names_stack = fields.stack_id.and_then(string).is_some();
        let same = known.filter(|known| {
            known.text.is_of(raw, slots) && (names_stack || Some(&known.stack_id) == fallback)
        });
        if let Some(same) = same {
            return Arc::clone(same);
        }
        if self.contents.len() >= MOST_REMEMBERED {
            self.contents.clear();
        }
        let new = Arc::new(content(JsonText::new(raw, slots), fields, fallback));
        self.contents.insert(hash, Arc::clone(&new));
        new
    }
}

fn content(json: JsonText, fields: &Fields<'_>, fallback: Option<&StackId>) -> Content {
    let stack_id = fields
        .stack_id
        .and_then(string)
        .map_or_else(|| stack_or_unnamed(fallback), |id| StackId::from(&*id));
    let physical = text(fields.physical_resource_id);
    let safe_text = |field: Option<_>| text(field).as_deref().map(safe_excerpt);
    let status = ResourceStatus::new(&text(fields.resource_status).unwrap_or_default());
    let reason = text(fields.resource_status_reason);
    Content {
        is_root: physical.as_deref() == Some(stack_id.as_str()),
        stack_id,
        logical_id: safe_text(fields.logical_resource_id)
            .or_else(|| safe_text(fields.stack_name))
            .unwrap_or_else(|| SafeText::new("(no logical id)")),
        physical_id: physical.as_deref().map(SafeText::new),
        resource_type: safe_text(fields.resource_type).unwrap_or_else(|| SafeText::new("")),
        is_own_failure: status.class() == StatusClass::Failed
            && !reason.as_deref().is_some_and(is_cancelled),
        reason: fields.explanation().as_deref().map(safe_excerpt),
        status,
        text: json,
    }
}

/// A row for an element of the list that is no event: shown, never dropped.
fn unreadable(raw: &str, fallback: Option<&StackId>) -> Content {
    Content {
        stack_id: stack_or_unnamed(fallback),
        logical_id: SafeText::new("(unreadable event)"),
        physical_id: None,
        resource_type: SafeText::new(""),
        status: ResourceStatus::new("UNREADABLE"),
        reason: Some(safe_excerpt(raw)),
        is_root: false,
        is_own_failure: false,
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
fn compact(json: &str) -> Cow<'_, str> {
    let (mut in_string, mut escaped) = (false, false);
    let mut is_kept = move |byte: u8| {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            true
        } else {
            in_string = byte == b'"';
            !byte.is_ascii_whitespace()
        }
    };
    let Some(first) = json.bytes().position(|byte| !is_kept(byte)) else {
        return Cow::Borrowed(json);
    };
    let (kept, rest) = json.split_at_checked(first).unwrap_or((json, ""));
    let mut out = String::with_capacity(json.len());
    out.push_str(kept);
    // Only ASCII is dropped, so that the characters of more bytes stay whole.
    out.extend(rest.chars().skip(1).filter(|character| {
        let byte = u8::try_from(*character).unwrap_or(b'x');
        is_kept(if character.is_ascii() { byte } else { b'x' })
    }));
    Cow::Owned(out)
}
