//! The fields of an event in the API's JSON, each by itself: the service sends absent, empty and undocumented ones.
//! [`super::reader`] reads them once, and the event's less common questions read them again.

use std::borrow::Cow;
use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::domain::stack_event::field_order::{COUNT, FieldOrder, Named};
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
    /// All names are among the first [`HARMLESS`] ones.
    #[serde(skip)]
    has_usual_names: bool,
}

/// How many of the documented names, the first ones, have no trace of a secret's name in them.
const HARMLESS: usize = 10;

/// Takes what [`scan`] finds.
trait Sink<'t> {
    /// Goes behind the white space that is next, where it may be.
    fn skip_space(&mut self, scanner: &mut Scanner<'t>);

    /// Takes the value of a field, which begins at a place of the text; without an index, that of an undocumented field.
    /// None if the object has had that field.
    fn add(&mut self, index: Option<usize>, begin: usize, value: RawJson<'t>) -> Option<()>;
}

/// A compact object.
impl<'t> Sink<'t> for Fields<'t> {
    fn skip_space(&mut self, _: &mut Scanner<'t>) {}

    fn add(&mut self, index: Option<usize>, _: usize, value: RawJson<'t>) -> Option<()> {
        self.has_usual_names &= index.is_some_and(|index| index < HARMLESS);
        let field = index.and_then(|index| self.at(index));
        let before = field.and_then(|field| field.replace(value));
        before.is_none().then_some(())
    }
}

/// The places of an object's values in its compact text.
struct Places<'c> {
    /// The compact text up to the last white space.
    copied: &'c mut String,
    /// Where in the text the rest begins.
    from: usize,
    /// Of each documented field its index, where it is, and whether it has no escapes.
    all: [(usize, Range<usize>, bool); COUNT],
    count: usize,
    /// A bit for each index.
    found: u32,
    has_usual_names: bool,
}

impl<'t> Sink<'t> for Places<'_> {
    fn skip_space(&mut self, scanner: &mut Scanner<'t>) {
        let end = scanner.position();
        if scanner.skip_space() {
            let before = scanner.part(self.from, end);
            self.copied.push_str(before.unwrap_or_default());
            self.from = scanner.position();
        }
    }

    fn add(&mut self, index: Option<usize>, begin: usize, value: RawJson<'t>) -> Option<()> {
        self.has_usual_names &= index.is_some_and(|index| index < HARMLESS);
        let Some(index) = index else {
            return Some(());
        };
        let bit = 1 << index;
        if self.found & bit != 0 {
            return None;
        }
        self.found |= bit;
        let begin = self.copied.len() + begin - self.from;
        let place = self.all.get_mut(self.count)?;
        *place = (index, begin..begin + value.json.len(), value.is_plain);
        self.count += 1;
        Some(())
    }
}

/// Goes through an object whose values are strings; `stack` is the stack that its `stackId` probably names. None if it is
/// another one.
fn scan<'t>(
    scanner: &mut Scanner<'t>,
    stack: &str,
    order: &mut FieldOrder,
    sink: &mut impl Sink<'t>,
) -> Option<()> {
    if !scanner.skip("{") {
        return None;
    }
    let mut place = 0;
    loop {
        sink.skip_space(scanner);
        let index = match order.next(scanner, &mut place)? {
            Named::Documented(index) => Some(index),
            Named::Undocumented => None,
        };
        sink.skip_space(scanner);
        let begin = scanner.position();
        let known = (index == Some(0)).then(|| scanner.known_string(stack));
        let (json, is_plain) = match known.flatten() {
            Some(known) => (known, true),
            None => scanner.any_string()?,
        };
        sink.add(index, begin, RawJson { json, is_plain })?;
        sink.skip_space(scanner);
        if !scanner.skip(",") {
            return scanner.skip("}").then_some(());
        }
    }
}

impl<'a> Fields<'a> {
    /// The fields of an event's JSON without white space between its tokens; none if it is no event.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        Self::scan_whole(json).or_else(|| serde_json::from_str(json).ok())
    }

    /// The fields of an object that is as the services send events: compact, and each value a string. None if it is not;
    /// then it is left to [`Self::of`]. `stack` is the stack that its `stackId` probably names.
    pub(crate) fn scan(
        scanner: &mut Scanner<'a>,
        stack: &str,
        order: &mut FieldOrder,
    ) -> Option<Self> {
        let mut fields = Self {
            has_usual_names: true,
            ..Self::default()
        };
        scan(scanner, stack, order, &mut fields)?;
        Some(fields)
    }

    /// The same of an object that may have white space between its tokens, and its compact text: in `copied` if it has.
    pub(crate) fn scan_spaced<'t: 'a>(
        scanner: &mut Scanner<'t>,
        stack: &str,
        order: &mut FieldOrder,
        copied: &'a mut String,
    ) -> Option<(&'a str, Self)> {
        copied.clear();
        let begin = scanner.position();
        let mut places = Places {
            copied,
            from: begin,
            all: [const { (0, 0..0, false) }; COUNT],
            count: 0,
            found: 0,
            has_usual_names: true,
        };
        scan(scanner, stack, order, &mut places)?;
        let Places {
            copied,
            from,
            all,
            count,
            ..
        } = places;
        let rest = scanner.since(from)?;
        let json = if from == begin {
            rest
        } else {
            copied.push_str(rest);
            copied
        };
        let mut fields = Self {
            has_usual_names: places.has_usual_names,
            ..Self::default()
        };
        for (index, range, is_plain) in all.into_iter().take(count) {
            let json = json.get(range)?;
            *fields.at(index)? = Some(RawJson { json, is_plain });
        }
        Some((json, fields))
    }

    /// The same of a whole text.
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
