//! The names of an event's fields, and the order in which they come. Each service writes them in one of its own, and with
//! white space of its own, which are learned from the events before: then a name is usually found by one comparison.

use crate::domain::stack_event::scan::Scanner;

/// The number of documented fields.
pub(super) const COUNT: usize = 16;

/// Their names, as JSON text.
const NAMES: [&str; COUNT] = [
    "\"stackId\":",
    "\"eventId\":",
    "\"stackName\":",
    "\"logicalResourceId\":",
    "\"physicalResourceId\":",
    "\"resourceType\":",
    "\"timestamp\":",
    "\"resourceStatus\":",
    "\"resourceStatusReason\":",
    "\"resourceProperties\":",
    "\"clientRequestToken\":",
    "\"detailedStatus\":",
    "\"hookType\":",
    "\"hookStatus\":",
    "\"hookStatusReason\":",
    "\"hookFailureMode\":",
];

/// The longest name that is learned, with the white space around it, in bytes.
const MOST_LEARNED: usize = 256;

/// What was before the values of documented fields, in the order in which they came, each field once. `SPACED` is whether
/// white space may be between the tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldOrder<const SPACED: bool> {
    expected: Vec<Expected>,
    /// The number of those that the event has passed.
    passed: usize,
    /// Whether the brace or comma of the next field is passed.
    is_separated: bool,
}

#[derive(Clone, Debug)]
struct Expected {
    /// The name, with the white space around it.
    text: Box<str>,
    json: &'static str,
    index: usize,
}

impl Expected {
    fn name(&self) -> Name<'static> {
        Name {
            json: self.json,
            index: Some(self.index),
        }
    }
}

/// The name of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// With its quotes and the colon.
    pub json: &'a str,
    /// Its index if it is documented.
    pub index: Option<usize>,
}

/// What a reader has gone behind.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passed<'a> {
    /// What is before the value of this field.
    Name(Name<'a>),
    /// The event.
    End,
}

impl<const SPACED: bool> FieldOrder<SPACED> {
    /// Goes behind the brace of an event. False if none is next.
    pub(super) fn begin(&mut self, scanner: &mut Scanner<'_>) -> bool {
        self.passed = 0;
        self.is_separated = scanner.skip("{");
        self.is_separated
    }

    /// Goes to the value of the next field, or behind the event. None if something else is next.
    pub(super) fn next<'t>(&mut self, scanner: &mut Scanner<'t>) -> Option<Passed<'t>> {
        if !std::mem::take(&mut self.is_separated) && !Self::has_next(scanner)? {
            return Some(Passed::End);
        }
        // Not all fields come in each event.
        let mut at = self.passed;
        while let Some(expected) = self.expected.get(at) {
            at += 1;
            if scanner.skip(&expected.text) {
                // There may be more than before.
                Self::skip_space(scanner);
                self.passed = at;
                return Some(Passed::Name(expected.name()));
            }
        }
        Some(Passed::Name(self.other(scanner)?))
    }

    /// Whether a field follows a value: goes behind the comma, or behind the event.
    fn has_next(scanner: &mut Scanner<'_>) -> Option<bool> {
        if scanner.skip(",") {
            return Some(true);
        }
        Self::skip_space(scanner);
        if scanner.skip("}") {
            return Some(false);
        }
        scanner.skip(",").then_some(true)
    }

    /// Goes to the value of a field that is not expected here.
    fn other<'t>(&mut self, scanner: &mut Scanner<'t>) -> Option<Name<'t>> {
        let begin = scanner.position();
        Self::skip_space(scanner);
        let of_name = scanner.position();
        scanner.plain_string()?;
        if !scanner.skip(":") {
            return None;
        }
        let json = scanner.since(of_name)?;
        Self::skip_space(scanner);
        let known = NAMES.iter().enumerate().find(|(_, known)| **known == json);
        if let Some((index, json)) = known {
            let text = scanner.since(begin)?.into();
            self.learn(Expected { text, json, index });
        }
        let index = known.map(|(index, _)| index);
        Some(Name { json, index })
    }

    /// Expects a field here from now on, and no more where it came before.
    fn learn(&mut self, new: Expected) {
        if new.text.len() > MOST_LEARNED {
            return;
        }
        let same = |expected: &Expected| expected.index == new.index;
        if let Some(before) = self.expected.iter().position(same) {
            self.expected.remove(before);
            self.passed -= usize::from(before < self.passed);
        }
        self.expected.insert(self.passed, new);
        self.passed += 1;
    }

    fn skip_space(scanner: &mut Scanner<'_>) {
        if SPACED {
            scanner.skip_space();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The indices of the names that are read of an event whose values are empty.
    fn read<const SPACED: bool>(
        order: &mut FieldOrder<SPACED>,
        json: &str,
    ) -> Option<Vec<Option<usize>>> {
        let mut scanner = Scanner::new(json);
        let mut read = Vec::new();
        if !order.begin(&mut scanner) {
            return None;
        }
        loop {
            match order.next(&mut scanner)? {
                Passed::Name(name) => read.push(name.index),
                Passed::End => return scanner.rest().is_empty().then_some(read),
            }
            assert!(scanner.skip("\"\""), "{}", scanner.rest());
        }
    }

    fn event(names: &[&str]) -> String {
        format!("{{\"{}\":\"\"}}", names.join("\":\"\",\""))
    }

    #[test]
    fn names_are_found_in_any_order_and_the_last_one_is_learned() {
        let mut order = FieldOrder::<false>::default();
        let events: [(&[&str], &[Option<usize>]); 5] = [
            (
                &["eventId", "stackId", "timestamp"],
                &[Some(1), Some(0), Some(6)],
            ),
            (&["timestamp", "new", "stackId"], &[Some(6), None, Some(0)]),
            (&["eventId", "timestamp"], &[Some(1), Some(6)]),
            (
                &["eventId", "hookType", "timestamp", "eventId"],
                &[Some(1), Some(12), Some(6), Some(1)],
            ),
            (&["new"], &[None]),
        ];
        for (names, expected) in events.iter().chain(&events) {
            for _ in 0..2 {
                assert_eq!(read(&mut order, &event(names)).unwrap(), *expected);
            }
            assert!(order.expected.len() <= COUNT);
        }
        let sorted = event(&["eventId", "hookType", "stackId"]);
        read(&mut order, &sorted).unwrap();
        let learned = |order: &FieldOrder<false>| -> Vec<_> {
            let indices = order.expected.iter().map(|expected| expected.index);
            indices.collect()
        };
        let mut last = learned(&order);
        read(&mut order, &sorted).unwrap();
        assert_eq!(learned(&order), last, "learned again");
        last.retain(|index| [0, 1, 12].contains(index));
        assert_eq!(last, [1, 12, 0]);
    }

    #[test]
    fn white_space_is_learned_where_it_may_be() {
        let spaced = "{\n \"eventId\": \"\",\n \"stackId\":\t\"\" ,\n \"hookType\":\"\"\n}";
        let indices = [Some(1), Some(0), Some(12)];
        assert_eq!(read(&mut FieldOrder::<false>::default(), spaced), None);
        let mut order = FieldOrder::<true>::default();
        let compact = event(&["eventId", "stackId", "hookType"]);
        let alike = compact.replace("\":\"", "\":  \"");
        for json in [spaced, &compact, &alike, spaced] {
            assert_eq!(read(&mut order, json).unwrap(), indices);
        }
        let texts = |order: &FieldOrder<true>| -> Vec<_> {
            let texts = order.expected.iter().map(|expected| &expected.text);
            texts.map(ToString::to_string).collect()
        };
        let learned = texts(&order);
        let expected = ["\n \"eventId\": ", "\n \"stackId\":\t", "\n \"hookType\":"];
        assert_eq!(learned, expected);
        let long = format!("{{{}\"eventId\":\"\"}}", " ".repeat(MOST_LEARNED));
        assert_eq!(read(&mut order, &long).unwrap(), [Some(1)]);
        assert_eq!(texts(&order), learned, "too long to learn");
    }

    #[test]
    fn what_is_no_event_is_left() {
        let mut learned = FieldOrder::<false>::default();
        read(&mut learned, &event(&["eventId", "stackId"])).unwrap();
        for json in [
            "[]",
            "{}",
            "{\"a\\n\":\"\"}",
            "{\"a\" :\"\"}",
            "{\"a\":\"\"",
            "{\"a\":\"\",}",
            "{\"a\":\"\"\"eventId\":\"\"}",
            "{\"a\":\"\"{\"eventId\":\"\"}",
            "{,\"eventId\":\"\"}",
        ] {
            assert_eq!(read(&mut learned.clone(), json), None, "{json}");
            let mut order = FieldOrder::<false>::default();
            assert_eq!(read(&mut order, json), None, "{json}");
            let mut order = FieldOrder::<true>::default();
            assert_eq!(read(&mut order, json), None, "{json}");
        }
    }
}
