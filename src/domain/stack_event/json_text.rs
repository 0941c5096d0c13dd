//! The JSON text of an event without what is its own: the rest is the same in many events and is stored once for them.

use std::ops::Range;

/// A value that each event has for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    EventId,
    Timestamp,
    Properties,
}

impl Slot {
    const COUNT: usize = 3;
}

/// JSON text with slots in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct JsonText {
    /// The text without the values.
    rest: Box<str>,
    /// Where in it the values belong, in order.
    slots: [Option<(usize, Slot)>; Slot::COUNT],
}

/// The same, borrowed from an event's text.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    /// In order.
    ranges: [Option<(Range<usize>, Slot)>; Slot::COUNT],
}

impl Slots {
    /// Adds the value of a slot, which is this part of the event's text.
    pub(super) fn add(&mut self, text: &str, range: Range<usize>, slot: Slot) {
        if text.get(range.clone()).is_none() {
            return;
        }
        if let Some(free) = self.ranges.iter_mut().find(|place| place.is_none()) {
            *free = Some((range, slot));
        }
        let begin = |place: &Option<(Range<usize>, Slot)>| {
            place.as_ref().map_or(usize::MAX, |(range, _)| range.start)
        };
        if !self.ranges.is_sorted_by_key(begin) {
            self.ranges.sort_by_key(begin);
        }
    }

    /// The parts of the text around the values.
    pub(super) fn parts<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let ranges = self.ranges.iter().flatten().map(|(range, _)| range.clone());
        let ends = ranges.clone().map(|range| range.start);
        let begins = std::iter::once(0).chain(ranges.map(|range| range.end));
        begins
            .zip(ends.chain(std::iter::once(text.len())))
            .map(|(begin, end)| text.get(begin..end).unwrap_or_default())
    }
}

impl JsonText {
    pub(super) fn new(text: &str, slots: &Slots) -> Self {
        let mut places = [None; Slot::COUNT];
        let mut removed = 0;
        let places_of_slots = slots.ranges.iter().flatten();
        for (place, (range, slot)) in places.iter_mut().zip(places_of_slots) {
            *place = Some((range.start - removed, *slot));
            removed += range.len();
        }
        // At its size from the start: it is not copied to become one of its size.
        let mut rest = String::with_capacity(text.len() - removed);
        rest.extend(slots.parts(text));
        Self {
            rest: rest.into_boxed_str(),
            slots: places,
        }
    }

    /// Whether a text with these slots is the same apart from its values.
    pub(super) fn is_of(&self, text: &str, slots: &Slots) -> bool {
        let own = self.slots.iter().flatten();
        let mut others = slots.ranges.iter().flatten();
        let mut removed = 0;
        let has_the_same_slots = own.clone().all(|(place, slot)| {
            others.next().is_some_and(|(range, other)| {
                let is_same = other == slot && range.start - removed == *place;
                removed += range.len();
                is_same
            })
        });
        let mut rest = &*self.rest;
        has_the_same_slots
            && others.next().is_none()
            && slots
                .parts(text)
                .all(|part| rest.strip_prefix(part).map(|after| rest = after).is_some())
            && rest.is_empty()
    }

    pub(super) fn contains(&self, part: &str) -> bool {
        self.rest.contains(part)
    }

    /// The bytes of the text without the values.
    pub(super) fn len(&self) -> usize {
        self.rest.len()
    }

    /// Appends the text with these values.
    pub(super) fn write(&self, value: impl Fn(Slot, &mut String), out: &mut String) {
        let mut written = 0;
        for (place, slot) in self.slots.iter().flatten() {
            out.push_str(self.rest.get(written..*place).unwrap_or_default());
            value(*slot, out);
            written = *place;
        }
        out.push_str(self.rest.get(written..).unwrap_or_default());
    }
}
