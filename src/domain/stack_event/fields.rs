//! The fields of an event in the API's JSON, each by itself: the service sends absent, empty and undocumented ones.
//! [`super::reader`] reads them once, and the event's less common questions read them again.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::domain::stack_event::json_text::{Slot, Slots};
use crate::domain::stack_event::scan::Scanner;
use crate::domain::stack_event::{is_canonical_time, parse_time};

/// A value, as JSON text.
#[derive(Clone, Copy)]
pub(crate) struct RawJson<'a> {
    json: &'a str,
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
        <&RawValue>::deserialize(deserializer).map(|raw| Self {
            json: raw.get(),
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
}

/// The names of fields in their usual order, as JSON text and alone.
const USUAL: [(&str, &str); 11] = [
    ("\"stackId\":", "stackId"),
    ("\"eventId\":", "eventId"),
    ("\"stackName\":", "stackName"),
    ("\"logicalResourceId\":", "logicalResourceId"),
    ("\"physicalResourceId\":", "physicalResourceId"),
    ("\"resourceType\":", "resourceType"),
    ("\"timestamp\":", "timestamp"),
    ("\"resourceStatus\":", "resourceStatus"),
    ("\"resourceStatusReason\":", "resourceStatusReason"),
    ("\"resourceProperties\":", "resourceProperties"),
    ("\"clientRequestToken\":", "clientRequestToken"),
];

impl<'a> Fields<'a> {
    /// The fields of an event's JSON without white space between its tokens; none if it is no event.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        Self::scan_whole(json).or_else(|| serde_json::from_str(json).ok())
    }

    /// The fields of an object that is as the services send events: compact, and each value a string. None if it is not;
    /// then it is left to [`Self::of`]. `stack` is the stack that its `stackId` probably names.
    pub(crate) fn scan(scanner: &mut Scanner<'a>, stack: &str) -> Option<Self> {
        let mut fields = Self::default();
        let (mut is_first, mut usual) = (true, USUAL.iter());
        loop {
            if !scanner.skip(if is_first { "{" } else { "," }) {
                return (!is_first && scanner.skip("}")).then_some(fields);
            }
            is_first = false;
            // Most fields come in the usual order, though not all of them.
            let rest = usual.clone();
            let name = if let Some(&(_, name)) = usual.find(|(name, _)| scanner.skip(name)) {
                name
            } else {
                usual = rest;
                let name = scanner.plain_string()?;
                if !scanner.skip(":") {
                    return None;
                }
                name
            };
            let known = (name == "stackId").then(|| scanner.known_string(stack));
            let (json, is_plain) = match known.flatten() {
                Some(known) => (known, true),
                None => scanner.any_string()?,
            };
            let value = RawJson { json, is_plain };
            if let Some(field) = fields.named(name)
                && field.replace(value).is_some()
            {
                return None;
            }
        }
    }

    /// The same of a whole text.
    pub(crate) fn scan_whole(json: &'a str) -> Option<Self> {
        let mut scanner = Scanner::new(json);
        Self::scan(&mut scanner, "").filter(|_| scanner.rest().is_empty())
    }

    /// The JSON of the stack's id.
    pub(crate) fn stack_id(&self) -> Option<&'a str> {
        self.stack_id.map(RawJson::get)
    }

    pub(crate) fn has_event_id(&self) -> bool {
        self.event_id.is_some()
    }

    fn named(&mut self, name: &str) -> Option<&mut Option<RawJson<'a>>> {
        Some(match name {
            "stackId" => &mut self.stack_id,
            "eventId" => &mut self.event_id,
            "stackName" => &mut self.stack_name,
            "logicalResourceId" => &mut self.logical_resource_id,
            "physicalResourceId" => &mut self.physical_resource_id,
            "resourceType" => &mut self.resource_type,
            "timestamp" => &mut self.timestamp,
            "resourceStatus" => &mut self.resource_status,
            "resourceStatusReason" => &mut self.resource_status_reason,
            "resourceProperties" => &mut self.resource_properties,
            "clientRequestToken" => &mut self.client_request_token,
            "detailedStatus" => &mut self.detailed_status,
            "hookType" => &mut self.hook_type,
            "hookStatus" => &mut self.hook_status,
            "hookStatusReason" => &mut self.hook_status_reason,
            "hookFailureMode" => &mut self.hook_failure_mode,
            _ => return None,
        })
    }

    /// When the status changed.
    pub(super) fn time(&self) -> Option<DateTime<Utc>> {
        parse_time(&text(self.timestamp)?)
    }

    /// The values that each event has for itself. `raw` is the text of the fields, and `time` their time.
    pub(super) fn slots(&self, raw: &str, time: Option<DateTime<Utc>>) -> Slots {
        let mut slots = Slots::default();
        let id = self.event_id.and_then(plain);
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            slots.add(raw, id, Slot::EventId);
        }
        let stamp = time.and(self.timestamp).and_then(plain);
        if let Some(stamp) = stamp.filter(|stamp| is_canonical_time(stamp)) {
            slots.add(raw, stamp, Slot::Timestamp);
        }
        if let Some(properties) = self.resource_properties {
            slots.add(raw, properties.get(), Slot::Properties);
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
