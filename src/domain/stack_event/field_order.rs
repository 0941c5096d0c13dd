//! The names of an event's fields, and the order in which they come. Each service writes them in one of its own, which is
//! learned from the events before: then a name is usually found by one comparison.

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

/// Indices of the documented fields in the order in which they came; those that have not come yet are in any place.
#[derive(Clone, Debug)]
pub(crate) struct FieldOrder([usize; COUNT]);

impl Default for FieldOrder {
    fn default() -> Self {
        Self(std::array::from_fn(|index| index))
    }
}

/// A field by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Documented(usize),
    Undocumented,
}

impl FieldOrder {
    /// Goes behind the next name and its colon. `place` counts the fields of the event so far. None if something else is
    /// next.
    pub(super) fn next(&mut self, scanner: &mut Scanner<'_>, place: &mut usize) -> Option<Named> {
        // Not all fields come in each event.
        let mut expected = self.0.iter().enumerate().skip(*place);
        let found = expected.find(|(_, index)| {
            let name = NAMES.get(**index);
            name.is_some_and(|name| scanner.skip(name))
        });
        if let Some((at, index)) = found {
            *place = at + 1;
            return Some(Named::Documented(*index));
        }
        let begin = scanner.position();
        scanner.plain_string()?;
        if !scanner.skip(":") {
            return None;
        }
        let name = scanner.since(begin)?;
        let Some(index) = NAMES.iter().position(|known| *known == name) else {
            return Some(Named::Undocumented);
        };
        // It was expected earlier: from now on after the fields that came before it.
        let at = self.0.iter().position(|one| *one == index)?;
        self.0.get_mut(at..*place)?.rotate_left(1);
        Some(Named::Documented(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(order: &mut FieldOrder, names: &[&str]) -> Option<Vec<Named>> {
        let text = format!("\"{}\":", names.join("\":\""));
        let (mut scanner, mut place) = (Scanner::new(&text), 0);
        let read = names.iter().map(|_| order.next(&mut scanner, &mut place));
        let read = read.collect::<Option<Vec<_>>>();
        assert!(read.is_none() || scanner.rest().is_empty());
        read
    }

    #[test]
    fn names_are_found_in_any_order_and_the_last_one_is_learned() {
        let mut order = FieldOrder::default();
        let sorted = [
            "eventId",
            "hookType",
            "resourceStatus",
            "stackId",
            "timestamp",
        ];
        let expected = [1, 12, 7, 0, 6].map(Named::Documented);
        for _ in 0..2 {
            assert_eq!(read(&mut order, &sorted).unwrap(), expected);
        }
        let learned: Vec<_> = order
            .0
            .into_iter()
            .filter(|index| [1, 12, 7, 0, 6].contains(index))
            .collect();
        assert_eq!(learned, [1, 12, 7, 0, 6]);
        let mut all = order.0;
        all.sort_unstable();
        assert_eq!(all, FieldOrder::default().0, "no field is lost");
        let others = ["timestamp", "new", "stackId", "timestamp", "eventId"];
        let expected = [Some(6), None, Some(0), Some(6), Some(1)];
        let expected = expected.map(|index| index.map_or(Named::Undocumented, Named::Documented));
        assert_eq!(read(&mut order, &others).unwrap(), expected);
        assert_eq!(read(&mut order, &["a\\n"]), None);
    }
}
