//! The fields of an event in the API's JSON, each by itself: the service sends absent, empty and undocumented ones.
//! [`super::reader`] reads them once, and the event's less common questions read them again.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::domain::stack_event::field_order::{COUNT, FieldOrder, Name, Passed};
use crate::domain::stack_event::json_text::{Slot, Slots};
use crate::domain::stack_event::scan::Scanner;
use crate::domain::stack_event::{is_canonical_time, parse_time};

/// A value, as JSON text.
#[derive(Clone, Copy)]
pub(crate) struct RawJson<'a> {
    json: &'a str,
    /// Where it begins in the event's text.
    at: usize,
    /// Whether it has no escapes.
    is_plain: bool,
}

impl<'a> RawJson<'a> {
    pub(crate) fn get(self) -> &'a str {
        self.json
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawJson<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // [`Fields::of`] knows the text.
        <&RawValue>::deserialize(deserializer).map(|raw| Self {
            json: raw.get(),
            at: 0,
            is_plain: !raw.get().contains('\\'),
        })
    }
}

/// The API's fields (`StackEvent` of the ParallelCluster API), each still as JSON text.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fields<'a> {
    #[serde(borrow)]
    pub stack_id: Option<RawJson<'a>>,
    pub event_id: Option<RawJson<'a>>,
    pub stack_name: Option<RawJson<'a>>,
    pub logical_resource_id: Option<RawJson<'a>>,
    pub physical_resource_id: Option<RawJson<'a>>,
    pub resource_type: Option<RawJson<'a>>,
    pub timestamp: Option<RawJson<'a>>,
    pub resource_status: Option<RawJson<'a>>,
    pub resource_status_reason: Option<RawJson<'a>>,
    pub resource_properties: Option<RawJson<'a>>,
    pub client_request_token: Option<RawJson<'a>>,
    detailed_status: Option<RawJson<'a>>,
    hook_type: Option<RawJson<'a>>,
    hook_status: Option<RawJson<'a>>,
    hook_status_reason: Option<RawJson<'a>>,
    hook_failure_mode: Option<RawJson<'a>>,
    /// All names are among the first [`HARMLESS`] ones.
    #[serde(skip)]
    has_usual_names: bool,
}

/// How many of the documented names, the first ones, have no trace of a secret's name in them.
const HARMLESS: usize = 10;

/// Takes what [`scan`] finds.
trait Sink<'t> {
    /// Takes the value of a field. None if the object has had that field.
    fn add(&mut self, name: Name<'t>, value: RawJson<'t>) -> Option<()>;
}

/// A compact object.
impl<'t> Sink<'t> for Fields<'t> {
    fn add(&mut self, name: Name<'t>, value: RawJson<'t>) -> Option<()> {
        self.has_usual_names &= name.index.is_some_and(|index| index < HARMLESS);
        let field = name.index.and_then(|index| self.at(index));
        let before = field.and_then(|field| field.replace(value));
        before.is_none().then_some(())
    }
}

/// An object that may have white space between its tokens, and its compact text.
struct Spaced<'t, 'c> {
    fields: Fields<'t>,
    /// Each value has a comma behind it.
    json: &'c mut String,
}

impl<'t> Sink<'t> for Spaced<'t, '_> {
    fn add(&mut self, name: Name<'t>, value: RawJson<'t>) -> Option<()> {
        self.json.push_str(name.json);
        let at = self.json.len();
        self.json.push_str(value.json);
        self.json.push(',');
        self.fields.add(name, RawJson { at, ..value })
    }
}

/// Goes through an object whose values are strings; `stack` is the stack that its `stackId` probably names. None if it is
/// another one.
fn scan<'t, const SPACED: bool>(
    scanner: &mut Scanner<'t>,
    stack: &str,
    order: &mut FieldOrder<SPACED>,
    sink: &mut impl Sink<'t>,
) -> Option<()> {
    let begin = scanner.position();
    if !order.begin(scanner) {
        return None;
    }
    while let Passed::Name(name) = order.next(scanner)? {
        let at = scanner.position() - begin;
        let known = (name.index == Some(0)).then(|| scanner.known_string(stack));
        let (json, is_plain) = match known.flatten() {
            Some(known) => (known, true),
            None => scanner.any_string()?,
        };
        sink.add(name, RawJson { json, at, is_plain })?;
    }
    Some(())
}

impl<'a> Fields<'a> {
    /// The fields of an event's JSON without white space between its tokens; none if it is no event.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        Self::scan_whole(json).or_else(|| {
            let mut fields: Self = serde_json::from_str(json).ok()?;
            for index in 0..COUNT {
                if let Some(Some(value)) = fields.at(index) {
                    value.at = value.json.as_ptr().addr() - json.as_ptr().addr();
                }
            }
            Some(fields)
        })
    }

    /// The fields of an object that is as events are recorded: compact, and each value a string. None if it is not; then it
    /// is left to [`Self::of`]. `stack` is the stack that its `stackId` probably names.
    pub(crate) fn scan(
        scanner: &mut Scanner<'a>,
        stack: &str,
        order: &mut FieldOrder<false>,
    ) -> Option<Self> {
        let mut fields = Self {
            has_usual_names: true,
            ..Self::default()
        };
        scan(scanner, stack, order, &mut fields)?;
        Some(fields)
    }

    /// The same of an object that may have white space between its tokens. Its compact text is written to `json`.
    pub(crate) fn scan_spaced(
        scanner: &mut Scanner<'a>,
        stack: &str,
        order: &mut FieldOrder<true>,
        json: &mut String,
    ) -> Option<Self> {
        json.clear();
        json.push('{');
        let mut spaced = Spaced {
            fields: Self {
                has_usual_names: true,
                ..Self::default()
            },
            json,
        };
        scan(scanner, stack, order, &mut spaced)?;
        spaced.json.pop();
        spaced.json.push('}');
        Some(spaced.fields)
    }

    /// The same of a whole compact text.
    pub(crate) fn scan_whole(json: &'a str) -> Option<Self> {
        let mut scanner = Scanner::new(json);
        Self::scan(&mut scanner, "", &mut FieldOrder::default())
            .filter(|_| scanner.rest().is_empty())
    }

    /// The JSON of the stack's id.
    pub(crate) fn stack_id(&self) -> Option<&'a str> {
        self.stack_id.map(RawJson::get)
    }

    pub(crate) fn has_event_id(&self) -> bool {
        self.event_id.is_some()
    }

    /// The field with this index in the list of names.
    fn at(&mut self, index: usize) -> Option<&mut Option<RawJson<'a>>> {
        Some(match index {
            0 => &mut self.stack_id,
            1 => &mut self.event_id,
            2 => &mut self.stack_name,
            3 => &mut self.logical_resource_id,
            4 => &mut self.physical_resource_id,
            5 => &mut self.resource_type,
            6 => &mut self.timestamp,
            7 => &mut self.resource_status,
            8 => &mut self.resource_status_reason,
            9 => &mut self.resource_properties,
            10 => &mut self.client_request_token,
            11 => &mut self.detailed_status,
            12 => &mut self.hook_type,
            13 => &mut self.hook_status,
            14 => &mut self.hook_status_reason,
            15 => &mut self.hook_failure_mode,
            _ => return None,
        })
    }

    /// Whether each part of the event is known to have no trace of a secret, and so the whole: its names, which are the
    /// usual ones, and its values by `is_harmless`. No trace reaches from a value into the next one, since there are a
    /// quote and a comma between them.
    pub(super) fn have_no_trace(&self, mut is_harmless: impl FnMut(RawJson<'a>) -> bool) -> bool {
        let values = [
            self.stack_id,
            self.event_id,
            self.stack_name,
            self.logical_resource_id,
            self.physical_resource_id,
            self.resource_type,
            self.timestamp,
            self.resource_status,
            self.resource_status_reason,
            self.resource_properties,
        ];
        self.has_usual_names && values.into_iter().flatten().all(&mut is_harmless)
    }

    /// When the status changed.
    pub(super) fn time(&self) -> Option<DateTime<Utc>> {
        parse_time(&text(self.timestamp)?)
    }

    /// The values that each event has for itself. `raw` is the text of the fields, and `time` their time.
    pub(super) fn slots(&self, raw: &str, time: Option<DateTime<Utc>>) -> Slots {
        let mut slots = Slots::default();
        let mut add = |value: RawJson<'_>, content: &str, slot| {
            let begin = value.at + (value.json.len() - content.len()) / 2;
            slots.add(raw, begin..begin + content.len(), slot);
        };
        if let Some(id) = self.event_id
            && let Some(content) = plain(id).filter(|content| !content.is_empty())
        {
            add(id, content, Slot::EventId);
        }
        if let Some(stamp) = self.timestamp.filter(|_| time.is_some())
            && let Some(content) = plain(stamp).filter(|content| is_canonical_time(content))
        {
            add(stamp, content, Slot::Timestamp);
        }
        if let Some(properties) = self.resource_properties {
            add(properties, properties.json, Slot::Properties);
        }
        slots
    }

    /// The reason of an event in words: CloudFormation's, with what its other fields say of a hook or of the moment.
    pub(super) fn explanation(&self) -> Option<Cow<'a, str>> {
        let of_service = text(self.resource_status_reason);
        match (self.hook(), of_service) {
            (Some(hook), Some(reason)) => Some(format!("{hook}; {reason}").into()),
            (Some(hook), None) => Some(hook.into()),
            (None, Some(reason)) => Some(reason),
            (None, None) => match self.detailed_status.and_then(string).as_deref() {
                Some("CONFIGURATION_COMPLETE") => {
                    Some("configured; its consistency is being checked".into())
                }
                Some("VALIDATION_FAILED") => Some("the validation failed".into()),
                _ => None,
            },
        }
    }

    fn hook(&self) -> Option<String> {
        let hook = self.hook_type.and_then(string)?;
        let status = self.hook_status.and_then(string).unwrap_or_default();
        let mode = self.hook_failure_mode.and_then(string);
        let blocks = mode.as_deref() != Some("WARN");
        let how = match (status.ends_with("FAILED"), blocks) {
            (true, true) => "blocked by hook",
            (true, false) => "warning by hook",
            (false, _) if status.ends_with("SUCCEEDED") => "passed hook",
            (false, _) => "checked by hook",
        };
        Some(match self.hook_status_reason.and_then(string) {
            Some(why) => format!("{how} {hook}: {why}"),
            None => format!("{how} {hook}"),
        })
    }
}

/// The text of a field: a string's content, any other value's JSON, none for an absent or empty one.
pub(super) fn text(field: Option<RawJson<'_>>) -> Option<Cow<'_, str>> {
    let field = field?;
    let json = || Some(field.get()).filter(|json| !matches!(*json, "null" | "\"\""));
    string(field).or_else(|| json().map(Cow::Borrowed))
}

/// The content of a field that is a string and not empty.
pub(super) fn string(field: RawJson<'_>) -> Option<Cow<'_, str>> {
    if let Some(plain) = plain(field) {
        return Some(Cow::Borrowed(plain)).filter(|text| !text.is_empty());
    }
    let text = serde_json::from_str::<String>(field.get()).ok()?;
    (!text.is_empty()).then_some(Cow::Owned(text))
}

/// The content of a string without escapes.
pub(super) fn plain(field: RawJson<'_>) -> Option<&str> {
    let content = field.get().strip_prefix('"')?.strip_suffix('"')?;
    field.is_plain.then_some(content)
}
