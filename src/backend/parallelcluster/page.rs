//! Reads a page of stack events from the body of a response: one element of the list at a time, so that a small body of
//! many elements costs little memory.
//!
//! The service's events have an id each. Elements without one are odd: identical ones count once, and beyond
//! [`MAX_ODD`] they are counted and not kept.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::backend::parallelcluster::wire::{ForeignBody, or_mended, parsed};
use crate::backend::{EventsPage, NextToken};
use crate::domain::stack_event::{EventReader, Fields, Scanner, StackEvent, StackId, compact};

/// The number of different elements without an event id that become rows of their own.
const MAX_ODD: usize = 100;
/// The number of events of one page. The service returns at most a hundred or a megabyte; a page of more is refused.
const MAX_EVENTS: usize = 100_000;

#[derive(Deserialize)]
struct Ids<'a> {
    #[serde(rename = "stackId", borrow)]
    stack_id: Option<&'a RawValue>,
    #[serde(rename = "eventId", borrow)]
    event_id: Option<&'a RawValue>,
}

impl<'a> Ids<'a> {
    /// The JSON of the stack's id, and whether there is an event's id, in an element that is not as usual.
    fn of(json: &'a str) -> (Option<&'a str>, bool) {
        let ids = json
            .starts_with('{')
            .then(|| serde_json::from_str::<Self>(json).ok())
            .flatten();
        ids.map_or((None, false), |ids| {
            (ids.stack_id.map(RawValue::get), ids.event_id.is_some())
        })
    }
}

/// Reads a page of stack events.
pub(crate) fn page(body: &[u8], parser: &mut EventReader) -> Result<EventsPage, ForeignBody> {
    or_mended(body, |text| page_of(text, parser))
}

fn page_of(text: &str, parser: &mut EventReader) -> Result<EventsPage, ForeignBody> {
    if let Some(page) = usual_page(text, parser) {
        return Ok(page);
    }
    any_page(text, parser)
}

fn any_page(text: &str, parser: &mut EventReader) -> Result<EventsPage, ForeignBody> {
    let mut reader = Reader::new(None, parser);
    parsed(text, |json| (&mut reader).deserialize(json))?;
    if let (Some(stack), true) = (reader.stack.clone(), reader.has_orphans) {
        reader = Reader::new(Some(stack), parser);
        parsed(text, |json| (&mut reader).deserialize(json))?;
    }
    // Nulls are left out, so a page of a stack without events may be `{}`. But an error's body is no page.
    if !reader.has_events && reader.has_message {
        return Err(ForeignBody::OtherJson);
    }
    reader.note_uncounted();
    Ok(EventsPage {
        events: reader.events,
        next: reader
            .next_token
            .filter(|token| !token.is_empty())
            .map(NextToken::new),
    })
}

/// Reads a body as the services send it, in one pass: a list of events, the first of which names its stack, and the token
/// if there is one. None if it is another one; then it is left to [`Reader`], which returns the same page for these bodies.
fn usual_page(text: &str, parser: &mut EventReader) -> Option<EventsPage> {
    let mut scanner = Scanner::new(text);
    for token in ["{", "\"events\":", "["] {
        scanner.skip_space();
        if !scanner.skip(token) {
            return None;
        }
    }
    let mut events = Vec::new();
    let mut stack: Option<StackId> = None;
    let mut is_plain = false;
    let mut compact = String::new();
    loop {
        scanner.skip_space();
        let likely = stack.as_ref().filter(|_| is_plain);
        let likely = likely.map_or("", StackId::as_str);
        let order = parser.order();
        let fields = Fields::scan_spaced(&mut scanner, likely, order, &mut compact)?;
        if !fields.has_event_id() || events.len() >= MAX_EVENTS {
            return None;
        }
        if stack.is_none() {
            let json = fields.stack_id()?;
            is_plain = !json.contains('\\');
            stack = Some(stack_id(json)?);
        }
        let event = parser.read_fetched(&compact, &fields, stack.as_ref());
        events.push(Arc::new(event));
        scanner.skip_space();
        if !scanner.skip(",") {
            break;
        }
    }
    if !scanner.skip("]") {
        return None;
    }
    scanner.skip_space();
    let mut next = None;
    if scanner.skip(",") {
        scanner.skip_space();
        if !scanner.skip("\"nextToken\":") {
            return None;
        }
        scanner.skip_space();
        let (json, _) = scanner.any_string()?;
        let token: String = serde_json::from_str(json).ok()?;
        next = (!token.is_empty()).then(|| NextToken::new(token));
        scanner.skip_space();
    }
    if !scanner.skip("}") {
        return None;
    }
    scanner.skip_space();
    (scanner.rest().is_empty()).then_some(EventsPage { events, next })
}

/// Reads the body, one field and one element at a time.
#[derive(Debug)]
struct Reader<'p> {
    /// The first stack that the page names: an event without one belongs to it.
    stack: Option<StackId>,
    /// Whether events without a stack came before it: they are read again with it.
    has_orphans: bool,
    parser: &'p mut EventReader,
    events: Vec<Arc<StackEvent>>,
    /// The hashes of the different elements without an id.
    odd: HashSet<u64>,
    /// The number of elements without an id that are not kept.
    uncounted: usize,
    next_token: Option<String>,
    has_events: bool,
    has_message: bool,
}

impl<'p> Reader<'p> {
    fn new(stack: Option<StackId>, parser: &'p mut EventReader) -> Self {
        Self {
            stack,
            has_orphans: false,
            parser,
            events: Vec::new(),
            odd: HashSet::new(),
            uncounted: 0,
            next_token: None,
            has_events: false,
            has_message: false,
        }
    }

    fn add(&mut self, element: &RawValue) -> Result<(), &'static str> {
        let json = element.get();
        let sent = compact(json);
        let usual = Fields::scan_whole(&sent);
        let (stack, has_id) = match &usual {
            Some(fields) => (fields.stack_id(), fields.has_event_id()),
            None => Ids::of(json),
        };
        if self.stack.is_none() {
            self.stack = stack.and_then(stack_id);
            self.has_orphans |= self.stack.is_none();
        }
        if !has_id {
            let mut hasher = DefaultHasher::new();
            json.hash(&mut hasher);
            let hash = hasher.finish();
            if self.odd.contains(&hash) {
                return Ok(());
            }
            if self.odd.len() >= MAX_ODD {
                self.uncounted += 1;
                return Ok(());
            }
            self.odd.insert(hash);
        }
        if self.events.len() >= MAX_EVENTS {
            return Err("too many events in one page");
        }
        let stack = self.stack.as_ref();
        let event = match &usual {
            Some(fields) => self.parser.read_scanned(&sent, fields, stack),
            None => self.parser.read(json, stack),
        };
        self.events.push(Arc::new(event));
        Ok(())
    }

    /// Adds a row for the elements that are not kept: they are not lost without a word.
    fn note_uncounted(&mut self) {
        if self.uncounted > 0 {
            let json = format!("\"{} more elements that are no events\"", self.uncounted);
            let event = self.parser.read(&json, self.stack.as_ref());
            self.events.push(Arc::new(event));
        }
    }
}

/// The token of the next page. One that is no text is sent as it is: if the service refuses it, the events of this page
/// are shown all the same, above a gap.
fn token(json: &RawValue) -> Option<String> {
    let text = serde_json::from_str::<Option<String>>(json.get());
    text.unwrap_or_else(|_no_text| Some(json.get().to_owned()))
}

fn stack_id(json: &str) -> Option<StackId> {
    let id: String = serde_json::from_str(json).ok()?;
    (!id.is_empty()).then(|| StackId::from(id.as_str()))
}

impl<'de> DeserializeSeed<'de> for &mut Reader<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a page of stack events")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let (mut has_token, mut has_events) = (false, false);
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "nextToken" if std::mem::replace(&mut has_token, true) => {
                    return Err(A::Error::duplicate_field("nextToken"));
                }
                "events" if std::mem::replace(&mut has_events, true) => {
                    return Err(A::Error::duplicate_field("events"));
                }
                "nextToken" => self.next_token = token(fields.next_value()?),
                "events" => fields.next_value_seed(Elements(self))?,
                "message" | "Message" => {
                    let message = fields.next_value::<&RawValue>()?;
                    self.has_message |= message.get() != "null";
                }
                _ => {
                    fields.next_value::<IgnoredRaw>()?;
                }
            }
        }
        Ok(())
    }
}

/// A value of any depth that is not looked at.
struct IgnoredRaw;

impl<'de> Deserialize<'de> for IgnoredRaw {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(json).map(|_ignored| Self)
    }
}

/// The value of `events`: a list, or null.
struct Elements<'r, 'p>(&'r mut Reader<'p>);

impl<'de> DeserializeSeed<'de> for Elements<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of events")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.0.has_events = true;
        while let Some(element) = elements.next_element::<&RawValue>()? {
            self.0.add(element).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/img/6acc";

    fn read(body: &str) -> EventsPage {
        page(body.as_bytes(), &mut EventReader::default()).unwrap()
    }

    #[test]
    fn a_page_keeps_the_services_order_and_its_token() {
        let body = format!(
            r#"{{"events":[{{"eventId":"b","stackId":"{STACK}"}},{{"eventId":"a","x":[1, 2]}}],
                "nextToken":"t/+=","unknown":{{}}}}"#
        );
        let page = read(&body);
        let ids: Vec<_> = page
            .events
            .iter()
            .map(|event| event.event_id.as_str())
            .collect();
        assert_eq!(ids, ["b", "a"]);
        assert_eq!(page.next.unwrap().as_str(), "t/+=");
        assert_eq!(page.events[1].raw(), r#"{"eventId":"a","x":[1,2]}"#);
    }

    #[test]
    fn an_event_without_a_stack_belongs_to_the_page_s_first_stack() {
        let body =
            format!(r#"{{"events":[17,{{"eventId":"x","stackId":""}},{{"stackId":"{STACK}"}}]}}"#);
        let page = read(&body);
        assert_eq!(
            page.events.len(),
            3,
            "an element that is no event is kept too"
        );
        for event in &page.events {
            assert_eq!(event.stack_id.as_str(), STACK);
        }
    }

    #[test]
    fn what_the_events_of_two_pages_have_in_common_is_stored_once() {
        let mut reader = EventReader::default();
        let mut read = |id: &str| {
            let body = format!(r#"{{"events":[{{"eventId":"{id}","stackId":"{STACK}"}}]}}"#);
            page(body.as_bytes(), &mut reader).unwrap().events.remove(0)
        };
        let (first, second) = (read("a"), read("b"));
        let content = |event: &Arc<StackEvent>| std::ptr::from_ref(&***event);
        assert_eq!(content(&first), content(&second));
    }

    #[test]
    fn absent_null_and_empty_mean_none() {
        for body in [
            "{}",
            r#"{"events":null,"nextToken":null}"#,
            r#"{"events":[],"nextToken":""}"#,
            "\u{feff}{\"events\":[]}",
            " \r\n{} ",
        ] {
            let page = read(body);
            assert!(page.events.is_empty() && page.next.is_none(), "{body}");
        }
    }

    /// A body of many small elements becomes few rows.
    #[test]
    fn a_body_of_many_small_elements_is_a_few_rows() {
        for (element, most) in [("1,", 1), ("{},", 1), ("[],", 1), (r#"{"x":null},"#, 1)] {
            let body = format!(r#"{{"events":[{}1]}}"#, element.repeat(20_000));
            assert!(read(&body).events.len() <= most + 1, "{element}");
        }
        let numbers: Vec<_> = (0..20_000).map(|number| number.to_string()).collect();
        let page = read(&format!(r#"{{"events":[{}]}}"#, numbers.join(",")));
        assert_eq!(page.events.len(), MAX_ODD + 1);
        let rest = page.events.last().unwrap();
        assert_eq!(rest.raw(), "\"19900 more elements that are no events\"");
        let deep = format!(r#"{{"events":[{}"#, "[".repeat(1_000_000));
        assert!(page_error(&deep));
        let closed = format!(
            r#"{{"x":{0}{1},"events":[{0}{1}]}}"#,
            "[".repeat(9_000),
            "]".repeat(9_000)
        );
        assert_eq!(read(&closed).events.len(), 1);
        let events = r#"{"eventId":1},"#.repeat(MAX_EVENTS + 1);
        assert!(page_error(&format!(r#"{{"events":[{events}1]}}"#)));
    }

    fn page_error(body: &str) -> bool {
        page(body.as_bytes(), &mut EventReader::default()).is_err()
    }

    /// The parts of bodies, usual and others.
    fn any_body() -> impl Strategy<Value = String> {
        let events = vec![
            r#"{"stackId":"s","eventId":"1","timestamp":"2026-01-01T00:00:00.000Z"}"#,
            r#"{ "stackId": "s", "eventId": "2", "resourceProperties": "{\"a\": \"b c\"}" }"#,
            r#"{"eventId":"3","resourceStatus":"CREATE_FAILED","new":"x"}"#,
            r#"{"stackId":"\u0073","eventId":"4"}"#,
            r#"{"stackId": "s","eventId":  "11"}"#,
            r#"{"stackId":"a\\n","eventId":"5"}"#,
            r#"{"stackId":"a\n","eventId":"6"}"#,
            r#"{"stackId":"","eventId":"7"}"#,
            r#"{"stackId":"s","eventId":"8","eventId":"9"}"#,
            r#"{"stackId":"s","eventId":"10","reason":"password=hunter2hunter2"}"#,
            r#"{"stackId":"s","resourceStatus":"X"}"#,
            r#"{"stackId":"s","eventId":null}"#,
            r#"{"stackId":"s","eventId":"\ud800"}"#,
            "17",
            "{}",
        ];
        let begins = vec![
            "{\"events\":[",
            "{ \"events\" : [ ",
            "{\"x\":1,\"events\":[",
        ];
        let ends = vec![
            "]}",
            "]} ",
            "]}}",
            "],\"nextToken\":\"t/+=\"}",
            "\n], \"nextToken\": \"t\\u0041\"\n}",
            "],\"nextToken\":\"\"}",
            "],\"nextToken\":null}",
            "],\"nextToken\":7}",
            "],\"nextToken\":\"a\",\"nextToken\":\"b\"}",
            "],\"message\":\"no\"}",
        ];
        let events = prop::collection::vec(prop::sample::select(events), 0..5);
        let separator = prop::sample::select(vec![",", ", ", ",\u{c}", ",\n  "]);
        let (begin, end) = (prop::sample::select(begins), prop::sample::select(ends));
        let odd = prop::option::weighted(0.3, (any::<prop::sample::Index>(), "[ -~\u{c}]?"));
        (begin, events, separator, end, odd).prop_map(|(begin, events, separator, end, odd)| {
            let mut body = format!("{begin}{}{end}", events.join(separator));
            if let Some((at, instead)) = odd {
                let at = at.index(body.len());
                body.replace_range(at..=at, &instead);
            }
            body
        })
    }

    fn shown(page: &EventsPage) -> String {
        let events = page.events.iter();
        let events: Vec<_> = events
            .map(|event| (event.raw(), event.fingerprint(), &**event))
            .map(|(raw, print, event)| format!("{raw} {print} {event:?}"))
            .collect();
        format!(
            "{events:#?} {:?}",
            page.next.as_ref().map(NextToken::as_str)
        )
    }

    #[test]
    fn a_page_as_the_service_sends_it_is_read_in_one_pass() {
        let mut reader = EventReader::default();
        for (space, token) in [("", true), (" ", true), ("", false), ("\n", false)] {
            let next = if token { ",\"nextToken\": \"t\"" } else { "" };
            let event = format!("{{\"stackId\":{space}\"{STACK}\",{space}\"eventId\":\"a\"}}");
            let body = format!("{{\"events\":{space}[{event},{space}{event}]{next}}}");
            let page = usual_page(&body, &mut reader);
            assert_eq!(page.unwrap().events.len(), 2, "{body}");
        }
    }

    proptest! {
        /// Whatever the pages before it were like.
        #[test]
        fn one_pass_reads_the_same_page(bodies in prop::collection::vec(any_body(), 1..5)) {
            let mut reader = EventReader::default();
            for body in bodies {
                let usual = usual_page(&body, &mut reader);
                let is_usual = usual_page(&body, &mut EventReader::default()).is_some();
                prop_assert_eq!(usual.is_some(), is_usual, "{}", body);
                if let Some(usual) = usual {
                    let any = any_page(&body, &mut EventReader::default());
                    prop_assert_eq!(shown(&usual), any.map(|page| shown(&page)).unwrap_or_default(), "{}", body);
                }
            }
        }
    }
}
